//! Objects and types that are broken, endless or huge: each is refused, and the host lives on with the memory that it had.

use wasm_bpf_runtime::{Limits, Runtime};
use wasm_bpf_tests::hostile::{OBJECT, PATIENCE, must_exit, must_leave_nothing, resident};
use wasm_bpf_tests::is_emulated;

/// More than a guest of its limits here, and what the kernel keeps of it, can take: a bomb takes gigabytes.
const MAX_GROWTH: usize = 256 << 20;

/// Runs `body`, which has to end with 0.
#[track_caller]
fn must_live(runtime: &Runtime, body: &str, rest: &str) {
    let limits = Limits { time: Some(PATIENCE), memory: 64 << 20, ..Limits::default() };
    let before = resident();
    must_exit(runtime, body, rest, limits, 0);
    let after = resident();
    assert!(after < before + MAX_GROWTH, "grew from {before} to {after} bytes");
}

/// Calls `$try` with the length of an object at 64 KiB, for each `$at` of all places in the object.
fn for_each_place(step: usize, at_each: &str) -> String {
    let size = OBJECT.len();
    // Emulated machines are a hundred times slower.
    let step = if is_emulated() { step * 61 } else { step };
    format!(
        "(local $at i32)
         (loop $again
             {at_each}
             (local.set $at (i32.add (local.get $at) (i32.const {step})))
             (br_if $again (i32.lt_u (local.get $at) (i32.const {size}))))"
    )
}

/// Opens the object, loads it if it can be opened, closes it if it was.
const TRY: &str = "(func $try (param $size i32) (local $object i32)
    (local.set $object (call $object_open (i32.const 0x10000) (local.get $size) (i32.const 0) (i32.const 0)))
    (if (i32.gt_s (local.get $object) (i32.const 0)) (then
        (drop (call $object_load (local.get $object)))
        (call $must (i32.const 9) (call $handle_close (local.get $object)) (i32.const 0)))))";

#[test]
fn each_beginning_of_an_object_is_refused_or_held() {
    must_leave_nothing(|runtime| must_live(runtime, &for_each_place(1, "(call $try (local.get $at))"), TRY));
}

#[test]
fn an_object_with_any_byte_changed_is_refused_or_held() {
    // All bits, the lowest, the highest: sizes and offsets become a little and a lot too large.
    let flip = |bits: u32, step: usize| {
        let size = OBJECT.len();
        let store = format!(
            "(i32.store8 (i32.add (i32.const 0x10000) (local.get $at))
                (i32.xor (i32.load8_u (i32.add (i32.const 0x10000) (local.get $at))) (i32.const {bits})))"
        );
        for_each_place(step, &format!("{store} (call $try (i32.const {size})) {store}"))
    };
    must_leave_nothing(|runtime| {
        for (bits, step) in [(0xff, 1), (1, 7), (0x80, 11)] {
            must_live(runtime, &flip(bits, step), TRY);
        }
    });
}

#[test]
fn numbers_of_the_elf_header_that_promise_too_much_are_refused() {
    must_leave_nothing(|runtime| {
        // e_shoff, e_shentsize, e_shnum, e_shstrndx; then sh_offset, sh_size, sh_link, sh_info, sh_entsize of each section.
        let mut stores = String::new();
        for (offset, wide) in [(0x28, true), (0x3a, false), (0x3c, false), (0x3e, false)] {
            stores += &with(0x10000 + offset, wide);
        }
        let sections = u64::from_le_bytes(OBJECT[0x28..0x30].try_into().expect("eight bytes"));
        let count = u16::from_le_bytes(OBJECT[0x3c..0x3e].try_into().expect("two bytes"));
        for section in 0..u64::from(count) {
            let header = 0x10000 + sections + section * 64;
            for (offset, wide) in [(0x04, false), (0x08, true), (0x18, true), (0x20, true), (0x28, false), (0x38, true)]
            {
                stores += &with(header + offset, wide);
            }
        }
        must_live(runtime, &stores, TRY);
    });
}

/// Tries the object with large numbers at an address, and puts back what was there.
fn with(address: u64, wide: bool) -> String {
    let size = OBJECT.len();
    let at = (address - 0x10000) as usize;
    let (store, bytes) = if wide { ("i64.store", 8) } else { ("i64.store16", 2) };
    let mut old = [0; 8];
    old[..bytes].copy_from_slice(&OBJECT[at..at + bytes]);
    let old = u64::from_le_bytes(old);
    let numbers = [u64::MAX, 1 << 63, 0xffff_ffff, 0x7fff_ffff, 0xfff0, 1];
    let tries: String = numbers
        .iter()
        .map(|number| format!("({store} (i32.const {address}) (i64.const {number})) (call $try (i32.const {size}))"))
        .collect();
    format!("{tries} ({store} (i32.const {address}) (i64.const {old}))")
}

#[test]
fn a_giant_object_is_refused() {
    must_leave_nothing(|runtime| {
        // 60 MiB after a good header; nothing but zeros; lengths past the end.
        let body = "(drop (memory.grow (i32.const 496)))
            (call $try (i32.const 0x1e00000))
            (memory.fill (i32.const 0x10000) (i32.const 0) (i32.const 0x1e00000))
            (call $must (i32.const 1)
                (call $object_open (i32.const 0x10000) (i32.const 0x1e00000) (i32.const 0) (i32.const 0)) (i32.const -8))
            (call $must (i32.const 2)
                (call $object_open (i32.const 0x10000) (i32.const 0x1ff0001) (i32.const 0) (i32.const 0)) (i32.const -14))
            (call $must (i32.const 3)
                (call $object_open (i32.const 0x10000) (i32.const -1) (i32.const 0) (i32.const 0)) (i32.const -14))";
        must_live(runtime, body, TRY);
    });
}

/// Writes BTF at 64 KiB: `$count` types, each the one byte after the other as `$type` does it, then an integer.
fn btf(types: &str) -> String {
    format!(
        "(global $at (mut i32) (i32.const 0))
         (func $put (param $word i32)
             (i32.store (global.get $at) (local.get $word)) (global.set $at (i32.add (global.get $at) (i32.const 4))))
         (func $type (param $id i32) {types})
         (func $make (param $count i32) (result i32) (local $id i32) (local $size i32)
             (drop (memory.grow (i32.const 400)))
             (global.set $at (i32.const 0x10018))
             (loop $again
                 (local.set $id (i32.add (local.get $id) (i32.const 1)))
                 (call $type (local.get $id))
                 (br_if $again (i32.lt_u (local.get $id) (local.get $count))))
             (call $put (i32.const 1)) (call $put (i32.const 0x1000000)) (call $put (i32.const 4))
             (call $put (i32.const 32))
             (local.set $size (i32.sub (global.get $at) (i32.const 0x10018)))
             (i32.store (global.get $at) (i32.const 0x00006100))
             (i32.store (i32.const 0x10000) (i32.const 0x0001eb9f)) (i32.store (i32.const 0x10004) (i32.const 24))
             (i32.store (i32.const 0x10008) (i32.const 0)) (i32.store (i32.const 0x1000c) (local.get $size))
             (i32.store (i32.const 0x10010) (local.get $size)) (i32.store (i32.const 0x10014) (i32.const 4))
             (call $btf_from_data (i32.const 0x10000) (i32.add (local.get $size) (i32.const 28)) (i32.const 0)))
         (func $dump (param $types i32) (param $id i32) (local $dump i32)
             (if (i32.gt_s (local.get $types) (i32.const 0)) (then
                 (local.set $dump (call $must_succeed (i32.const 1) (call $btf_dump_open (local.get $types))))
                 (drop (call $btf_dump_type (local.get $dump) (local.get $id)))
                 (drop (call $btf_dump_data (local.get $dump) (local.get $id) (i32.const 0) (i32.const 0) (i32.const 0)
                     (i32.const 0) (i32.const 0x100) (i32.const 256)))
                 (call $must (i32.const 2) (call $handle_close (local.get $dump)) (i32.const 0))
                 (call $must (i32.const 3) (call $handle_close (local.get $types)) (i32.const 0)))))"
    )
}

/// Words of a type that come after its name.
fn words(words: &[&str]) -> String {
    words.iter().map(|word| format!("(call $put {word})")).collect()
}

const NEXT: &str = "(i32.add (local.get $id) (i32.const 1))";
const LAST: &str = "(i32.sub (local.get $id) (i32.const 1))";

#[test]
fn types_without_end_are_refused() {
    const A: &str = "(i32.const 1)";
    const NONE: &str = "(i32.const 0)";
    const ONE_MEMBER: &str = "(i32.const 0x4000001)";
    let bombs = [
        // Structs in structs, pointers to pointers, const of const, typedefs of typedefs, arrays of 2^32 arrays.
        words(&[A, ONE_MEMBER, "(i32.const 4)", A, NEXT, NONE]),
        words(&[NONE, "(i32.const 0x2000000)", NEXT]),
        words(&[NONE, "(i32.const 0xa000000)", NEXT]),
        words(&[A, "(i32.const 0x8000000)", NEXT]),
        words(&[NONE, "(i32.const 0x3000000)", NONE, NEXT, NEXT, "(i32.const -1)"]),
        // Each of the one before: the first of itself, or of what is not there.
        words(&[A, ONE_MEMBER, "(i32.const 4)", A, LAST, NONE]),
        words(&[A, "(i32.const 0x8000000)", "(local.get $id)"]),
        // Twice the one after: 2^count in all.
        words(&[A, "(i32.const 0x4000002)", "(i32.const 8)", A, NEXT, NONE, A, NEXT, "(i32.const 32)"]),
        // 65,535 members that are not there; functions of themselves; a section of what is no variable.
        words(&[A, "(i32.const 0x400ffff)", "(i32.const 4)"]),
        words(&[NONE, "(i32.const 0xd000001)", NEXT, A, NEXT]),
        words(&[A, "(i32.const 0xf000001)", "(i32.const 4)", NEXT, NONE, "(i32.const 4)"]),
        // A kind that there is not.
        words(&[A, "(i32.const 0x1f000000)", NEXT]),
    ];
    must_leave_nothing(|runtime| {
        for bomb in &bombs {
            for count in [1, 40, 200_000] {
                let body = format!(
                    "(call $dump (call $make (i32.const {count})) (i32.const 1))
                     (call $dump (call $make (i32.const {count})) (i32.const {count}))"
                );
                must_live(runtime, &body, &btf(bomb));
            }
        }
    });
}
