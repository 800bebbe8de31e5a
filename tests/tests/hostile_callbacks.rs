//! Guests that do harm from within a callback of v0, or before they are even started.

use std::time::Duration;

use wasm_bpf_runtime::Limits;
use wasm_bpf_tests::hostile::{must_be_stopped, must_exit, must_leave_nothing, must_trap};

/// A table with one callback at 1.
fn callback(locals: &str, body: &str) -> String {
    format!(
        "(table (export \"__indirect_function_table\") 2 funcref) (elem (i32.const 1) $callback)
         (func $callback (param $context i32) (param $data i32) (param $size i32) (result i32) {locals} {body})"
    )
}

/// A limit of the time from start to end.
fn at_most(time: Duration) -> Limits {
    Limits { time: Some(time), ..Limits::default() }
}

const POLL: &str = "(call $setup) (call $send (i32.const 3)) (drop (call $poll (i32.const 1)))";
const SPIN: &str = "(loop $again (br $again)) (unreachable)";

#[test]
fn a_callback_that_never_returns_is_ended() {
    must_leave_nothing(|runtime| {
        must_exit(runtime, POLL, &callback("", SPIN), at_most(Duration::from_millis(200)), 124);
        must_be_stopped(runtime, POLL, &callback("", SPIN));
        // Also one that calls imports all the time, and one that waits for ever.
        let calls = "(loop $again (call $send (i32.const 1)) (br $again)) (unreachable)";
        must_exit(runtime, POLL, &callback("", calls), at_most(Duration::from_millis(200)), 124);
        must_be_stopped(runtime, POLL, &callback("", calls));
        let waits = "(call $wait (i32.const 0) (i32.const 0) (i32.const -1))";
        must_exit(runtime, POLL, &callback("", waits), at_most(Duration::from_millis(200)), 124);
        must_be_stopped(runtime, POLL, &callback("", waits));
    });
}

#[test]
fn a_start_function_that_never_returns_is_ended() {
    must_leave_nothing(|runtime| {
        let rest = "(func $begin (loop $again (br $again))) (start $begin)";
        must_exit(runtime, "", rest, at_most(Duration::from_millis(200)), 124);
        must_be_stopped(runtime, "", rest);
        // A start function has all imports; what it opens is released with the guest.
        let rest = "(func $begin (call $setup) (loop $again (br $again))) (start $begin)";
        must_be_stopped(runtime, "", rest);
    });
}

#[test]
fn a_callback_that_traps_ends_the_guest() {
    must_leave_nothing(|runtime| {
        must_trap(runtime, POLL, &callback("", "(unreachable)"), "unreachable");
        must_trap(runtime, POLL, &callback("", "(i32.load (i32.const -4))"), "out of bounds");
        must_trap(runtime, POLL, &callback("", "(i32.div_u (i32.const 1) (i32.const 0))"), "divide by zero");
        must_exit(runtime, POLL, &callback("", "(call $exit (i32.const 41)) (unreachable)"), Limits::default(), 41);
    });
}

#[test]
fn a_callback_that_polls_without_end_exhausts_the_stack() {
    must_leave_nothing(|runtime| {
        let again = callback("", "(call $send (i32.const 1)) (call $poll (i32.const 1))");
        must_trap(runtime, POLL, &again, "call stack exhausted");
        let recurses =
            callback("", "(call $callback (local.get 0) (local.get 1) (local.get 2)) (i32.const 1) (i32.add)");
        must_trap(runtime, POLL, &recurses, "call stack exhausted");
    });
}

#[test]
fn a_callback_may_close_all_that_is_polled() {
    must_leave_nothing(|runtime| {
        // The object, its map, its program; each again; the poll goes on with the records that it has taken.
        let closes = callback(
            "",
            "(call $must (i32.const 1) (call $close (global.get $object)) (i32.const 0))
             (call $must (i32.const 2) (call $close (global.get $object)) (i32.const -9))
             (call $must (i32.const 3) (call $handle_close (global.get $events)) (i32.const -9))
             (call $must (i32.const 4) (call $handle_close (global.get $packet)) (i32.const -9))
             (call $must (i32.const 5) (call $poll (i32.const 1)) (i32.const -9))
             (i32.const 0)",
        );
        let body = "(call $setup) (call $send (i32.const 1))
            (call $must (i32.const 6) (call $poll (i32.const 1)) (i32.const 1))
            (call $must (i32.const 7) (call $poll (i32.const 1)) (i32.const -9))";
        must_exit(runtime, body, &closes, Limits::default(), 0);
        // The map alone is the object's: its handle can be closed, and the poll has it still.
        let closes = callback("", "(drop (call $handle_close (global.get $events))) (i32.const 0)");
        let body = "(call $setup) (call $send (i32.const 3))
            (call $must (i32.const 8) (call $poll (i32.const 1)) (i32.const 3))";
        must_exit(runtime, body, &closes, Limits::default(), 0);
    });
}

#[test]
fn a_callback_may_grow_memory() {
    must_leave_nothing(|runtime| {
        // Records have the numbers 6, 7, 8: each arrives where it belongs, and nothing after it is written.
        let grows = callback(
            "",
            "(drop (call $must_succeed (i32.const 1) (memory.grow (i32.const 64))))
             (call $must (i32.const 2) (i32.load (local.get $data)) (global.get $next))
             (call $must (i32.const 3) (local.get $size) (i32.const 8))
             (call $must (i32.const 4) (i32.load (i32.const 0x408)) (i32.const 0x5a5a5a5a))
             (call $must (i32.const 5) (i32.load (i32.const 0x3fc)) (i32.const 0x5a5a5a5a))
             (global.set $next (i32.add (global.get $next) (i32.const 1)))
             (i32.const 0)",
        ) + "(global $next (mut i32) (i32.const 6))";
        let body = "(call $setup) (call $send (i32.const 3))
            (memory.fill (i32.const 0x380) (i32.const 0x5a) (i32.const 256))
            (call $must (i32.const 6) (call $poll (i32.const 1)) (i32.const 3))";
        must_exit(runtime, body, &grows, Limits::default(), 0);
    });
}

#[test]
fn a_callback_may_change_the_table() {
    must_leave_nothing(|runtime| {
        // It takes itself out of the table while it is called; the next poll finds nothing there.
        let vanishes = callback("", "(table.set 0 (i32.const 1) (ref.null func)) (i32.const 0)");
        let body = "(call $setup) (call $send (i32.const 2))
            (call $must (i32.const 1) (call $poll (i32.const 1)) (i32.const 2))
            (call $send (i32.const 1))
            (call $must (i32.const 2) (call $poll (i32.const 1)) (i32.const -22))";
        must_exit(runtime, body, &vanishes, Limits::default(), 0);
    });
}
