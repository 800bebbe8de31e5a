//! The command line: what belongs to the host, and what to the guest.

use std::path::PathBuf;

use std::process::Command;

use wasm_bpf_tests::{Build, Ended, Run, binary};

fn echo() -> PathBuf {
    Build::of("echo").object("no_hook").must_build()
}

/// The arguments, after the guest's own name, that the guest was given.
#[track_caller]
fn arguments(ended: &Ended) -> Vec<&str> {
    ended.stdout.lines().filter_map(|line| line.strip_prefix("argument ")).skip(1).collect()
}

#[test]
fn what_follows_the_module_is_the_guests() {
    let ended = Run::module(&echo()).args(["-d", "5", "--help", "-v", "--allow", "x", "--", "-m"]).must_end();
    let ended = ended.must_exit(0);
    assert_eq!(arguments(&ended), ["-d", "5", "--help", "-v", "--allow", "x", "--", "-m"]);
}

#[test]
fn options_come_before_the_module() {
    let ended = Run::bare().args(["-v", "--grace", "1", "--allow", "net,lsm"]).arg(echo()).arg("-v").must_end();
    assert_eq!(arguments(&ended.must_exit(0)), ["-v"]);
    let ended = Run::bare().args(["--allow", "everything"]).arg(echo()).must_end();
    ended.must_exit(2).must_say("everything").must_say("net, cgroup, lsm");
}

#[test]
fn run_is_the_same_spelled_out() {
    let ended = Run::bare().args(["run", "-v"]).arg(echo()).args(["run", "--version"]).must_end();
    assert_eq!(arguments(&ended.must_exit(0)), ["run", "--version"]);
}

#[test]
fn the_guest_sees_its_name() {
    let path = echo();
    let ended = Run::module(&path).must_end().must_exit(0);
    assert_eq!(ended.stdout, format!("argument {}\n", path.display()));
    let ended = Run::bare().args(["--argv0", "tool"]).arg(&path).must_end().must_exit(0);
    assert_eq!(ended.stdout, "argument tool\n");
}

#[test]
fn the_environment_is_what_was_asked_for() {
    let run = Run::bare().env("WB_TAKEN", "from the host").env("WB_SECRET", "of the host");
    let run = run.args(["--env", "WB_SET=a=b", "--env", "WB_TAKEN", "--env", "WB_MISSING"]).arg(echo());
    let ended = run.must_end().must_exit(0);
    let mut variables: Vec<&str> = ended.stdout.lines().filter_map(|line| line.strip_prefix("variable ")).collect();
    variables.sort_unstable();
    assert_eq!(variables, ["WB_SET=a=b", "WB_TAKEN=from the host"]);
}

/// The library of mathematics is a part of libc, in a file of its own.
#[test]
fn the_binary_needs_only_libc() {
    let found = Command::new("ldd").arg(binary()).output().expect("ldd comes with libc");
    let libraries = String::from_utf8(found.stdout).expect("names");
    let unexpected: Vec<&str> = libraries
        .lines()
        .filter(|line| {
            !["linux-vdso.so", "libc.so.6", "libm.so.6", "ld-linux-"].iter().any(|known| line.contains(known))
        })
        .collect();
    assert!(libraries.contains("libc.so.6") && unexpected.is_empty(), "{libraries}");
}
