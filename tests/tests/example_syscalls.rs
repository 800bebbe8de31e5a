//! The examples that watch system calls, against processes whose calls are known.

use std::fs;
use std::os::unix::process::CommandExt;
use std::process::Command;

use wasm_bpf_tests::{Example, Prepared, Running, binary, must_build_wat, must_run, take_turn};

/// Waits for a heading: the programs are attached by then.
#[track_caller]
fn must_be_ready(guest: &mut Running, heading: &str) {
    guest.must_print_where(heading, |line| line.starts_with(heading));
}

#[test]
fn minimal_counts_each_write_of_a_process() {
    let _turn = take_turn();
    let writer = Prepared::must_start("dd if=/dev/zero of=/dev/null bs=1 count=1234 status=none");
    let mut guest = Example::must_build("minimal").run().arg(writer.pid().to_string()).must_start();
    guest.must_print_where("the heading", |line| line.split_whitespace().eq(["WRITES/S", "TOTAL"]));
    writer.must_exit(0);
    guest.must_print_where("1234 writes", |line| line.split_whitespace().nth(1) == Some("1234"));
    let ended = guest.must_stop();
    let numbers = ended.stdout.lines().skip(1).map(|line| line.split_whitespace().map(|word| word.parse::<u64>()));
    let rates: u64 = numbers.map(|mut row| row.next().expect("a rate").expect("a number")).sum();
    assert_eq!(rates, 1234, "the rates add up:\n{}", ended.stdout);
}

#[test]
fn minimal_counts_what_modules_write() {
    let _turn = take_turn();
    let prints = r#"(module
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (data (i32.const 0) "\08\00\00\00\01\00\00\00.")
        (func (export "_start") (local $i i32) (loop $again
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 100)))
            (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1234))))))"#;
    // Nothing else is written with a warm cache but a few words to the runtime's own threads.
    let command = format!("{} {}", binary().display(), must_build_wat("dots", prints).display());
    Prepared::must_start(&command).must_exit(0);
    let writer = Prepared::must_start(&command);
    let mut guest = Example::must_build("minimal").run().arg(writer.pid().to_string()).must_start();
    guest.must_print_where("the heading", |line| line.split_whitespace().eq(["WRITES/S", "TOTAL"]));
    writer.must_exit(0);
    let total = |line: &str| line.split_whitespace().nth(1).and_then(|total| total.parse::<u32>().ok());
    guest.must_print_where("1234 writes", |line| total(line).is_some_and(|total| (1234..1254).contains(&total)));
    guest.must_stop();
}

#[test]
fn execve_shows_all_arguments_of_a_user() {
    // A user that nothing else on this machine runs as.
    let uid = 1_000_000_000 + std::process::id();
    let mut guest = Example::must_build("execve").run().args(["-u", &uid.to_string()]).must_start();
    must_be_ready(&mut guest, "PID");
    let run = |args: &[&str]| {
        let status = Command::new("/bin/true").args(args).uid(uid).status().expect("a program");
        assert!(status.success());
    };
    run(&["plain", "with space", "", "ünïcode"]);
    guest.must_print_where("the arguments", |line| line.ends_with(" /bin/true plain with space  ünïcode"));
    let long = "x".repeat(500);
    run(&[&long]);
    let cut = format!(" /bin/true {} ...", &long[..127]);
    guest.must_print_where("a long argument, cut", |line| line.ends_with(&cut));
    let many: Vec<String> = (0..60).map(|n| n.to_string()).collect();
    run(&many.iter().map(String::as_str).collect::<Vec<_>>());
    let first = format!(" /bin/true {} ...", many[..31].join(" "));
    guest.must_print_where("the first of many arguments", |line| line.ends_with(&first));
    // Not this user's.
    must_run("true", &["somebody", "else"]);
    let ended = guest.must_stop();
    assert_eq!(ended.stdout.lines().count(), 4, "{}", ended.stdout);
    assert_eq!(ended.stderr, "");
}

#[test]
fn opensnoop_shows_what_was_opened_and_what_not() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    let (plain, unusual, missing) = (path("plain"), path("with space ünd umlaut"), path("missing"));
    [&plain, &unusual].into_iter().for_each(|path| fs::write(path, "").expect("a file"));
    let reader = Prepared::must_start(&format!("cat '{plain}' '{missing}' '{unusual}'"));
    let pid = reader.pid();
    let example = Example::must_build("opensnoop");
    let mut all = example.run().must_start();
    let mut failed = example.run().args(["--failed", "-p", &pid.to_string()]).must_start();
    [&mut all, &mut failed].into_iter().for_each(|guest| must_be_ready(guest, "PID"));
    reader.must_exit(1);

    let opened = |path: &str| format!("{pid:<7} {:<16}    3   0 {path}", "cat");
    let refused = format!("{pid:<7} {:<16}   -1   2 {missing}", "cat");
    let expected = [opened(&plain), refused.clone(), opened(&unusual)];
    expected.iter().for_each(|line| all.must_print(line));
    failed.must_print(&refused);
    let ended = all.must_stop();
    for line in &expected {
        assert_eq!(ended.stdout.lines().filter(|printed| printed == line).count(), 1, "{}", ended.stdout);
    }
    let ended = failed.must_stop();
    let others =
        ended.stdout.lines().skip(1).filter(|line| !line.starts_with(&format!("{pid:<7} {:<16}   -1 ", "cat")));
    assert_eq!(others.count(), 0, "{}", ended.stdout);
}

/// How many system calls `rawtp` counts for `dd` with so many blocks, and how many the kernel skipped, of all processes.
#[track_caller]
fn must_count_calls(blocks: u32) -> (u64, u64) {
    let mut guest = Example::must_build("rawtp").run().args(["-n", "100000"]).must_start();
    must_be_ready(&mut guest, "PID");
    let writer = Prepared::must_start(&format!("dd if=/dev/zero of=/dev/null bs=1 count={blocks} status=none"));
    let start = format!("{:<8} dd ", writer.pid());
    writer.must_exit(0);
    // The last table comes after Ctrl-C, and so after the last call.
    let ended = guest.must_stop();
    let told = ended.stderr.strip_suffix(" calls were not counted: the kernel skipped the program\n");
    let skipped = told.and_then(|line| line.strip_prefix("rawtp: ")?.parse().ok()).unwrap_or(0);
    assert!(skipped > 0 || ended.stderr.is_empty(), "{}", ended.stderr);
    let row = ended.stdout.lines().rfind(|line| line.starts_with(&start)).expect("a row");
    (row.split_whitespace().last().expect("a number").parse().expect("a number"), skipped)
}

#[test]
fn rawtp_counts_each_call() {
    let _turn = take_turn();
    // Each block more is a read and a write more; what dd does besides is the same each time.
    let more = 2 * 2000;
    let ((few, few_skipped), (many, many_skipped)) = (must_count_calls(100), must_count_calls(2100));
    assert!(
        few + more <= many + many_skipped && many <= few + few_skipped + more,
        "{many} calls ({many_skipped} skipped) beside {few} ({few_skipped} skipped)"
    );
}

#[test]
fn rawtp_lists_the_busiest_and_stops() {
    let mut guest = Example::must_build("rawtp").run().args(["-n", "3"]).must_start();
    guest.must_print_where("a table", |line| line.starts_with("PID"));
    let ended = guest.must_stop();
    for table in ended.stdout.split("\n\n") {
        let calls: Vec<u64> = table.lines().filter_map(|line| line.split_whitespace().last()?.parse().ok()).collect();
        assert!(calls.len() <= 3 && calls.is_sorted_by(|one, next| one >= next), "{table}");
    }
}
