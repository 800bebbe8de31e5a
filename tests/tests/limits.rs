//! Limits that the command line sets: each is reached by a guest, which gets an error, or ends, and the person is told.

use std::path::PathBuf;

use wasm_bpf_tests::{Run, must_build_wat};

const EXIT: &str = "(import \"wasi_snapshot_preview1\" \"proc_exit\" (func $exit (param i32)))";

fn run(limit: &str, module: &PathBuf) -> Run {
    Run::bare().args(["-W", limit]).arg(module)
}

#[test]
fn memory() {
    // Exits with 7 where memory.grow says no.
    let grows = format!(
        "(module {EXIT} (memory (export \"memory\") 1) (func (export \"_start\")
            (if (i32.eq (memory.grow (i32.const 31)) (i32.const -1)) (then (call $exit (i32.const 7))))))"
    );
    let module = must_build_wat("grows", &grows);
    run("max-memory-size=2M", &module).must_end().must_exit(0);
    let ended = run("max-memory-size=1M", &module).must_end().must_exit(7);
    ended.must_say("1048576 bytes").must_say("-W max-memory-size=");
}

#[test]
fn stack() {
    let module = must_build_wat("recurses", "(module (func $f (export \"_start\") (call $f) (call $f)))");
    let ended = run("max-wasm-stack=64K", &module).must_end().must_exit(134);
    ended.must_say("call stack exhausted").must_say("-W max-wasm-stack=");
}

#[test]
fn time_and_processor() {
    let module = must_build_wat("spins", "(module (func (export \"_start\") (loop $l (br $l))))");
    run("timeout=200ms", &module).must_end().must_exit(124).must_say("-W timeout=");
    run("max-cpu-time=100ms", &module).must_end().must_exit(152).must_say("-W max-cpu-time=");
}

#[test]
fn files() {
    // Opens its directory again and again; exits with the WASI number of the error (33: EMFILE).
    let opens = format!(
        "(module {EXIT}
            (import \"wasi_snapshot_preview1\" \"path_open\"
                (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
            (memory (export \"memory\") 1) (data (i32.const 16) \".\")
            (func (export \"_start\") (local $e i32)
                (loop $again
                    (local.set $e (call $open (i32.const 3) (i32.const 0) (i32.const 16) (i32.const 1) (i32.const 2)
                        (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 8)))
                    (br_if $again (i32.eqz (local.get $e))))
                (call $exit (local.get $e))))"
    );
    let module = must_build_wat("opens", &opens);
    let run = Run::bare().args(["-W", "max-files=10", "--dir", "/tmp"]).arg(&module);
    run.must_end().must_exit(33).must_say("10 files").must_say("-W max-files=");
}

#[test]
fn wrong_limits_are_named() {
    let module = must_build_wat("plain", "(module (func (export \"_start\")))");
    run("max-memory=1", &module).must_end().must_exit(2).must_say("max-memory-size, max-wasm-stack, timeout");
    run("max-wasm-stack=3M", &module).must_end().must_exit(2).must_say("at most 2M");
    run("max-wasm-stack=2M", &module).must_end().must_exit(0);
    run("timeout=soon", &module).must_end().must_exit(2).must_say("500ms, 2s");
    run("max-objects=1,max-links=2", &module).must_end().must_exit(0);
}
