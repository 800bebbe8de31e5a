//! Guests in Rust and Go: their standard libraries do on WASI what they do natively, and over ABI v0 each record reaches
//! them once.

use std::process::{Command, Stdio};

use tempfile::TempDir;
use wasm_bpf_tests::{Language, Producer, RING_HOLDS, Run, must_add_up};

/// Runs the program natively and as a guest, in the same folder.
#[track_caller]
fn must_do_as_natively(language: Language) {
    if language.skip_without_compiler() {
        return;
    }
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join("work");
    let path = path.to_str().expect("a path in UTF-8");
    std::fs::create_dir(path).expect("a new folder");
    let mut native = Command::new(language.must_build_native());
    let native = native.args(["std", path]).env("SET", "a=b").stdin(Stdio::null()).output().expect("a program");
    let stderr = String::from_utf8_lossy(&native.stderr);
    assert_eq!((native.status.code(), &*stderr), (Some(77), ""), "natively");
    std::fs::remove_dir_all(path).expect("a folder of ours");
    std::fs::create_dir(path).expect("a new folder");
    let run = Run::bare().args(["run", "--env", "SET=a=b", "--dir", path]).arg(language.must_build());
    let guest = run.args(["std", path]).must_end().must_exit(77);
    let expected = String::from_utf8(native.stdout).expect("UTF-8");
    assert!(expected.ends_with("line 99999\n") || expected.ends_with("line 99999\nnot flushed"), "{expected}");
    for (number, (guest, native)) in guest.stdout.lines().zip(expected.lines()).enumerate() {
        assert_eq!(guest, native, "line {}", number + 1);
    }
    assert_eq!((guest.stdout.len(), guest.stderr), (expected.len(), String::new()));
}

/// More than ten rings full, to a guest that polls all the time and to one that does not return for half of them.
#[track_caller]
fn must_get_every_record(language: Language) {
    if language.skip_without_compiler() {
        return;
    }
    let module = language.must_build();
    let count = 50 * RING_HOLDS;
    for pace in [&[][..], &["slow"]] {
        let producer = Producer::start();
        let run = Run::module(&module).args(["records", &producer.tid(), &count.to_string()]).args(pace);
        let mut guest = run.must_start();
        guest.must_print("ready");
        producer.produce(count);
        let (delivered, failed) = must_add_up(&guest.must_end().must_exit(0), count);
        assert!(delivered >= u64::from(RING_HOLDS), "{delivered}");
        assert!(pace.is_empty() || failed > 0, "half of the records come while the guest takes one");
    }
}

#[test]
fn rust_does_as_natively() {
    must_do_as_natively(Language::Rust);
}

#[test]
fn go_does_as_natively() {
    must_do_as_natively(Language::Go);
}

#[test]
fn rust_gets_every_record() {
    must_get_every_record(Language::Rust);
}

#[test]
fn go_gets_every_record() {
    must_get_every_record(Language::Go);
}
