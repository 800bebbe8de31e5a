//! The examples against tools that others wrote for the same job: Debian's package `libbpf-tools`, on the same load.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::{fs, process};

use rustix::process::{Pid, kill_process};
use wasm_bpf_tests::{Ended, Example, Histogram, Program, Running, Signal, feature, has, start_tool, take_turns};

/// Starts an example, attached: it has printed a line with `heading`.
#[track_caller]
fn must_start(example: &str, args: &[&str], heading: &str) -> Running {
    let mut guest = Example::must_build(example).run().args(args).must_start();
    guest.must_print_where(heading, |line| line.contains(heading));
    guest
}

/// Ctrl-C, which tools answer with several exit codes.
#[track_caller]
fn must_interrupt(tool: Running) -> Ended {
    tool.signal(Signal::INT);
    tool.must_end()
}

/// What `parse` makes of the lines.
fn events<T: Ord>(ended: &Ended, parse: impl Fn(&[&str]) -> Option<T>) -> BTreeSet<T> {
    ended.stdout.lines().filter_map(|line| parse(&line.split_whitespace().collect::<Vec<_>>())).collect()
}

/// A user that nothing else on this machine runs as; `number` tells the users of one test binary apart.
fn own_user(number: u32) -> u32 {
    1_500_000_000 + process::id() * 4 + number
}

#[test]
fn opensnoop_shows_the_same_files() {
    let uid = own_user(0);
    let Some(mut tool) = start_tool("opensnoop", &["-u", &uid.to_string()]) else { return };
    let mut guest = must_start("opensnoop", &[], "PID");
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("an own folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    for name in ["first", "with space"] {
        fs::write(path(name), "").expect("a file");
    }
    let read = |names: &[&str]| {
        let mut cat = Command::new("cat").args(names.iter().map(|name| path(name))).uid(uid).spawn().expect("cat");
        assert_eq!(cat.wait().expect("cat").success(), !names.contains(&"missing"));
        cat.id().to_string()
    };
    tool.must_notice("that it traces", || drop(read(&["first"])), |line| line.ends_with("/first"));
    let pid = read(&["missing", "with space"]);
    for running in [&mut tool, &mut guest] {
        running.must_print_where("the last file", |line| line.ends_with("/with space"));
    }
    // Process, name, descriptor, error and path, also of what cat's loader opens.
    let of_process = |words: &[&str]| (words.first() == Some(&pid.as_str())).then(|| words.join(" "));
    let (theirs, ours) = (events(&must_interrupt(tool), of_process), events(&guest.must_stop(), of_process));
    assert_eq!(ours, theirs);
    assert!(ours.len() >= 3, "{ours:?}");
}

#[test]
fn runqlat_counts_the_same_waits() {
    let rounds = 10_000;
    let heading = "Tracing run queue latency";
    let start_theirs = || {
        let mut tool = start_tool("runqlat", &[])?;
        tool.must_print_where(heading, |line| line.starts_with(heading));
        Some(tool)
    };
    for ours_is_longer in [true, false] {
        // The one that is there first goes last: it has seen all that the other has.
        let (longer, shorter) = if ours_is_longer {
            let ours = must_start("runqlat", &[], heading);
            (Some(ours), start_theirs())
        } else {
            (start_theirs(), Some(must_start("runqlat", &[], heading)))
        };
        let (Some(longer), Some(shorter)) = (longer, shorter) else { return };
        take_turns(rounds);
        let [shorter, longer] = [shorter, longer].map(|running| Histogram::must_parse(&must_interrupt(running)));
        assert!(shorter.sum() >= u64::from(2 * rounds), "{shorter:?}");
        shorter.must_be_within(&longer);
    }
}

#[test]
fn tcpconnlat_shows_the_same_connections() {
    let Some(mut tool) = start_tool("tcpconnlat", &[]) else { return };
    if !has(&feature::KPROBE) && !has(&feature::FENTRY) {
        // It traces functions, our example a tracepoint: here only one of them works.
        let ended = tool.must_end();
        assert!(ended.code == Some(1) && ended.stderr.contains("'tcp_v4_connect'"), "{ended:?}");
        return;
    }
    let mut guest = must_start("tcpconnlat", &[], "PID");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let port = address.port().to_string();
    let connect = || drop(TcpStream::connect(address).expect("a listener"));
    let is_ours = |line: &str| line.split_whitespace().any(|word| word == port);
    tool.must_notice("that it traces", connect, is_ours);
    guest.must_print_where("a connection", is_ours);
    // Process, name, addresses and port; they have the version of IP, too.
    let of_port = |words: &[&str]| {
        let words: Vec<&str> = words.iter().copied().filter(|word| *word != "4").take(5).collect();
        (words.last() == Some(&port.as_str())).then(|| words.join(" "))
    };
    let (theirs, ours) = (events(&must_interrupt(tool), of_port), events(&guest.must_stop(), of_port));
    assert_eq!(ours, theirs);
}

#[test]
fn execve_shows_what_execsnoop_does() {
    let uid = own_user(1).to_string();
    let Some(mut tool) = start_tool("execsnoop", &["-u", &uid]) else { return };
    let mut guest = must_start("execve", &["-u", &uid], "PID");
    let run = |args: &[&str]| {
        let mut child =
            Command::new("/bin/true").args(args).uid(uid.parse().expect("a number")).spawn().expect("a program");
        assert!(child.wait().expect("a child").success());
        child.id().to_string()
    };
    tool.must_notice("that it traces", || drop(run(&["probe"])), |line| line.contains(" probe"));
    let pids = [run(&["one", "two"]), run(&[]), run(&["-x", "last"])];
    for running in [&mut tool, &mut guest] {
        running.must_print_where("the last program", |line| line.contains(" -x last"));
    }
    // The process, then what follows the program's path, which stands where the arguments begin.
    let of_processes = |words: &[&str]| {
        let pid = words.iter().find(|word| pids.iter().any(|pid| pid == *word))?.to_string();
        let (at, _) = words.iter().enumerate().find(|(_, word)| **word == "/bin/true")?;
        Some((pid, words[at..].join(" ")))
    };
    let (theirs, ours) = (events(&must_interrupt(tool), of_processes), events(&guest.must_stop(), of_processes));
    assert_eq!(ours, theirs);
    assert_eq!(ours.len(), pids.len(), "{ours:?}");
}

#[test]
fn bootstrap_tells_of_the_ends_that_exitsnoop_does() {
    let Some(mut tool) = start_tool("exitsnoop", &[]) else { return };
    let mut guest = must_start("bootstrap", &[], "TIME ");
    let (probe, program) = (Program::unique(), Program::unique());
    tool.must_notice("that it traces", || _ = probe.must_exit(0), |line| line.starts_with(probe.name()));
    program.must_exit(0);
    program.must_exit(7);
    let last = program.must_exit(42).to_string();
    let is_last = |line: &str| line.contains(program.name()) && line.split_whitespace().any(|word| word == last);
    tool.must_print_where("the last end", is_last);
    guest.must_print_where("the last end", |line| is_last(line) && line.contains(" EXIT "));
    // Process, parent, code.
    let name = program.name();
    let their_row = |words: &[&str]| match words {
        [comm, pid, ppid, _, _, "0"] if *comm == name => Some(format!("{pid} {ppid} 0")),
        [comm, pid, ppid, _, _, "code", code] if *comm == name => Some(format!("{pid} {ppid} {code}")),
        _ => None,
    };
    let our_row = |words: &[&str]| match words {
        [_, "EXIT", comm, pid, ppid, code, ..] if *comm == name => {
            Some(format!("{pid} {ppid} {}", code.trim_matches(['[', ']'])))
        }
        _ => None,
    };
    let (theirs, ours) = (events(&must_interrupt(tool), their_row), events(&guest.must_stop(), our_row));
    assert_eq!(ours, theirs);
    assert_eq!(ours.len(), 3, "{ours:?}");
}

#[test]
fn tp_btf_shows_the_signals_that_sigsnoop_does() {
    let number = Signal::WINCH.as_raw().to_string();
    let Some(mut tool) = start_tool("sigsnoop", &["-s", &number]) else { return };
    let mut guest = must_start("tp_btf", &[&number], "FROM");
    let mut receivers = [0, 1].map(|_| Command::new("sleep").arg("600").spawn().expect("a process"));
    let [probed, asked] = [&receivers[0], &receivers[1]].map(|child| child.id().to_string());
    let send = |child: &process::Child| kill_process(Pid::from_child(child), Signal::WINCH).expect("a child");
    let goes_to = |to: &str| {
        let to = to.to_owned();
        move |line: &str| line.split_whitespace().any(|word| word == to)
    };
    tool.must_notice("that it traces", || send(&receivers[0]), goes_to(&probed));
    send(&receivers[1]);
    tool.must_print_where("the signal", goes_to(&asked));
    guest.must_print_where("the signal", goes_to(&asked));
    receivers.iter_mut().for_each(|child| {
        child.kill().expect("a child");
        child.wait().expect("a child");
    });
    let own = process::id().to_string();
    let their_row = |words: &[&str]| match words {
        [_, from, _, signal, to, _] if *to == asked => Some(format!("{from} {to} {signal}")),
        _ => None,
    };
    let our_row = |words: &[&str]| match words {
        [from, _, to, _, signal, ..] if *to == asked => Some(format!("{from} {to} {signal}")),
        _ => None,
    };
    let (theirs, ours) = (events(&must_interrupt(tool), their_row), events(&guest.must_stop(), our_row));
    assert_eq!(ours, theirs);
    assert_eq!(ours, BTreeSet::from([format!("{own} {asked} {number}")]));
}
