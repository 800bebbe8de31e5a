//! Each kind of a cgroup's programs, from a guest: what a process of the cgroup does is seen, changed or forbidden.

use std::io::ErrorKind;
use std::net::{TcpListener, UdpSocket};
use std::time::Duration;

use wasm_bpf_tests::{Attach, Cgroup, Kind};

/// `error ERRNO` as native/sockets.c prints it.
const EPERM: &str = "error 1";

/// A program, attached to a new cgroup.
#[track_caller]
fn must_start(program: &str, value: u16) -> (Cgroup, Kind) {
    let cgroup = Cgroup::must_make();
    let attach = Attach::of("cgroup", program).with(&["--allow", "cgroup", "--allow", "net", "--dir", cgroup.path()]);
    let kind = attach.value(value.into()).way(&["cgroup", cgroup.path()]).must_start();
    (cgroup, kind)
}

/// Forbids something while attached, and not afterwards.
#[track_caller]
fn must_forbid(program: &str, args: &[&str], allowed: &str) -> u64 {
    let (cgroup, mut kind) = must_start(program, 0);
    assert_eq!(cgroup.must_run_sockets(args), EPERM);
    let seen = kind.must_hit_once();
    kind.must_stop();
    let after = cgroup.must_run_sockets(args);
    assert!(after.starts_with(allowed), "{after}");
    seen
}

/// A socket of this process's, and its port.
fn receiver() -> (UdpSocket, u16) {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let port = socket.local_addr().expect("an address").port();
    (socket, port)
}

const AF_INET: u64 = 2;
/// A datagram of five bytes with the headers of IP and UDP.
const DATAGRAM: u64 = 33;

#[test]
fn skb_egress() {
    let (_socket, port) = receiver();
    assert_eq!(must_forbid("cgroup_skb_egress", &["send", &port.to_string()], "sent"), DATAGRAM);
}

#[test]
fn skb_ingress() {
    let (cgroup, mut kind) = must_start("cgroup_skb_ingress", 0);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    assert_eq!(cgroup.must_run_sockets(&["connect", &port.to_string()]), "connected");
    assert!(kind.must_hit_once() >= 40, "IP and TCP have 20 bytes of header each");
    kind.must_stop();
}

#[test]
fn sock_create() {
    assert_eq!(must_forbid("sock_create", &["make"], "made"), AF_INET);
}

#[test]
fn sock_release() {
    let (cgroup, mut kind) = must_start("sock_release", 0);
    assert_eq!(cgroup.must_run_sockets(&["make"]), "made");
    kind.must_hit(1, AF_INET);
    kind.must_stop();
}

#[test]
fn post_bind() {
    let seen = must_forbid("post_bind4", &["bind", "0"], "port ");
    assert!(seen > 0, "the port that was chosen");
}

#[test]
fn bind() {
    let (socket, port) = receiver();
    drop(socket);
    let (cgroup, mut kind) = must_start("bind4", port);
    assert_eq!(cgroup.must_run_sockets(&["bind", "1"]), format!("port {port}"));
    kind.must_hit(1, 1);
    kind.must_stop();
}

#[test]
fn connect() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let (cgroup, mut kind) = must_start("connect4", listener.local_addr().expect("an address").port());
    assert_eq!(cgroup.must_run_sockets(&["connect", "1"]), "connected");
    listener.accept().expect("the connection to port 1 comes here");
    kind.must_hit(1, 1);
    kind.must_stop();
}

#[test]
fn sendmsg() {
    let (socket, port) = receiver();
    let (cgroup, mut kind) = must_start("sendmsg4", port);
    assert_eq!(cgroup.must_run_sockets(&["send", "1"]), "sent");
    let mut datagram = [0; 8];
    assert_eq!(socket.recv(&mut datagram).expect("the datagram to port 1 comes here"), 5);
    kind.must_hit(1, 1);
    kind.must_stop();
    assert_eq!(cgroup.must_run_sockets(&["send", "1"]), "sent");
    socket.set_read_timeout(Some(Duration::from_millis(1))).expect("a socket");
    assert_eq!(socket.recv(&mut datagram).expect_err("nobody's any more").kind(), ErrorKind::WouldBlock);
}

#[test]
fn getsockname() {
    let (cgroup, mut kind) = must_start("getsockname4", 4711);
    assert_eq!(cgroup.must_run_sockets(&["bind", "0"]), "port 4711");
    assert!(kind.must_hit_once() > 0, "the real port");
    kind.must_stop();
}

#[test]
fn getsockopt() {
    let (cgroup, mut kind) = must_start("getsockopt", 4711);
    assert_eq!(cgroup.must_run_sockets(&["get"]), "value 4711");
    kind.must_hit_once();
    kind.must_stop();
    assert!(cgroup.must_run_sockets(&["get"]).starts_with("error "));
}

#[test]
fn setsockopt() {
    let (cgroup, mut kind) = must_start("setsockopt", 0);
    assert_eq!(cgroup.must_run_sockets(&["set"]), "set");
    kind.must_hit_once();
    kind.must_stop();
    assert!(cgroup.must_run_sockets(&["set"]).starts_with("error "));
}

#[test]
fn sysctl() {
    must_forbid("sysctl", &["read", "/proc/sys/kernel/pid_max"], "read 1");
}

#[test]
fn device() {
    assert_eq!(must_forbid("device", &["read", "/dev/zero"], "read 1"), 5);
}

#[test]
fn sockops() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let (cgroup, mut kind) = must_start("on_sockops", 0);
    assert_eq!(cgroup.must_run_sockets(&["connect", &port.to_string()]), "connected");
    kind.must_hit(1, port.into());
    kind.must_stop();
}
