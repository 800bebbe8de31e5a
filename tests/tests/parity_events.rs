//! The examples against their native builds, side by side on the same load that the test makes: they tell the same of
//! it. What differs by nature (times, latencies) is left out of the comparison, and what is not the test's own.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::process::CommandExt;
use std::process::Command;

use rustix::process::{Pid, Signal, kill_process};
use wasm_bpf_tests::{
    Both, Ended, Histogram, Ids, Prepared, Program, Run, Running, must_become, must_build_native, take_turns,
};

/// The line, if it begins with the process's id.
fn of_pid(pid: u32) -> impl Fn(&str) -> Option<String> {
    let start = format!("{pid} ");
    move |line| line.starts_with(&start).then(|| line.to_owned())
}

/// The first words of a line, if it begins with the process's id.
fn words_of_pid(pid: u32, count: usize) -> impl Fn(&str) -> Option<String> {
    let of_pid = of_pid(pid);
    move |line| Some(of_pid(line)?.split_whitespace().take(count).collect::<Vec<_>>().join(" "))
}

#[test]
fn bootstrap_tells_of_the_same_processes() {
    let program = Program::unique();
    let mut both = Both::of("bootstrap", &[]).must_start("TIME ");
    for code in [0, 1, 42] {
        program.must_exit(code);
    }
    let (last, _) = program.must_nest();
    let pid = format!(" {last} ");
    both.must_print_where("the last exit", |line| line.contains(" EXIT ") && line.contains(&pid));
    // Without the time of day and the duration.
    both.must_stop().must_agree(10, |line| {
        let words: Vec<&str> = line.split_whitespace().skip(1).filter(|word| !word.ends_with("ms)")).collect();
        (words.get(1) == Some(&program.name())).then(|| words.join(" "))
    });
}

#[test]
fn minimal_counts_the_same_calls() {
    let writer = Prepared::must_start("dd if=/dev/zero of=/dev/null bs=1 count=321 status=none");
    let mut both = Both::of("minimal", &[]).args(&[&writer.pid().to_string()]).must_start("WRITES/S");
    writer.must_exit(0);
    both.must_print_where("all calls", |line| line.split_whitespace().nth(1) == Some("321"));
    let ended = both.must_stop();
    let total =
        |ended: Ended| ended.stdout.lines().last().and_then(|line| line.split_whitespace().nth(1)).map(str::to_owned);
    let totals = ended.map(total);
    assert_eq!(totals.guest, totals.native);
}

#[test]
fn execve_shows_the_same_arguments() {
    // A user that nothing else on this machine runs as.
    let uid = 2_000_000_000 + std::process::id();
    let mut both = Both::of("execve", &[]).args(&["-u", &uid.to_string()]).must_start("PID");
    let (long, many) = ("x".repeat(500), (0..60).map(|n| n.to_string()).collect::<Vec<_>>());
    for args in [vec!["plain", "with space", "", "ünïcode"], vec![&long], many.iter().map(String::as_str).collect()] {
        assert!(Command::new("/bin/true").args(args).uid(uid).status().expect("a program").success());
    }
    both.must_print_where("the last", |line| line.contains(" /bin/true 0 1 2 3 "));
    both.must_stop().must_agree(4, |line| Some(line.to_owned()));
}

#[test]
fn opensnoop_shows_the_same_files() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    fs::write(path("with space ünd umlaut"), "").expect("a file");
    let (unusual, missing) = (path("with space ünd umlaut"), path("missing"));
    let reader = Prepared::must_start(&format!("cat '{missing}' '{unusual}'"));
    let pid = reader.pid();
    // Of one process only: what others open cannot fill the buffers.
    let of_process = Both::of("opensnoop", &[]).args(&["-p", &pid.to_string()]);
    let mut all = of_process.must_start("PID");
    let mut failed = Both::of("opensnoop", &[]).args(&["--failed", "-p", &pid.to_string()]).must_start("PID");
    reader.must_exit(1);
    all.must_print_where("the last file", |line| line.ends_with(&unusual));
    failed.must_print_where("the missing file", |line| line.ends_with(&missing));
    all.must_stop().must_agree(4, |line| Some(line.to_owned()));
    failed.must_stop().must_agree(2, |line| Some(line.to_owned()));
}

#[test]
fn rawtp_counts_the_same_calls() {
    let both = Both::of("rawtp", &[]).args(&["-n", "100000"]).must_start("PID");
    let writer = Prepared::must_start("dd if=/dev/zero of=/dev/null bs=1 count=1000 status=none");
    let pid = writer.pid();
    writer.must_exit(0);
    // The last table comes after Ctrl-C, and so after the last call.
    let ended = both.must_stop().map(|mut ended| {
        let row = ended.stdout.lines().rev().find_map(of_pid(pid)).unwrap_or_default();
        ended.stdout = row.split_whitespace().collect::<Vec<_>>().join(" ");
        ended
    });
    ended.must_agree(1, |line| Some(line.to_owned()));
}

#[test]
fn tp_btf_shows_the_same_signals() {
    let receiver = Prepared::must_start("true");
    let mut both = Both::of("tp_btf", &[]).args(&[&Signal::WINCH.as_raw().to_string()]).must_start("FROM");
    let pid = Pid::from_raw(receiver.pid() as i32).expect("a process id");
    (0..3).for_each(|_| kill_process(pid, Signal::WINCH).expect("a child"));
    // Pending, a signal is not sent again, but that it was tried is an event.
    both.must_print_where("a signal", |line| line.starts_with(&std::process::id().to_string()));
    receiver.must_exit(0);
    both.must_stop().must_agree(1, of_pid(std::process::id()));
}

#[test]
fn uprobe_shows_the_same_calls() {
    let program = must_build_native("probes");
    let caller = Prepared::must_start(program.to_str().expect("plain characters"));
    let pid = caller.pid();
    let both = Both::of("uprobe", &[]).args(&[program.to_str().expect("plain characters"), "plus_1000"]);
    let mut both = both.must_start("PID");
    caller.must_exit(0);
    both.must_print_where("the last call", |line| line.starts_with(&format!("{pid} ")) && line.contains(" 3ec "));
    // Process, name, argument, result; then the time.
    both.must_stop().must_agree(5, words_of_pid(pid, 4));
}

#[test]
fn usdt_shows_the_same_passes() {
    let program = must_build_native("probes");
    let passer = Prepared::must_start(program.to_str().expect("plain characters"));
    let pid = passer.pid();
    let both = Both::of("usdt", &[]).args(&[program.to_str().expect("plain characters"), "wb", "step"]);
    let mut both = both.must_start("PID");
    passer.must_exit(0);
    both.must_print_where("the last pass", |line| line.starts_with(&format!("{pid} ")) && line.ends_with(" 4 -28 42"));
    both.must_stop().must_agree(5, of_pid(pid));
}

#[test]
fn task_iter_lists_the_same_tasks() {
    let sleeper = Prepared::must_start("true");
    let pid = sleeper.pid();
    let sleeps = || fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| stat.contains(") S "));
    must_become("the shell waits", sleeps);
    let ended = Both::of("task_iter", &[]).args(&[&pid.to_string()]).must_end();
    ended.must_be_equal();
    assert_eq!(ended.native.stdout.lines().count(), 2, "{ended:#?}");
}

#[test]
fn runqlat_counts_the_same_waits() {
    let (rounds, heading) = (10_000, "Tracing run queue latency");
    let start = |run: Run| {
        let mut running = run.must_start();
        running.must_print_where(heading, |line| line.starts_with(heading));
        running
    };
    let stop = |running: Running| {
        running.signal(Signal::INT);
        Histogram::must_parse(&running.must_end().must_exit(0))
    };
    // The one that is there first goes last: it has seen all that the other has. Then the other way round.
    for swap in [false, true] {
        let Both { guest, native } = Both::of("runqlat", &[]);
        let (first, second) = if swap { (native, guest) } else { (guest, native) };
        let (longer, shorter) = (start(first), start(second));
        take_turns(rounds);
        let (shorter, longer) = (stop(shorter), stop(longer));
        assert!(shorter.sum() >= u64::from(2 * rounds), "{shorter:?}");
        shorter.must_be_within(&longer);
    }
}

#[test]
fn profile_finds_the_same_work() {
    let mut reader = Prepared::must_start("dd if=/dev/zero of=/dev/null bs=4M");
    let pid = reader.pid();
    let both = Both::of("profile", &["--dir", "/proc"]).args(&["-p", &pid.to_string()]);
    let both = Both { guest: both.guest.must_start(), native: both.native.must_start() };
    for running in [&both.guest, &both.native] {
        must_become("it is attached", || !Ids::of(running.pid()).links.is_empty());
    }
    reader.must_go();
    let ran = || fs::read_to_string(format!("/proc/{pid}/schedstat")).expect("a process");
    let nanoseconds = || ran().split(' ').next().and_then(|number| number.parse::<u64>().ok()).expect("a number");
    must_become("the process has run for a second", || nanoseconds() > 1_000_000_000);
    let ended = both.must_stop();
    drop(reader);
    // Samples are taken at each one's own times: only what most of them are in is the same.
    let most = ended.map(|ended| {
        let rows = ended.stdout.lines().map(|line| line.rsplit_once(' ').expect("a stack and a count"));
        let rows: Vec<(&str, u64)> = rows.map(|(stack, count)| (stack, count.parse().expect("a count"))).collect();
        let all: u64 = rows.iter().map(|(_, count)| count).sum();
        // dd reads from /dev/zero and does little else: each frame of the way there is in most samples.
        let mut frames: BTreeMap<&str, u64> = BTreeMap::new();
        for (stack, count) in &rows {
            let unique: BTreeSet<&str> = stack.split(';').collect();
            unique.into_iter().for_each(|frame| *frames.entry(frame).or_default() += count);
        }
        let names = frames.into_iter().filter(|(_, count)| count * 2 > all).map(|(name, _)| name.to_owned());
        names.collect::<BTreeSet<String>>()
    });
    let work = ["dd", "vfs_read"].map(String::from);
    for (names, who) in [(&most.guest, "guest"), (&most.native, "native")] {
        assert!(work.iter().all(|name| names.contains(name)), "{who}: {names:?}");
    }
}
