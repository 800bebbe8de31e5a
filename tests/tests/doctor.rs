//! `wasm-bpf doctor`: what it says is held against what the kernel and other tools say.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use wasm_bpf_tests::{Ended, Ids, Report, Run, must_become, must_output};

/// The same for a user without capabilities.
#[track_caller]
fn unprivileged(options: &[&str]) -> Ended {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let copy = folder.path().join("wasm-bpf");
    fs::copy(wasm_bpf_tests::binary(), &copy).expect("a copy that others can run");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(folder.path(), mode).expect("our folder");
    let setpriv = ["--reuid", "65534", "--clear-groups", "--inh-caps=-all"];
    Run::program(Path::new("setpriv"), "setpriv").args(setpriv).arg(&copy).arg("doctor").args(options).must_end()
}

/// What bpftool found, by its names: `eBPF program_type kprobe is available`.
#[track_caller]
fn must_ask_bpftool(what: &str) -> BTreeMap<String, bool> {
    let output = must_output(Command::new("bpftool").args(["feature", "probe", "kernel"]));
    let text = String::from_utf8(output.stdout).expect("text");
    let lines =
        text.lines().filter_map(|line| line.strip_prefix("eBPF ")?.strip_prefix(what)?.trim().split_once(" is "));
    lines.map(|(name, found)| (name.to_owned(), found == "available")).collect()
}

#[test]
fn capabilities_are_those_of_the_process() {
    let status = fs::read_to_string("/proc/self/status").expect("this process");
    let mask = status.lines().find_map(|line| line.strip_prefix("CapEff:\t")).expect("a mask");
    let mask = u64::from_str_radix(mask, 16).expect("a number");
    let report = Report::must_get();
    let bits = [
        ("CAP_DAC_OVERRIDE", 1),
        ("CAP_DAC_READ_SEARCH", 2),
        ("CAP_NET_ADMIN", 12),
        ("CAP_NET_RAW", 13),
        ("CAP_IPC_LOCK", 14),
        ("CAP_SYS_PTRACE", 19),
        ("CAP_SYS_ADMIN", 21),
        ("CAP_SYS_RESOURCE", 24),
        ("CAP_SYSLOG", 34),
        ("CAP_PERFMON", 38),
        ("CAP_BPF", 39),
        ("CAP_CHECKPOINT_RESTORE", 40),
    ];
    for (name, bit) in bits {
        assert_eq!(report.is_ok("capability", name), mask & (1 << bit) != 0, "{name}");
    }
    assert_eq!(report.group("capability").len(), bits.len());
}

#[test]
fn types_are_those_that_bpftool_finds() {
    let report = Report::must_get();
    for (group, what) in [("program_type", "program_type"), ("map_type", "map_type")] {
        let known = must_ask_bpftool(what);
        let mut compared = 0;
        for (name, status) in report.group(group) {
            // It tries these at a function's entry, as libbpf does; here attaching anywhere counts.
            if name == "tracing" || status == "unknown" {
                continue;
            }
            if let Some(found) = known.get(name) {
                assert_eq!(status == "ok", *found, "{what} {name}");
                compared += 1;
            }
        }
        assert!(compared >= 25, "{compared} of {known:?}");
    }
}

#[test]
fn nothing_stays_of_what_was_tried() {
    Report::must_get();
    // Other tests of this suite are at it meanwhile: theirs go, too.
    let output = must_output(Command::new("bpftool").args(["--json", "prog", "show"]));
    let programs: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let tried = programs.as_array().expect("a list").iter().filter(|program| program["name"] == "doctor");
    let tried = tried.map(|program| program["id"].as_u64().expect("an id") as u32).collect();
    let tried = Ids { programs: tried, ..Ids::default() };
    must_become("nothing left of what was tried", || tried.left() == Ids::default());
}

#[test]
fn people_read_it_without_colours() {
    let ended = Run::bare().arg("doctor").must_end().must_exit(0);
    assert!(ended.stdout.ends_with("modules can run here\n") && !ended.stdout.contains('\x1b'), "{}", ended.stdout);
    let verbose = Run::bare().args(["doctor", "--verbose"]).must_end().must_exit(0).stdout;
    assert!(verbose.contains("  ok       ringbuf") && verbose.contains("not for it: "), "{verbose}");
}

#[test]
fn a_user_without_capabilities_reads_which() {
    let ended = unprivileged(&["--json"]).must_exit(1);
    let report = Report::of(&ended);
    assert_eq!(report.whole["ok"], false);
    assert!(report.group("capability").values().all(|status| *status == "missing"));
    let kprobe = report.check("program_type", "kprobe")["why"].as_str().expect("a text");
    assert!(kprobe.contains("CAP_BPF") && kprobe.contains("CAP_PERFMON"), "{kprobe}");
    assert!(!report.is_ok("attach", "tracepoint") && report.is_ok("kernel", "btf"));
    let text = unprivileged(&[]).must_exit(1).stdout;
    assert!(text.contains("modules cannot run here") && text.contains("all: this process lacks CAP_BPF"), "{text}");
}
