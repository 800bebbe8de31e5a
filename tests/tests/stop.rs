//! Signals, and what is left of a guest after its end, however it ends: nothing.

use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, kill_process};
use wasm_bpf_tests::{Ids, Run, Running, Signal, binary, event_links, must_become, must_build};

/// Starts `basics MODE`; what it holds in the kernel is there.
#[track_caller]
fn start(options: &[&str], mode: &[&str]) -> (Running, Ids) {
    let run = Run::bare().args(options).arg(must_build("basics")).args(mode);
    let mut guest = run.must_start();
    guest.must_print("ready");
    let ids = Ids::of(guest.pid());
    (guest, ids)
}

/// As [`start`], for guests that do not end by themselves.
#[track_caller]
fn must_start(options: &[&str], mode: &str) -> (Running, Ids) {
    let (guest, ids) = start(options, &[mode]);
    assert_eq!((ids.programs.len(), ids.links.len(), ids.maps.len()), (1, event_links(1), 2), "{ids:?}");
    assert_eq!(ids.left(), ids);
    (guest, ids)
}

#[test]
fn a_signal_ends_a_guest_that_polls_sleeps_or_computes() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        for mode in ["poll", "sleep", "spin"] {
            // A grace time that the test would not live to see: these guests handle no signal.
            let (guest, ids) = must_start(&["--grace", "80000"], mode);
            guest.signal(signal);
            guest.must_end().must_die_of(signal);
            ids.must_vanish();
        }
    }
}

#[test]
fn a_signal_that_the_process_was_started_to_ignore_is_ignored() {
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' HUP; exec \"$@\"", "sh"]).arg(binary()).arg(must_build("basics")).arg("sleep");
    command.stdout(Stdio::piped());
    let mut child = command.spawn().expect("a shell");
    let mut line = [0; 6];
    child.stdout.as_mut().expect("piped").read_exact(&mut line).expect("it begins");
    for (signal, ended) in [(Signal::HUP, None), (Signal::TERM, Some(Signal::TERM.as_raw()))] {
        kill_process(Pid::from_child(&child), signal).expect("it lives");
        std::thread::sleep(Duration::from_millis(300));
        let status = child.try_wait().expect("a child");
        assert_eq!(status.and_then(|status| status.signal()), ended, "{signal:?}");
    }
}

#[test]
fn a_guest_that_handles_the_signal_ends_by_itself() {
    let (guest, ids) = must_start(&[], "polite");
    guest.signal(Signal::INT);
    let ended = guest.must_end().must_exit(7);
    assert_eq!(ended.stdout, "ready\npoll -4 signal 2 then 0\n");
    ids.must_vanish();
}

#[test]
fn a_signal_that_the_guest_does_not_handle_ends_it_though_it_handles_another() {
    let (guest, _) = must_start(&["--grace", "80000"], "polite");
    guest.signal(Signal::TERM);
    guest.must_end().must_die_of(Signal::TERM);
}

#[test]
fn a_guest_that_does_not_stop_is_stopped_after_the_grace_time() {
    let (mut guest, ids) = must_start(&["--grace", "0.5"], "deaf");
    let start = Instant::now();
    guest.signal(Signal::INT);
    assert!(guest.is_running());
    guest.must_end().must_die_of(Signal::INT);
    assert!(start.elapsed() >= Duration::from_millis(500), "stopped after {:?}", start.elapsed());
    ids.must_vanish();
}

#[test]
fn the_second_signal_does_not_wait() {
    let (mut guest, ids) = must_start(&["--grace", "80000"], "deaf");
    // Signals that come at the same time may become one, so they are sent until two have arrived.
    must_become("the guest ends", || {
        guest.signal(Signal::INT);
        !guest.is_running()
    });
    guest.must_end().must_die_of(Signal::INT);
    ids.must_vanish();
}

#[test]
fn two_signals_at_once_are_one() {
    let (mut guest, ids) = must_start(&["--grace", "80000"], "deaf");
    // As `timeout` sends them, to the process and to its group.
    guest.signal(Signal::INT);
    guest.signal(Signal::TERM);
    std::thread::sleep(Duration::from_millis(500));
    assert!(guest.is_running());
    guest.signal(Signal::INT);
    guest.must_end().must_die_of(Signal::INT);
    ids.must_vanish();
}

#[test]
fn nothing_stays_after_an_end_a_trap_or_a_kill() {
    for (mode, code) in [(&["exit", "5"][..], 5), (&["return", "6"], 6), (&["trap"], 134)] {
        let (guest, ids) = start(&[], mode);
        guest.must_end().must_exit(code);
        ids.must_vanish();
    }
    let (guest, ids) = must_start(&[], "poll");
    guest.signal(Signal::KILL);
    assert_eq!(guest.must_end().code, None);
    ids.must_vanish();
}
