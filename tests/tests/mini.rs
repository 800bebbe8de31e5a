//! `wasm-bpf-mini` does what `wasm-bpf run` does, with modules that were compiled before.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use wasm_bpf_tests::{Build, Example, Privileges, Run, Signal, mini, must_become, must_build_wat};

/// The module, compiled; it lies in the folder.
#[track_caller]
fn must_compile(module: &Path, folder: &TempDir) -> PathBuf {
    let code = folder.path().join("module.cwasm");
    Run::bare().arg("compile").arg(module).arg("-o").arg(&code).must_end().must_have_printed(&[]);
    code
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

#[test]
fn bootstrap_sees_what_it_sees_otherwise() {
    let folder = folder();
    let code = must_compile(&Example::must_build("bootstrap").module(), &folder);
    let mut full = Example::must_build("bootstrap").run().must_start();
    let mut mini = Run::mini().arg(code).must_start();
    let header = |line: &str| line.starts_with("TIME ");
    let headers = [&mut full, &mut mini].map(|guest| guest.must_print_where("its header", header));
    assert_eq!(headers[0], headers[1]);

    let mut started = Command::new("true").spawn().expect("a program");
    let pid = format!(" {} ", started.id());
    started.wait().expect("our child");
    let ended = |line: &str| line.contains(" EXIT ") && line.contains(&pid);
    let rows = [full, mini].map(|mut guest| {
        let row = guest.must_print_where("the exit", ended);
        guest.signal(Signal::INT);
        guest.must_end().must_exit(0);
        // Both see the same event, but look at the clock by themselves: the time of day, and whole milliseconds of life.
        let (row, life) = row.split_once(' ').and_then(|(_, row)| row.split_once(" (")).expect("a time and a life");
        (row.to_owned(), life.strip_suffix("ms)").and_then(|life| life.parse::<u64>().ok()).expect("milliseconds"))
    });
    assert_eq!(rows[0].0, rows[1].0);
    assert!(rows[0].1.abs_diff(rows[1].1) <= 1, "{rows:?}");
}

#[test]
fn options_and_arguments_mean_the_same() {
    let folder = folder();
    let code = must_compile(&Build::of("echo").object("no_hook").must_build(), &folder);
    let options = ["run", "--allow-precompiled", "--argv0", "echo", "--grace", "1", "--allow", "net,lsm"];
    let guest = ["-d", "5", "--help", "--", "run"];
    let [full, mini] =
        [Run::bare(), Run::mini()].map(|run| run.args(options).arg(&code).args(guest).must_end().must_exit(0));
    assert!(full.stdout.contains("argument --help"), "{}", full.stdout);
    assert_eq!(full.stdout, mini.stdout);
    Run::mini().args(["--allow", "everything"]).arg(&code).must_end().must_exit(2).must_say("net, cgroup, lsm");
    Run::mini().must_end().must_exit(2).must_say("no module is named");
}

#[test]
fn the_policy_is_the_same() {
    let folder = folder();
    let code = must_compile(&Example::must_build("tc").module(), &folder);
    let full = Run::bare().arg("--allow-precompiled").arg(&code).arg("lo").must_end();
    let mini = Run::mini().arg(&code).arg("lo").must_end();
    assert!(full.code.is_some_and(|code| code != 0));
    assert_eq!((full.code, &full.stdout), (mini.code, &mini.stdout));
    assert_eq!(full.stderr, mini.stderr);
    mini.must_say("--allow net");
}

#[test]
fn privileges_are_the_same() {
    let folder = folder();
    let code = must_compile(&Example::must_build("bootstrap").module(), &folder);
    for options in [&[][..], &["--allow", "net"], &["--drop-after-attach"]] {
        let start = |run: Run| {
            let mut guest = run.args(options).arg("--allow-precompiled").arg(&code).must_start();
            guest.must_print_where("its header", |line| line.starts_with("TIME "));
            guest
        };
        let [full, mini] = [Run::bare(), Run::mini()].map(start);
        must_become("both have the same, on every thread", || {
            let [full, mini] = [&full, &mini].map(|guest| Privileges::of_threads(guest.pid()));
            let dropped = mini.iter().all(|one| one.permitted.is_empty());
            full == mini && mini.len() == 1 && dropped == options.contains(&"--drop-after-attach")
        });
        [full, mini].into_iter().for_each(|guest| drop(guest.must_stop()));
    }
}

#[test]
fn what_is_not_compiled_or_unknown_is_refused() {
    let folder = folder();
    let module = Build::of("echo").object("no_hook").must_build();
    Run::mini()
        .arg("--no-cache")
        .arg(&module)
        .must_end()
        .must_exit(1)
        .must_say("no compiler")
        .must_say("wasm-bpf compile");
    let unknown = r#"(module (import "wasm_bpf_v1" "no_such_import" (func)) (memory (export "memory") 1) (func (export "_start")))"#;
    let code = must_compile(&must_build_wat("unknown", unknown), &folder);
    Run::mini().arg(&code).must_end().must_exit(1).must_say("wasm_bpf_v1::no_such_import");
}

#[test]
fn failures_are_told_though_nothing_unwinds() {
    let folder = folder();
    let run = || Run::mini().env("RUST_BACKTRACE", "1");
    run().arg("no-such-module").must_end().must_exit(1).must_say("failed to read `no-such-module`: No such file");

    let traps =
        r#"(module (memory (export "memory") 1) (func $deep unreachable) (func (export "_start") (call $deep)))"#;
    let code = must_compile(&must_build_wat("traps", traps), &folder);
    run().arg(&code).must_end().must_exit(134).must_say("`unreachable`").must_say("1:     0x");
}

#[test]
fn it_needs_only_the_c_library() {
    let libraries = Command::new("ldd").arg(mini()).output().expect("the C library's ldd");
    let libraries = String::from_utf8(libraries.stdout).expect("names");
    let names: Vec<&str> = libraries.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.iter().any(|name| name.starts_with("libc.so")), "{libraries}");
    let known = |name: &&&str| ["linux-vdso", "libc.so", "/lib"].iter().any(|known| name.starts_with(known));
    assert_eq!(names.iter().filter(known).count(), names.len(), "{libraries}");
}
