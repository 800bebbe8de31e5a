//! docs/kernels.md is the list of features, rendered.

use std::fmt::Write;
use std::{env, fs};

use wasm_bpf_tests::{feature, workspace};

/// What stands before the table.
const TEXT: &str = "\
# Kernels

The runtime needs Linux 5.10 or newer with `CONFIG_BPF_SYSCALL`, `CONFIG_BPF_JIT` and, for programs that are relocated to
the running kernel, `CONFIG_DEBUG_INFO_BTF`. `make test-kernels` runs the integration tests on Debian's kernels 5.10, 6.1 and
6.12 and on the two newest later ones. What is not in this table works on all of them. Each section that libbpf 1.7 knows, and
each type of map, is tried from a guest there; the suite `kinds_list` holds the list against libbpf's own.

From Linux 7.0 on a task can be interrupted in a raw tracepoint's program (commit a46023d5616e), and the kernel skips the
program for others on that processor until it is done: on a busy machine events are missed so, from guests as from native
programs. `bpf_prog_get_info_by_fd()` tells how many (`recursion_misses`); the example `rawtp` prints it. Beside six busy
processes 7.3 skipped most calls of a process so, and 145 of 1234 for a program at a system call's tracepoint; 6.12 skipped none for `rawtp`.

A test may skip only where a kernel is older than this table says or was built without an option that it names; anywhere
else a missing feature is a failure. The test looks itself, and what runs the machines looks again, at the kernel's configuration.
The table is written from the list that the tests use
(`BLESS=1 cargo test --release --workspace --test kernels_doc`).

| feature | minimum kernel | options, and how to boot |
|---|---|---|
";

#[test]
fn docs_kernels_md_is_the_list() {
    let mut text = TEXT.to_owned();
    for feature in feature::ALL {
        let options = feature.options.iter().map(|option| format!("`CONFIG_{option}`"));
        let needs: Vec<String> = options.chain(feature.boot.map(|boot| boot.to_string())).collect();
        let (major, minor) = feature.since;
        writeln!(text, "| {} | {major}.{minor} | {} |", feature.name, needs.join(", ")).expect("a string");
    }
    let path = workspace().join("docs/kernels.md");
    if env::var_os("BLESS").is_some() {
        fs::write(&path, text).expect("a writable docs/");
        return;
    }
    let written = fs::read_to_string(&path).expect("docs/kernels.md");
    assert_eq!(written, text, "write it again with BLESS=1");
}

#[test]
fn every_feature_is_asked_for() {
    let tests = workspace().join("tests");
    let folders = ["src", "tests"].map(|folder| fs::read_dir(tests.join(folder)).expect("sources"));
    let files = folders.into_iter().flatten().flatten().map(|file| file.path());
    let rust = files.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let all: String = rust.map(|path| fs::read_to_string(path).expect("a source")).collect();
    let list = fs::read_to_string(tests.join("src/feature.rs")).expect("the list");
    for (name, _) in list.lines().filter_map(|line| line.strip_prefix("    ")?.split_once(" = ")) {
        if name.chars().all(|c| c.is_ascii_uppercase() || c == '_') {
            assert!(all.contains(&format!("feature::{name}")), "no test asks for {name}");
        }
    }
}
