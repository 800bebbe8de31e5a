//! What is no module, and how modules end: exit codes and messages.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use wasm_bpf_tests::{Build, Run, must_build, must_build_wat};

/// Runs what cannot be run: exit code 1 and one message, of which further lines are advice.
#[track_caller]
fn must_refuse(path: &Path, text: &str) {
    must_say_in_one_line(Run::module(path), path, text);
}

/// One line of error, which names the file, and a line of advice at most.
#[track_caller]
fn must_say_in_one_line(run: Run, path: &Path, text: &str) {
    let ended = run.must_end().must_exit(1);
    let (error, advice): (Vec<&str>, Vec<&str>) = ended.stderr.lines().partition(|line| !line.starts_with(' '));
    assert!(error.len() == 1 && advice.len() <= 1, "{}", ended.stderr);
    assert!(error[0].starts_with("wasm-bpf: ") && error[0].contains(path.to_str().unwrap()), "{}", ended.stderr);
    assert!(!ended.stderr.contains("backtrace") && ended.stdout.is_empty(), "{}", ended.stderr);
    ended.must_say(text);
}

/// A file with these bytes.
fn file(folder: &TempDir, name: &str, bytes: &[u8]) -> std::path::PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, bytes).expect("a writable folder");
    path
}

#[test]
fn what_is_no_module_is_refused_in_a_line() {
    let folder = TempDir::new().expect("a temporary folder");
    let whole = fs::read(must_build("basics")).expect("a module");
    must_refuse(&folder.path().join("none.wasm"), "No such file");
    must_refuse(folder.path(), "directory");
    must_refuse(&file(&folder, "empty.wasm", b""), "no WebAssembly module");
    let text = file(&folder, "words.txt", b"root:x:0:0");
    must_say_in_one_line(Run::bare().arg("inspect").arg(&text), &text, "no WebAssembly module");
    must_refuse(&file(&folder, "text.wasm", b"#!/bin/sh\necho hello\n"), "no WebAssembly module");
    must_refuse(&file(&folder, "elf.wasm", b"\x7fELF\x02\x01\x01"), "BPF object");
    must_refuse(&file(&folder, "component.wasm", b"\0asm\x0d\0\x01\0"), "component");
    for length in [4, 8, 100, whole.len() / 2, whole.len() - 1] {
        must_refuse(&file(&folder, &format!("first-{length}.wasm"), &whole[..length]), "module");
    }
    let mut damaged = whole;
    damaged[8..72].fill(0xff);
    must_refuse(&file(&folder, "damaged.wasm", &damaged), "damaged");
}

#[test]
fn all_unknown_imports_are_named() {
    let module = must_build_wat(
        "unknown-imports",
        r#"(module
            (import "wasm_bpf" "wasm_close_bpf_object" (func (param i64) (result i32)))
            (import "wasm_bpf" "wasm_from_the_future" (func))
            (import "env" "memory" (memory 1))
            (func (export "_start")))"#,
    );
    must_refuse(&module, "`wasm_bpf::wasm_from_the_future`, `env::memory`");
}

#[test]
fn an_import_of_the_wrong_type_is_named() {
    let module = must_build_wat(
        "wrong-type",
        r#"(module (import "wasm_bpf" "wasm_close_bpf_object" (func (param i32) (result i32))) (func (export "_start")))"#,
    );
    must_refuse(&module, "wasm_bpf::wasm_close_bpf_object");
}

#[test]
fn a_library_is_no_command() {
    must_refuse(&must_build_wat("library", r#"(module (func (export "main")))"#), "_start");
}

#[test]
fn exit_codes_pass_through() {
    let module = must_build("basics");
    for code in [0, 1, 42, 125, 126, 127, 255] {
        for mode in ["exit", "return"] {
            let ended = Run::module(&module).args([mode, &code.to_string()]).must_end().must_exit(code);
            assert_eq!(ended.stderr, "", "an exit code is the guest's own business");
        }
    }
}

#[test]
fn a_trap_is_134_and_says_where() {
    let module = Build::of("basics").must_build();
    let ended = Run::module(&module).arg("trap").must_end().must_exit(134);
    ended.must_say("unreachable").must_say("fail_an_assertion").must_say("main");
    let module = must_build_wat(
        "overflow",
        r#"(module (func $deeper (call $deeper)) (func $first (call $deeper)) (func (export "_start") (call $first)))"#,
    );
    Run::module(&module).must_end().must_exit(134).must_say("call stack exhausted").must_say("deeper");
}
