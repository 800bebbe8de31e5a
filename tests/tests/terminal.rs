//! What reaches a terminal of what a guest prints, and of what the runtime says about it.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use tempfile::TempDir;
use wasm_bpf_tests::{Run, binary, must_build_wat};

/// Prints a colour, a title, and a question to the terminal in two writes, on standard output.
const PRINTS: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\10\00\00\00\18\00\00\00\28\00\00\00\08\00\00\00")
    (data (i32.const 16) "\1b[31mred\1b[0m\1b]0;title\07\1b[")
    (data (i32.const 40) "6nend\c3\a9\n")
    (func (export "_start")
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 100)))
        (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 100)))))"#;
const WHOLE: &str = "\x1b[31mred\x1b[0m\x1b]0;title\x07\x1b[6nendé";
const CLEARED: &str = "\x1b[31mred\x1b[0mendé";

/// What a terminal gets from `wasm-bpf OPTIONS MODULE`.
#[track_caller]
fn on_terminal(options: &str, text: &str) -> String {
    let module = must_build_wat("prints", text);
    let command = format!("{} {options} {}", binary().display(), module.display());
    let output = Command::new("script").args(["-qefc", &command, "/dev/null"]).output();
    let output = output.expect("script(1) of util-linux");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn a_terminal_gets_no_escapes_but_colours() {
    assert_eq!(on_terminal("", PRINTS).trim_end(), CLEARED);
    assert_eq!(on_terminal("--raw-output", PRINTS).trim_end(), WHOLE);
}

#[test]
fn what_is_no_terminal_gets_everything() {
    let module = must_build_wat("prints", PRINTS);
    assert_eq!(Run::module(&module).must_end().must_exit(0).stdout.trim_end(), WHOLE);
}

#[test]
fn nothing_is_lost_of_much() {
    let (head, _) = PRINTS.split_once("(func (export").expect("a start");
    let much = format!(
        "{head} (func (export \"_start\") (local $i i32) (loop $again
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 2) (i32.const 100)))
            (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 5000))))))"
    );
    assert_eq!(on_terminal("", &much).matches(CLEARED).count(), 5000);
}

#[test]
fn what_is_printed_is_shown_at_once() {
    let (head, _) = PRINTS.split_once("(func (export").expect("a start");
    let waits = format!(
        "{head} (func (export \"_start\")
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 2) (i32.const 100))) (loop $ever (br $ever))))"
    );
    let command = format!("{} {}", binary().display(), must_build_wat("waits", &waits).display());
    let mut script = Command::new("script");
    let mut script =
        script.args(["-qefc", &command, "/dev/null"]).stdout(Stdio::piped()).spawn().expect("script(1) of util-linux");
    let mut line = String::new();
    let output = script.stdout.take().expect("piped");
    BufReader::new(output).read_line(&mut line).expect("a line, while the guest goes on");
    assert_eq!(line.trim_end(), CLEARED);
    // The guest loses its terminal, and ends.
    script.kill().and_then(|()| script.wait()).expect("a child");
}

#[test]
fn messages_of_the_runtime_spell_escapes_out() {
    let named = |name: &str| format!("(module (import \"env\" \"{name}\" (func)) (func (export \"_start\")))");
    let module = must_build_wat("import", &named("x\\1b]0;title\\07"));
    let ended = Run::module(&module).must_end().must_exit(1);
    assert!(!ended.stderr.contains('\x1b') && ended.stderr.contains("x\\u{1b}]0;title\\u{7}"), "{}", ended.stderr);

    let traps = "(module (func $\"x\\1b[2J\" (export \"_start\") unreachable))";
    let ended = Run::module(&must_build_wat("traps", traps)).must_end().must_exit(134);
    assert!(!ended.stderr.contains('\x1b') && ended.stderr.contains("\\u{1b}[2J"), "{}", ended.stderr);

    let folder = TempDir::new().expect("a temporary folder");
    let module = folder.path().join("\x1b[2J.wasm");
    let ended = Run::module(&module).must_end().must_exit(1);
    assert!(!ended.stderr.contains('\x1b'), "{}", ended.stderr);
}
