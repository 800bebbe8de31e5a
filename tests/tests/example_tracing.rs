//! The examples that trace user space and signals, against programs whose calls are known.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use wasm_bpf_tests::{
    Example, Prepared, Running, feature, is_emulated, must_become, must_build_native, must_run, skip_unless,
};

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
    // All lines are looked at anew each time, from the heading on.
    let calls = Cell::new(0);
    guest.must_print_where("the last call", |line| {
        let is_call = line.starts_with(&format!("{pid:<8} "));
        calls.set(if line.starts_with("PID") { 0 } else { calls.get() + usize::from(is_call) });
        calls.get() == 5
    });
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
    if skip_unless(&feature::USDT_ANY_PROCESS) {
        return;
    }
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

#[test]
fn task_iter_lists_every_thread_of_a_process_once() {
    // Many: more than one read gives.
    let (told, told_tids) = mpsc::channel();
    let (stop, stopped): (Vec<_>, Vec<_>) = (0..200).map(|_| mpsc::channel::<()>()).unzip();
    let threads: Vec<_> = stopped
        .into_iter()
        .map(|stopped| {
            let told = told.clone();
            let thread = thread::Builder::new().name("wb-in-the-list".into());
            let body = move || {
                told.send(rustix::thread::gettid().as_raw_nonzero().get()).expect("the test waits");
                stopped.recv().expect_err("nobody sends");
            };
            thread.spawn(body).expect("a thread")
        })
        .collect();
    let tids: BTreeSet<i32> = threads.iter().map(|_| told_tids.recv().expect("a thread")).collect();
    let sleeps =
        |tid| fs::read_to_string(format!("/proc/self/task/{tid}/stat")).is_ok_and(|stat| stat.contains(") S "));
    must_become("all threads sleep", || tids.iter().all(sleeps));
    let pid = std::process::id().to_string();
    let ended = Example::must_build("task_iter").run().arg(&pid).must_end().must_exit(0);
    drop(stop);
    threads.into_iter().for_each(|thread| thread.join().expect("no panic"));

    let parent = rustix::process::getppid().expect("a parent").as_raw_nonzero().to_string();
    let rows: Vec<Vec<&str>> = ended.stdout.lines().skip(1).map(|line| line.split_whitespace().collect()).collect();
    assert!(rows.iter().all(|row| row[0] == pid && row[2] == parent), "nobody else:\n{}", ended.stdout);
    let of_threads: Vec<_> = rows.iter().filter(|row| row[5] == "wb-in-the-list").collect();
    assert_eq!(of_threads.len(), tids.len(), "{}", ended.stdout);
    let listed: BTreeSet<i32> = of_threads.iter().map(|row| row[1].parse().expect("a thread id")).collect();
    assert_eq!(listed, tids);
    for row in of_threads {
        assert_eq!(row[3], "S", "{row:?}");
        // An emulated processor's clock may stand still meanwhile.
        assert!(row[4].parse::<f64>().is_ok_and(|ms| ms > 0.0 || is_emulated()), "{row:?}");
    }
}

/// How long a process has run on a CPU, in seconds.
fn cpu_time(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("a process");
    let (_, after_name) = stat.rsplit_once(") ").expect("a name");
    let fields: Vec<&str> = after_name.split(' ').collect();
    let ticks: u64 = [11, 12].iter().map(|&field| fields[field].parse::<u64>().expect("a number")).sum();
    // Shown to user space in hundredths of a second.
    ticks as f64 / 100.0
}

/// Whether a process has opened a perf event.
fn has_perf_event(pid: u32) -> bool {
    let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).expect("a process").flatten();
    let mut files = descriptors.filter_map(|descriptor| fs::read_link(descriptor.path()).ok());
    files.any(|file| text(&file).contains("perf_event"))
}

#[test]
fn profile_samples_what_a_process_does() {
    let mut reader = Prepared::must_start("dd if=/dev/zero of=/dev/null bs=4M");
    let pid = reader.pid();
    let example = Example::must_build("profile");
    // It looks up all symbols at its end, which takes long on a slow machine.
    let mut guest = example.run_with(&["--grace", "60"]).args(["-p", &pid.to_string()]).must_start();
    guest.must_come_to("it is attached", has_perf_event);
    let from = cpu_time(pid);
    reader.must_go();
    must_become("the process has run for two seconds", || cpu_time(pid) - from > 2.0);
    let ended = guest.must_stop();
    let seconds = cpu_time(pid) - from;
    drop(reader);

    let counts = ended.stdout.lines().map(|line| line.rsplit_once(' ').expect("a stack and a count"));
    let counts: Vec<(&str, u64)> = counts.map(|(stack, count)| (stack, count.parse().expect("a count"))).collect();
    // The process is a shell until it executes the program.
    assert!(counts.iter().all(|(stack, _)| stack.starts_with("dd;") || stack.starts_with("sh;")), "{}", ended.stdout);
    let all: u64 = counts.iter().map(|(_, count)| count).sum();
    let (least, most) = (49.0 * 2.0 / 3.0, 49.0 * seconds * 1.5);
    // An emulated processor's clock ticks as the host lets it.
    let is_regular = (least..most).contains(&(all as f64)) || is_emulated() && all > 0;
    assert!(is_regular, "{all} samples in {seconds} s at 49 Hz");
    let reads: u64 = counts.iter().filter(|(stack, _)| stack.contains(";vfs_read;")).map(|(_, count)| count).sum();
    // The same clock: of two seconds there may be a handful of samples, and the program's start is among them.
    assert!(
        reads * 2 > all || is_emulated() && reads > 0,
        "most of it is reading, {reads} of {all}:\n{}",
        ended.stdout
    );
    // Where x86 enters the kernel.
    assert!(!cfg!(target_arch = "x86_64") || ended.stdout.contains(";do_syscall_64;"), "{}", ended.stdout);
}

#[test]
fn profile_names_the_functions_of_processes() {
    let program = must_build_native("busy");
    let mut busy = Prepared::must_start(program.to_str().expect("a plain path"));
    let pid = busy.pid();
    for (options, innermost) in [(&[][..], ";turn_in_circles"), (&["-l"], ";turn_in_circles (")] {
        let example = Example::must_build("profile");
        let mut guest = example.run_with(&["--grace", "60"]).args(options).args(["-p", &pid.to_string()]).must_start();
        guest.must_come_to("it is attached", has_perf_event);
        if options.is_empty() {
            busy.must_go();
        }
        let from = cpu_time(pid);
        must_become("the process has run for a second", || cpu_time(pid) - from > 1.0);
        let ended = guest.must_stop();
        let line = ended.stdout.lines().find(|line| line.contains(innermost));
        let line = line.unwrap_or_else(|| panic!("{innermost}:\n{}", ended.stdout));
        let outer: Vec<&str> = line.split(';').map(|frame| frame.split(' ').next().expect("a name")).collect();
        // The kernel's frames follow where it had interrupted the function.
        let expected = ["main", "waste_time", "turn_in_circles"];
        assert!(outer.windows(expected.len()).any(|frames| frames == expected), "{line}");
        assert_eq!(line.contains("busy.c:4)") || line.contains("busy.c:5)"), !options.is_empty(), "{line}");
    }
}
