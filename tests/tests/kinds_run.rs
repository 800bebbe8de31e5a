//! Programs that a guest runs itself, and those that answer in the kernel's place.

use std::fs;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsRawFd;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, unlinkat};
use rustix::io::Errno;
use rustix::net::sockopt::set_tcp_congestion;
use wasm_bpf_tests::{Attach, Cgroup, Feature, feature, must_run, skip_unless};

#[test]
fn syscall() {
    if skip_unless(&feature::SYSCALL) {
        return;
    }
    let run = Attach::of("run", "on_syscall").with(&["--allow", "all"]).value(7).way(&["run"]);
    run.must_end().must_have_printed(&["run 0 returned 7", "context 42"]);
}

#[test]
fn freplace() {
    if skip_unless(&feature::FREPLACE) {
        return;
    }
    let run = Attach::of("run", "asks").with(&["--allow", "all"]).value(5).way(&["freplace"]);
    run.must_end().must_have_printed(&["run 0 returned 5", "run 0 returned 6", "run 0 returned 5"]);
}

/// A program writes the error that test runs end with.
#[track_caller]
fn must_write(program: &str) {
    let run = Attach::of("writable", program).with(&["--allow", "all"]).thread(&"self").value(5).way(&["writable"]);
    // EIO
    run.must_end().must_have_printed(&["run 0 returned 0", "run -5 returned 0", "run 0 returned 0"]);
}

#[test]
fn raw_tp_writable() {
    must_write("raw_tp_w");
}

#[test]
fn raw_tracepoint_writable() {
    must_write("raw_tracepoint_w");
}

#[test]
fn iterator_of_tasks() {
    let pid = std::process::id();
    let run = Attach::of("run", "iter_task").thread(&pid);
    run.must_end().must_have_printed(&[&format!("task {pid}")]);
}

#[test]
fn iterator_of_tasks_sleepable() {
    if skip_unless(&feature::ITER_SLEEPABLE) {
        return;
    }
    let pid = std::process::id();
    let run = Attach::of("run", "iter_task_s").thread(&pid);
    run.must_end().must_have_printed(&[&format!("task {pid}")]);
}

#[test]
fn iterator_of_maps() {
    let ended = Attach::of("run", "iter_map").value(4243).must_end().must_exit(0);
    // Other tests of this suite load the same object at the same time.
    assert!(ended.stdout.lines().count() > 0 && ended.stdout.lines().all(|line| line == "map listed"), "{ended:?}");
}

#[test]
fn iterator_of_elements() {
    if skip_unless(&feature::ITER_ELEMENTS) {
        return;
    }
    Attach::of("run", "iter_map_elem").value(7).must_end().must_have_printed(&["key 7 value 0"]);
}

#[test]
fn iterators_of_sockets() {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let udp = socket.local_addr().expect("an address").port();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let tcp = listener.local_addr().expect("an address").port();
    Attach::of("run", "iter_udp").value(udp.into()).must_end().must_have_printed(&["udp of 0"]);
    Attach::of("run", "iter_tcp").value(tcp.into()).must_end().must_have_printed(&["tcp of 0"]);
}

#[test]
fn iterator_of_files() {
    let file = tempfile::tempfile().expect("a temporary file");
    file.set_len(471_147).expect("a writable file");
    let run = Attach::of("run", "iter_task_file").thread(&std::process::id()).value(471_147);
    run.must_end().must_have_printed(&[&format!("file {}", file.as_raw_fd())]);
}

/// While the program is attached, this thread may not remove a directory; others may, and afterwards so may it.
#[track_caller]
fn must_keep_directory(feature: &Feature, program: &str, grant: &str) {
    if skip_unless(feature) {
        return;
    }
    let parent = tempfile::tempdir().expect("a temporary folder");
    let path = parent.path().join("kept");
    let remove = || unlinkat(CWD, &path, AtFlags::REMOVEDIR);
    fs::create_dir(&path).expect("a directory");
    let mut kind = Attach::of("security", program).with(&["--allow", grant]).must_start();
    assert_eq!(remove(), Err(Errno::PERM));
    kind.must_hit_more();
    must_run("rmdir", &[path.to_str().expect("plain characters")]);
    kind.must_stop();
    fs::create_dir(&path).expect("a directory");
    assert_eq!(remove(), Ok(()));
}

#[test]
fn lsm() {
    must_keep_directory(&feature::LSM, "lsm", "lsm");
}

#[test]
fn lsm_sleepable() {
    must_keep_directory(&feature::LSM_SLEEPABLE, "lsm_s", "lsm");
}

#[test]
fn fmod_ret() {
    must_keep_directory(&feature::FMOD_RET, "fmod_ret", "override");
}

#[test]
fn lsm_cgroup() {
    if skip_unless(&feature::LSM_CGROUP) {
        return;
    }
    let cgroup = Cgroup::must_make();
    let attach = Attach::of("security", "lsm_cgroup").with(&["--allow", "all", "--dir", cgroup.path()]);
    let mut kind = attach.way(&["cgroup", cgroup.path()]).must_start();
    UdpSocket::bind("127.0.0.1:0").expect("this process is not in the cgroup");
    assert_eq!(cgroup.must_run_sockets(&["bind", "0"]), "error 1");
    assert_eq!(kind.must_hit_more(), 16, "the length of an IPv4 address");
    kind.must_stop();
}

#[test]
fn struct_ops() {
    if skip_unless(&feature::STRUCT_OPS) {
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let stream = TcpStream::connect(listener.local_addr().expect("an address")).expect("a listener");
    assert_eq!(set_tcp_congestion(&stream, "wb_congestion"), Err(Errno::NOENT));
    let attach = Attach::of("ops", "all").with(&["--allow", "struct-ops"]);
    let mut kind = attach.way(&["struct_ops", "wb_congestion"]).must_start();
    set_tcp_congestion(&stream, "wb_congestion").expect("the guest's congestion control");
    assert_eq!(kind.must_hit_more(), 10, "packets that may be on their way at first");
    // A connection that uses it keeps it.
    drop(stream);
    kind.must_stop();
}

#[test]
fn sched_ext() {
    if skip_unless(&feature::SCHED_EXT) {
        return;
    }
    let attach = Attach::of("scheduler", "all").with(&["--allow", "struct-ops"]);
    let mut kind = attach.way(&["struct_ops", "wb_scheduler"]).must_start();
    kind.must_hit(1, 0);
    let file = Path::new("/sys/kernel/sched_ext").join("root").join("ops");
    let running = || fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(running().trim(), "wb");
    kind.must_stop();
    assert_ne!(running().trim(), "wb");
}
