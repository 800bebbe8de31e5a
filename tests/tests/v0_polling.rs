//! The corners of polling.

use std::fs;

use wasm_bpf_tests::{Build, Ended, Ids, Producer, Run, Running, event_links, must_build, must_build_wat};

fn start(mode: &str, producer: &Producer) -> Running {
    Run::module(&must_build("polling")).args([mode, &producer.tid()]).must_start()
}

/// Runs a mode that waits for `count` records before it polls.
#[track_caller]
fn must_end(mode: &str, count: u32) -> Ended {
    let producer = Producer::start();
    let mut guest = start(mode, &producer);
    guest.must_print("ready");
    producer.produce(count);
    guest.must_end()
}

#[test]
fn two_rings_of_an_object_are_two() {
    must_end("two-rings", 2).must_have_printed(&[
        "ready",
        "first 0 size 8",
        "first 1 size 8",
        "first returned 2",
        "second 1000 size 8",
        "second 1001 size 8",
        "second returned 2",
    ]);
}

#[test]
fn a_negative_callback_ends_the_poll_and_the_rest_comes_with_the_next() {
    must_end("negative", 4).must_have_printed(&[
        "ready",
        "refusing 0 size 8",
        "refusing 1 size 8",
        "returned -7",
        "rest 2 size 8",
        "rest 3 size 8",
        "rest returned 2",
    ]);
}

#[test]
fn a_callback_that_traps_ends_the_guest() {
    must_end("trap", 1).must_exit(134).must_say("unreachable").must_say("fall");
}

#[test]
fn a_callback_may_close_the_object() {
    must_end("close-inside", 1).must_have_printed(&[
        "ready",
        "closing 0 size 8",
        "close returned 0",
        "returned 1",
        "closed returned -9",
    ]);
}

#[test]
fn a_callback_may_poll_again() {
    must_end("poll-inside", 3).must_have_printed(&[
        "ready",
        "outer 0 size 8",
        "inner 1 size 8",
        "inner 2 size 8",
        "inner returned 2",
        "outer returned 1",
    ]);
}

#[test]
fn a_short_buffer_gets_the_start_of_a_record() {
    must_end("short", 1).must_have_printed(&[
        "ready",
        "size 4, then untouched",
        "returned 1",
        "size 0, then untouched",
        "returned 1",
    ]);
}

#[test]
fn faults_are_negative_and_lose_no_record() {
    must_end("faults", 1).must_have_printed(&[
        "ready",
        "no such function: -22",
        "null function: -22",
        "function of another type: -22",
        "buffer past the end: -14",
        "negative size: -22",
        "descriptor -1: -9",
        "descriptor of a file: -9",
        "no ring: -22",
        "still there: 0 size 8",
        "still there: returned 1",
    ]);
}

#[test]
fn a_poll_takes_as_long_as_asked() {
    let producer = Producer::start();
    let ended = start("timeouts", &producer).must_end().must_exit(0);
    let lines: Vec<Vec<i64>> = ended
        .stdout
        .lines()
        .map(|line| line.split_whitespace().filter_map(|word| word.parse().ok()).collect())
        .collect();
    assert_eq!(lines.len(), 3, "{}", ended.stdout);
    for line in lines {
        let [asked, took, returned] = line[..] else { panic!("{line:?}") };
        assert!(took >= asked && returned == 0, "{}", ended.stdout);
    }
}

#[test]
fn close_detaches_while_the_guest_goes_on() {
    let producer = Producer::start();
    let mut guest = start("close-detaches", &producer);
    guest.must_print("both attached");
    let both = Ids::of(guest.pid());
    assert_eq!((both.programs.len(), both.links.len(), both.maps.len()), (2, event_links(2), 6), "{both:?}");
    assert_eq!(both.left(), both);

    producer.produce(1);
    guest.must_print("first closed");
    let second = Ids::of(guest.pid());
    assert_eq!((second.programs.len(), second.links.len(), second.maps.len()), (1, event_links(1), 3), "{second:?}");
    both.without(&second).must_vanish();
    assert!(guest.is_running());

    producer.produce(1);
    let ended = guest.must_end();
    ended.must_have_printed(&[
        "both attached",
        "second 0 size 8",
        "close returned 0",
        "again -9",
        "first closed",
        "second 1 size 8",
    ]);
    both.must_vanish();
}

#[test]
fn closed_objects_leave_nothing_open() {
    let producer = Producer::start();
    let mut guest = start("many-rounds", &producer);
    guest.must_print("first round");
    let (first, open) = (Ids::of(guest.pid()), open_descriptors(guest.pid()));
    producer.produce(1);
    guest.must_print("last round");
    let last = Ids::of(guest.pid());
    assert_eq!(open_descriptors(guest.pid()), open);
    assert_eq!((last.programs.len(), last.links.len(), last.maps.len()), (2, event_links(2), 6), "{last:?}");
    // The object that `main` loads stays from the first to the last round.
    assert_eq!(last.without(&first).maps.len(), 3, "{first:?} {last:?}");
    producer.produce(1);
    guest.must_end().must_exit(0);
}

/// How many descriptors a process has.
fn open_descriptors(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).expect("a process of root's").count()
}

/// What a guest in TinyGo's manner prints for two records.
const FOREIGN: [&str; 6] = ["update 0", "attach 0", "ready", "record 0 size 8", "record 1 size 8", "lookup 0 count 2"];

#[track_caller]
fn must_run_foreign(build: Build, options: &[&str]) {
    let producer = Producer::start();
    let run = Run::bare().args(options).arg(build.object("polling").must_build()).arg(producer.tid());
    let mut guest = run.must_start();
    guest.must_print("ready");
    producer.produce(2);
    guest.must_end().must_have_printed(&FOREIGN);
}

#[test]
fn callbacks_by_export_and_64_bit_pointers_are_linked_as_the_module_asks() {
    must_run_foreign(Build::of("foreign"), &[]);
}

#[test]
fn the_export_and_its_module_have_names_to_choose() {
    let renamed = || Build::of("foreign").define("WRAPPER=\"host\"").define("CALLBACK=\"on-record\"");
    must_run_foreign(renamed(), &["-m", "host", "-c", "on-record"]);
    must_run_foreign(renamed(), &["--wrapper-module-name=host", "--callback-export-name=on-record"]);
    let module = renamed().object("polling").must_build();
    Run::module(&module).arg("0").must_end().must_exit(1).must_say("`host::wasm_bpf_buffer_poll`");
}

#[test]
fn a_guest_without_memory_gets_negative_numbers() {
    let module = must_build_wat(
        "no-memory",
        r#"(module
            (import "wasm_bpf" "wasm_load_bpf_object" (func $load (param i32 i32) (result i64)))
            (import "wasm_bpf" "wasm_attach_bpf_program" (func $attach (param i64 i32 i32) (result i32)))
            (import "wasm_bpf" "wasm_bpf_map_fd_by_name" (func $find (param i64 i32) (result i32)))
            (import "wasm_bpf" "wasm_bpf_map_operate"
                (func $operate (param i32 i32 i32 i32 i32 i64) (result i32)))
            (import "wasm_bpf" "wasm_bpf_buffer_poll"
                (func $poll (param i64 i32 i32 i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (func $expect (param $what i32) (param $is i32) (param $should i32)
                (if (i32.ne (local.get $is) (local.get $should)) (then (call $exit (local.get $what)))))
            (func (export "_start")
                (call $expect (i32.const 1) (i32.wrap_i64 (call $load (i32.const 0) (i32.const 64))) (i32.const 0))
                (call $expect (i32.const 2) (call $attach (i64.const 1) (i32.const 0) (i32.const 0)) (i32.const -14))
                (call $expect (i32.const 3) (call $find (i64.const 1) (i32.const 0)) (i32.const -14))
                (call $expect (i32.const 4)
                    (call $operate (i32.const -1) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0) (i64.const 0))
                    (i32.const -9))
                (call $expect (i32.const 5)
                    (call $poll (i64.const 1) (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 8)
                        (i32.const 0))
                    (i32.const -14))
                (call $exit (i32.const 42))))"#,
    );
    Run::module(&module).must_end().must_exit(42);
}
