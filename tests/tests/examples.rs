//! The examples against what the test itself makes happen on this machine.

use std::process;
use std::time::{Duration, Instant};

use wasm_bpf_tests::{Ended, Example, Program, Running, Signal, take_turns};

/// How long an example may take from Ctrl-C to its end.
const END_WITHIN: Duration = Duration::from_secs(1);

/// Starts bootstrap; its header says that it is attached.
#[track_caller]
fn start_bootstrap(args: &[&str]) -> Running {
    let mut bootstrap = Example::must_build("bootstrap").run().args(args).must_start();
    bootstrap.must_print_where("its header", |line| line.starts_with("TIME "));
    bootstrap
}

/// A line of bootstrap's.
#[derive(Debug)]
struct Row {
    event: String,
    pid: u32,
    ppid: u32,
    rest: String,
}

/// The rows about a program.
fn rows(ended: &Ended, name: &str) -> Vec<Row> {
    let parse = |line: &str| {
        let mut words = line.split_whitespace().skip(1);
        let event = words.next()?.to_owned();
        let comm = words.next()?.to_owned();
        let row = Row {
            event,
            pid: words.next()?.parse().ok()?,
            ppid: words.next()?.parse().ok()?,
            rest: words.collect::<Vec<_>>().join(" "),
        };
        (comm == name).then_some(row)
    };
    ended.stdout.lines().filter_map(parse).collect()
}

/// Interrupts and waits for the end.
#[track_caller]
fn must_interrupt(guest: Running) -> Ended {
    guest.signal(Signal::INT);
    guest.must_end().must_exit(0)
}

/// Waits until bootstrap has told of the end of `pid`.
#[track_caller]
fn must_report_exit(bootstrap: &mut Running, pid: u32) {
    let pid = pid.to_string();
    // Not of a child, in whose row it is the parent.
    let is_its = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        words.len() > 3 && words[1] == "EXIT" && words[3] == pid
    };
    bootstrap.must_print_where("the exit", is_its);
}

#[test]
fn bootstrap_tells_of_each_exec_and_exit_once() {
    let program = Program::unique();
    let mut bootstrap = start_bootstrap(&[]);
    let codes = [0, 1, 42, 255];
    let pids = codes.map(|code| program.must_exit(code));
    let (outer, inner) = program.must_nest();
    must_report_exit(&mut bootstrap, outer);
    let ended = must_interrupt(bootstrap);

    let rows = rows(&ended, program.name());
    assert_eq!(rows.len(), 2 * (codes.len() + 2), "{rows:#?}");
    let me = process::id();
    let expected =
        codes.iter().zip(pids).map(|(code, pid)| (pid, me, *code)).chain([(outer, me, 3), (inner, outer, 0)]);
    for (pid, parent, code) in expected {
        let of_pid: Vec<&Row> = rows.iter().filter(|row| row.pid == pid).collect();
        let [exec, exit] = of_pid[..] else { panic!("an exec and an exit of {pid}: {of_pid:?}") };
        assert_eq!((exec.event.as_str(), exec.ppid), ("EXEC", parent));
        assert_eq!(exec.rest, program.path().to_str().unwrap());
        assert_eq!((exit.event.as_str(), exit.ppid), ("EXIT", parent));
        assert!(exit.rest.starts_with(&format!("[{code}] (")) && exit.rest.ends_with("ms)"), "{exit:?}");
    }
    assert_eq!(ended.stderr, "");
}

#[test]
fn bootstrap_leaves_out_what_lived_too_short() {
    let program = Program::unique();
    let minimum = Duration::from_millis(500);
    let mut bootstrap = start_bootstrap(&["-d", "500"]);
    // On a busy machine even a short life takes its time: only one that was short from outside counts.
    let short = loop {
        let start = Instant::now();
        let pid = program.must_exit(5);
        if start.elapsed() < minimum {
            break pid;
        }
    };
    let long = program.must_live(minimum, 6);
    must_report_exit(&mut bootstrap, long);
    let ended = must_interrupt(bootstrap);

    let rows = rows(&ended, program.name());
    assert!(rows.iter().all(|row| row.event == "EXIT" && row.pid != short), "{rows:?}");
    let row = rows.iter().find(|row| row.pid == long).expect("the long life");
    assert!(row.rest.starts_with("[6] ("), "{row:?}");
    let lived = row.rest.trim_start_matches("[6] (").trim_end_matches("ms)").parse::<u64>().expect("milliseconds");
    assert!(lived >= 500, "{row:?}");
}

#[test]
fn bootstrap_knows_its_options() {
    let example = Example::must_build("bootstrap");
    let ended = example.run().arg("--help").must_end().must_exit(0);
    assert!(ended.stdout.contains("USAGE") && ended.stderr.is_empty());
    example.run().args(["-d", "soon"]).must_end().must_exit(1).must_say("invalid duration: soon");
    example.run().arg("-x").must_end().must_exit(1).must_say("USAGE");
}

/// The best of three, as other things may keep this machine busy.
#[test]
fn ctrl_c_ends_an_example_at_once() {
    let starts: [fn() -> Running; 2] = [|| start_bootstrap(&[]), || start_runqlat(&[])];
    for start in starts {
        let took = (0..3).map(|_| {
            let guest = start();
            let from = Instant::now();
            must_interrupt(guest);
            from.elapsed()
        });
        let best = took.min().expect("three");
        assert!(best < END_WITHIN, "took {best:?}");
    }
}

/// Starts runqlat; its first line says that it is attached.
#[track_caller]
fn start_runqlat(args: &[&str]) -> Running {
    let mut runqlat = Example::must_build("runqlat").run().args(args).must_start();
    runqlat.must_print_where("that it traces", |line| line.starts_with("Tracing run queue latency"));
    runqlat
}

/// The sums of the histograms.
fn sums(ended: &Ended) -> Vec<u64> {
    let mut sums = Vec::new();
    for line in ended.stdout.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["usecs", ":", "count", "distribution"] => sums.push(0),
            [_, "->", _, ":", count, ..] => {
                *sums.last_mut().expect("a header first") += count.parse::<u64>().expect("a count");
            }
            _ => (),
        }
    }
    sums
}

#[test]
fn runqlat_counts_every_wait_and_prints_on_ctrl_c() {
    let runqlat = start_runqlat(&[]);
    let rounds = 20_000;
    take_turns(rounds);
    let ended = must_interrupt(runqlat);
    let sums = sums(&ended);
    let [sum] = sums[..] else { panic!("one histogram, the last:\n{}", ended.stdout) };
    assert!(sum >= u64::from(2 * rounds), "{sum} waits of at least {}", 2 * rounds);
}

#[test]
fn runqlat_prints_as_often_as_asked() {
    let runqlat = start_runqlat(&["1", "2"]);
    take_turns(1000);
    let ended = runqlat.must_end().must_exit(0);
    let sums = sums(&ended);
    assert_eq!(sums.len(), 2, "{}", ended.stdout);
    assert!(sums.iter().sum::<u64>() >= 2000, "{sums:?}");
}
