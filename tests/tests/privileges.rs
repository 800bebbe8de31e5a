//! What a process that runs a module may still do: read from the kernel, for every thread.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::write;
use rustix::pipe::pipe;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use wasm_bpf_tests::{
    Example, Prepared, Privileges, Run, Running, binary, feature, has, must_become, must_build_native, must_build_wat,
    skip_unless,
};

/// What observing takes, without SYS_ADMIN, which is in reserve.
const OBSERVE: &str = "BPF PERFMON NET_RAW SYSLOG SYS_PTRACE CHECKPOINT_RESTORE DAC_READ_SEARCH";
const DROP: &str = "--drop-after-attach";
/// Old kernels count maps as locked memory; not everybody may lift the limit, nor need.
const SHELL: &str = "ulimit -l unlimited 2>/dev/null; exec \"$@\"";
/// Nobody's number.
const USER: &str = "65534";

fn set(names: &str) -> BTreeSet<String> {
    names.split_whitespace().map(str::to_owned).collect()
}

/// All threads have just these privileges.
#[track_caller]
fn must_have(guest: &Running, effective: &str, reserve: &str) {
    let (effective, reserve) = (set(effective), set(reserve));
    let permitted = &effective | &reserve;
    let wanted = Privileges { effective, permitted, inherited: BTreeSet::new(), no_new: true };
    assert_eq!(Privileges::of_threads(guest.pid()), BTreeSet::from([wanted]));
    let threads = fs::read_dir(format!("/proc/{}/task", guest.pid())).expect("it runs").count();
    assert!(threads > 1, "there are threads to look at");
}

/// The same for one that root has started: there are machines that hold the limit of locked memory against root, too.
#[track_caller]
fn must_keep(guest: &Running, effective: &str, reserve: &str) {
    let limits = fs::read_to_string(format!("/proc/{}/limits", guest.pid())).expect("it runs");
    let limit = limits.lines().find(|line| line.starts_with("Max locked memory")).expect("a limit");
    let lock = if limit.contains("unlimited") { "" } else { "IPC_LOCK" };
    must_have(guest, &format!("{effective} {lock}"), reserve);
}

/// bootstrap, attached.
#[track_caller]
fn must_start(options: &[&str]) -> Running {
    let mut guest = Example::must_build("bootstrap").run_with(options).must_start();
    guest.must_print_where("the heading", |line| line.starts_with("TIME "));
    guest
}

#[test]
fn a_module_that_observes_keeps_what_observing_takes() {
    // With and without the threads that compile.
    for options in [&["--no-cache"][..], &["-W", "timeout=60m"]] {
        let guest = must_start(options);
        must_keep(&guest, OBSERVE, "SYS_ADMIN");
        guest.must_stop();
    }
}

#[test]
fn grants_and_directories_keep_more() {
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().to_str().expect("UTF-8");
    for (options, more) in [
        (&["--allow", "net"][..], "NET_ADMIN"),
        (&["--allow", "cgroup"], "NET_ADMIN"),
        (&["--allow", "lsm,signal,override,write-user,struct-ops,pin"], ""),
        (&["--dir", path], "DAC_OVERRIDE"),
        (&["--allow-all"], "NET_ADMIN"),
    ] {
        let guest = must_start(options);
        must_keep(&guest, &format!("{OBSERVE} {more}"), "SYS_ADMIN");
        guest.must_stop();
    }
}

#[test]
fn a_policy_file_keeps_less() {
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join("policy.toml");
    let level = fs::read_to_string("/proc/sys/kernel/perf_event_paranoid").expect("a level");
    let events = if level.trim().parse::<i32>().expect("a number") > 2 { "SYS_ADMIN" } else { "" };
    for (text, effective, reserve) in [
        ("hooks = ['tracepoint:sched/*']\nsymbols = []", "BPF PERFMON", events),
        ("hooks = ['tracepoint:sched/*', 'socket:lo']\nsymbols = ['kernel']", "BPF PERFMON NET_RAW SYSLOG", events),
        ("hooks = ['tracepoint:sched/*', 'xdp:lo']\nsymbols = []", "BPF PERFMON NET_ADMIN", events),
        ("programs = ['tracepoint', 'sock_ops']\nsymbols = []", "BPF PERFMON NET_ADMIN", events),
        ("programs = ['tracepoint', 'xdp']\nhooks = ['tracepoint:*']\nsymbols = []", "BPF PERFMON NET_ADMIN", events),
        ("hooks = ['tracepoint:*', 'fentry:*']\nsymbols = []", "BPF PERFMON", "SYS_ADMIN"),
        (
            "hooks = ['tracepoint:*', 'uprobe:/bin/x:*']\nsymbols = []",
            "BPF PERFMON SYS_PTRACE CHECKPOINT_RESTORE DAC_READ_SEARCH",
            "SYS_ADMIN",
        ),
        ("allow = ['net']", &format!("{OBSERVE} NET_ADMIN"), "SYS_ADMIN"),
    ] {
        fs::write(&path, text).expect("a writable folder");
        let guest = must_start(&["--policy", path.to_str().expect("UTF-8")]);
        must_keep(&guest, effective, reserve);
        guest.must_stop();
    }
}

#[test]
fn after_attaching_nothing_need_be_left() {
    if !has(&feature::DROP_AFTER_ATTACH) {
        let ended = Example::must_build("bootstrap").run_with(&[DROP]).must_end().must_exit(1);
        ended.must_say(DROP).must_say("before Linux 5.19").must_say("run the module without it");
        return;
    }
    for options in [&[DROP, "--no-cache"][..], &[DROP, "--allow-all", "-W", "timeout=60m"]] {
        let guest = must_start(options);
        must_become("nothing is left", || {
            let all = Privileges::of_threads(guest.pid());
            all.iter().all(|one| one.effective.is_empty())
        });
        must_have(&guest, "", "");
        guest.must_stop();
    }
}

#[test]
fn maps_are_read_without_capabilities() {
    if !has(&feature::DROP_AFTER_ATTACH) {
        return;
    }
    // It walks a map with system calls, again and again.
    let mut guest = Example::must_build("rawtp").run_with(&[DROP]).args(["-i", "1", "-n", "1000"]).must_start();
    let pid = format!("{:<8} ", std::process::id());
    guest.must_print_where("this process's calls", |line| line.starts_with(&pid));
    must_have(&guest, "", "");
    let seen = guest.must_stop().stdout;
    assert!(seen.lines().count() > 1, "{seen}");
}

/// Loads, attaches, waits a moment; then it does `rest`.
fn late(name: &str, rest: &str) -> PathBuf {
    let prelude = wasm_bpf_tests::hostile::prelude();
    must_build_wat(
        name,
        &format!(
            "(module {prelude} (data (i32.const 0x130) \"on_call\")
                (table (export \"__indirect_function_table\") 1 funcref)
                (func $program (result i32) (call $must_succeed (i32.const 1)
                    (call $find_program (i32.wrap_i64 (global.get $object)) (i32.const 0x130) (i32.const 7))))
                (func (export \"_start\")
                    (call $setup)
                    (drop (call $must_succeed (i32.const 2) (call $attach (call $program))))
                    (call $must (i32.const 3) (call $wait (i32.const 0) (i32.const 0) (i32.const 1)) (i32.const 0))
                    {rest}))"
        ),
    )
}

#[test]
fn what_needs_capabilities_later_is_told_why() {
    if !has(&feature::DROP_AFTER_ATTACH) {
        return;
    }
    let load = "(call $must (i32.const 4) (i32.wrap_i64
        (call $load (i32.const 0x10000) (i32.const OBJECT_SIZE))) (i32.const 0))";
    let load = load.replace("OBJECT_SIZE", &wasm_bpf_tests::hostile::OBJECT.len().to_string());
    let module = late("late-load", &load);
    let ended = Run::bare().arg(DROP).arg(&module).must_end().must_exit(0);
    ended.must_say("EPERM").must_say("given up").must_say(DROP);
    // Without the option it loads.
    Run::module(&module).must_end().must_exit(4);
    // What is open goes on: programs run, records arrive, links are closed.
    let goes_on = "(call $send (i32.const 2))
        (call $must (i32.const 5) (call $ring_read (call $must_succeed (i32.const 6)
            (call $ring_open (global.get $events))) (i32.const 0x400) (i32.const 4096)) (i32.const 32))
        (call $must (i32.const 7) (call $close (global.get $object)) (i32.const 0))";
    Run::bare().arg(DROP).arg(late("late-read", goes_on)).must_end().must_exit(0);
}

#[test]
fn what_only_capabilities_remove_is_not_attached() {
    if !has(&feature::DROP_AFTER_ATTACH) {
        return;
    }
    let module = Example::must_build("tc").module();
    let run = Run::unshared().args([DROP, "--allow", "net"]).arg(module).arg("lo");
    let ended = run.must_end();
    assert!(ended.code.is_some_and(|code| code != 0), "{ended:?}");
}

#[test]
fn inspecting_takes_no_privileges() {
    // Its output has no room, so that it stays to be looked at.
    let (_reader, writer) = pipe().expect("a pipe");
    let flags = fcntl_getfl(&writer).expect("a pipe");
    fcntl_setfl(&writer, flags | OFlags::NONBLOCK).expect("a pipe");
    while write(&writer, &[0; 4096]).is_ok() {}
    fcntl_setfl(&writer, flags).expect("a pipe");
    let module = Example::must_build("bootstrap").module();
    let mut inspect = Command::new(binary()).arg("inspect").arg(module).stdout(writer).spawn().expect("the binary");
    let nothing = Privileges { effective: set(""), permitted: set(""), inherited: set(""), no_new: true };
    must_become("it has nothing", || Privileges::of_threads(inspect.id()) == BTreeSet::from([nothing.clone()]));
    inspect.kill().expect("a child");
    inspect.wait().expect("a child");
}

/// A folder that every user may read, with the binary and a module in it.
#[track_caller]
fn readable(example: &str) -> (TempDir, PathBuf, PathBuf) {
    let folder = TempDir::new().expect("a temporary folder");
    let open = |path: &Path| fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("our file");
    let (program, module) = (folder.path().join("wasm-bpf"), folder.path().join("module.wasm"));
    fs::copy(binary(), &program).expect("the binary");
    fs::copy(Example::must_build(example).module(), &module).expect("a module");
    [folder.path(), &program, &module].into_iter().for_each(open);
    (folder, program, module)
}

/// The program, run by a user with nothing but these capabilities.
fn as_user(capabilities: &[&str], program: &Path) -> Run {
    let list = |sign: &str| capabilities.iter().fold("-all".to_owned(), |list, name| format!("{list},{sign}{name}"));
    let run = Run::program(Path::new("unshare"), "unshare").args(["--net", "sh", "-c", SHELL, "sh", "setpriv"]);
    let run = run.args(["--reuid", USER, "--regid", USER, "--clear-groups"]);
    let run = run.arg("--inh-caps").arg(list("+")).arg("--ambient-caps").arg(list("+"));
    run.arg("--bounding-set").arg(list("+")).arg(program)
}

#[test]
fn a_user_with_two_capabilities_observes() {
    let (_folder, program, module) = readable("tp_btf");
    let number = Signal::WINCH.as_raw().to_string();
    let receiver = Prepared::must_start("true");
    let mut guest = as_user(&["bpf", "perfmon"], &program).arg(&module).arg(&number).must_start();
    guest.must_print_where("the heading", |line| line.starts_with("FROM"));
    must_have(&guest, "BPF PERFMON", "");
    let pid = Pid::from_raw(receiver.pid() as i32).expect("a process id");
    kill_process(pid, Signal::WINCH).expect("a child");
    let from = format!("{:<8} ", std::process::id());
    guest.must_print_where("the signal", |line| line.starts_with(&from) && line.contains("Window changed"));
    receiver.must_exit(0);
    guest.must_stop();
}

#[test]
fn a_user_with_three_capabilities_watches_the_network() {
    let (_folder, program, module) = readable("xdp");
    let run = as_user(&["bpf", "perfmon", "net_admin"], &program).args(["--allow", "net"]).arg(&module).arg("lo");
    let mut guest = run.must_start();
    guest.must_print_where("the heading", |line| line.contains("PACKETS"));
    must_have(&guest, "BPF PERFMON NET_ADMIN", "");
    guest.must_stop();
    let ended = as_user(&["bpf", "perfmon"], &program).args(["--allow", "net"]).arg(&module).arg("lo").must_end();
    ended.must_exit(1).must_say("this process lacks CAP_NET_ADMIN");
}

/// `delegate FOLDER DELEGATED -- wasm-bpf OPTIONS tp_btf NUMBER`: in a user namespace of its own.
fn in_user_namespace(delegated: &[&str], options: &[&str], folder: &TempDir) -> Run {
    let run = Run::program(&must_build_native("delegate"), "delegate").arg(folder.path()).args(delegated).arg("--");
    let module = Example::must_build("tp_btf").module();
    run.arg(binary()).args(options).arg(module).arg(Signal::WINCH.as_raw().to_string())
}

#[test]
fn a_token_takes_the_place_of_capabilities() {
    if skip_unless(&feature::TOKEN) {
        return;
    }
    let folder = TempDir::new().expect("a temporary folder");
    let options = ["--bpf-token", folder.path().to_str().expect("UTF-8"), "-W", "timeout=60m"];
    let receiver = Prepared::must_start("true");
    let mut guest = in_user_namespace(&["any"], &options, &folder).must_start();
    guest.must_print_where("the heading", |line| line.starts_with("FROM"));
    let pid = Pid::from_raw(receiver.pid() as i32).expect("a process id");
    kill_process(pid, Signal::WINCH).expect("a child");
    let from = format!("{:<8} ", std::process::id());
    guest.must_print_where("the signal", |line| line.starts_with(&from) && line.contains("Window changed"));
    receiver.must_exit(0);
    drop(guest);

    let nothing = in_user_namespace(&[], &options, &folder).must_end().must_exit(1);
    nothing.must_say("failed to take a BPF token").must_say("it is no BPF file system");
    let without = in_user_namespace(&["any"], &options[2..], &folder).must_end().must_exit(1);
    without.must_say("user namespace").must_say("`--bpf-token`");
    let fewer = in_user_namespace(&["map_create"], &options, &folder).must_end().must_exit(1);
    fewer.must_say("EPERM");
    let outside = Run::bare().args(options).arg(Example::must_build("tp_btf").module()).must_end().must_exit(1);
    outside.must_say("it is no BPF file system");
    let first = Run::bare().args(["--bpf-token", "/sys/fs/bpf"]).arg(Example::must_build("tp_btf").module());
    first.must_end().must_exit(1).must_say("failed to take a BPF token from `/sys/fs/bpf`");
}
