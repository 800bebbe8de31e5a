//! Running the release binary.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process};

use crate::environment::require_root;
use crate::guest::{binary, mini};
use crate::wait::{PATIENCE, must_become};

/// A command line of `wasm-bpf`.
pub struct Run {
    command: Command,
    input: Stdio,
}

impl Run {
    /// `wasm-bpf` without arguments.
    #[track_caller]
    pub fn bare() -> Self {
        Self::from(Command::new(binary()))
    }

    /// `wasm-bpf-mini` without arguments.
    #[track_caller]
    pub fn mini() -> Self {
        Self::from(Command::new(mini()))
    }

    /// `wasm-bpf MODULE`.
    #[track_caller]
    pub fn module(module: &Path) -> Self {
        Self::bare().arg(module)
    }

    /// `unshare --net wasm-bpf`: in a network namespace of its own.
    #[track_caller]
    pub fn unshared() -> Self {
        Self::unshared_program(&binary())
    }

    /// A native program, which sees `name` as its own.
    pub fn program(program: &Path, name: &str) -> Self {
        let mut command = Command::new(program);
        command.arg0(name);
        Self::from(command)
    }

    /// A native program in a network namespace of its own.
    pub fn unshared_program(program: &Path) -> Self {
        let mut command = Command::new("unshare");
        command.arg("--net").arg(program);
        Self::from(command)
    }

    /// `nsenter --net=NAMESPACE wasm-bpf`: in a network namespace that is there.
    #[track_caller]
    pub fn within(namespace: &Path) -> Self {
        let mut command = Command::new("nsenter");
        command.arg(format!("--net={}", namespace.display())).arg(binary());
        Self::from(command)
    }

    /// Adds an argument.
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    /// Adds arguments.
    pub fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.command.args(args);
        self
    }

    /// Sets a variable of the host's environment.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Gives it a standard input; there is none otherwise.
    pub fn input(mut self, input: impl Into<Stdio>) -> Self {
        self.input = input.into();
        self
    }

    /// Starts it.
    #[track_caller]
    pub fn must_start(mut self) -> Running {
        require_root();
        let command = self.command.stdin(self.input).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
        let stdout = Captured::new(child.stdout.take().expect("piped"));
        let stderr = Captured::new(child.stderr.take().expect("piped"));
        Running { child, stdout, stderr }
    }

    /// Runs it to its end.
    #[track_caller]
    pub fn must_end(self) -> Ended {
        self.must_start().must_end()
    }
}

impl From<Command> for Run {
    fn from(command: Command) -> Self {
        Self { command, input: Stdio::null() }
    }
}

/// A run in progress; killed where the test ends before it.
pub struct Running {
    child: Child,
    stdout: Captured,
    stderr: Captured,
}

/// How a run ended.
#[derive(Debug)]
pub struct Ended {
    /// The exit code; `None` where a signal ended the process.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// All that it printed.
    pub stdout: String,
    /// All its messages.
    pub stderr: String,
}

impl Running {
    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal to the process.
    #[track_caller]
    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).expect("a child that was not waited for");
    }

    /// Whether it still runs.
    #[track_caller]
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("a child").is_none()
    }

    /// Waits until `condition` holds of its process id, which it never does of what has ended.
    #[track_caller]
    pub fn must_come_to(&mut self, what: &str, condition: impl Fn(u32) -> bool) {
        let pid = self.pid();
        must_become(what, || {
            assert!(self.is_running(), "it ended before {what}:\n{}", self.stderr.text());
            condition(pid)
        });
    }

    /// Waits for a line on the standard output that satisfies `condition`; the line.
    #[track_caller]
    pub fn must_print_where(&mut self, what: &str, condition: impl Fn(&str) -> bool) -> String {
        match self.stdout.find(condition) {
            Some(line) => line,
            None => {
                let (stdout, stderr) = (self.stdout.text(), self.stderr.text());
                panic!("it did not print {what}\n--- stdout:\n{stdout}--- stderr:\n{stderr}")
            }
        }
    }

    /// Whether it has printed a line that satisfies `condition`.
    pub fn has_printed(&self, condition: impl Fn(&str) -> bool) -> bool {
        self.stdout.text().lines().any(condition)
    }

    /// Waits for exactly this line.
    #[track_caller]
    pub fn must_print(&mut self, line: &str) {
        self.must_print_where(&format!("`{line}`"), |printed| printed == line);
    }

    /// Waits for the end.
    #[track_caller]
    pub fn must_end(mut self) -> Ended {
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                break status;
            }
            if start.elapsed() > *PATIENCE {
                let (stdout, stderr) = (self.stdout.text(), self.stderr.text());
                panic!("it did not end within {:?}\n--- stdout:\n{stdout}--- stderr:\n{stderr}", *PATIENCE);
            }
            thread::sleep(std::time::Duration::from_millis(2));
        };
        Ended {
            code: status.code(),
            signal: status.signal(),
            stdout: self.stdout.finish(),
            stderr: self.stderr.finish(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail where it has ended and was waited for, which is as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Ended {
    /// Panics unless this signal ended it.
    #[track_caller]
    pub fn must_die_of(self, signal: Signal) -> Self {
        assert_eq!(self.signal, Some(signal.as_raw()), "--- stdout:\n{}--- stderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Panics unless the exit code is `code`.
    #[track_caller]
    pub fn must_exit(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "--- stdout:\n{}--- stderr:\n{}", self.stdout, self.stderr);
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        self
    }

    /// Panics unless it exited with 0 and printed exactly these lines.
    #[track_caller]
    pub fn must_have_printed(self, lines: &[&str]) -> Self {
        let ended = self.must_exit(0);
        let printed: Vec<&str> = ended.stdout.lines().collect();
        assert_eq!(printed, lines, "--- stderr:\n{}", ended.stderr);
        ended
    }

    /// Panics unless its messages contain `text`.
    #[track_caller]
    pub fn must_say(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "no `{text}` in:\n{}", self.stderr);
        self
    }

    /// The number after `name` in the output's last line that has it: `... name 5 ...`.
    #[track_caller]
    pub fn number(&self, name: &str) -> u64 {
        let found = self.stdout.lines().rev().find_map(|line| number(line, name));
        found.unwrap_or_else(|| panic!("no `{name} NUMBER` in:\n{}", self.stdout))
    }
}

/// The number after the word `name`.
pub(crate) fn number(line: &str, name: &str) -> Option<u64> {
    let mut words = line.split_whitespace().skip_while(|word| *word != name);
    words.nth(1)?.parse().ok()
}

/// A stream, read by a thread as it comes.
struct Captured {
    shared: Arc<Shared>,
    reader: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    text: String,
    ended: bool,
}

impl Captured {
    fn new(stream: impl Read + Send + 'static) -> Self {
        let shared = Arc::<Shared>::default();
        let writer = Arc::clone(&shared);
        let reader = thread::spawn(move || {
            let mut stream = BufReader::new(stream);
            let mut line = Vec::new();
            while stream.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
                writer.state.lock().expect("no panic").text.push_str(&String::from_utf8_lossy(&line));
                writer.changed.notify_all();
                line.clear();
            }
            writer.state.lock().expect("no panic").ended = true;
            writer.changed.notify_all();
        });
        Self { shared, reader: Some(reader) }
    }

    /// Waits for a whole line; `None` where the stream ends or [`PATIENCE`] does without one.
    fn find(&self, condition: impl Fn(&str) -> bool) -> Option<String> {
        let start = Instant::now();
        let mut state = self.shared.state.lock().expect("no panic");
        loop {
            let whole = state.text.rfind('\n').map_or("", |end| &state.text[..end]);
            if let Some(line) = whole.lines().find(|line| condition(line)) {
                return Some(line.to_owned());
            }
            let left = PATIENCE.checked_sub(start.elapsed()).filter(|_| !state.ended)?;
            state = self.shared.changed.wait_timeout(state, left).expect("no panic").0;
        }
    }

    fn text(&self) -> String {
        self.shared.state.lock().expect("no panic").text.clone()
    }

    /// All of it, after its end.
    fn finish(&mut self) -> String {
        if let Some(reader) = self.reader.take() {
            reader.join().expect("the reader does not panic");
        }
        self.text()
    }
}
