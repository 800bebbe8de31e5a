//! Packet sockets with a filter, against datagrams that the test sends in a network namespace of its own.

use std::net::UdpSocket;

use rustix::io::Errno;

use super::host::{At, Host};
use super::net::in_namespace;

/// `AF_PACKET`, `SOCK_RAW`, `SOCK_NONBLOCK` and `htons(ETH_P_ALL)`.
const PACKET: i64 = 17;
const RAW: i64 = 3;
const NONBLOCK: i64 = 2048;
const ALL: i64 = 0x0300;
/// `MSG_PEEK`, `MSG_TRUNC`, `MSG_DONTWAIT`.
const PEEK: i64 = 2;
const TRUNC: i64 = 32;
const DONTWAIT: i64 = 64;
/// The bytes before a datagram's data: Ethernet, IPv4, UDP.
const HEADERS: usize = 14 + 20 + 8;

/// A socket at `lo`.
fn open(host: &mut Host, flags: i64) -> i64 {
    let name = host.put(b"lo");
    let lo = host.must("netdev_index", &[name.addr, name.len]);
    let socket = host.must("socket_open", &[PACKET, RAW | flags, 0]);
    assert_eq!(host.must("handle_kind", &[socket]), 11);
    host.must("socket_bind", &[socket, ALL, lo]);
    socket
}

/// Makes the program pass `length` bytes of datagrams to `port`, on the socket.
fn filter(host: &mut Host, socket: i64, port: u16, length: u32) -> i64 {
    let object = host.open("socket");
    let bss = host.map(object, ".bss");
    let wanted = host.put(&[u32::from(port).to_le_bytes(), length.to_le_bytes()].concat());
    host.must("map_set_initial_value", &[bss, 0, wanted.addr, wanted.len]);
    host.must("object_load", &[object]);
    let program = host.program(object, "filter");
    host.must("socket_attach", &[socket, program]);
    object
}

fn send(to: &UdpSocket, data: &[u8]) {
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    sender.send_to(data, to.local_addr().unwrap()).unwrap();
    // It is through: over `lo` the packet is seen twice, going out and coming in, before it is here.
    to.recv(&mut [0; 64]).unwrap();
}

/// The next packet, cut to `len` bytes: what the call returned, the packet, and how it came (0 to us, 4 going out).
fn receive(host: &mut Host, socket: i64, flags: i64, len: usize) -> (i64, Vec<u8>, u8) {
    let (buf, from) = (host.room(len), host.room(20));
    let result = host.must("socket_receive", &[socket, flags, buf.addr, buf.len, from.addr, from.len]);
    let from = host.get(from);
    assert_eq!(from[..4], [17, 0, 8, 0], "AF_PACKET and ETH_P_IP");
    let packet = host.get(At { len: result.min(len as i64), ..buf });
    (result, packet, from[10])
}

#[test]
fn a_socket_gets_what_its_filter_passes() {
    in_namespace(|| {
        let [wanted, other] = [(); 2].map(|()| UdpSocket::bind("127.0.0.1:0").unwrap());
        let mut host = Host::new(&[]);
        let socket = open(&mut host, 0);
        let object = filter(&mut host, socket, wanted.local_addr().unwrap().port(), 1 << 18);
        send(&other, b"not this");
        send(&wanted, b"first one");
        send(&other, b"nor this");
        send(&wanted, b"second");
        for (data, direction) in [(b"first one".as_slice(), 4), (b"first one", 0), (b"second", 4)] {
            let (peeked, ..) = receive(&mut host, socket, PEEK | TRUNC, 4);
            assert_eq!(peeked as usize, HEADERS + data.len());
            let (size, packet, way) = receive(&mut host, socket, 0, 256);
            assert_eq!((size as usize, &packet[HEADERS..], way), (HEADERS + data.len(), data, direction));
        }
        let counted = host.room(8);
        host.must("socket_statistics", &[socket, counted.addr, counted.len]);
        assert_eq!(host.get_u32s(counted), [4, 0]);
        host.must("socket_statistics", &[socket, counted.addr, counted.len]);
        assert_eq!(host.get_u32s(counted), [0, 0]);

        // The socket keeps its program when the object is gone, and its packets when the program is.
        host.must("handle_close", &[object]);
        let buf = host.room(10);
        assert_eq!(host.must("stream_read", &[socket, buf.addr, buf.len]), 10, "the rest is lost");
        host.must_fail("socket_receive", &[socket, DONTWAIT, 0, 0, 0, 0], Errno::AGAIN);
        send(&other, b"not this");
        host.must_fail("socket_receive", &[socket, DONTWAIT, 0, 0, 0, 0], Errno::AGAIN);
        host.must("socket_detach", &[socket]);
        host.must_fail("socket_detach", &[socket], Errno::NOENT);
        send(&other, b"this");
        assert_eq!(receive(&mut host, socket, 0, 256).0 as usize, HEADERS + 4);
    });
}

#[test]
fn a_filter_cuts_packets_and_a_full_queue_is_counted() {
    in_namespace(|| {
        let to = UdpSocket::bind("127.0.0.1:0").unwrap();
        let mut host = Host::new(&[]);
        let socket = open(&mut host, NONBLOCK);
        filter(&mut host, socket, to.local_addr().unwrap().port(), 20);
        send(&to, b"whatever it is");
        let (size, packet, _) = receive(&mut host, socket, TRUNC, 256);
        assert_eq!((size, packet[13]), (20, 0), "20 bytes, of IPv4");
        // More than any queue takes: each packet counts with its administration.
        (0..4000).for_each(|_| send(&to, b""));
        let counted = host.room(8);
        host.must("socket_statistics", &[socket, counted.addr, counted.len]);
        let [packets, drops] = host.get_u32s(counted)[..] else { panic!("two numbers") };
        assert_eq!(packets, 8002);
        let mut queued = 1;
        let buf = host.room(8);
        while host.call("socket_receive", &[socket, 0, buf.addr, buf.len, 0, 0]) > 0 {
            queued += 1;
        }
        assert!(drops > 0 && packets - drops == queued, "{packets} packets, {drops} dropped, {queued} queued");
    });
}

#[test]
fn a_wait_for_packets_ends_with_a_signal() {
    in_namespace(|| {
        let mut host = Host::new(&[]);
        let socket = open(&mut host, 0);
        let handles = host.put(&(socket as i32).to_le_bytes());
        host.must("signal_handle", &[2, 1]);
        host.signal(2);
        host.must_fail("socket_receive", &[socket, 0, 0, 0, 0, 0], Errno::INTR);
        host.must_fail("wait", &[handles.addr, handles.len, -1], Errno::INTR);
        assert_eq!(host.must("signal_take", &[]), 2);
        assert_eq!(host.must("wait", &[handles.addr, handles.len, 0]), 0);
        send(&UdpSocket::bind("127.0.0.1:0").unwrap(), b"a packet");
        assert_eq!(host.must("wait", &[handles.addr, handles.len, -1]), 1);
    });
}

#[test]
fn only_packet_sockets_are_opened_and_only_filters_attached() {
    in_namespace(|| {
        let mut host = Host::new(&[]);
        for (domain, kind) in [(2, 1), (2, 2), (2, 3), (10, 1), (1, 1), (16, 3), (40, 1), (44, 3)] {
            let error = host.must_fail("socket_open", &[domain, kind, 0], Errno::AFNOSUPPORT);
            assert!(error.contains("AF_PACKET"), "{error}");
        }
        host.must_fail("socket_open", &[PACKET, 1, ALL], Errno::SOCKTNOSUPPORT);
        host.must_fail("socket_open", &[PACKET, RAW, 1 << 16], Errno::INVAL);
        let socket = open(&mut host, 0);
        host.must_fail("socket_bind", &[socket, ALL, 99_999], Errno::NODEV);
        let object = host.load("tracing");
        let program = host.program(object, "on_getpid");
        let error = host.must_fail("socket_attach", &[socket, program], Errno::INVAL);
        assert!(error.contains("section `socket`"), "{error}");
        host.must_fail("socket_attach", &[socket, object], Errno::BADF);
        host.must_fail("socket_attach", &[program, program], Errno::BADF);
        host.must_fail("socket_receive", &[socket, 1, 0, 0, 0, 0], Errno::INVAL);
        host.must_fail("socket_receive", &[socket, 0, 0, 0, 0, 19], Errno::INVAL);
        host.must("handle_close", &[socket]);
        host.must_fail("socket_bind", &[socket, ALL, 0], Errno::BADF);
    });
}
