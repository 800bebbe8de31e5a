//! `wasm-bpf doctor`: what it says is held against what the kernel, other tools and the suites of all kinds say.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use wasm_bpf_tests::{Ended, Feature, Ids, Run, feature, has, must_become, must_output};

/// A report, by group and name of its checks.
struct Report {
    whole: Value,
    checks: BTreeMap<(String, String), Value>,
}

impl Report {
    #[track_caller]
    fn of(ended: &Ended) -> Self {
        let whole: Value =
            serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}:\n{}", ended.stdout));
        let checks = whole["checks"].as_array().expect("a list").iter().map(|check| {
            let text =
                |field: &str| check[field].as_str().unwrap_or_else(|| panic!("no {field} in {check}")).to_owned();
            // Every field is there, always.
            ["status", "value", "why", "advice"].iter().for_each(|field| drop(text(field)));
            ((text("group"), text("name")), check.clone())
        });
        Self { checks: checks.collect(), whole }
    }

    #[track_caller]
    fn check(&self, group: &str, name: &str) -> &Value {
        let found = self.checks.get(&(group.to_owned(), name.to_owned()));
        found.unwrap_or_else(|| panic!("no check {group} {name}: {:?}", self.checks.keys()))
    }

    #[track_caller]
    fn is_ok(&self, group: &str, name: &str) -> bool {
        self.check(group, name)["status"] == "ok"
    }

    /// The names of a group's checks with their status.
    fn group(&self, group: &str) -> BTreeMap<&str, &str> {
        let own = self.checks.iter().filter(|((of, _), _)| of == group);
        own.map(|((_, name), check)| (name.as_str(), check["status"].as_str().expect("a text"))).collect()
    }
}

#[track_caller]
fn must_report() -> Report {
    Report::of(&Run::bare().args(["doctor", "--json"]).must_end().must_exit(0))
}

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
    let report = must_report();
    let bits = [
        ("CAP_NET_ADMIN", 12),
        ("CAP_NET_RAW", 13),
        ("CAP_SYS_PTRACE", 19),
        ("CAP_SYS_ADMIN", 21),
        ("CAP_SYS_RESOURCE", 24),
        ("CAP_SYSLOG", 34),
        ("CAP_PERFMON", 38),
        ("CAP_BPF", 39),
    ];
    for (name, bit) in bits {
        assert_eq!(report.is_ok("capability", name), mask & (1 << bit) != 0, "{name}");
    }
    assert_eq!(report.group("capability").len(), bits.len());
}

#[test]
fn types_are_those_that_bpftool_finds() {
    let report = must_report();
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
fn kinds_work_where_the_suites_say_so() {
    let report = must_report();
    let kinds: [(&str, &Feature); 14] = [
        ("kprobe", &feature::KPROBE),
        ("kprobe.multi", &feature::KPROBE_MULTI),
        ("kprobe.session", &feature::KPROBE_SESSION),
        ("uprobe.multi", &feature::UPROBE_MULTI),
        ("uprobe.session", &feature::UPROBE_SESSION),
        ("fentry", &feature::FENTRY),
        ("fexit", &feature::FENTRY),
        ("fmod_ret", &feature::FMOD_RET),
        ("lsm", &feature::LSM),
        ("lsm_cgroup", &feature::LSM_CGROUP),
        ("tcx", &feature::TCX),
        ("netkit", &feature::NETKIT),
        ("netfilter", &feature::NETFILTER),
        ("struct_ops", &feature::STRUCT_OPS),
    ];
    for (kind, feature) in kinds {
        let check = report.check("attach", kind);
        // A program of type lsm attaches also where nobody asks it.
        if kind.starts_with("lsm") && check["status"] == "ok" {
            continue;
        }
        assert_eq!(check["status"] == "ok", has(feature), "{check}");
    }
    for kind in ["tracepoint", "raw_tp", "tp_btf", "iter", "uprobe", "perf_event", "socket", "xdp", "tc", "cgroup_skb"]
    {
        assert!(report.is_ok("attach", kind), "{}", report.check("attach", kind));
    }
    for (name, status) in report.group("attach") {
        let check = report.check("attach", name);
        assert!(status == "ok" || check["why"] != "", "{check}");
    }
    // Nothing of the tries stays. Other tests of this suite are at it meanwhile: theirs go, too.
    let output = must_output(Command::new("bpftool").args(["--json", "prog", "show"]));
    let programs: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let tried = programs.as_array().expect("a list").iter().filter(|program| program["name"] == "doctor");
    let tried = tried.map(|program| program["id"].as_u64().expect("an id") as u32).collect();
    let tried = Ids { programs: tried, ..Ids::default() };
    must_become("nothing left of what was tried", || tried.left() == Ids::default());
}

#[test]
fn the_machine_is_described_as_it_is() {
    let report = must_report();
    let read = |path: &str| fs::read_to_string(path).expect(path).trim().to_owned();
    assert_eq!(report.whole["ok"], true);
    assert_eq!(report.whole["release"], read("/proc/sys/kernel/osrelease"));
    let size = fs::metadata("/sys/kernel/btf/vmlinux").expect("types").len();
    let btf = report.check("kernel", "btf")["value"].as_str().expect("a text");
    assert!(btf.starts_with(&format!("{size} bytes")), "{btf}");
    let paranoid = report.check("kernel", "perf_event_paranoid")["value"].as_str().expect("a text");
    assert!(paranoid.starts_with(&format!("{}:", read("/proc/sys/kernel/perf_event_paranoid"))), "{paranoid}");
    for (name, inside) in [("tracefs", "events/sched"), ("cgroup2", "cgroup.controllers"), ("bpffs", "")] {
        let check = report.check("mount", name);
        let place = Path::new(check["value"].as_str().expect("a text"));
        assert!(check["status"] == "ok" && place.join(inside).exists(), "{check}");
    }
    let helpers = report.whole["helpers"]["kprobe"]["available"].as_array().expect("a list");
    assert!(helpers.iter().any(|name| name == "bpf_get_current_pid_tgid"));
    assert!(!helpers.iter().any(|name| name == "bpf_xdp_adjust_head"));
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
