//! A map of each type, from a guest: what is written comes back.

use std::net::{TcpListener, TcpStream, UdpSocket};
use std::process::Stdio;

use rustix::net::sockopt::{set_socket_reuseport, set_xdp_rx_ring_size};
use rustix::net::{AddressFamily, SocketType, bind, socket};
use rustix::process::{PidfdFlags, getpid, pidfd_open};
use wasm_bpf_tests::{Cgroup, Run, feature, must_build_folder, skip_unless};

/// Tries the maps in one guest, whose standard input is what goes into some.
#[track_caller]
fn must_take(maps: &[&str], input: impl Into<Stdio>) {
    let cgroup = Cgroup::must_make();
    // Maps of devices and processors belong to redirecting packets, cgroups to watching them.
    let run = Run::bare().args(["--allow", "net,cgroup", "--dir", cgroup.path()]).input(input);
    let run = run.arg(must_build_folder("map_types")).arg(cgroup.path()).args(maps);
    let lines: Vec<String> = maps.iter().map(|map| format!("{map} is whole")).collect();
    run.must_end().must_have_printed(&lines.iter().map(String::as_str).collect::<Vec<_>>());
}

#[track_caller]
fn must_be_whole(maps: &[&str]) {
    must_take(maps, Stdio::null());
}

#[test]
fn values() {
    must_be_whole(&["hash", "array", "lru_hash", "lpm_trie"]);
}

#[test]
fn values_of_each_cpu() {
    must_be_whole(&["percpu_hash", "percpu_array", "lru_percpu_hash"]);
}

#[test]
fn devices_and_processors() {
    must_be_whole(&["cpumap", "devmap", "devmap_hash"]);
}

#[test]
fn descriptors() {
    must_be_whole(&["prog_array", "perf_event_array", "cgroup_array", "array_of_maps", "hash_of_maps"]);
}

#[test]
fn values_without_key() {
    must_be_whole(&["queue", "stack"]);
}

#[test]
fn records() {
    must_be_whole(&["ringbuf"]);
}

#[test]
fn records_for_programs() {
    if !skip_unless(&feature::USER_RINGBUF) {
        must_be_whole(&["user_ringbuf"]);
    }
}

#[test]
fn stack_traces() {
    must_be_whole(&["stack_trace"]);
}

#[test]
fn bloom_filter() {
    if !skip_unless(&feature::BLOOM_FILTER) {
        must_be_whole(&["bloom_filter"]);
    }
}

#[test]
fn instructions() {
    if !skip_unless(&feature::INSN_ARRAY) {
        must_be_whole(&["insn_array"]);
    }
}

#[test]
fn cgroup_storage() {
    must_be_whole(&["cgroup_storage", "percpu_cgroup_storage"]);
    if !skip_unless(&feature::CGROUP_STORAGE) {
        must_be_whole(&["cgrp_storage"]);
    }
}

#[test]
fn inode_storage() {
    if !skip_unless(&feature::INODE_STORAGE) {
        must_be_whole(&["inode_storage"]);
    }
}

#[test]
fn task_storage() {
    if !skip_unless(&feature::TASK_STORAGE) {
        must_take(&["task_storage"], pidfd_open(getpid(), PidfdFlags::empty()).expect("this process"));
    }
}

#[test]
fn connections() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let stream = TcpStream::connect(listener.local_addr().expect("an address")).expect("a listener");
    must_take(&["sockmap", "sockhash", "sk_storage"], std::os::fd::OwnedFd::from(stream));
}

#[test]
fn sockets_that_share_a_port() {
    let one = socket(AddressFamily::INET, SocketType::DGRAM, None).expect("a socket");
    set_socket_reuseport(&one, true).expect("a new socket");
    bind(&one, &std::net::SocketAddr::from(([127, 0, 0, 1], 0))).expect("a free port");
    must_take(&["reuseport_sockarray"], std::os::fd::OwnedFd::from(UdpSocket::from(one)));
}

#[test]
fn sockets_of_xdp() {
    let one = socket(AddressFamily::XDP, SocketType::RAW, None).expect("a socket");
    // New kernels take only those that can receive.
    set_xdp_rx_ring_size(&one, 64).expect("a new socket");
    must_take(&["xskmap"], one);
}
