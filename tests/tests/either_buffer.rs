//! Tools that take a perf buffer where the kernel has no ring buffer, by a probe: the same events both ways.

use wasm_bpf_tests::{Run, workspace};

/// What the guest prints: the buffer that it took, and the events.
#[track_caller]
fn must_run(options: &[&str]) -> Vec<String> {
    const EVENTS: i32 = 5;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let module = folder.path().join("either_buffer.wasm");
    let sources = workspace().join("tests/guests/either_buffer");
    Run::bare().arg("build").arg(sources).arg("-o").arg(&module).must_end().must_exit(0);
    let own = std::process::id().to_string();
    let run = Run::bare().args(options).arg(&module).args([own.as_str(), &EVENTS.to_string()]);
    let mut guest = run.must_start();
    let buffer = guest.must_print_where("its buffer", |line| line == "ring" || line == "perf");
    for number in 1..=EVENTS {
        // No process group has such a number: the kernel does nothing but look for it.
        let group = rustix::process::Pid::from_raw(0x7000_0000 + number).expect("a number");
        assert!(rustix::process::test_kill_process_group(group).is_err());
    }
    let printed = guest.must_end().must_exit(0).stdout;
    let events = printed.lines().filter(|line| line.starts_with("event ")).map(str::to_owned);
    std::iter::once(buffer).chain(events).collect()
}

#[test]
fn both_buffers_have_the_same_events() {
    // One after the other: each would see the other's events.
    let ring = must_run(&[]);
    let perf = must_run(&["--env", "NO_RING=1"]);
    assert_eq!((ring[0].as_str(), perf[0].as_str()), ("ring", "perf"));
    let mut expected: Vec<String> = (1..=5).map(|number| format!("event {}", 0x7000_0000 + number)).collect();
    assert_eq!(ring[1..], expected);
    // A perf buffer has one part a CPU, and the thread may have moved: in any order.
    let mut seen = perf[1..].to_vec();
    seen.sort();
    expected.sort();
    assert_eq!(seen, expected);
}
