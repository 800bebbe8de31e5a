//! Guests that use the host up: by rounds, by growth, by many of them at a time.

use std::thread;
use std::time::Duration;

use wasm_bpf_runtime::{Limits, Options, Outcome};
use wasm_bpf_tests::hostile::{PATIENCE, must_compile, must_end, must_exit, must_leave_nothing, must_trap, resident};
use wasm_bpf_tests::is_emulated;

/// What ten thousand rounds may cost: libraries keep some of what they were given. A leak of 100 bytes a round is more.
const MAX_GROWTH: usize = 1 << 20;

/// Rounds of `round`, as many as a parameter of `$rounds` says.
fn rounds(round: &str) -> String {
    format!(
        "(func $rounds (param $count i32)
            (loop $again
                {round}
                (local.set $count (i32.sub (local.get $count) (i32.const 1)))
                (br_if $again (local.get $count))))"
    )
}

/// Loads the object, opens its ring, maps it, attaches a program, closes everything.
const LOAD: &str = "(call $setup)
    (drop (call $must_succeed (i32.const 1) (call $ring_open (global.get $events))))
    (drop (call $must_succeed (i32.const 2) (call $attach (call $must_succeed (i32.const 3)
        (call $find_program (i32.wrap_i64 (global.get $object)) (i32.const 0x130) (i32.const 7))))))";

#[test]
fn ten_thousand_loads_leave_nothing() {
    // Emulated machines are a hundred times slower, and what is left behind shows in fewer rounds, too.
    let (first, count) = if is_emulated() { (20, 50) } else { (100, 10_000) };
    must_leave_nothing(|runtime| {
        let round = "(call $setup) (call $send (i32.const 1))
            (call $must (i32.const 1) (call $close (global.get $object)) (i32.const 0))";
        let limits = || Limits { time: Some(PATIENCE), ..Limits::default() };
        let run = |count: u32| {
            must_exit(runtime, &format!("(call $rounds (i32.const {count}))"), &rounds(round), limits(), 0);
        };
        // What is allocated once is there after some rounds.
        run(first);
        let before = resident();
        run(count);
        let after = resident();
        // Debian's kernels give memory in pages of two megabytes, too.
        let most = if is_emulated() { 4 * MAX_GROWTH } else { MAX_GROWTH };
        assert!(after < before + most, "grew from {before} to {after} bytes");
    });
}

#[test]
fn what_a_guest_leaves_open_goes_with_it() {
    must_leave_nothing(|runtime| {
        // Twenty objects, rings and links at a time, by guests that exit, trap or are ended.
        let data = "(data (i32.const 0x130) \"on_call\")";
        let all = format!("{} {data}", rounds(LOAD));
        for end in ["", "(unreachable)", "(loop $spin (br $spin))"] {
            let module = must_compile(runtime, &format!("(call $rounds (i32.const 20)) {end}"), &all);
            let limits = Limits { time: Some(Duration::from_millis(1500)), ..Limits::default() };
            must_end(runtime, &module, limits);
        }
        // One more than may be open.
        let limits = Limits { objects: 10, time: Some(PATIENCE), ..Limits::default() };
        must_exit(runtime, "(call $rounds (i32.const 11))", &all, limits, 90);
    });
}

#[test]
fn tables_and_memories_grow_to_their_limit() {
    must_leave_nothing(|runtime| {
        let limits = || Limits { memory: 16 << 20, time: Some(PATIENCE), ..Limits::default() };
        let before = resident();
        let body = "(loop $again
                (br_if $again (i32.ne (table.grow 0 (ref.null func) (i32.const 10000)) (i32.const -1))))
            (call $must (i32.const 1) (memory.grow (i32.const 400)) (i32.const -1))
            (call $must (i32.const 2) (table.grow 0 (ref.null func) (i32.const -2)) (i32.const -1))
            (call $setup)";
        must_exit(runtime, body, "", limits(), 0);
        let after = resident();
        assert!(after < before + (32 << 20), "grew from {before} to {after} bytes");
        must_trap(runtime, "(call $f)", "(func $f (call $f) (call $f))", "call stack exhausted");
    });
}

#[test]
fn guests_of_one_process_race_and_do_not_meet() {
    must_leave_nothing(|runtime| {
        let round = "(call $setup) (call $send (i32.const 3))
            (call $must (i32.const 1) (call $poll (i32.const 1)) (i32.const 3))
            (call $must (i32.const 2) (call $close (global.get $object)) (i32.const 0))";
        let callback = "(table (export \"__indirect_function_table\") 2 funcref) (elem (i32.const 1) $callback)
            (func $callback (param i32 i32 i32) (result i32) (i32.const 0))";
        let (rounds_each, turns) = if is_emulated() { (10, 1) } else { (60, 3) };
        let body = format!("(call $rounds (i32.const {rounds_each}))");
        let ends = must_compile(runtime, &body, &format!("{} {callback}", rounds(round)));
        let endless = must_compile(runtime, "(call $rounds (i32.const -1))", &format!("{} {callback}", rounds(round)));
        let traps = must_compile(
            runtime,
            "(call $rounds (i32.const 20)) (unreachable)",
            &format!("{} {callback}", rounds(round)),
        );
        thread::scope(|scope| {
            for worker in 0..6 {
                let (ends, endless, traps) = (&ends, &endless, &traps);
                scope.spawn(move || {
                    for _ in 0..turns {
                        match worker % 3 {
                            0 => {
                                let outcome = must_end(runtime, ends, Limits::default());
                                assert!(matches!(outcome, Outcome::Exited(0)), "{outcome:?}");
                            }
                            1 => {
                                let outcome = must_end(runtime, traps, Limits::default());
                                assert!(matches!(outcome, Outcome::Trapped(_)), "{outcome:?}");
                            }
                            _ => {
                                // Ended from outside, at a moment of no one's choice.
                                let guest = runtime.guest(endless, Options::default()).expect("it links");
                                let stop = guest.stop();
                                scope.spawn(move || {
                                    thread::sleep(Duration::from_millis(40));
                                    stop.end(77);
                                });
                                let outcome = guest.run().expect("it runs");
                                assert!(matches!(outcome, Outcome::Exited(77)), "{outcome:?}");
                            }
                        }
                    }
                });
            }
        });
    });
}
