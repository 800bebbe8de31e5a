//! A native process for tests to probe.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::{env, fs};

use tempfile::TempDir;

/// A running `bpf/target.c`; ended when dropped.
pub(super) struct Target(Child);

/// The program, compiled.
pub(super) fn program() -> PathBuf {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/src/abi/tests/bpf/target.c");
        let clang = env::var_os("CLANG").unwrap_or_else(|| "clang-19".into());
        let output = Command::new(clang).args(["-O1", "-o"]).arg(folder.path().join("target")).arg(source).output();
        let output = output.expect("clang-19 (or what CLANG names) is needed");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        folder
    });
    fs::canonicalize(folder.path().join("target")).unwrap()
}

impl Target {
    /// Starts it.
    pub(super) fn start() -> Self {
        Self(Command::new(program()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap())
    }

    /// Its process id.
    pub(super) fn pid(&self) -> u32 {
        self.0.id()
    }

    /// Makes it call its functions with `byte`, and waits until it has.
    pub(super) fn work(&mut self, byte: u8) {
        self.0.stdin.as_mut().unwrap().write_all(&[byte]).unwrap();
        let mut answer = [0];
        self.0.stdout.as_mut().unwrap().read_exact(&mut answer).unwrap();
        assert_eq!(answer, *b".");
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}
