//! The kernel's pages in a guest's memory: unmapped while they are read, written where they are read-only, in the way of
//! everything else.

use wasm_bpf_runtime::{Limits, Runtime};
use wasm_bpf_tests::hostile::{must_exit, must_leave_nothing, must_trap};

/// Opens the ring and maps it at 0x80000.
const WINDOW: &str = "(func $window (result i32)
        (global.set $ring (call $must_succeed (i32.const 80) (call $ring_open (global.get $events))))
        (call $must_succeed (i32.const 81)
            (call $ring_window (global.get $ring) (i32.const 0x80000) (i32.const 0x10000))))
    (global $ring (mut i32) (i32.const 0))
    (global $window (mut i32) (i32.const 0))";

#[track_caller]
fn must_hold(runtime: &Runtime, body: &str) {
    must_exit(runtime, &format!("(local $cells i32) (call $setup) {body}"), WINDOW, Limits::default(), 0);
}

#[test]
fn a_window_that_is_closed_leaves_zeros() {
    must_leave_nothing(|runtime| {
        // The producer's position is at the second page.
        must_hold(
            runtime,
            "(global.set $window (call $window))
             (call $send (i32.const 3))
             (call $must (i32.const 1) (i32.load (i32.const 0x81000)) (i32.const 48))
             (call $must (i32.const 2) (call $handle_close (global.get $window)) (i32.const 0))
             (call $must (i32.const 3) (i32.load (i32.const 0x81000)) (i32.const 0))
             (i32.store (i32.const 0x81000) (i32.const 7))
             (call $must (i32.const 4) (i32.load (i32.const 0x81000)) (i32.const 7))
             (call $must (i32.const 5) (call $handle_close (global.get $window)) (i32.const -9))",
        );
    });
}

#[test]
fn a_window_outlives_what_it_shows() {
    must_leave_nothing(|runtime| {
        // The ring, then the object; the pages stay readable until the window goes, and can be mapped again elsewhere.
        must_hold(
            runtime,
            "(global.set $window (call $window))
             (call $send (i32.const 3))
             (call $must (i32.const 1) (call $handle_close (global.get $ring)) (i32.const 0))
             (call $must (i32.const 2) (call $close (global.get $object)) (i32.const 0))
             (drop (i32.load (i32.const 0x81000)))
             (drop (call $handle_close (global.get $window)))
             (drop (i32.load (i32.const 0x81000)))
             (call $setup)
             (global.set $window (call $window))",
        );
    });
}

#[test]
fn imports_do_not_write_where_the_guest_cannot() {
    must_leave_nothing(|runtime| {
        // Key 0 is at 0x340. The value would go to the ring's data; records would be read into it; texts, too.
        must_hold(
            runtime,
            "(global.set $window (call $window))
             (call $send (i32.const 3))
             (local.set $cells (call $must_succeed (i32.const 1)
                 (call $find_map (i32.wrap_i64 (global.get $object)) (i32.const 0x110) (i32.const 5))))
             (call $must (i32.const 2) (call $map_lookup (local.get $cells) (i32.const 0x340) (i32.const 4)
                 (i32.const 0x82000) (i32.const 8) (i64.const 0)) (i32.const -14))
             (call $must (i32.const 3) (call $ring_read (global.get $ring) (i32.const 0x81f00) (i32.const 4096)) (i32.const -14))
             ;; The first record is still whole: its length, then its number.
             (call $must (i32.const 4) (i32.load (i32.const 0x82000)) (i32.const 8))
             (call $must (i32.const 5) (i32.load (i32.const 0x82008)) (i32.const 6))",
        );
        let body = format!(
            "(call $setup) (global.set $window (call $window)) {}",
            "(i32.store (i32.const 0x82000) (i32.const 1))"
        );
        must_trap(runtime, &body, WINDOW, "");
    });
}

#[test]
fn windows_do_not_share_their_place() {
    must_leave_nothing(|runtime| {
        must_hold(
            runtime,
            "(global.set $window (call $window))
             (local.set $cells (call $must_succeed (i32.const 1)
                 (call $find_map (i32.wrap_i64 (global.get $object)) (i32.const 0x110) (i32.const 5))))
             ;; Where the ring is; past the end; at no multiple of 64 KiB; too short.
             (call $must (i32.const 2)
                 (call $map_window (local.get $cells) (i32.const 0x80000) (i32.const 0x10000)) (i32.const -16))
             (call $must (i32.const 3)
                 (call $map_window (local.get $cells) (i32.const 0x100000) (i32.const 0x10000)) (i32.const -14))
             (call $must (i32.const 4)
                 (call $map_window (local.get $cells) (i32.const 0x91000) (i32.const 0x10000)) (i32.const -22))
             (call $must (i32.const 5)
                 (call $map_window (local.get $cells) (i32.const 0x90000) (i32.const 64)) (i32.const -22))
             ;; Memory grows, and the window stays where it is; the new pages can have one, too.
             (drop (call $must_succeed (i32.const 6) (memory.grow (i32.const 16))))
             (call $send (i32.const 1))
             (call $must (i32.const 7) (i32.load (i32.const 0x81000)) (i32.const 16))
             (drop (call $must_succeed (i32.const 8)
                 (call $map_window (local.get $cells) (i32.const 0x100000) (i32.const 0x10000))))
             (i32.store (i32.const 0x100000) (i32.const 5))
             (call $must (i32.const 9) (call $map_lookup (local.get $cells) (i32.const 0x340) (i32.const 4)
                 (i32.const 0x348) (i32.const 8) (i64.const 0)) (i32.const 0))
             (call $must (i32.const 10) (i32.load (i32.const 0x348)) (i32.const 5))",
        );
    });
}
