//! Map operations: special kinds of maps, and every wrong number and pointer that a guest can come with.

use wasm_bpf_tests::{Build, Ended, Run, feature, must_build, possible_cpus, skip_unless};

#[track_caller]
fn must_end(args: &[&str]) -> Ended {
    Run::module(&must_build("maps")).args(args).must_end()
}

#[test]
fn keys_are_walked_to_the_last() {
    must_end(&["walk"]).must_have_printed(&[
        "update 0",
        "update 0",
        "update 0",
        "update 0",
        "update 0",
        "delete 0, again -2",
        "lookup of what is gone -2",
        "update as new -17",
        "4 keys, sum 1200, then -2",
    ]);
}

#[test]
fn per_cpu_values_are_checked_in_full() {
    let cpus = possible_cpus();
    let mut lines = Vec::new();
    for map in ["percpu_hash", "percpu_array"] {
        lines.push(format!("{map}: update 0 lookup 0, {cpus} values, 32 canaries"));
        lines.push(format!("{map}: one byte short: lookup -14 update -14, untouched; fitting: lookup 0"));
    }
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    must_end(&["percpu", &cpus.to_string()]).must_have_printed(&lines);
}

#[test]
fn queue_and_stack_have_no_key() {
    must_end(&["keyless"]).must_have_printed(&[
        "queue: push of one too many -7",
        "peek 0 1",
        "pop 1",
        "pop 2",
        "pop 3",
        "then -2",
        "stack: push of one too many -7",
        "peek 0 3",
        "pop 3",
        "pop 2",
        "pop 1",
        "then -2",
    ]);
}

#[test]
fn a_bloom_filter_has_no_key() {
    if skip_unless(&feature::BLOOM_FILTER) {
        return;
    }
    let module = Build::of("maps").object("bloom").must_build();
    Run::module(&module).arg("bloom").must_end().must_have_printed(&["add 0, known 0, unknown -2"]);
}

#[test]
fn two_objects_of_a_module_are_two() {
    must_end(&["two-objects"]).must_have_printed(&["first 1", "second 2", "close 0", "first -9 second 0"]);
}

#[test]
fn descriptors_belong_to_the_guest_alone() {
    must_end(&["descriptors"]).must_have_printed(&[
        "closed -9",
        "negative -9",
        "out of the air -9 -9 -9",
        "an object is no map -9",
        "close: 0 -9, 1 -9, huge -9, a map -9",
        "still there 0",
    ]);
}

#[test]
fn unknown_commands_are_einval() {
    must_end(&["commands"]).must_have_printed(&[
        "0: -22",
        "5: -22",
        "6: -22",
        "20: -22",
        "22: -22",
        "99: -22",
        "-1: -22",
        "2147483647: -22",
    ]);
}

#[test]
fn bad_pointers_are_negative_efault() {
    let ended = must_end(&["pointers"]).must_have_printed(&[
        "lookup: key -14 -14, value -14 -14 -14",
        "update: key -14, value -14",
        "delete: key -14",
        "next: key -14, next -14",
        "names: map -14 -14, program -14, target -14",
        "name without an end -14",
        "object: start 0, length 0 0",
        "unknown map -2",
        "unharmed 0",
    ]);
    assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
}
