//! Each way to attach a tracing program, from a guest: what the kernel or a process does is seen.

use wasm_bpf_tests::{Attach, Feature, Kind, Prepared, feature, must_build_native, skip_unless};

/// What a call of getpgid is told: this thread, whose process is its own.
fn own_pid() -> u32 {
    std::process::id()
}

/// Lets the kernel run what the programs of tracing.bpf.c and session.bpf.c look at, three times.
fn call() -> u64 {
    let pid = rustix::process::getpid();
    let group = rustix::process::getpgid(Some(pid)).expect("a process has a group");
    (0..2).for_each(|_| assert_eq!(rustix::process::getpgid(Some(pid)), Ok(group)));
    group.as_raw_nonzero().get() as u64
}

/// A program sees three calls by their argument.
#[track_caller]
fn must_see_argument(program: &str) {
    let mut kind = Attach::of("tracing", program).value(own_pid()).must_start();
    call();
    kind.must_hit(3, own_pid().into());
    kind.must_stop();
}

/// A program sees three returns by their value.
#[track_caller]
fn must_see_result(program: &str) {
    let mut kind = Attach::of("tracing", program).must_start();
    let group = call();
    kind.must_hit(3, group);
    kind.must_stop();
}

#[test]
fn kprobe() {
    if !skip_unless(&feature::KPROBE) {
        must_see_argument("kprobe");
    }
}

#[test]
fn kretprobe() {
    if !skip_unless(&feature::KPROBE) {
        must_see_result("kretprobe");
    }
}

#[test]
fn ksyscall() {
    if !skip_unless(&feature::KPROBE) {
        must_see_argument("ksyscall");
    }
}

#[test]
fn kretsyscall() {
    if !skip_unless(&feature::KPROBE) {
        must_see_result("kretsyscall");
    }
}

#[test]
fn kprobe_multi() {
    if skip_unless(&feature::KPROBE_MULTI) {
        return;
    }
    let mut kind = Attach::of("tracing", "kprobe_multi").must_start();
    call();
    kind.must_hit(3, 1);
    kind.must_stop();
}

#[test]
fn kretprobe_multi() {
    if !skip_unless(&feature::KPROBE_MULTI) {
        must_see_result("kretprobe_multi");
    }
}

/// Three calls, seen at their returns with what was kept at their entries.
#[track_caller]
fn must_see_session(program: &str) {
    let mut kind = Attach::of("session", program).value(4711).must_start();
    call();
    kind.must_hit(3, 4711);
    kind.must_stop();
}

#[test]
fn kprobe_session() {
    if !skip_unless(&feature::KPROBE_SESSION) {
        must_see_session("kprobe_session");
    }
}

#[test]
fn fsession() {
    if !skip_unless(&feature::FSESSION) {
        must_see_session("fsession");
    }
}

#[test]
fn fsession_sleepable() {
    if !skip_unless(&feature::FSESSION) {
        must_see_session("fsession_s");
    }
}

#[test]
fn tracepoint() {
    must_see_argument("tracepoint");
}

#[test]
fn tp() {
    must_see_argument("tp");
}

#[test]
fn raw_tracepoint() {
    must_see_argument("raw_tracepoint");
}

#[test]
fn raw_tp() {
    must_see_argument("raw_tp");
}

#[test]
fn tp_btf() {
    must_see_argument("tp_btf");
}

#[test]
fn fentry() {
    if !skip_unless(&feature::FENTRY) {
        must_see_argument("fentry");
    }
}

#[test]
fn fexit() {
    if !skip_unless(&feature::FENTRY) {
        must_see_result("fexit");
    }
}

/// A program sees the kernel's test function, which a run of the first program calls; `result` is the run's.
#[track_caller]
fn must_see_test_function(programs: &str, result: i32, seen: u64) {
    if skip_unless(&feature::FENTRY_SLEEPABLE) {
        return;
    }
    let attach = Attach::of("sleepable", programs).with(&["--allow", "override"]).thread(&"self").value(4711);
    let mut kind = attach.way(&["and_run"]).must_start();
    kind.must_print(&format!("run {result} returned 0"));
    kind.must_hit(1, seen);
    kind.must_stop();
}

#[test]
fn fentry_sleepable() {
    must_see_test_function("fentry_s", 0, 1);
}

#[test]
fn fexit_sleepable() {
    must_see_test_function("fexit_s", 0, 2);
}

#[test]
fn fmod_ret_sleepable() {
    must_see_test_function("idle,fmod_ret_s", -rustix::io::Errno::FAULT.raw_os_error(), 1);
}

#[test]
fn perf_event() {
    let mut reader = Prepared::must_start("dd if=/dev/zero of=/dev/null bs=4M");
    let mut kind = Attach::of("tracing", "on_perf_event").thread(&reader.pid()).way(&["perf_event"]).must_start();
    reader.must_go();
    assert_eq!(kind.must_hit_more(), 1_000_000, "the clock's period in nanoseconds");
    kind.must_stop();
}

/// A program sees each of the five calls that native/probes.c makes; the last call's number, or what it returns.
#[track_caller]
fn must_see_probes(attach: Attach, way: &str, rest: &[&str], last: u64) {
    let program = must_build_native("probes");
    let path = program.to_str().expect("plain characters");
    let caller = Prepared::must_start(path);
    let way: Vec<&str> = [way, path].iter().chain(rest).copied().collect();
    let mut kind: Kind = attach.thread(&caller.pid()).way(&way).must_start();
    caller.must_exit(0);
    kind.must_hit(5, last);
    kind.must_stop();
}

#[test]
fn uprobe() {
    must_see_probes(Attach::of("user", "on_uprobe"), "uprobe", &["plus_1000"], 4);
}

#[test]
fn uretprobe() {
    must_see_probes(Attach::of("user", "on_uretprobe"), "uprobe", &["plus_1000"], 1004);
}

#[test]
fn usdt() {
    if skip_unless(&feature::USDT_ANY_PROCESS) {
        return;
    }
    must_see_probes(Attach::of("user", "on_usdt"), "usdt", &["wb", "step"], 4);
}

#[test]
fn usdt_sleepable() {
    if !skip_unless(&feature::USDT_SLEEPABLE) {
        must_see_probes(Attach::of("user", "on_usdt_s"), "usdt", &["wb", "step"], 4);
    }
}

/// As [`must_see_probes`] at a function, where the kernel has the feature.
#[track_caller]
fn must_see_function(feature: &Feature, object: &str, program: &str, way: &str, last: u64) {
    if !skip_unless(feature) {
        must_see_probes(Attach::of(object, program).value(4711), way, &["plus_1000"], last);
    }
}

#[test]
fn uprobe_sleepable() {
    must_see_function(&feature::UPROBE_SLEEPABLE, "user", "uprobe_s", "uprobe", 4);
}

#[test]
fn uretprobe_sleepable() {
    must_see_function(&feature::UPROBE_SLEEPABLE, "user", "uretprobe_s", "uprobe", 1004);
}

#[test]
fn uprobe_multi() {
    must_see_function(&feature::UPROBE_MULTI, "user", "uprobe_multi", "uprobe_multi", 4);
}

#[test]
fn uretprobe_multi() {
    must_see_function(&feature::UPROBE_MULTI, "user", "uretprobe_multi", "uprobe_multi", 1004);
}

#[test]
fn uprobe_session() {
    must_see_function(&feature::UPROBE_SESSION, "session", "uprobe_session", "uprobe_multi", 4711);
}

#[test]
fn uprobe_multi_sleepable() {
    must_see_function(&feature::UPROBE_MULTI, "user", "uprobe_multi_s", "uprobe_multi", 4);
}

#[test]
fn uretprobe_multi_sleepable() {
    must_see_function(&feature::UPROBE_MULTI, "user", "uretprobe_multi_s", "uprobe_multi", 1004);
}

#[test]
fn uprobe_session_sleepable() {
    must_see_function(&feature::UPROBE_SESSION, "session", "uprobe_session_s", "uprobe_multi", 4711);
}
