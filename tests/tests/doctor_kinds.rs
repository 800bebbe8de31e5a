//! `wasm-bpf doctor` on every kernel: ways to attach work where the suites of all kinds say that they must.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use wasm_bpf_tests::{Feature, Report, Run, feature, has, must_build_folder};

/// Made once: it tries thousands of things.
static REPORT: LazyLock<Report> = LazyLock::new(Report::must_get);

#[test]
fn kinds_work_where_the_suites_say_so() {
    let report = &*REPORT;
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
}

#[test]
fn the_machine_is_described_as_it_is() {
    let report = &*REPORT;
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
fn a_guest_is_told_the_same_one_by_one() {
    let groups = ["kernel", "mount", "program_type", "map_type", "attach"];
    let checks: Vec<(String, String)> = groups
        .iter()
        .flat_map(|group| REPORT.group(group).into_keys().map(move |name| (format!("{group}/{name}"), group, name)))
        // The limit that a guest is told is the one that was raised for it, where the kernel has one.
        .filter(|(_, _, name)| *name != "memlock")
        .map(|(path, group, name)| {
            let check = REPORT.check(group, name);
            let text = |field: &str| check[field].as_str().expect("a text").to_owned();
            let (found, text) = match check["status"].as_str() {
                Some("ok") => (1, text("value")),
                Some("missing") => (0, text("why")),
                // EOPNOTSUPP
                _ => (-95, text("why")),
            };
            (path.clone(), format!("{path} {found} {text}"))
        })
        .collect();
    let run = Run::bare().args(["--allow", "all"]).arg(must_build_folder("kinds")).arg("doctor");
    let ended = run
        .args(checks.iter().map(|(path, _)| path))
        .args(["capability/CAP_BPF", "capability/CAP_DAC_OVERRIDE"])
        .args(["attach/nothing", "nothing/at_all"])
        .must_end();
    let ended = ended.must_exit(0);
    let mut told = ended.stdout.lines();
    for (path, expected) in &checks {
        assert_eq!(told.next().map(str::trim_end), Some(expected.trim_end()), "{path}");
    }
    // A module's process keeps the one, and gives the other up before the module runs.
    assert_eq!(told.next(), Some("capability/CAP_BPF 1 create maps, load programs"));
    assert_eq!(told.next(), Some("capability/CAP_DAC_OVERRIDE 0 this process does not have it"));
    // ENOENT
    assert_eq!(told.collect::<Vec<_>>(), ["attach/nothing -2 ", "nothing/at_all -2 "]);
}
