//! Each kind of program in the network's path, from a guest: datagrams do not arrive while it is attached.

use std::io::{ErrorKind, Result};
use std::net::UdpSocket;

use rustix::io::Errno;
use wasm_bpf_tests::{Attach, Kind, Network, feature, must_run, skip_unless};

/// Where datagrams go that the programs are to look at.
const PORT: u16 = 4711;
/// Headers of IP and UDP, and five bytes.
const PACKET: u64 = 20 + 8 + 5;
/// The same with a header of Ethernet.
const FRAME: u64 = 14 + PACKET;

/// Sends a datagram of five bytes to the address.
fn send(to: &str) -> Result<usize> {
    UdpSocket::bind("0.0.0.0:0")?.send_to(b"hello", (to, PORT))
}

/// A program that is attached in `network`.
#[track_caller]
fn must_start(network: &Network, program: &str, way: &[&str], options: &[&str]) -> Kind {
    let attach = Attach::of("net", program).with(&["--allow", "net"]).with(options).value(PORT.into());
    attach.inside(network.path()).way(way).must_start()
}

/// Datagrams over loopback do not arrive while a program is attached, and arrive again afterwards.
#[track_caller]
fn must_drop(network: &Network, program: &str, way: &[&str], options: &[&str], seen: u64) {
    let receiver = network.inside(|| UdpSocket::bind(("127.0.0.1", PORT))).expect("a port that nobody has");
    let mut kind = must_start(network, program, way, options);
    for hits in [1, 2] {
        network.inside(|| send("127.0.0.1")).expect("who sends does not notice");
        kind.must_hit(hits, seen);
    }
    kind.must_stop();
    let mut datagram = [0; 8];
    receiver.set_nonblocking(true).expect("a socket");
    assert_eq!(receiver.recv(&mut datagram).expect_err("both were dropped").kind(), ErrorKind::WouldBlock);
    receiver.set_nonblocking(false).expect("a socket");
    network.inside(|| send("127.0.0.1")).expect("a datagram");
    assert_eq!(receiver.recv(&mut datagram).expect("nobody drops it"), 5);
}

/// The same at the loopback device.
#[track_caller]
fn must_drop_at_device(program: &str, way: &str) {
    let network = Network::must_make("true");
    must_drop(&network, program, &[way, &network.index("lo")], &[], FRAME);
}

#[test]
fn xdp() {
    must_drop_at_device("on_xdp", "xdp");
}

#[test]
fn xdp_frags() {
    if !skip_unless(&feature::XDP_FRAGS) {
        must_drop_at_device("xdp_frags", "xdp");
    }
}

#[test]
fn tc() {
    must_drop_at_device("on_tc", "tc");
}

#[test]
fn tcx_ingress() {
    if !skip_unless(&feature::TCX) {
        must_drop_at_device("tcx_ingress", "tcx");
    }
}

#[test]
fn tcx_egress() {
    if !skip_unless(&feature::TCX) {
        must_drop_at_device("tcx_egress", "tcx");
    }
}

#[test]
fn sk_lookup() {
    let network = Network::must_make("true");
    let mounted = network.must_mount();
    let (folder, file) = mounted.paths();
    must_drop(&network, "on_sk_lookup", &["netns", file], &["--dir", folder], PORT.into());
}

#[test]
fn flow_dissector() {
    // Receiving on chosen processors asks for each packet's flow.
    let network = Network::must_make(
        "mount -t sysfs sysfs /sys && echo 1 >/sys/class/net/lo/queues/rx-0/rps_cpus && umount /sys",
    );
    let mounted = network.must_mount();
    let (folder, file) = mounted.paths();
    let mut kind = must_start(&network, "on_flow_dissector", &["netns", file], &["--dir", folder]);
    network.inside(|| send("127.0.0.1")).expect("a datagram");
    assert_eq!(kind.must_hit_once(), 8, "IPv4's number among Ethernet's protocols, in the network's order");
    kind.must_stop();
}

#[test]
fn netfilter() {
    if skip_unless(&feature::NETFILTER) {
        return;
    }
    let network = Network::must_make("true");
    let mut kind = must_start(&network, "on_netfilter", &["netfilter"], &[]);
    let refused = network.inside(|| send("127.0.0.1")).expect_err("it may not leave");
    assert_eq!(refused.raw_os_error(), Some(Errno::PERM.raw_os_error()));
    kind.must_hit(1, PACKET);
    kind.must_stop();
    network.inside(|| send("127.0.0.1")).expect("nobody minds");
}

#[test]
fn netkit() {
    if skip_unless(&feature::NETKIT) {
        return;
    }
    let setup = "ip link add wb-outer type netkit && ip link set nk0 up && ip link set wb-outer up \
        && ip address add 10.47.11.1/24 dev wb-outer";
    let network = Network::must_make(setup);
    let mut kind = must_start(&network, "netkit", &["netkit", &network.index("wb-outer")], &[]);
    network.inside(|| send("10.47.11.2")).expect("who sends does not notice");
    kind.must_hit(1, FRAME);
    kind.must_stop();
}

#[test]
fn lwt_xmit() {
    let network = Network::must_make("true");
    let pin = format!("/sys/fs/bpf/wb-{}-lwt", std::process::id());
    let mut kind = must_start(&network, "on_lwt_xmit", &["pin", &pin], &["--allow", "pin"]);
    let route = format!("ip route add 10.47.11.2/32 encap bpf xmit pinned {pin} dev lo");
    let namespace = format!("--net={}", network.path().display());
    must_run("nsenter", &[&namespace, "bash", "-c", &route]);
    // The program answers for the route: nothing is sent.
    let _ = network.inside(|| send("10.47.11.2"));
    kind.must_hit(1, PACKET);
    must_run("nsenter", &[&namespace, "ip", "route", "del", "10.47.11.2/32"]);
    kind.must_stop();
}
