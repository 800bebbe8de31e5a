//! The process's own standard streams and the guest's end. The test program runs itself again as the guest's process,
//! its standard output going where its error stream goes: the test harness writes to the former.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use rustix::stdio::{dup2_stdout, stderr};
use wasmtime::{Engine, Module};

use super::{Config, Ctx, Guest, PATIENCE, call_start, must_compile, pipe};
use crate::stop::Stop;

const GUEST: &str = "WASI_TEST_GUEST";

/// Not a test: the process of a guest, when the tests below start it.
#[test]
#[ignore = "started by other tests"]
fn guest_process() {
    let Some(path) = std::env::var_os(GUEST) else { return };
    dup2_stdout(stderr()).unwrap();
    let engine = Engine::default();
    let module = Module::new(&engine, fs::read(path).unwrap()).unwrap();
    let config = Config { args: vec!["guest".into()], ..Config::default() };
    let stop = Stop::new(PATIENCE).unwrap();
    std::process::exit(call_start(&engine, &module, Ctx::new(config).unwrap(), stop));
}

/// Starts `tests/wasi/NAME.c` in a process of its own.
fn start(name: &str, input: impl Into<Stdio>, output: impl Into<Stdio>) -> (Child, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let module: PathBuf = must_compile(name, folder.path());
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", "wasi::tests::process::guest_process"])
        .env(GUEST, module)
        .stdin(input)
        .stdout(Stdio::null())
        .stderr(output)
        .spawn()
        .unwrap();
    (child, folder)
}

#[test]
fn arguments_and_environment_arrive_as_they_are() {
    let mut guest = Guest::new("echo").arg("").arg("two words").arg("ümläut");
    guest.config.env = vec![("A".into(), "1".into()), ("EMPTY".into(), String::new())];
    assert_eq!(guest.output(), (4, "echo\n\ntwo words\nümläut\nA=1\nEMPTY=\n".into()));
    let mut nothing = Guest::new("echo");
    nothing.config.args.clear();
    assert_eq!(nothing.output(), (0, String::new()));
}

#[test]
fn every_exit_code_is_the_guests() {
    let folder = tempfile::tempdir().unwrap();
    let module = fs::read(must_compile("exit", folder.path())).unwrap();
    let engine = Engine::default();
    let module = Module::new(&engine, module).unwrap();
    for code in 0..=255 {
        let config = Config { args: vec!["exit".into(), code.to_string()], ..Config::default() };
        let stop = Stop::new(PATIENCE).unwrap();
        assert_eq!(call_start(&engine, &module, Ctx::new(config).unwrap(), stop), code);
    }
}

#[test]
fn input_goes_to_output_through_pipes() {
    // More than a pipe holds, so both ends wait at times.
    let text: String = (0..40_000).map(|line| format!("line {line}\n")).collect();
    let (mut child, _folder) = start("cat", Stdio::piped(), Stdio::piped());
    let mut input = child.stdin.take().unwrap();
    let sent = text.clone();
    let writer = std::thread::spawn(move || input.write_all(sent.as_bytes()).unwrap());
    let mut got = String::new();
    child.stderr.take().unwrap().read_to_string(&mut got).unwrap();
    writer.join().unwrap();
    assert!(got == text, "{} bytes instead of {}", got.len(), text.len());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn input_and_output_may_be_files() {
    let mut input = tempfile::NamedTempFile::new().unwrap();
    input.write_all(&[b'x'; 100_000]).unwrap();
    let output = tempfile::NamedTempFile::new().unwrap();
    let (mut child, _folder) = start("cat", File::open(input.path()).unwrap(), output.reopen().unwrap());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(fs::read(output.path()).unwrap(), [b'x'; 100_000]);
}

#[test]
fn a_guest_whose_reader_leaves_ends_as_by_sigpipe() {
    let (mut child, _folder) = start("yes", Stdio::null(), Stdio::piped());
    let mut reader = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    assert_eq!(line, "a line that somebody may want to read\n");
    drop(reader);
    assert_eq!(child.wait().unwrap().code(), Some(128 + 13));
}

#[test]
fn a_full_pipe_is_waited_for() {
    let (reader, writer) = pipe();
    let (mut child, _folder) = start("yes", Stdio::null(), writer);
    // The pipe is full once a write would not fit; nobody reads, so the guest must be in `ppoll`, not in a write.
    let ppoll = format!("{} ", libc::SYS_ppoll);
    let began = Instant::now();
    let waits = || {
        let tasks = fs::read_dir(format!("/proc/{}/task", child.id())).unwrap();
        let mut calls = tasks.filter_map(|task| fs::read_to_string(task.unwrap().path().join("syscall")).ok());
        calls.any(|call| call.starts_with(&ppoll))
    };
    while !waits() {
        assert!(began.elapsed() < PATIENCE, "the guest never waited for its reader");
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    drop(reader);
    assert_eq!(child.wait().unwrap().code(), Some(128 + 13));
}

#[test]
fn raising_a_signal_without_a_handler_ends_the_guest() {
    let mut bare = super::calls::Bare::new();
    assert_eq!(bare.call("proc_raise", &[0]).unwrap(), 0);
    assert_eq!(bare.call("proc_raise", &[16]).unwrap(), 0, "SIGCHLD does nothing by itself");
    assert_eq!(bare.call("proc_raise", &[99]).unwrap(), 28);
    assert_eq!(bare.call("proc_raise", &[15]), Err(128 + 15));
}
