//! The example that sees packets through a raw socket, against those that the test sends over loopback.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};

use wasm_bpf_tests::{Example, Run, Running};

/// `sockfilter -p PORT`, listening.
#[track_caller]
fn must_start(port: u16) -> Running {
    let mut guest = Example::must_build("sockfilter").run().args(["-p", &port.to_string()]).must_start();
    guest.must_print_where("the heading", |line| line.starts_with("TIME "));
    guest
}

/// The lines of a packet over loopback without their times: it goes out, then it comes in.
fn lines(protocol: &str, bytes: usize, from: SocketAddr, to: SocketAddr) -> Vec<String> {
    ["out", "in"].map(|way| format!("lo {way} {protocol} {bytes} {from} -> {to}")).into()
}

/// Stops the guest; what it has printed after its heading, without times and padding.
#[track_caller]
fn must_stop(guest: Running) -> Vec<String> {
    let without_time = |line: &str| line.split_whitespace().skip(1).collect::<Vec<_>>().join(" ");
    guest.must_stop().stdout.lines().skip(1).map(without_time).collect()
}

#[test]
fn sockfilter_shows_each_datagram_of_a_port() {
    let [wanted, peer, other] = [(); 3].map(|()| UdpSocket::bind("127.0.0.1:0").expect("a free port"));
    let [to, from] = [&wanted, &peer].map(|socket| socket.local_addr().expect("an address"));
    let mut guest = must_start(to.port());
    other.send_to(b"not this one", from).expect("a socket");
    peer.send_to(b"question", to).expect("a socket");
    wanted.send_to(b"answered", from).expect("a socket");
    peer.send_to(b"", to).expect("a socket");
    // 28 bytes are the headers of IP and UDP.
    let expected = [lines("UDP", 36, from, to), lines("UDP", 36, to, from), lines("UDP", 28, from, to)].concat();
    guest.must_print_where("the last one", |line| line.contains(" in ") && line.contains("     28 "));
    assert_eq!(must_stop(guest), expected);
}

#[test]
fn sockfilter_shows_the_packets_of_a_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let to = listener.local_addr().expect("an address");
    let mut guest = must_start(to.port());
    let mut client = TcpStream::connect(to).expect("a connection");
    let from = client.local_addr().expect("an address");
    let (mut server, _) = listener.accept().expect("a connection");
    client.write_all(&[b'x'; 1000]).expect("a reader");
    server.read_exact(&mut [0; 1000]).expect("data");
    // IP and TCP have 20 bytes each, TCP's options 20 in the first packets and 12 later.
    guest.must_print_where("the data", |line| line.contains(" in ") && line.contains("   1052 "));
    let seen = must_stop(guest);
    let start = [lines("TCP", 60, from, to), lines("TCP", 60, to, from), lines("TCP", 52, from, to)].concat();
    assert_eq!(seen[..6], start);
    assert_eq!(seen[6..8], lines("TCP", 1052, from, to));
}

#[test]
fn sockfilter_says_what_is_wrong() {
    let example = Example::must_build("sockfilter");
    let ended = example.run().arg("wb-none").must_end().must_exit(1);
    assert_eq!(ended.stderr, "sockfilter: wb-none: No such device\n");
    let ended = example.run().args(["-p", "70000"]).must_end().must_exit(1);
    assert!(ended.stdout.contains("Usage"), "{}", ended.stdout);
    // In a new namespace `lo` is switched off, which a packet socket may be bound to all the same.
    let mut guest = Run::unshared().arg(example.module()).must_start();
    guest.must_print_where("the heading", |line| line.starts_with("TIME "));
    assert!(must_stop(guest).is_empty());
}
