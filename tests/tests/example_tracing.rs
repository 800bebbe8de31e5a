//! The examples that trace user space and signals, against programs whose calls are known.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::process::{Pid, Signal, kill_process};
use wasm_bpf_tests::{Example, Prepared, Running, must_build_native, must_run};

/// `EXAMPLE ARGS`, attached: it has printed its heading.
#[track_caller]
fn must_start(example: &str, args: &[&str]) -> Running {
    let mut guest = Example::must_build(example).run().args(args).must_start();
    guest.must_print_where("the heading", |line| line.starts_with("PID") || line.starts_with("FROM"));
    guest
}

/// What follows process id and name in the lines of process `pid`.
fn rows(text: &str, pid: u32) -> Vec<Vec<&str>> {
    let of_pid = text.lines().filter(|line| line.starts_with(&format!("{pid:<8} ")));
    of_pid.map(|line| line.split_whitespace().skip(2).collect()).collect()
}

/// The C library that this process has loaded.
fn libc() -> PathBuf {
    let maps = fs::read_to_string("/proc/self/maps").expect("procfs is mounted");
    let path = maps.lines().filter_map(|line| line.split_whitespace().nth(5)).find(|path| path.contains("/libc.so"));
    PathBuf::from(path.expect("a C library"))
}

fn text(path: &Path) -> &str {
    path.to_str().expect("plain characters")
}

#[test]
fn tp_btf_shows_who_sends_a_signal_to_whom() {
    let receiver = Prepared::must_start("true");
    let number = Signal::WINCH.as_raw().to_string();
    let mut guest = must_start("tp_btf", &[&number]);
    let pid = Pid::from_raw(receiver.pid() as i32).expect("a process id");
    kill_process(pid, Signal::WINCH).expect("a child");
    let from = format!("{:<8} ", std::process::id());
    let to = format!(" {:<8} {:<16} {number} Window changed", receiver.pid(), "sh");
    guest.must_print_where("the signal", |line| line.starts_with(&from) && line.ends_with(&to));
    receiver.must_exit(0);
    let ended = guest.must_stop();
    assert_eq!(ended.stdout.lines().filter(|line| line.ends_with(&to)).count(), 1, "{}", ended.stdout);
    let others = ended.stdout.lines().skip(1).filter(|line| !line.ends_with(" Window changed"));
    assert_eq!(others.count(), 0, "{}", ended.stdout);
}

#[test]
fn uprobe_shows_each_call_with_argument_and_result() {
    let program = must_build_native("probes");
    let caller = Prepared::must_start(text(&program));
    let mut guest = must_start("uprobe", &[text(&program), "plus_1000"]);
    let pid = caller.pid();
    caller.must_exit(0);
    guest.must_print_where("the last call", |line| line.starts_with(&format!("{pid:<8} ")) && line.contains(" 3ec "));
    let ended = guest.must_stop();
    let calls: Vec<_> = rows(&ended.stdout, pid).iter().map(|row| format!("{} {}", row[0], row[1])).collect();
    assert_eq!(calls, ["0 3e8", "1 3e9", "2 3ea", "3 3eb", "4 3ec"]);
}

#[test]
fn uprobe_shows_a_librarys_function_in_one_process() {
    let program = must_build_native("probes");
    let (asked, other) = (Prepared::must_start(text(&program)), Prepared::must_start(text(&program)));
    let pid = asked.pid();
    let mut guest = must_start("uprobe", &["-p", &pid.to_string(), text(&libc()), "gnu_get_libc_version"]);
    other.must_exit(0);
    asked.must_exit(0);
    guest.must_print_where("a call", |line| line.starts_with(&format!("{pid:<8} ")));
    let ended = guest.must_stop();
    assert_eq!(rows(&ended.stdout, pid).len(), 5, "{}", ended.stdout);
    assert_eq!(ended.stdout.lines().count(), 6, "nobody else's:\n{}", ended.stdout);
}

#[test]
fn uprobe_names_a_function_that_is_not_there() {
    let program = must_build_native("probes");
    let ended = Example::must_build("uprobe").run().args([text(&program), "plus_2000"]).must_end().must_exit(1);
    ended.must_say(&format!("uprobe: plus_2000 in {}: No such file or directory", text(&program)));
}

#[test]
fn usdt_shows_each_pass_with_all_arguments() {
    let program = must_build_native("probes");
    let passer = Prepared::must_start(text(&program));
    let mut guest = must_start("usdt", &[text(&program), "wb", "step"]);
    let pid = passer.pid();
    passer.must_exit(0);
    guest.must_print_where("the last pass", |line| {
        line.starts_with(&format!("{pid:<8} ")) && line.ends_with(" 4 -28 42")
    });
    let ended = guest.must_stop();
    let passes: Vec<_> = rows(&ended.stdout, pid).iter().map(|row| row.join(" ")).collect();
    assert_eq!(passes, ["0 0 42", "1 -7 42", "2 -14 42", "3 -21 42", "4 -28 42"]);
    // Detached, the probe is not reached any more: its semaphore is 0 again.
    must_run(&program, &[]);
}

#[test]
fn usdt_names_a_probe_that_is_not_there() {
    let program = must_build_native("probes");
    let ended = Example::must_build("usdt").run().args([text(&program), "wb", "leap"]).must_end().must_exit(1);
    ended.must_say(&format!("usdt: wb:leap in {}: No such file or directory", text(&program)));
}
