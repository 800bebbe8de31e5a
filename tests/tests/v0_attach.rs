//! Loading and attaching: hooks of the network and of cgroups by grant only, and refusals that say why.

use std::net::TcpListener;
use std::path::{Path, PathBuf};

use wasm_bpf_tests::{Build, Cgroup, Ended, Ids, Run, Running, Signal, must_build, must_build_wat, must_run};

fn module(object: &str) -> PathBuf {
    Build::of("attach").object(object).must_build()
}

/// Runs an attempt that fails.
#[track_caller]
fn must_end(object: &str, options: &[&str], args: &[&str]) -> Ended {
    Run::bare().args(options).arg(module(object)).args(args).must_end()
}

/// Takes a guest whose program is attached, and was run, to its end; nothing of it stays.
#[track_caller]
fn must_detach(mut guest: Running) {
    guest.must_print("was run");
    let ids = Ids::of(guest.pid());
    assert_eq!((ids.programs.len(), ids.links.len()), (1, 1), "{ids:?}");
    assert_eq!(ids.left(), ids);
    guest.signal(Signal::INT);
    guest.must_end().must_die_of(Signal::INT);
    ids.must_vanish();
}

/// `bash SCRIPT` in the network namespace of a process.
#[track_caller]
fn must_run_in_namespace_of(pid: u32, script: &str) {
    must_run("nsenter", &[&format!("--net=/proc/{pid}/ns/net"), "bash", "-c", script]);
}

/// A process of `cgroup` connects to this test, over loopback.
#[track_caller]
fn must_connect_from(cgroup: &Cgroup) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let script = format!("echo $$ > {}/cgroup.procs && exec 3<>/dev/tcp/127.0.0.1/{port}", cgroup.path());
    must_run("bash", &["-c", &script]);
}

#[test]
fn xdp_by_interface_name() {
    let run = Run::unshared().args(["--allow", "net"]).arg(module("xdp")).args(["see_packet", "lo"]);
    let mut guest = run.must_start();
    guest.must_print("attach 0");
    must_run_in_namespace_of(guest.pid(), "ip link set lo up && echo hello > /dev/udp/127.0.0.1/9");
    must_detach(guest);
}

#[test]
fn xdp_needs_a_grant() {
    let ended = must_end("xdp", &[], &["see_packet", "lo"]).must_exit(3);
    ended.must_say("`see_packet`").must_say("section `xdp`").must_say("--allow net");
}

#[test]
fn an_unknown_interface_is_named() {
    let ended = must_end("xdp", &["--allow=net"], &["see_packet", "wb-none"]).must_exit(4);
    assert_eq!(ended.stdout, "attach -19\n");
    ended.must_say("`wb-none`").must_say("ENODEV");
}

#[test]
fn sockops_by_path_of_a_cgroup() {
    let cgroup = Cgroup::must_make();
    let run = Run::bare().args(["--allow", "net,cgroup"]).arg(module("sockops")).args(["see_socket", cgroup.path()]);
    let mut guest = run.must_start();
    guest.must_print("attach 0");
    must_connect_from(&cgroup);
    must_detach(guest);
}

#[test]
fn cgroup_skb_by_path_of_a_cgroup() {
    let cgroup = Cgroup::must_make();
    let run = Run::bare().args(["--allow", "cgroup"]).arg(module("egress")).args(["see_egress", cgroup.path()]);
    let mut guest = run.must_start();
    guest.must_print("attach 0");
    must_connect_from(&cgroup);
    must_detach(guest);
}

/// The directory is granted by `--dir`, so its path needs no other grant.
#[test]
fn sockops_by_descriptor_of_a_cgroup() {
    let cgroup = Cgroup::must_make();
    let module = Build::of("attach").object("sockops").define("BY_DESCRIPTOR").must_build();
    let granted = format!("{}::/cgroup", cgroup.path());
    let run = Run::bare().args(["--allow", "net", "--dir", &granted]).arg(&module).args(["see_socket", "/cgroup"]);
    let mut guest = run.must_start();
    guest.must_print("attach 0");
    must_connect_from(&cgroup);
    must_detach(guest);
    // A directory that was not granted cannot be opened, and a descriptor that is none means: by the section.
    let ended = Run::bare().args(["--allow", "net"]).arg(&module).args(["see_socket", "/cgroup"]).must_end();
    assert_eq!(ended.must_exit(4).stdout, "attach -95\n");
    // A directory of another file system is no cgroup.
    let run = Run::bare().args(["--allow=net", "--dir=/tmp::/cgroup"]).arg(&module).args(["see_socket", "/cgroup"]);
    assert_eq!(run.must_end().must_exit(4).stdout, "attach -9\n");
}

/// Values that are descriptors are the guest's own; the kernel gets the host's behind them.
#[test]
fn descriptors_in_map_values_are_the_guests() {
    let cgroup = Cgroup::must_make();
    let granted = format!("{}::/cgroup", cgroup.path());
    let mut guest = Run::bare().args(["--dir", &granted]).arg(must_build("members")).arg("/cgroup").must_start();
    guest.must_print("attach 0");
    must_run("bash", &["-c", &format!("echo $$ > {}/cgroup.procs && exec true", cgroup.path())]);
    guest.must_end().must_have_printed(&[
        "nobody's: -9 -9 -9",
        "of another kind: -9 -22",
        "own: 0 0",
        "attach 0",
        "hits 1 chosen 1",
    ]);
}

#[test]
fn cgroup_programs_and_paths_need_a_grant() {
    let cgroup = Cgroup::must_make();
    let ended = must_end("sockops", &[], &["see_socket", cgroup.path()]).must_exit(3);
    ended.must_say("`see_socket`").must_say("section `sockops`").must_say("--allow net");
    let ended = must_end("egress", &[], &["see_egress", cgroup.path()]).must_exit(3);
    ended.must_say("`see_egress`").must_say("section `cgroup_skb/egress`").must_say("--allow cgroup");
    // The program is granted; the path is one of the host's.
    let ended = must_end("sockops", &["--allow", "net"], &["see_socket", cgroup.path()]).must_exit(4);
    assert_eq!(ended.stdout, "attach -1\n");
    ended.must_say("`see_socket`").must_say(cgroup.path()).must_say("--allow cgroup");
}

#[test]
fn only_cgroups_are_opened() {
    for (path, errno) in [("/tmp", "attach -22\n"), ("/etc/passwd", "attach -20\n"), ("/nowhere", "attach -2\n")] {
        let ended = must_end("sockops", &["--allow=net,cgroup"], &["see_socket", path]).must_exit(4);
        assert_eq!(ended.stdout, errno);
        ended.must_say(path);
    }
}

#[test]
fn a_section_that_names_no_target_needs_one() {
    for target in [&["see_socket"][..], &["see_socket", ""]] {
        let ended = must_end("sockops", &["--allow-all"], target).must_exit(4);
        assert_eq!(ended.stdout, "attach -95\n");
        ended.must_say("`see_socket`").must_say("section `sockops`");
    }
}

#[test]
fn an_unknown_program_is_named_with_those_that_exist() {
    let ended = must_end("no_hook", &[], &["nobody"]).must_exit(4);
    assert_eq!(ended.stdout, "attach -2\n");
    ended.must_say("`nobody`").must_say("see_nothing");
}

#[test]
fn an_unknown_hook_is_named() {
    let ended = must_end("no_hook", &[], &["see_nothing"]).must_exit(4);
    assert_eq!(ended.stdout, "attach -2\n");
    ended.must_say("`see_nothing`").must_say("tp/syscalls/sys_enter_of_no_kernel").must_say("ENOENT");
}

#[test]
fn a_refusal_by_the_verifier_shows_its_last_lines() {
    let ended = must_end("refused", &[], &["read_too_far"]).must_exit(3);
    assert_eq!(ended.stdout, "not loaded\n");
    ended.must_say("`read_too_far`").must_say("verifier").must_say("invalid bpf_context access off=4096");
}

/// A guest that exits with 42 where `bytes` are no object.
fn must_build_loader(name: &str, bytes: &str) -> PathBuf {
    let text = format!(
        r#"(module
            (import "wasm_bpf" "wasm_load_bpf_object" (func $load (param i32 i32) (result i64)))
            (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (memory (export "memory") 1)
            (data (i32.const 0) "{bytes}")
            (func (export "_start")
                (if (i64.eqz (call $load (i32.const 0) (i32.const 64))) (then (call $exit (i32.const 42))))))"#
    );
    must_build_wat(name, &text)
}

#[test]
fn what_is_no_object_is_called_so() {
    let must_load = |module: &Path| {
        let ended = Run::module(module).must_end().must_exit(42);
        let (error, advice): (Vec<&str>, Vec<&str>) = ended.stderr.lines().partition(|line| !line.starts_with(' '));
        assert!(error.len() == 1 && advice.len() <= 1, "{}", ended.stderr);
        ended.must_say("BPF object")
    };
    must_load(&must_build_loader("no-elf", "hello")).must_say("no ELF file");
    must_load(&must_build_loader("half-an-elf", "\\7fELF\\02\\01\\01"));
}
