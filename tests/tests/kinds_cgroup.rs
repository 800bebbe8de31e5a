//! Each kind of a cgroup's programs, from a guest: what a process of the cgroup does is seen, changed or forbidden.

use std::io::ErrorKind;
use std::net::{TcpListener, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram, UnixListener};
use std::time::Duration;

use wasm_bpf_tests::{Attach, Cgroup, Kind, feature, skip_unless};

/// `error ERRNO` as native/sockets.c prints it.
const EPERM: &str = "error 1";
/// The port that programs put in the place of others.
const OTHER: u16 = 4711;

/// Programs of one guest's, each attached to a cgroup of its own.
struct Programs {
    list: Vec<(String, Cgroup)>,
    kind: Kind,
}

impl Programs {
    #[track_caller]
    fn must_start(object: &str, programs: &[&str], value: u32) -> Self {
        let list: Vec<_> = programs.iter().map(|name| ((*name).to_owned(), Cgroup::must_make())).collect();
        let paths: Vec<&str> = list.iter().map(|(_, cgroup)| cgroup.path()).collect();
        let mut attach = Attach::of(object, &programs.join(",")).with(&["--allow", "cgroup", "--allow", "net"]);
        for path in &paths {
            attach = attach.with(&["--dir", path]);
        }
        let kind = attach.value(value).way(&[&["cgroup"], &paths[..]].concat()).must_start();
        Self { list, kind }
    }

    /// What a process prints that does something in the cgroup of `program`.
    #[track_caller]
    fn does(&self, program: &str, args: &[&str]) -> String {
        let (_, cgroup) = self.list.iter().find(|(name, _)| name == program).expect("a program of the list");
        cgroup.must_run_sockets(args)
    }

    /// What a process does in the cgroup of `program` prints `printed`, and the program has seen `seen`.
    #[track_caller]
    fn must_make(&mut self, program: &str, args: &[&str], printed: &str, seen: impl Into<u64>) {
        assert_eq!(self.does(program, args), printed, "{program}: {args:?}");
        self.kind.must_hit_again(seen.into());
    }

    /// Detaches all; after that what each process does prints a line that begins so.
    #[track_caller]
    fn must_stop(mut self, after: &[(&str, &[&str], &str)]) {
        let list = std::mem::take(&mut self.list);
        self.kind.must_stop();
        for (program, args, begin) in after {
            let (_, cgroup) = list.iter().find(|(name, _)| name == program).expect("a program of the list");
            let printed = cgroup.must_run_sockets(args);
            assert!(printed.starts_with(begin), "{program}: {args:?}: {printed}");
        }
    }
}

/// A socket of this process's, and its port.
fn receiver() -> (UdpSocket, u16) {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let port = socket.local_addr().expect("an address").port();
    (socket, port)
}

fn listener(address: &str) -> (TcpListener, u16) {
    let listener = TcpListener::bind(address).expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    (listener, port)
}

const AF_INET: u32 = 2;
const AF_UNIX: u32 = 1;
const SOCK_DGRAM: u32 = 2;
/// A datagram of five bytes with the headers of IP and UDP.
const DATAGRAM: u32 = 33;

#[test]
fn packets() {
    let (_socket, port) = receiver();
    let programs = ["cgroup_skb_egress", "cgroup_skb_ingress", "cgroup_skb"];
    let mut all = Programs::must_start("cgroup", &programs, 0);
    let send = ["send", &port.to_string()];
    all.must_make("cgroup_skb_egress", &send, EPERM, DATAGRAM);
    for program in ["cgroup_skb_ingress", "cgroup_skb"] {
        let printed = all.does(program, &["receive"]);
        assert!(printed.starts_with("port "), "{printed}");
        all.kind.must_hit_again(DATAGRAM.into());
    }
    all.must_stop(&[("cgroup_skb_egress", &send, "sent")]);
}

#[test]
fn sockets() {
    let programs = ["sock_create", "sock", "sock_release", "post_bind4", "post_bind6"];
    let mut all = Programs::must_start("cgroup", &programs, 0);
    all.must_make("sock_create", &["make"], EPERM, AF_INET);
    all.must_make("sock", &["make"], EPERM, SOCK_DGRAM);
    all.must_make("sock_release", &["make"], "made", AF_INET);
    let (_, port) = receiver();
    let (bind4, bind6) = (["bind", &port.to_string()], ["bind", &port.to_string(), "6"]);
    all.must_make("post_bind4", &bind4, EPERM, port);
    all.must_make("post_bind6", &bind6, EPERM, port);
    all.must_stop(&[
        ("sock_create", &["make"], "made"),
        ("sock", &["make"], "made"),
        ("post_bind4", &bind4, "port "),
        ("post_bind6", &bind6, "port "),
    ]);
}

#[test]
fn addresses_of_ipv4() {
    let programs = ["bind4", "recvmsg4", "getsockname4", "getpeername4"];
    let mut all = Programs::must_start("cgroup", &programs, OTHER.into());
    let (_listener, tcp) = listener("127.0.0.1:0");
    let peer = ["peer", &tcp.to_string()];
    let other = format!("port {OTHER}");
    all.must_make("bind4", &["bind", "1"], &other, 1u32);
    assert_eq!(all.does("recvmsg4", &["receive"]), other);
    assert!(all.kind.must_hit_more() > 0, "the real port");
    assert_eq!(all.does("getsockname4", &["bind", "0"]), other);
    assert!(all.kind.must_hit_more() > 0, "the real port");
    all.must_make("getpeername4", &peer, &other, tcp);
    all.must_stop(&[("bind4", &["bind", "0"], "port "), ("getpeername4", &peer, &format!("port {tcp}"))]);
}

#[test]
fn addresses_of_ipv6() {
    let programs = ["bind6", "recvmsg6", "getsockname6", "getpeername6"];
    let mut all = Programs::must_start("cgroup", &programs, OTHER.into());
    let (_listener, tcp) = listener("[::1]:0");
    let peer = ["peer", &tcp.to_string(), "6"];
    let other = format!("port {OTHER}");
    all.must_make("bind6", &["bind", "1", "6"], &other, 1u32);
    assert_eq!(all.does("recvmsg6", &["receive", "0", "6"]), other);
    assert!(all.kind.must_hit_more() > 0, "the real port");
    assert_eq!(all.does("getsockname6", &["bind", "0", "6"]), other);
    assert!(all.kind.must_hit_more() > 0, "the real port");
    all.must_make("getpeername6", &peer, &other, tcp);
    all.must_stop(&[("getpeername6", &peer, &format!("port {tcp}"))]);
}

/// What is sent to port 1 comes to this process's, over TCP or UDP; and not afterwards.
#[track_caller]
fn must_lead(address: &str, connect: &str, sendmsg: &str, family: &str) {
    let (listener, port) = listener(&format!("{address}:0"));
    let socket = UdpSocket::bind(format!("{address}:{port}")).expect("a port that is free for UDP, too");
    let mut all = Programs::must_start("cgroup", &[connect, sendmsg], port.into());
    all.must_make(connect, &["connect", "1", family], "connected", 1u32);
    listener.accept().expect("the connection to port 1 comes here");
    all.must_make(sendmsg, &["send", "1", family], "sent", 1u32);
    let mut datagram = [0; 8];
    assert_eq!(socket.recv(&mut datagram).expect("the datagram to port 1 comes here"), 5);
    all.must_stop(&[(connect, &["connect", "1", family], "error "), (sendmsg, &["send", "1", family], "sent")]);
    socket.set_read_timeout(Some(Duration::from_millis(1))).expect("a socket");
    assert_eq!(socket.recv(&mut datagram).expect_err("nobody's any more").kind(), ErrorKind::WouldBlock);
}

#[test]
fn destinations_of_ipv4() {
    must_lead("127.0.0.1", "connect4", "sendmsg4", "4");
}

#[test]
fn destinations_of_ipv6() {
    must_lead("[::1]", "connect6", "sendmsg6", "6");
}

#[test]
fn addresses_of_unix() {
    if skip_unless(&feature::CGROUP_UNIX) {
        return;
    }
    let number = std::process::id() % 100_000;
    let (name, other) = (format!("wb{number:05}"), format!("name @wb{number:05}"));
    let address = SocketAddr::from_abstract_name(&name).expect("a name");
    let listener = UnixListener::bind_addr(&address).expect("a name that nobody has");
    let programs = ["connect_unix", "sendmsg_unix", "recvmsg_unix", "getsockname_unix", "getpeername_unix"];
    let mut all = Programs::must_start("unix", &programs, number);
    all.must_make("connect_unix", &["connect", "@nobody", "unix"], "connected", AF_UNIX);
    listener.accept().expect("the connection to nobody comes here");
    all.must_make("getpeername_unix", &["peer", &format!("@{name}"), "unix"], &other, AF_UNIX);
    drop(listener);
    let receiver = UnixDatagram::bind_addr(&address).expect("a name that is free again");
    all.must_make("sendmsg_unix", &["send", "@nobody", "unix"], "sent", AF_UNIX);
    assert_eq!(receiver.recv(&mut [0; 8]).expect("the datagram to nobody comes here"), 5);
    let own = format!("@{name}-own");
    all.must_make("recvmsg_unix", &["receive", &own, "unix"], &other, AF_UNIX);
    all.must_make("getsockname_unix", &["bind", &own, "unix"], &other, AF_UNIX);
    all.must_stop(&[
        ("connect_unix", &["connect", "@nobody", "unix"], "error "),
        ("getsockname_unix", &["bind", &own, "unix"], &format!("name {own}")),
    ]);
}

#[test]
fn one_before_another() {
    if skip_unless(&feature::CGROUP_ORDER) {
        return;
    }
    let cgroup = Cgroup::must_make();
    let attach = Attach::of("cgroup", "bind4,bind4_first").with(&["--allow", "cgroup", "--dir", cgroup.path()]);
    let mut kind = attach.value(OTHER.into()).way(&["before_in_cgroup", cgroup.path()]).must_start();
    assert_eq!(cgroup.must_run_sockets(&["bind", "1"]), format!("port {OTHER}"));
    kind.must_hit(2, 2);
    kind.must_stop();
}

#[test]
fn options() {
    let mut all = Programs::must_start("cgroup", &["getsockopt", "setsockopt"], OTHER.into());
    all.must_make("getsockopt", &["get"], &format!("value {OTHER}"), 0u32);
    all.must_make("setsockopt", &["set"], "set", 1u32);
    all.must_stop(&[("getsockopt", &["get"], "error "), ("setsockopt", &["set"], "error ")]);
}

#[test]
fn files() {
    let mut all = Programs::must_start("cgroup", &["sysctl", "device"], 0);
    let (sysctl, device) = (["read", "/proc/sys/kernel/pid_max"], ["read", "/dev/zero"]);
    all.must_make("sysctl", &sysctl, EPERM, 0u32);
    all.must_make("device", &device, EPERM, 5u32);
    all.must_stop(&[("sysctl", &sysctl, "read 1"), ("device", &device, "read 1")]);
}

#[test]
fn sockops() {
    let (_listener, port) = listener("127.0.0.1:0");
    let mut all = Programs::must_start("cgroup", &["on_sockops"], 0);
    all.must_make("on_sockops", &["connect", &port.to_string()], "connected", port);
    all.must_stop(&[]);
}
