//! Windows: the kernel's pages in guest memory, and what keeps them from being written where they are read-only.

use wasm_bpf_tests::{Producer, Run, must_build};

fn run(mode: &str) -> Run {
    Run::module(&must_build("window")).arg(mode)
}

#[test]
fn globals_are_the_variables_themselves() {
    let producer = Producer::start();
    let mut guest = run("globals").arg(producer.tid()).must_start();
    guest.must_print("thread was 1");
    guest.must_print("ready 0");
    producer.produce(3);
    guest.must_print("count 3");
    // A closed window leaves zeros, and its handle is dead.
    guest.must_print("close 0");
    guest.must_print("count 0");
    guest.must_print("close again -9");
    guest.must_end().must_exit(0);
}

#[test]
fn what_cannot_be_a_window_is_refused() {
    run("refusals").must_end().must_have_printed(&[
        "overlap -16",
        "overlap with another map -16",
        "close 0",
        "unaligned -22",
        "null -22",
        "too small -22",
        "outside -14",
        "outside -14",
        "no ring -9",
        "no array -95",
        "no handle -9",
        "the guest's memory 0",
        "done 0",
    ]);
}

#[test]
fn a_store_to_a_read_only_page_traps() {
    run("store").must_end().must_exit(134).must_say("trap");
    run("store").arg("perf").must_end().must_exit(134).must_say("trap");
}

#[test]
fn the_engines_own_writes_stop_the_guest_and_not_the_host() {
    for mode in ["fill", "copy"] {
        for run in [run(mode), run(mode).arg("perf")] {
            run.must_end().must_exit(134).must_say("the module wrote to memory of the kernel's that it may only read");
        }
    }
}

#[test]
fn the_hosts_and_the_kernels_writes_are_refused() {
    // WASI's EFAULT is 21, Linux's 14.
    for (mode, refused) in [("random", "random 21"), ("lookup", "lookup -14")] {
        for run in [run(mode), run(mode).arg("perf")] {
            run.must_end().must_have_printed(&["mapped 0", refused, "grow 1", "position 0", "done 0"]);
        }
    }
}
