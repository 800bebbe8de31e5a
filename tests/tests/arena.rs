//! Arenas: memory that BPF programs and the guest share, by plain pointers.

use std::fs;

use tempfile::TempDir;
use wasm_bpf_tests::{Example, Ids, Program, Run, feature, is_emulated, must_build, skip_unless};

/// What the kernel calls a mapping of a map.
const MAPPED: &str = "anon_inode:bpf-map";
/// Any second argument: pages that are not there are faults.
const FAULTS: &str = "faults";

fn run(mode: &str) -> Run {
    Run::module(&must_build("arena")).arg(mode)
}

#[test]
fn the_example_counts_exactly_the_programs_that_were_started() {
    if skip_unless(&feature::ARENA) {
        return;
    }
    let programs = [(Program::unique(), 1), (Program::unique(), 7), (Program::unique(), 40)];
    let mut guest = Example::must_build("arena").run().must_start();
    guest.must_print_where("that it counts", |line| line.starts_with("Counting"));
    for (program, runs) in &programs {
        (0..*runs).for_each(|_| _ = program.must_exit(0));
    }
    let ended = guest.must_stop();
    for (program, runs) in &programs {
        let lines: Vec<&str> = ended.stdout.lines().filter(|line| line.starts_with(program.name())).collect();
        assert_eq!(lines, [format!("{:<16} {runs}", program.name())], "{}", ended.stdout);
    }
    assert!(ended.stdout.contains("PROGRAM          RUNS\n") && ended.stderr.is_empty(), "{ended:?}");
}

#[test]
fn all_pages_are_the_guests_and_the_programs() {
    if skip_unless(&feature::ARENA) {
        return;
    }
    run("use").must_end().must_have_printed(&[
        "inside 1",
        "the program's 1",
        "untouched 0",
        "filled 2",
        "the program sees it 1",
        "random 0",
        "and this 1",
        "freed 0",
        "done 0",
    ]);
}

#[test]
fn memory_that_is_freed_too_early_harms_the_guest_alone() {
    if skip_unless(&feature::ARENA) {
        return;
    }
    let ended = run("misuse").must_end();
    ended.must_have_printed(&["close 0", "close the object 0", "close again -9", "done 0"]);
}

#[test]
fn an_arena_outlives_its_object_as_long_as_it_is_mapped() {
    if skip_unless(&feature::ARENA) {
        return;
    }
    run("close").must_end().must_have_printed(&[
        "close the object 0",
        "still there 1",
        "grow 1",
        "still there 1",
        "detach 0",
        "still there 1",
        "close 0",
        "zero 0",
        "done 0",
    ]);
}

#[test]
fn arenas_do_not_disturb_each_other() {
    if skip_unless(&feature::ARENA) {
        return;
    }
    run("two").must_end().must_have_printed(&[
        "apart 1",
        "close 0",
        "the other stays 1",
        "close 0",
        "close the object 0",
        "done 0",
    ]);
}

#[test]
fn a_missing_page_is_a_trap_for_the_guest() {
    if skip_unless(&feature::ARENA) {
        return;
    }
    for mode in ["load", "store", "freed"] {
        let ended = run(mode).arg(FAULTS).must_end().must_exit(134).must_say("out of bounds memory access");
        assert_eq!(ended.stdout, "there 1\n", "{mode}");
    }
    // Without the flag it is made when it is touched.
    for mode in ["load", "store", "freed"] {
        run(mode).must_end().must_have_printed(&["there 1", "alive 1", "done 0"]);
    }
}

#[test]
fn a_missing_page_stops_the_guest_where_the_host_was_made_to_touch_it() {
    if skip_unless(&feature::ARENA) {
        return;
    }
    for mode in ["fill", "copy", "random", "write"] {
        run(mode)
            .arg(FAULTS)
            .must_end()
            .must_exit(134)
            .must_say("the module used a page of an arena that is not there");
    }
}

#[test]
fn a_missing_page_is_an_error_to_the_kernel() {
    if skip_unless(&feature::ARENA) {
        return;
    }
    run("lookup").arg(FAULTS).must_end().must_have_printed(&["there 1", "lookup -14", "alive 1", "done 0"]);
    run("lookup").must_end().must_have_printed(&["there 1", "lookup 0", "alive 1", "done 0"]);
}

#[test]
fn nothing_stays_of_a_guest_that_ends_or_is_killed() {
    if skip_unless(&feature::ARENA) {
        return;
    }
    for signal in [wasm_bpf_tests::Signal::INT, wasm_bpf_tests::Signal::KILL] {
        let mut guest = run("end").must_start();
        let pid = guest.pid();
        guest.must_print("ready 0");
        // The arena, and .bss in the guest and where libbpf has it.
        assert_eq!(mappings(pid), 3);
        let ids = Ids::of(pid);
        assert!(ids.maps.len() >= 2 && ids.left() == ids, "{ids:?}");
        assert!(guest.is_running());
        guest.signal(signal);
        guest.must_end();
        ids.must_vanish();
    }
}

/// How many mappings of maps a process has.
fn mappings(pid: u32) -> usize {
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap_or_default();
    maps.lines().filter(|line| line.contains(MAPPED)).count()
}

#[test]
fn many_rounds_leave_nothing_behind() {
    if skip_unless(&feature::ARENA) {
        return;
    }
    let folder = TempDir::new().expect("a temporary folder");
    let grant = format!("{}::/go", folder.path().display());
    // What stays behind shows in a few rounds, too.
    let many = if is_emulated() { "20" } else { "1000" };
    let mut guest = Run::bare().args(["--dir", &grant]).arg(must_build("arena")).args(["storm", many]).must_start();
    let pid = guest.pid();
    let count = |what: &str| fs::read_dir(format!("/proc/{pid}/{what}")).expect("a running guest").count();
    let seen = || {
        let maps = fs::read_to_string(format!("/proc/{pid}/maps")).expect("a running guest");
        (count("fd"), maps.lines().count(), mappings(pid), Ids::of(pid).maps.len())
    };
    guest.must_print("rounds 10");
    let (before, first) = (seen(), Ids::of(pid));
    assert_eq!(before.2, 2, "the arena, and .bss where libbpf has it");
    fs::write(folder.path().join("first"), "").expect("a writable folder");
    guest.must_print(&format!("rounds {many}"));
    let after = seen();
    assert_eq!((after.0, after.2, after.3), (before.0, before.2, before.3), "descriptors, mapped maps, maps");
    // The allocator may have split a mapping of its own.
    assert!(after.1 <= before.1 + 4, "{} mappings, {} before", after.1, before.1);
    first.must_vanish();
    let last = Ids::of(pid);
    fs::write(folder.path().join("second"), "").expect("a writable folder");
    guest.must_end().must_exit(0);
    last.must_vanish();
}
