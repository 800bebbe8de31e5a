//! What a start leaves behind for the next one.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use tempfile::TempDir;
use wasm_bpf_tests::{Example, Program, Run, Running, Signal};

/// A folder of this user's alone, for `XDG_CACHE_HOME`.
fn must_make_home() -> TempDir {
    let home = tempfile::tempdir().expect("a temporary folder");
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o700)).expect("our own folder");
    home
}

/// Runs bootstrap until it is attached and stops it at once.
#[track_caller]
fn must_start_and_stop(home: &TempDir, options: &[&str]) {
    let home = home.path().to_str().expect("a path in UTF-8");
    let run = Run::bare().args(options).arg(Example::must_build("bootstrap").module());
    let mut bootstrap = run.env("XDG_CACHE_HOME", home).must_start();
    bootstrap.must_print_where("its header", |line| line.starts_with("TIME "));
    bootstrap.signal(Signal::INT);
    bootstrap.must_end().must_exit(0);
}

/// The kinds of entries in the cache, sorted; each is its user's alone.
#[track_caller]
fn kinds(home: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(home.path().join("wasm-bpf/run")).into_iter().flatten();
    let mut kinds: Vec<String> = entries
        .map(|entry| {
            let entry = entry.expect("a readable folder");
            let mode = entry.metadata().expect("an entry").permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{:?}", entry.path());
            entry.path().extension().expect("a kind").to_string_lossy().into_owned()
        })
        .collect();
    kinds.sort();
    kinds
}

#[test]
fn a_start_keeps_code_and_types_even_if_it_is_stopped_at_once() {
    let home = must_make_home();
    for _ in 0..2 {
        must_start_and_stop(&home, &[]);
        assert_eq!(kinds(&home), ["btf", "cwasm"]);
    }
}

/// The first start runs code that was compiled quickly; it goes on in better code without losing a process.
#[test]
fn a_guest_goes_on_in_better_code() {
    let run = Run::bare().args(["--no-cache", "--verbose"]).arg(Example::must_build("bootstrap").module());
    let mut bootstrap = run.must_start();
    bootstrap.must_print_where("its header", |line| line.starts_with("TIME "));
    let program = Program::unique();
    let must_see = |bootstrap: &mut Running| {
        let pid = program.must_exit(7).to_string();
        for what in ["EXEC", "EXIT"] {
            bootstrap.must_print_where(what, |line| {
                let words: Vec<&str> = line.split_whitespace().collect();
                words.get(1..4) == Some(&[what, program.name(), &pid])
            });
        }
    };
    (0..10).for_each(|_| must_see(&mut bootstrap));
    bootstrap.must_come_to("its compiler's end", |pid| !has_compiler(pid));
    (0..100).for_each(|_| must_see(&mut bootstrap));
    bootstrap.signal(Signal::INT);
    bootstrap.must_end().must_exit(0).must_say("goes on in optimized code");
}

/// Whether a thread of a process still compiles.
fn has_compiler(pid: u32) -> bool {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    threads.filter_map(|thread| fs::read_to_string(thread.path().join("comm")).ok()).any(|name| name == "compiler\n")
}

#[test]
fn nothing_is_kept_without_a_cache() {
    let home = must_make_home();
    must_start_and_stop(&home, &["--no-cache"]);
    assert!(kinds(&home).is_empty());
}
