//! The examples against their native builds where no event is needed: what they say of wrong arguments and of hooks
//! that this kernel does not have.

use std::fs;

use rustix::fs::{AtFlags, CWD, unlinkat};
use wasm_bpf_tests::{Both, Example, Feature, feature, must_build_native, skip_unless};

/// What is not a hook, a device or a cgroup, with the grants that the attempt needs.
const WRONG: &[(&str, &[&str], &[&str])] = &[
    ("bootstrap", &[], &["-d", "soon"]),
    ("bootstrap", &[], &["-d", "-1"]),
    ("cgroup_skb", &["--allow", "cgroup", "--dir", "/tmp"], &["/tmp"]),
    ("cgroup_skb", &["--allow", "cgroup"], &[]),
    ("lsm", &["--allow", "lsm"], &[]),
    ("minimal", &[], &["zero"]),
    ("opensnoop", &[], &["-p", "many"]),
    ("opensnoop", &[], &["--usage"]),
    ("opensnoop", &[], &["surplus"]),
    ("profile", &["--dir", "/proc"], &["-p", "x"]),
    ("rawtp", &[], &["-n", "0"]),
    ("runqlat", &[], &["0"]),
    ("sockops", &["--allow", "net", "--dir", "/tmp"], &["/tmp"]),
    ("task_iter", &[], &["x"]),
    ("tc", &["--allow", "net"], &["wb-none"]),
    ("tcpconnlat", &[], &["x"]),
    ("uprobe", &[], &["/nowhere", "main"]),
    ("usdt", &[], &["/nowhere", "a", "b"]),
    ("xdp", &["--allow", "net"], &["wb-none"]),
];

#[test]
fn help_is_the_same() {
    for name in Example::names() {
        let ended = Both::of(&name, &[]).args(&["-h"]).must_end();
        ended.must_be_equal();
        assert_eq!(ended.native.code, Some(0), "{name}");
    }
}

#[test]
fn unknown_options_are_answered_alike() {
    for name in Example::names() {
        let mut ended = Both::of(&name, &["--allow-all"]).args(&["--no-such-option"]).must_end();
        // getopt's own line is worded by each C library. An option that is taken for a path is one that was not given.
        for ended in ended.each() {
            let getopt = |line: &str| line.starts_with(&format!("{name}: ")) && line.contains("option");
            let hint = |line: &str| line.starts_with("wasm-bpf: ") && line.contains("was not given");
            let own = |line: &&str| !getopt(line) && !hint(line);
            ended.stderr = ended.stderr.lines().filter(own).collect::<Vec<_>>().join("\n");
        }
        ended.must_be_equal();
        assert_ne!(ended.native.code, Some(0), "{name}");
    }
}

#[test]
fn wrong_arguments_are_answered_alike() {
    for (name, options, args) in WRONG {
        let ended = Both::of(name, options).args(args).must_end();
        ended.must_be_equal();
        assert!(ended.native.code != Some(0) || *args == ["--usage"], "{name} {args:?}: {ended:#?}");
    }
    let probes = must_build_native("probes");
    let probes = probes.to_str().expect("plain characters");
    Both::of("uprobe", &[]).args(&[probes, "plus_2000"]).must_end().must_be_equal();
    Both::of("usdt", &[]).args(&[probes, "wb", "leap"]).must_end().must_be_equal();
}

/// Deletes a file before the eyes of both; where this kernel does not have their hook, they say the same of it.
#[track_caller]
fn must_agree_on_deletions(name: &str, feature: &Feature) {
    if skip_unless(feature) {
        let ended = Both::of(name, &[]).must_end();
        ended.must_be_equal();
        assert_eq!((ended.native.code, ended.native.stderr.lines().count()), (Some(1), 1), "{ended:#?}");
        return;
    }
    let mut both = Both::of(name, &[]).must_start("PID");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("file");
    fs::write(&path, "").expect("a file");
    unlinkat(CWD, &path, AtFlags::empty()).expect("a file");
    unlinkat(CWD, &path, AtFlags::empty()).expect_err("it is gone");
    let (pid, path) = (format!("{:<8} ", std::process::id()), path.display().to_string());
    let is_ours = |line: &str| line.starts_with(&pid) && line.ends_with(&path);
    both.must_print_where("the attempt in vain", |line| is_ours(line) && !line.contains("   0 "));
    both.must_stop().must_agree(2, |line| is_ours(line).then(|| line.to_owned()));
}

#[test]
fn kprobe_agrees() {
    must_agree_on_deletions("kprobe", &feature::KPROBE);
}

#[test]
fn ksyscall_agrees() {
    must_agree_on_deletions("ksyscall", &feature::KPROBE);
}

#[test]
fn fentry_agrees() {
    must_agree_on_deletions("fentry", &feature::FENTRY);
}

#[test]
fn lsm_agrees() {
    let name = format!("wb-parity-{}", std::process::id());
    let both = Both::of("lsm", &["--allow", "lsm"]).args(&[&name]);
    if skip_unless(&feature::LSM) {
        let ended = both.must_end();
        ended.must_be_equal();
        assert_eq!((ended.native.code, ended.native.stderr.lines().count()), (Some(1), 1), "{ended:#?}");
        return;
    }
    let parent = tempfile::tempdir().expect("a temporary folder");
    let kept = parent.path().join(&name);
    fs::create_dir(&kept).expect("a directory");
    // One after the other: where one has refused, the other need not.
    let says = format!(" may not remove {name}");
    let ended = both.map(|run| {
        let mut running = run.must_start();
        running.must_print_where("that it is attached", |line| line.starts_with("Directories"));
        unlinkat(CWD, &kept, AtFlags::REMOVEDIR).expect_err("it is protected");
        running.must_print_where("the refusal", |line| line.ends_with(&says));
        running.must_stop()
    });
    ended.must_agree(2, |line| Some(line.to_owned()));
}
