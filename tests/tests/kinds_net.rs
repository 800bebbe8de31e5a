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
    let any = if to.contains(':') { "[::]:0" } else { "0.0.0.0:0" };
    UdpSocket::bind(any)?.send_to(b"hello", (to, PORT))
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

/// Two devices that are connected: what is sent to 10.47.11.2 leaves wb1 and arrives at wb0.
const PAIR: &str = "ip link add wb0 address 02:00:00:00:47:11 type veth peer name wb1 \
    && ip link set wb0 up && ip link set wb1 up && ip address add 10.47.11.1/24 dev wb1 \
    && ip neigh add 10.47.11.2 lladdr 02:00:00:00:47:11 dev wb1";

/// What `ip` says about a device.
#[track_caller]
fn must_describe(network: &Network, device: &str) -> String {
    let namespace = format!("--net={}", network.path().display());
    must_run("nsenter", &[&namespace, "ip", "-details", "link", "show", "dev", device])
}

#[test]
fn xdp_in_drivers_and_generic() {
    if skip_unless(&feature::VETH) {
        return;
    }
    let network = Network::must_make(PAIR);
    for (device, generic) in [("wb0", false), ("lo", true)] {
        let mut kind = must_start(&network, "on_xdp", &["xdp", &network.index(device)], &[]);
        let text = must_describe(&network, device);
        assert!(text.contains("xdp") && text.contains("xdpgeneric") == generic, "{text}");
        network.inside(|| send(if generic { "127.0.0.1" } else { "10.47.11.2" })).expect("who sends does not notice");
        kind.must_hit(1, FRAME);
        kind.must_stop();
    }
}

/// A datagram is redirected by one XDP program, and seen by another one where it arrives.
#[track_caller]
fn must_redirect(programs: &str) {
    let network = Network::must_make(PAIR);
    let attach = Attach::of("redirect", programs).with(&["--allow", "net"]).value(PORT.into()).inside(network.path());
    let mut kind = attach.way(&["behind_map", &network.index("wb0"), &network.index("wb1")]).must_start();
    network.inside(|| send("10.47.11.2")).expect("who sends does not notice");
    kind.must_hit(1, FRAME);
    kind.must_stop();
}

#[test]
fn xdp_behind_devmap_and_cpumap() {
    if !skip_unless(&feature::VETH) {
        must_redirect("to_device,at_device");
        must_redirect("to_processor,at_processor");
    }
}

#[test]
fn xdp_frags_behind_devmap_and_cpumap() {
    if !skip_unless(&feature::VETH) && !skip_unless(&feature::XDP_FRAGS) {
        must_redirect("to_device_frags,at_device_frags");
        must_redirect("to_processor_frags,at_processor_frags");
    }
}

#[test]
fn tc() {
    must_drop_at_device("on_tc", "tc");
    must_drop_at_device("on_classifier", "tc");
}

/// A program that is attached by its pin: `command` has the pin's path for `PIN`, and the program sees a datagram.
#[track_caller]
fn must_see_by_pin(network: Network, program: &str, command: &str, to: &str, seen: u64) {
    let pin = format!("/sys/fs/bpf/wb-{}-{program}", std::process::id());
    let mut kind = must_start(&network, program, &["pin", &pin], &["--allow", "pin"]);
    let namespace = format!("--net={}", network.path().display());
    must_run("nsenter", &[&namespace, "bash", "-c", &command.replace("PIN", &pin)]);
    // Where the program answers for a route, who sends may notice.
    let _ = network.inside(|| send(to));
    kind.must_hit(1, seen);
    // What holds the program goes with it.
    drop(network);
    kind.must_stop();
}

#[test]
fn tc_action() {
    if skip_unless(&feature::TC_ACTION) {
        return;
    }
    let command = "tc qdisc add dev lo clsact && tc filter add dev lo ingress matchall action bpf object-pinned PIN";
    must_see_by_pin(Network::must_make("true"), "on_action", command, "127.0.0.1", FRAME);
}

#[test]
fn tcx_ingress() {
    if !skip_unless(&feature::TCX) {
        must_drop_at_device("tcx_ingress", "tcx");
        must_drop_at_device("tc_ingress", "tcx");
    }
}

#[test]
fn tcx_egress() {
    if !skip_unless(&feature::TCX) {
        must_drop_at_device("tcx_egress", "tcx");
        must_drop_at_device("tc_egress", "tcx");
    }
}

#[test]
fn tcx_one_before_another() {
    if skip_unless(&feature::TCX) {
        return;
    }
    let network = Network::must_make("true");
    let receiver = network.inside(|| UdpSocket::bind(("127.0.0.1", PORT))).expect("a port that nobody has");
    let programs = "tcx_ingress,tcx_first";
    let mut kind = must_start(&network, programs, &["before_at_tcx", &network.index("lo")], &[]);
    network.inside(|| send("127.0.0.1")).expect("a datagram");
    assert_eq!(receiver.recv(&mut [0; 8]).expect("the first one lets it pass, before the other drops it"), 5);
    kind.must_hit(1, 1);
    kind.must_stop();
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
    assert_eq!(kind.must_hit_more(), 8, "IPv4's number among Ethernet's protocols, in the network's order");
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
        && ip address add 10.47.11.1/24 dev wb-outer && ip address add 10.47.12.1/24 dev nk0";
    let network = Network::must_make(setup);
    for (program, to) in [("netkit", "10.47.11.2"), ("netkit_peer", "10.47.12.2")] {
        let mut kind = must_start(&network, program, &["netkit", &network.index("wb-outer")], &[]);
        network.inside(|| send(to)).expect("who sends does not notice");
        kind.must_hit(1, FRAME);
        kind.must_stop();
    }
}

#[test]
fn lwt() {
    for (program, way, to) in
        [("on_lwt_in", "in", "10.47.11.2"), ("on_lwt_out", "out", "10.47.11.3"), ("on_lwt_xmit", "xmit", "10.47.11.4")]
    {
        let command = format!("ip route add {to}/32 encap bpf {way} pinned PIN dev lo");
        must_see_by_pin(Network::must_make("true"), program, &command, to, PACKET);
    }
}

#[test]
fn lwt_seg6local() {
    if skip_unless(&feature::SEG6LOCAL) {
        return;
    }
    // What goes to fd00:b::1 is led past fd00:a::1, where the program is.
    let setup = format!(
        "{PAIR} && ip -6 address add fd00:c::1/128 dev wb1 nodad \
        && ip neigh add fd00:a::1 lladdr 02:00:00:00:47:11 dev wb1 \
        && ip -6 route add fd00:b::/64 encap seg6 mode encap segs fd00:a::1,fd00:a::2 dev wb1"
    );
    let network = Network::must_make(&setup);
    let command = "ip -6 route add fd00:a::1/128 encap seg6local action End.BPF endpoint pinned PIN dev wb1";
    // Headers of IPv6, of routing with two segments, of IPv6 and UDP, and five bytes.
    must_see_by_pin(network, "on_seg6local", command, "fd00:b::1", 40 + 8 + 32 + 40 + 8 + 5);
}
