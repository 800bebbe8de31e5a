//! What `wasm-bpf inspect` sees, and that the policy file which it prints is enough, and no more.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use wasm_bpf_tests::{Cgroup, Example, Run, must_build_native, must_build_wat};

/// The exit code of `-W timeout`.
const TIME_OVER: i32 = 124;

/// `wasm-bpf inspect OPTIONS MODULE`.
#[track_caller]
fn inspect(options: &[&str], module: &Path) -> String {
    Run::bare().arg("inspect").args(options).arg(module).must_end().must_exit(0).stdout
}

/// The command line of an example, with a policy file.
fn run(name: &str, policy: &Path, cgroup: &Cgroup) -> Run {
    let module = Example::must_build(name).module();
    let base = if matches!(name, "xdp" | "tc" | "sockfilter") { Run::unshared() } else { Run::bare() };
    // It prints when it ends.
    let base = if name == "profile" { base.args(["-W", "timeout=1s"]) } else { base };
    let base = base.args(["--policy", policy.to_str().expect("UTF-8"), "--dir", cgroup.path()]).arg(module);
    let probes = || must_build_native("probes").to_str().expect("UTF-8").to_owned();
    match name {
        "xdp" | "tc" | "sockfilter" => base.arg("lo"),
        "cgroup_skb" | "sockops" | "lsm" => base.arg(cgroup.path()),
        "uprobe" => base.args([&probes(), "plus_1000"]),
        "usdt" => base.args([&probes(), "wb", "step"]),
        _ => base,
    }
}

/// Runs the example with what inspect prints; then, for each entry, without it: that must be refused for its sake.
#[track_caller]
fn must_be_minimal(name: &str) {
    let (folder, cgroup) = (TempDir::new().expect("a temporary folder"), Cgroup::must_make());
    let file = folder.path().join("policy.toml");
    let text = inspect(&["--policy"], &Example::must_build(name).module());
    fs::write(&file, &text).expect("a writable folder");
    let mut guest = run(name, &file, &cgroup).must_start();
    match name {
        "profile" => drop(guest.must_end().must_exit(TIME_OVER)),
        "task_iter" => drop(guest.must_end().must_exit(0)),
        _ => {
            guest.must_print_where("something", |_| true);
            guest.must_stop();
        }
    }

    let lines: Vec<&str> = text.lines().collect();
    let entries = (0..lines.len()).filter(|index| lines[*index].starts_with("    "));
    let mut count = 0;
    for index in entries {
        let mut without = lines.clone();
        let removed = without.remove(index).trim().trim_end_matches(',');
        fs::write(&file, without.join("\n")).expect("a writable folder");
        let ended = run(name, &file, &cgroup).must_end();
        assert_ne!(ended.code, Some(0), "{name} runs without {removed}\n{}", ended.stdout);
        // What was asked for is more precise than a pattern, and may be another map of the type.
        let pattern = removed.split('*').next().and_then(|entry| entry.split(", bytes").next()).unwrap_or_default();
        ended.must_say("is not allowed").must_say(&format!("add {pattern}"));
        count += 1;
    }
    assert!(count >= 3, "{text}");
}

#[test]
fn the_policy_of_tracing_examples_is_minimal() {
    ["bootstrap", "execve", "minimal", "opensnoop", "rawtp", "tp_btf"].into_iter().for_each(must_be_minimal);
}

#[test]
fn the_policy_of_probing_examples_is_minimal() {
    ["tcpconnlat", "uprobe", "usdt"].into_iter().for_each(must_be_minimal);
}

#[test]
fn the_policy_of_network_examples_is_minimal() {
    ["xdp", "tc", "cgroup_skb", "sockops", "sockfilter"].into_iter().for_each(must_be_minimal);
}

#[test]
fn the_policy_of_measuring_examples_is_minimal() {
    ["arena", "profile", "runqlat", "task_iter"].into_iter().for_each(must_be_minimal);
}

#[test]
fn every_example_is_seen_through() {
    for name in Example::names() {
        let module = Example::must_build(&name).module();
        let shown = inspect(&[], &module);
        assert!(shown.contains("object of ") && shown.contains("license ") && shown.contains("BTF"), "{name}: {shown}");
        assert!(shown.contains("  program ") && shown.contains("wasm_bpf_v1::object_open"), "{name}: {shown}");
        assert!(!shown.contains("opaque") && !shown.contains("cannot be opened"), "{name}: {shown}");
        let needs = shown.lines().last().expect("lines");
        let expected = match name.as_str() {
            "xdp" | "tc" | "sockops" => "needs: --allow net",
            "cgroup_skb" => "needs: --allow cgroup",
            "lsm" => "needs: --allow lsm",
            _ => "needs: nothing beyond observing",
        };
        assert_eq!(needs, expected, "{name}");
        let json = inspect(&["--json"], &module);
        assert!(json.contains("\"programs\": [") && json.contains("\"opaque\": false"), "{name}: {json}");
    }
}

#[test]
fn people_see_programs_and_maps() {
    let shown = inspect(&[], &Example::must_build("execve").module());
    assert!(shown.contains("tracepoint, tracepoint:syscalls/sys_enter_execve\n"), "{shown}");
    assert!(shown.contains("ringbuf, ") && shown.contains("    helpers: bpf_"), "{shown}");
}

#[test]
fn modules_without_an_object_are_told_apart() {
    let import = "(import \"wasm_bpf\" \"wasm_load_bpf_object\" (func (param i32 i32) (result i64)))";
    let opaque = must_build_wat("opaque", &format!("(module {import} (func (export \"_start\")))"));
    assert!(inspect(&[], &opaque).contains("opaque: "));
    let plain = must_build_wat("plain", "(module (func (export \"_start\")))");
    assert_eq!(inspect(&[], &plain), "no BPF object\nimports: none\nneeds: nothing beyond observing\n");
    let none = Run::bare().args(["inspect", "/dev/null"]).must_end().must_exit(1);
    none.must_say("failed to inspect `/dev/null`");
}
