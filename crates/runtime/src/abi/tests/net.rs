//! Programs that see traffic, in a network namespace of the test's own.

use std::net::UdpSocket;
use std::process::Command;
use std::thread;

use nix::sched::{CloneFlags, unshare};
use rustix::io::Errno;

use super::host::Host;
use super::object::require_root;
use crate::policy::Grant;

/// Runs `test` on a thread with a network namespace of its own, where `lo` is up.
pub(super) fn in_namespace(test: fn()) {
    require_root();
    let thread = thread::spawn(move || {
        unshare(CloneFlags::CLONE_NEWNET).expect("a new network namespace");
        let up = Command::new("ip").args(["link", "set", "lo", "up"]).status().expect("ip is needed (iproute2)");
        assert!(up.success());
        test();
    });
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

/// Sends a packet over `lo`, and waits until it has arrived.
fn send() {
    let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    sender.send_to(b"packet", receiver.local_addr().unwrap()).unwrap();
    let mut packet = [0; 6];
    receiver.recv(&mut packet).unwrap();
    assert_eq!(packet, *b"packet");
}

/// The counts in .bss of `bpf/net.bpf.c`: xdp, first, second, filter.
fn seen(host: &mut Host, object: i64) -> Vec<u64> {
    let (bss, out) = (host.map(object, ".bss"), host.room(32));
    host.must("map_initial_value", &[bss, 0, out.addr, out.len]);
    host.get(out).as_chunks().0.iter().map(|bytes| u64::from_le_bytes(*bytes)).collect()
}

/// A guest with `bpf/net.bpf.c` loaded, and the index of `lo`.
fn loaded() -> (Host, i64, i64) {
    let mut host = Host::new(&[Grant::Net]);
    let object = host.load("net");
    let name = host.put(b"lo");
    let lo = host.must("netdev_index", &[name.addr, name.len]);
    let out = host.room(16);
    assert_eq!(host.must("netdev_name", &[lo, out.addr, out.len]), 2);
    assert_eq!(host.get(out)[..2], *b"lo");
    (host, object, lo)
}

#[test]
fn traffic_programs_need_the_grant() {
    let mut host = Host::new(&[]);
    let object = host.open("net");
    let error = host.must_fail("object_load", &[object], Errno::PERM);
    assert!(error.contains("--allow net"), "{error}");
    for (import, args) in [
        ("tc_hook_create", vec![1, 1]),
        ("tc_hook_destroy", vec![1, 1]),
        ("tc_attach", vec![1, 1, 0, 0, 0, 0, 0, 0, 0]),
        ("tc_detach", vec![1, 1, 0, 1, 1]),
    ] {
        let error = host.must_fail(import, &args, Errno::PERM);
        assert!(error.contains("--allow net"), "{error}");
    }
    let name = host.put(b"no-such-device");
    host.must_fail("netdev_index", &[name.addr, name.len], Errno::NODEV);
}

#[test]
fn packets_reach_xdp_and_tcx_in_order() {
    in_namespace(|| {
        let (mut host, object, lo) = loaded();
        let [xdp, first, second] = ["at_xdp", "first", "second"].map(|name| host.program(object, name));
        let link = host.must("program_attach_xdp", &[xdp, lo]);
        let later = host.must("program_attach_tcx", &[second, lo, 0, 0, 0, 0]);
        // BPF_F_BEFORE and BPF_F_LINK.
        host.must("program_attach_tcx", &[first, lo, 8 | 1 << 13, later, 0, 0]);
        send();
        let counts = seen(&mut host, object);
        assert!(counts[0] > 0 && counts[1] > 0 && counts[2] == counts[1], "{counts:?}");
        host.must("link_detach", &[link]);
        let before = seen(&mut host, object)[0];
        send();
        assert_eq!(seen(&mut host, object)[0], before);
        // A flag that speaks of a link where there is none; a map; a wrong revision.
        host.must_fail("program_attach_tcx", &[first, lo, 8 | 1 << 13, 0, 0, 0], Errno::INVAL);
        host.must_fail("program_attach_tcx", &[first, lo, 8, object, 0, 0], Errno::BADF);
        host.must_fail("program_attach_tcx", &[first, lo, 0, 0, 0, 99], Errno::STALE);
    });
}

#[test]
fn filters_of_a_guest_end_with_it() {
    in_namespace(|| {
        let (mut host, object, lo) = loaded();
        let filter = host.program(object, "filter");
        let out = host.room(12);
        let attach = [lo, 1, 0, filter, 0, 0, 0, out.addr, out.len];
        assert!(host.call("tc_attach", &attach) < 0, "there is no hook yet");
        host.must("tc_hook_create", &[lo, 3]);
        host.must_fail("tc_hook_create", &[lo, 3], Errno::EXIST);
        host.must_fail("tc_hook_create", &[lo, 8], Errno::INVAL);
        host.must_fail("tc_hook_destroy", &[lo, 8], Errno::INVAL);
        host.must("tc_attach", &attach);
        let made = host.get_u32s(out);
        assert!(made.iter().all(|&field| field > 0), "{made:?}");
        send();
        assert!(seen(&mut host, object)[3] > 0);
        host.must("tc_detach", &[lo, 1, 0, i64::from(made[0]), i64::from(made[1])]);
        let before = seen(&mut host, object)[3];
        send();
        assert_eq!(seen(&mut host, object)[3], before);

        host.must("tc_attach", &attach);
        drop(host);
        let shown = Command::new("tc").args(["filter", "show", "dev", "lo", "ingress"]).output().unwrap();
        assert!(shown.status.success() && shown.stdout.is_empty(), "{}", String::from_utf8_lossy(&shown.stdout));
        let shown = Command::new("tc").args(["qdisc", "show", "dev", "lo"]).output().unwrap();
        assert!(String::from_utf8_lossy(&shown.stdout).contains("clsact"), "the hook stays");
        let mut host = Host::new(&[Grant::Net]);
        host.must("tc_hook_destroy", &[lo, 3]);
    });
}

#[test]
fn a_netfilter_hook_takes_a_program() {
    in_namespace(|| {
        let (mut host, object, _) = loaded();
        let hook = host.program(object, "hook");
        // NFPROTO_IPV4, NF_INET_LOCAL_IN.
        let args = [hook, 2, 1, 100, 0];
        match host.call("program_attach_netfilter", &args) {
            link if link > 0 => send(),
            _ => {
                let error = host.error();
                assert!(error.contains("failed to attach program `hook` (section `netfilter`)"), "{error}");
            }
        }
    });
}
