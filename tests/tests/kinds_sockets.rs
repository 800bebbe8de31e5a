//! Each kind of program that is attached to sockets, from a guest whose standard input is one of them.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::net::sockopt::set_socket_reuseport;
use rustix::net::{AddressFamily, Shutdown, SocketType, bind, listen, shutdown, socket};
use wasm_bpf_tests::{Attach, Kind, Network, feature, must_become, skip_unless};

/// Programs that are attached in a way to what `socket` is in, or to it.
#[track_caller]
fn must_start(programs: &str, way: &str, socket: impl Into<OwnedFd>) -> Kind {
    Attach::of("sockets", programs).with(&["--allow", "net"]).way(&[way]).socket(socket).must_start()
}

/// Both ends of a connection.
fn connection() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let one = TcpStream::connect(listener.local_addr().expect("an address")).expect("a listener");
    let (other, _) = listener.accept().expect("a connection");
    (one, other)
}

#[test]
fn sk_msg() {
    let (one, mut other) = connection();
    let mut kind = must_start("on_sk_msg", "sockmap", one.try_clone().expect("a socket"));
    let refused = (&one).write(b"hello").expect_err("the program drops it");
    assert_eq!(refused.raw_os_error(), Some(Errno::ACCESS.raw_os_error()));
    kind.must_hit(1, 5);
    kind.must_stop();
    must_become("the map is gone", || (&one).write_all(b"there").is_ok());
    let mut got = [0; 5];
    other.read_exact(&mut got).expect("what was sent at last");
    assert_eq!(&got, b"there");
}

/// What is sent to a socket in a map comes back.
#[track_caller]
fn must_echo(programs: &str, way: &str) {
    let (one, mut other) = connection();
    let mut kind = must_start(programs, way, one.try_clone().expect("a socket"));
    other.write_all(b"hello").expect("a connection");
    let mut got = [0; 5];
    other.read_exact(&mut got).expect("what was sent");
    assert_eq!(&got, b"hello");
    kind.must_hit(1, 5);
    // A program that uses the map which it is attached to stays with the sockets in it.
    drop((one, other));
    kind.must_stop();
}

#[test]
fn sk_skb_stream() {
    must_echo("stream_parser,stream_verdict", "sockmap");
}

#[test]
fn sk_skb_of_a_plain_section() {
    must_echo("stream_parser,plain_verdict", "sockmap");
}

#[test]
fn sk_skb_verdict() {
    if !skip_unless(&feature::SKB_VERDICT) {
        must_echo("skb_verdict", "sockmap");
    }
}

#[test]
fn link_of_sockmap() {
    if !skip_unless(&feature::SOCKMAP_LINK) {
        must_echo("skb_verdict", "link_to_sockmap");
    }
}

/// Two sockets that share a port, and their address.
fn group(kind: SocketType) -> (OwnedFd, OwnedFd, SocketAddr) {
    let make = |address: SocketAddr| {
        let made = socket(AddressFamily::INET, kind, None).expect("a socket");
        set_socket_reuseport(&made, true).expect("a new socket");
        bind(&made, &address).expect("a free port");
        if kind == SocketType::STREAM {
            listen(&made, 8).expect("a bound socket");
        }
        made
    };
    let first = make(SocketAddr::from(([127, 0, 0, 1], 0)));
    let address = rustix::net::getsockname(&first).expect("an address").try_into().expect("an address of IP");
    (first, make(address), address)
}

#[test]
fn sk_reuseport() {
    let (first, second, address) = group(SocketType::DGRAM);
    let mut kind = must_start("reuseport", "group", second.try_clone().expect("a socket"));
    let (first, second) = (UdpSocket::from(first), UdpSocket::from(second));
    for count in 1..=8 {
        let sender = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        sender.send_to(b"hello", address).expect("a receiver");
        assert_eq!(second.recv(&mut [0; 8]).expect("the guest's socket is chosen each time"), 5);
        // With UDP's header.
        kind.must_hit(count, 13);
    }
    first.set_nonblocking(true).expect("a socket");
    assert_eq!(first.recv(&mut [0; 8]).expect_err("it is never chosen").kind(), ErrorKind::WouldBlock);
    // The program stays with them.
    drop((first, second));
    kind.must_stop();
}

#[test]
fn sk_reuseport_migrate() {
    if skip_unless(&feature::REUSEPORT_MIGRATE) {
        return;
    }
    let (first, second, address) = group(SocketType::STREAM);
    let mut kind = must_start("reuseport_migrate", "group", second.try_clone().expect("a socket"));
    let _client = TcpStream::connect(address).expect("a listener");
    let mut both = [&first, &second].map(|listener| PollFd::new(listener, PollFlags::IN));
    poll(&mut both, None).expect("a connection waits");
    let is_first = both[0].revents().contains(PollFlags::IN);
    let (chosen, other) = if is_first { (first, second) } else { (second, first) };
    shutdown(chosen.as_fd(), Shutdown::Both).expect("a listener");
    let other = TcpListener::from(other);
    other.accept().expect("the connection that waited there");
    kind.must_hit(1, 6);
    // The program stays with them.
    drop((chosen, other));
    kind.must_stop();
}

#[test]
fn socket_filter() {
    let network = Network::must_make("true");
    let attach = Attach::of("packets", "on_socket").value(4711).inside(network.path());
    let mut kind = attach.way(&["packet_socket", &network.index("lo")]).must_start();
    let send = |port: u16| UdpSocket::bind("127.0.0.1:0")?.send_to(b"hello", ("127.0.0.1", port));
    network.inside(|| (4710..4712).try_for_each(|port| send(port).map(drop))).expect("nobody has to listen");
    // Without what follows the headers of Ethernet, IP and UDP; on the loopback device it is seen twice.
    kind.must_print("received 42");
    kind.must_hit_more();
    kind.must_stop();
}
