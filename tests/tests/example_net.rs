//! The examples that watch a cgroup's traffic, and TCP's, against connections that the test makes over loopback.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::process::{Command, Stdio};
use std::time::Instant;

use rustix::net::{AddressFamily, SocketType, bind, getsockname, socket};
use wasm_bpf_tests::{Cgroup, Example, Run, Running, must_build_native, must_run};

/// `EXAMPLE ARGS CGROUP` with the cgroup's directory and `grant`, attached: it has printed its heading.
#[track_caller]
fn must_start(example: &str, grant: &str, args: &[&str], cgroup: &Cgroup) -> Running {
    let example = Example::must_build(example);
    let run = example.run_with(&["--allow", grant, "--dir", cgroup.path()]).args(args).arg(cgroup.path());
    let mut guest = run.must_start();
    guest.must_print_where("the heading", |_| true);
    guest
}

/// `bash SCRIPT` as a process of `cgroup`, not waited for.
fn bash(cgroup: &Cgroup, script: &str) -> Command {
    let mut bash = Command::new("bash");
    bash.args(["-c", &format!("echo $$ > {}/cgroup.procs && {script}", cgroup.path())]);
    bash
}

#[test]
fn cgroup_skb_counts_each_packet_of_the_cgroup() {
    let cgroup = Cgroup::must_make();
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let port = socket.local_addr().expect("an address").port();
    let mut guest = must_start("cgroup_skb", "cgroup", &[], &cgroup);
    // Five datagrams of 10 bytes, and the answers, which dd takes one by one.
    let script = format!(
        "exec 3<>/dev/udp/127.0.0.1/{port} && for i in 1 2 3 4 5; do printf 0123456789 >&3; done \
        && dd bs=100 count=3 status=none <&3 >/dev/null"
    );
    let mut child = bash(&cgroup, &script).spawn().expect("bash");
    let mut datagram = [0; 100];
    for _ in 0..5 {
        let (size, from) = socket.recv_from(&mut datagram).expect("a datagram");
        assert_eq!(size, 10);
        socket.connect(from).expect("an address");
    }
    (0..3).for_each(|_| assert_eq!(socket.send(&[0; 20]).expect("a socket"), 20));
    assert!(child.wait().expect("bash").success());
    // 28 bytes are the headers of IP and UDP.
    let counted = |line: &str| line.split_whitespace().eq(["3", "144", "5", "190"]);
    guest.must_print_where("3 packets of 48 bytes in, 5 of 38 out", counted);
    let ended = guest.must_stop();
    assert!(counted(ended.stdout.lines().last().expect("a line")), "{}", ended.stdout);
}

#[test]
fn cgroup_skb_needs_the_grant_and_the_directory() {
    let cgroup = Cgroup::must_make();
    let example = Example::must_build("cgroup_skb");
    let ended = example.run_with(&["--dir", cgroup.path()]).arg(cgroup.path()).must_end().must_exit(1);
    ended.must_say("`on_ingress` (section `cgroup_skb/ingress`)").must_say("`--allow cgroup`");
    let ended = example.run_with(&["--allow", "cgroup"]).arg(cgroup.path()).must_end().must_exit(1);
    ended.must_say(&format!("cgroup_skb: {}: ", cgroup.path()));
}

/// `EXAMPLE DEVICE` in a network namespace of its own, attached: it has printed a heading.
#[track_caller]
fn must_start_unshared(example: &str, device: &str) -> Running {
    let run = Run::unshared().args(["--allow", "net"]).arg(Example::must_build(example).module()).arg(device);
    let mut guest = run.must_start();
    guest.must_print_where("the heading", |line| line.contains("PACKETS"));
    guest
}

/// `bash SCRIPT` in the network namespace of a process; what it prints.
#[track_caller]
fn must_run_beside(guest: &Running, script: &str) -> String {
    must_run("nsenter", &[&format!("--net=/proc/{}/ns/net", guest.pid()), "bash", "-c", script])
}

/// Over loopback, 4 datagrams of 6 bytes by IPv4 and 3 by IPv6 to ports where nobody is: each is answered by ICMP.
const DATAGRAMS: &str = "ip link set lo up \
    && for i in 1 2 3 4; do echo hello >/dev/udp/127.0.0.1/9; done && for i in 1 2 3; do echo hello >/dev/udp/::1/9; done";

#[test]
fn xdp_counts_each_packet_by_protocol() {
    let mut guest = must_start_unshared("xdp", "lo");
    must_run_beside(&guest, DATAGRAMS);
    guest.must_print_where("the last answer", |line| line.split_whitespace().eq(["ICMPv6", "3", "348"]));
    let ended = guest.must_stop();
    let (_, table) = ended.stdout.rsplit_once("\n\n").expect("several tables");
    let rows: Vec<String> =
        table.lines().skip(1).map(|row| row.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    // Of Ethernet 14 bytes, of IPv4 20, of IPv6 40, of UDP and ICMP 8; ICMP repeats the datagram.
    let (v4, v6) = (14 + 20 + 8 + 6, 14 + 40 + 8 + 6);
    let expected = [
        format!("ICMP 4 {}", 4 * (v4 + 20 + 8)),
        format!("UDP 7 {}", 4 * v4 + 3 * v6),
        format!("ICMPv6 3 {}", 3 * (v6 + 40 + 8)),
    ];
    assert_eq!(rows, expected, "{}", ended.stdout);
}

#[test]
fn tc_counts_each_packet_and_leaves_nothing() {
    // What is sent over loopback is received there.
    let is_all = |line: &str| line.split_whitespace().eq(["14", "1048", "14", "1048"]);
    let mut guest = must_start_unshared("tc", "lo");
    assert!(must_run_beside(&guest, "tc qdisc show dev lo").contains("clsact"));
    // A process that stays keeps the namespace, to look at what is left.
    let mut keeper = Command::new("nsenter");
    let keeper = keeper.arg(format!("--net=/proc/{}/ns/net", guest.pid())).args(["sleep", "600"]).spawn();
    let mut keeper = keeper.expect("a process");
    must_run_beside(&guest, DATAGRAMS);
    guest.must_print_where("14 packets each way", is_all);
    guest.must_stop();
    let left =
        must_run("nsenter", &[&format!("--net=/proc/{}/ns/net", keeper.id()), "tc", "qdisc", "show", "dev", "lo"]);
    keeper.kill().expect("a child");
    keeper.wait().expect("a child");
    assert!(!left.contains("clsact"), "{left}");
}

#[test]
fn devices_are_named_that_do_not_exist() {
    for name in ["xdp", "tc"] {
        let ended = Example::must_build(name).run_with(&["--allow", "net"]).arg("wb-none").must_end().must_exit(1);
        assert_eq!(ended.stderr, format!("{name}: wb-none: No such device\n"));
    }
}

#[test]
fn sockops_shows_connections_that_a_cgroup_makes() {
    let cgroup = Cgroup::must_make();
    let mut guest = must_start("sockops", "net", &["-r"], &cgroup);
    for host in ["127.0.0.1", "::1"] {
        let listener = TcpListener::bind((host, 0)).expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let script = format!("exec 3<>/dev/tcp/{host}/{port} && echo ping >&3 && read -u 3");
        let start = Instant::now();
        let mut child = bash(&cgroup, &script).spawn().expect("bash");
        let (mut stream, peer) = listener.accept().expect("a connection");
        let most = start.elapsed().as_micros();
        stream.read_exact(&mut [0; 5]).expect("a ping");
        stream.write_all(b"pong\n").expect("a reader");
        assert!(child.wait().expect("bash").success());

        let ends = format!("{:<24} {:<24} ", format!("{host}:{}", peer.port()), format!("{host}:{port}"));
        let line = guest.must_print_where("the connection", |line| line.starts_with(&format!("connect  {ends}")));
        let times: Vec<u128> = line.split_whitespace().skip(3).map(|word| word.parse().expect("a time")).collect();
        assert!(times[0] > 0 && times[0] <= most, "connect() took at most {most} us: {line}");
        guest.must_print_where("a round trip", |line| line.starts_with(&format!("rtt      {ends}")));
    }
    let ended = guest.must_stop();
    assert_eq!(ended.stdout.lines().filter(|line| line.starts_with("connect ")).count(), 2, "{}", ended.stdout);
}

#[test]
fn sockops_shows_connections_that_a_cgroup_accepts() {
    let cgroup = Cgroup::must_make();
    let mut guest = must_start("sockops", "net", &[], &cgroup);
    let serve = must_build_native("serve");
    let mut child = bash(&cgroup, &format!("exec {}", serve.display()));
    let mut child = child.stdout(Stdio::piped()).spawn().expect("bash");
    let mut port = [0; 16];
    let size = child.stdout.as_mut().expect("piped").read(&mut port).expect("a port");
    let port: u16 = std::str::from_utf8(&port[..size]).expect("digits").trim().parse().expect("a port");
    let stream = TcpStream::connect(("127.0.0.1", port)).expect("a server");
    let from = stream.local_addr().expect("an address");
    assert!(child.wait().expect("a server").success());
    let start = format!("accept   {:<24} {:<24} ", format!("127.0.0.1:{port}"), from.to_string());
    guest.must_print_where("the connection", |line| line.starts_with(&start));
    let ended = guest.must_stop();
    assert_eq!(ended.stdout.lines().count(), 2, "only that:\n{}", ended.stdout);
}

#[test]
fn tcpconnlat_shows_how_long_a_connection_took() {
    let example = Example::must_build("tcpconnlat");
    let (mut all, mut slow) = (example.run().must_start(), example.run().arg("3600000").must_start());
    [&mut all, &mut slow].into_iter().for_each(|guest| {
        guest.must_print_where("the heading", |line| line.starts_with("PID"));
    });
    for (ip, family) in [("127.0.0.1", AddressFamily::INET), ("::1", AddressFamily::INET6)] {
        let listener = TcpListener::bind((ip, 0)).expect("a free port");
        // A port that is taken, but where nobody listens.
        let deaf = socket(family, SocketType::STREAM, None).expect("a socket");
        bind(&deaf, &SocketAddr::new(ip.parse().expect("an address"), 0)).expect("a free port");
        let deaf = SocketAddr::try_from(getsockname(&deaf).expect("an address")).expect("an IP address");
        for (address, refused) in [(listener.local_addr().expect("an address"), false), (deaf, true)] {
            let start = Instant::now();
            assert_eq!(TcpStream::connect(address).is_err(), refused);
            let most = start.elapsed().as_secs_f64() * 1e3;
            let pid = format!("{:<7} ", std::process::id());
            let ends = format!(" {ip:<16} {ip:<16} {:<6} ", address.port());
            let line = all.must_print_where("it", |line| line.starts_with(&pid) && line.contains(&ends));
            assert_eq!(line.ends_with(" refused"), refused, "{line}");
            let (_, rest) = line.split_once(&ends).expect("a time");
            let ms: f64 = rest.split_whitespace().next().expect("a time").parse().expect("a number");
            assert!(ms > 0.0 && ms <= most, "connect() took at most {most} ms: {line}");
        }
    }
    all.must_stop();
    assert_eq!(slow.must_stop().stdout.lines().count(), 1, "nothing takes an hour");
}
