//! The examples for networks against their native builds, on the same packets and connections over loopback.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::process::Command;

use rustix::net::{AddressFamily, SocketType, bind, getsockname, socket};
use wasm_bpf_tests::{Both, Cgroup, Ended, Running, must_run};

/// `bash SCRIPT` as a process of `cgroup`, not waited for.
fn bash(cgroup: &Cgroup, script: &str) -> Command {
    let mut bash = Command::new("bash");
    bash.args(["-c", &format!("echo $$ > {}/cgroup.procs && {script}", cgroup.path())]);
    bash
}

/// An example that watches a cgroup, attached to it in both ways at once.
#[track_caller]
fn must_watch(name: &str, grant: &str, cgroup: &Cgroup) -> Both<Running> {
    let both = Both::of(name, &["--allow", grant, "--dir", cgroup.path()]).args(&[cgroup.path()]);
    Both { guest: both.guest.must_start(), native: both.native.must_start() }
}

#[test]
fn cgroup_skb_counts_the_same_packets() {
    let cgroup = Cgroup::must_make();
    let mut both = must_watch("cgroup_skb", "cgroup", &cgroup);
    both.must_print_where("the heading", |_| true);
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let port = socket.local_addr().expect("an address").port();
    let script = format!("exec 3<>/dev/udp/127.0.0.1/{port} && for i in 1 2 3 4 5; do printf 0123456789 >&3; done");
    assert!(bash(&cgroup, &script).status().expect("bash").success());
    let is_all = |line: &str| line.split_whitespace().eq(["0", "0", "5", "190"]);
    both.must_print_where("5 packets of 38 bytes out", is_all);
    let last = |ended: Ended| ended.stdout.lines().last().map(str::to_owned);
    let lasts = both.must_stop().map(last);
    assert_eq!(lasts.guest, lasts.native);
}

#[test]
fn sockops_shows_the_same_connections() {
    let cgroup = Cgroup::must_make();
    let mut both = must_watch("sockops", "net", &cgroup);
    both.must_print_where("the heading", |_| true);
    for host in ["127.0.0.1", "::1"] {
        let listener = TcpListener::bind((host, 0)).expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let mut child = bash(&cgroup, &format!("exec 3<>/dev/tcp/{host}/{port} && echo ping >&3 && read -u 3"))
            .spawn()
            .expect("bash");
        let (mut stream, peer) = listener.accept().expect("a connection");
        stream.read_exact(&mut [0; 5]).expect("a ping");
        stream.write_all(b"pong\n").expect("a reader");
        assert!(child.wait().expect("bash").success());
        let ends = format!("connect  {:<24} {host}:{port} ", format!("{host}:{}", peer.port()));
        both.must_print_where("the connection", |line| line.starts_with(&ends));
    }
    // The rest is times.
    both.must_stop().must_agree(2, |line| {
        let words: Vec<&str> = line.split_whitespace().take(3).collect();
        (words.first() == Some(&"connect")).then(|| words.join(" "))
    });
}

#[test]
fn tcpconnlat_shows_the_same_connections() {
    let mut both = Both::of("tcpconnlat", &[]).must_start("PID");
    let mut last = 0;
    for (ip, family) in [("127.0.0.1", AddressFamily::INET), ("::1", AddressFamily::INET6)] {
        let listener = TcpListener::bind((ip, 0)).expect("a free port");
        TcpStream::connect(listener.local_addr().expect("an address")).expect("a listener");
        // A port that is taken, but where nobody listens.
        let deaf = socket(family, SocketType::STREAM, None).expect("a socket");
        bind(&deaf, &SocketAddr::new(ip.parse().expect("an address"), 0)).expect("a free port");
        let deaf = SocketAddr::try_from(getsockname(&deaf).expect("an address")).expect("an IP address");
        TcpStream::connect(deaf).expect_err("nobody listens");
        last = deaf.port();
    }
    both.must_print_where("the last", |line| line.contains(&format!(" {last} ")) && line.ends_with(" refused"));
    let pid = std::process::id().to_string();
    both.must_stop().must_agree(4, |line| {
        // After the port comes the time.
        let words: Vec<&str> = line.split_whitespace().take(5).collect();
        (words.first() == Some(&pid.as_str())).then(|| format!("{} {}", words.join(" "), line.ends_with(" refused")))
    });
}

/// Over loopback, 4 datagrams of 6 bytes by IPv4 and 3 by IPv6 to ports where nobody is: each is answered by ICMP.
const DATAGRAMS: &str = "ip link set lo up \
    && for i in 1 2 3 4; do echo hello >/dev/udp/127.0.0.1/9; done && for i in 1 2 3; do echo hello >/dev/udp/::1/9; done";

/// The same packets in a namespace for each: both come to print a line of these words, and the same last line.
#[track_caller]
fn must_count_packets(name: &str, last: &[&str]) {
    let mut both = Both::unshared(name, &["--allow", "net"]).args(&["lo"]).must_start("PACKETS");
    for running in both.each() {
        let namespace = format!("--net=/proc/{}/ns/net", running.pid());
        must_run("nsenter", &[&namespace, "bash", "-c", DATAGRAMS]);
    }
    both.must_print_where("the last packet", |line| line.split_whitespace().eq(last.iter().copied()));
    let tables = both.must_stop().map(|ended| {
        let (_, table) = ended.stdout.rsplit_once("PACKETS").expect("a table");
        table.lines().last().map(str::to_owned)
    });
    assert_eq!(tables.guest, tables.native);
}

#[test]
fn xdp_counts_the_same_packets() {
    must_count_packets("xdp", &["ICMPv6", "3", "348"]);
}

#[test]
fn tc_counts_the_same_packets() {
    must_count_packets("tc", &["14", "1048", "14", "1048"]);
}
