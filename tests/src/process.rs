//! Processes whose start and end the test knows: what tracers must report, and nothing else.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

/// A program with a name that no other program of this machine has.
pub struct Program {
    folder: TempDir,
    name: String,
}

impl Program {
    /// A copy of the shell.
    pub fn unique() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let folder = TempDir::new().expect("a temporary folder");
        let name = format!("wb-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        fs::copy("/bin/sh", folder.path().join(&name)).expect("a copy of the shell");
        Self { folder, name }
    }

    /// Its name, at most 15 characters: the kernel's `comm`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its whole path.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join(&self.name)
    }

    /// Runs it to its end with exit code `code`; its process id.
    #[track_caller]
    pub fn must_exit(&self, code: i32) -> u32 {
        let mut child = Command::new(self.path()).args(["-c", &format!("exit {code}")]).spawn().expect("a shell");
        let status = child.wait().expect("a child");
        assert_eq!(status.code(), Some(code));
        child.id()
    }

    /// Runs it to its end with exit code `code`, after at least `duration`; its process id.
    #[track_caller]
    pub fn must_live(&self, duration: Duration, code: i32) -> u32 {
        let mut command = Command::new(self.path());
        let command = command.args(["-c", &format!("echo; read line; exit {code}")]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a shell");
        // Only then is it sure to have begun in every tracer's eyes.
        let stdout = child.stdout.as_mut().expect("piped");
        assert_eq!(stdout.read(&mut [0]).expect("a shell that runs"), 1);
        // Its life is what is asked for; it ends with its input.
        thread::sleep(duration);
        drop(child.stdin.take());
        assert_eq!(child.wait().expect("a child").code(), Some(code));
        child.id()
    }

    /// Runs it with a child process of its own name inside; the two process ids, the outer one first.
    #[track_caller]
    pub fn must_nest(&self) -> (u32, u32) {
        let script = format!("'{}' -c 'echo $$'; echo $$; exit 3", self.path().display());
        let output =
            Command::new(self.path()).args(["-c", &script]).stderr(Stdio::inherit()).output().expect("a shell");
        let text = String::from_utf8(output.stdout).expect("numbers");
        let pids: Vec<u32> = text.lines().map(|line| line.parse().expect("a process id")).collect();
        (pids[1], pids[0])
    }
}

/// A shell that goes on to `exec` a command when it is told to: its process id, which stays, is known before.
pub struct Prepared {
    child: Child,
}

impl Prepared {
    /// Starts the shell.
    #[track_caller]
    pub fn must_start(command: &str) -> Self {
        let script = format!("read go && exec {command}");
        let mut shell = Command::new("sh");
        let child = shell.args(["-c", &script]).stdin(Stdio::piped()).stdout(Stdio::null()).spawn();
        Self { child: child.expect("a shell") }
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Lets the command run to its end with exit code `code`.
    #[track_caller]
    pub fn must_exit(mut self, code: i32) {
        self.must_go();
        assert_eq!(self.child.wait().expect("a child").code(), Some(code));
    }

    /// Lets the command begin; it is killed when this is dropped.
    #[track_caller]
    pub fn must_go(&mut self) {
        let mut stdin = self.child.stdin.take().expect("piped");
        stdin.write_all(b"go\n").expect("the shell reads");
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        // Both fail where it has ended and was waited for, which is as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs `program` to its successful end; its standard output.
#[track_caller]
pub fn must_run(program: impl AsRef<Path>, args: &[&str]) -> String {
    let program = program.as_ref();
    let output = Command::new(program).args(args).output();
    let output = output.unwrap_or_else(|error| panic!("cannot run {}: {error}", program.display()));
    let messages = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{} {args:?} failed: {messages}", program.display());
    String::from_utf8_lossy(&output.stdout).into_owned()
}
