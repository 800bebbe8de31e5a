//! Which kinds of attaching work, found out by doing it: a program of two instructions is attached where nobody notices, and
//! detached at once.
//!
//! Tracing takes functions that the kernel has for its own tests, network programs let everything pass, and are in a
//! network namespace of their own where the process may make one.

use std::ffi::CStr;
use std::fs::{self, File};
use std::io::Read;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use libbpf_sys as ffi;
use rustix::io::Errno;

use super::btf::{self, Btf};
use super::sys::event::{self, Attr};
use super::sys::log::{Level, capture};
use super::sys::tc::{Filter, Hook};
use super::sys::try_attach::{self, Extra, Tiny, link};

/// A kind of attaching.
pub(crate) struct Kind {
    /// As sections of programs begin.
    pub(crate) name: &'static str,
    /// The first kernel that has it.
    pub(crate) since: (u32, u32),
    /// What the kernel has to be built with, without `CONFIG_`.
    pub(crate) option: &'static str,
    attempt: fn(&Host) -> Result<(), Failure>,
}

/// Where it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Before the kernel was asked: what it takes is not there.
    Lacks(&'static str),
    /// It would have to be alone on its network.
    Alone,
    /// The program was not loaded.
    Load(Errno),
    /// It was not attached.
    Attach(Errno),
}

/// What there is to attach to.
struct Host {
    types: Option<Rc<Btf>>,
    tracefs: Option<PathBuf>,
    cgroup: Option<File>,
    own_network: bool,
}

const fn kind(
    name: &'static str,
    since: (u32, u32),
    option: &'static str,
    attempt: fn(&Host) -> Result<(), Failure>,
) -> Kind {
    Kind { name, since, option, attempt }
}

/// All kinds that are tried.
pub(crate) const KINDS: &[Kind] = &[
    kind("tracepoint", (4, 7), "FTRACE", tracepoint),
    kind("raw_tp", (4, 17), "BPF_EVENTS", |_| {
        raw(tiny(ffi::BPF_PROG_TYPE_RAW_TRACEPOINT), Some(c"sched_process_exit"))
    }),
    kind("tp_btf", (5, 5), "DEBUG_INFO_BTF", |host| {
        let target = host.find(c"btf_trace_sched_process_exit", ffi::BTF_KIND_TYPEDEF)?;
        raw(Tiny { expected: ffi::BPF_TRACE_RAW_TP, target, ..tiny(ffi::BPF_PROG_TYPE_TRACING) }, None)
    }),
    kind("fentry", (5, 5), "DYNAMIC_FTRACE_WITH_DIRECT_CALLS", |host| traced(host, ffi::BPF_TRACE_FENTRY, FUNCTION)),
    kind("fexit", (5, 5), "DYNAMIC_FTRACE_WITH_DIRECT_CALLS", |host| traced(host, ffi::BPF_TRACE_FEXIT, FUNCTION)),
    kind("fmod_ret", (5, 7), "DYNAMIC_FTRACE_WITH_DIRECT_CALLS", |host| {
        // Functions of security hooks can be attached to everywhere; others only where errors can be injected.
        traced(host, ffi::BPF_MODIFY_RETURN, c"security_syslog")
    }),
    kind("lsm", (5, 7), "BPF_LSM", |host| {
        let target = host.find(c"bpf_lsm_syslog", ffi::BTF_KIND_FUNC)?;
        raw(Tiny { expected: ffi::BPF_LSM_MAC, target, ..tiny(ffi::BPF_PROG_TYPE_LSM) }, None)
    }),
    kind("lsm_cgroup", (6, 0), "BPF_LSM", |host| {
        let target = host.find(c"bpf_lsm_socket_bind", ffi::BTF_KIND_FUNC)?;
        host.at_cgroup(Tiny { target, ..tiny(ffi::BPF_PROG_TYPE_LSM) }, ffi::BPF_LSM_CGROUP)
    }),
    kind("iter", (5, 8), "DEBUG_INFO_BTF", |host| {
        let target = host.find(c"bpf_iter_task", ffi::BTF_KIND_FUNC)?;
        let program = Tiny { expected: ffi::BPF_TRACE_ITER, target, ..tiny(ffi::BPF_PROG_TYPE_TRACING) };
        linked(program, 0, ffi::BPF_TRACE_ITER, Extra::None)
    }),
    kind("kprobe", (4, 17), "KPROBE_EVENTS", |_| {
        at_event(|| Ok(try_attach::probe_event(unit("kprobe")?, FUNCTION, 0, -1)))
    }),
    kind("kprobe.multi", (5, 18), "FPROBE", |_| many(ffi::BPF_TRACE_KPROBE_MULTI, Extra::Function(FUNCTION))),
    kind("kprobe.session", (6, 10), "FPROBE", |_| many(ffi::BPF_TRACE_KPROBE_SESSION, Extra::Function(FUNCTION))),
    kind("uprobe", (4, 17), "UPROBE_EVENTS", |_| {
        at_event(|| Ok(try_attach::probe_event(unit("uprobe")?, PROGRAM, entry()?, 0)))
    }),
    kind("uprobe.multi", (6, 6), "UPROBE_EVENTS", |_| {
        many(ffi::BPF_TRACE_UPROBE_MULTI, Extra::Place(PROGRAM, entry()?))
    }),
    kind("uprobe.session", (6, 13), "UPROBE_EVENTS", |_| {
        many(ffi::BPF_TRACE_UPROBE_SESSION, Extra::Place(PROGRAM, entry()?))
    }),
    kind("perf_event", (4, 9), "PERF_EVENTS", |_| event_of(ffi::BPF_PROG_TYPE_PERF_EVENT, CPU_CLOCK)),
    kind("socket", (3, 19), "NET", |_| {
        let program = load(tiny(ffi::BPF_PROG_TYPE_SOCKET_FILTER))?;
        try_attach::at_socket(program.as_fd()).map_err(Failure::Attach)
    }),
    kind("xdp", (5, 9), "NET", |_| {
        let program = Tiny { expected: ffi::BPF_XDP, returns: 2, ..tiny(ffi::BPF_PROG_TYPE_XDP) };
        linked(program, LOOPBACK, ffi::BPF_XDP, Extra::Flags(ffi::XDP_FLAGS_SKB_MODE))
    }),
    kind("tc", (4, 5), "NET_SCH_INGRESS", |host| {
        host.alone()?;
        let program = load(tiny(ffi::BPF_PROG_TYPE_SCHED_CLS))?;
        let hook = Hook { ifindex: LOOPBACK, point: 1, parent: 0 };
        hook.create().map_err(Failure::Attach)?;
        hook.attach(program.as_fd(), Filter { handle: 0, priority: 0 }, 0).map(drop).map_err(Failure::Attach)
    }),
    kind("tcx", (6, 6), "NET_XGRESS", |_| {
        let program = Tiny { returns: -1, ..tiny(ffi::BPF_PROG_TYPE_SCHED_CLS) };
        linked(program, LOOPBACK, ffi::BPF_TCX_INGRESS, Extra::None)
    }),
    kind("netkit", (6, 7), "NETKIT", |_| {
        let program = Tiny { returns: -1, ..tiny(ffi::BPF_PROG_TYPE_SCHED_CLS) };
        match linked(program, LOOPBACK, ffi::BPF_NETKIT_PRIMARY, Extra::None) {
            // It looked for a device of that kind, and this is another.
            Err(Failure::Attach(Errno::NXIO)) => Ok(()),
            other => other,
        }
    }),
    kind("netfilter", (6, 4), "NETFILTER_BPF_LINK", |_| {
        let program = Tiny { expected: ffi::BPF_NETFILTER, returns: 1, ..tiny(ffi::BPF_PROG_TYPE_NETFILTER) };
        linked(program, 0, ffi::BPF_NETFILTER, Extra::Netfilter(2, 1, 10))
    }),
    kind("sk_lookup", (5, 9), "NET", |_| at_network(ffi::BPF_PROG_TYPE_SK_LOOKUP, ffi::BPF_SK_LOOKUP, 1)),
    kind("flow_dissector", (5, 8), "NET", |host| {
        host.alone()?;
        at_network(ffi::BPF_PROG_TYPE_FLOW_DISSECTOR, ffi::BPF_FLOW_DISSECTOR, 0)
    }),
    kind("sk_skb", (4, 14), "BPF_STREAM_PARSER", |_| {
        let program = load(Tiny { returns: 1, ..tiny(ffi::BPF_PROG_TYPE_SK_SKB) })?;
        let map = try_attach::socket_map().map_err(Failure::Load)?;
        try_attach::attach_and_detach(program.as_fd(), map.as_fd(), ffi::BPF_SK_SKB_STREAM_VERDICT)
            .map_err(Failure::Attach)
    }),
    kind("cgroup_skb", (5, 7), "CGROUP_BPF", |host| {
        host.at_cgroup(tiny(ffi::BPF_PROG_TYPE_CGROUP_SKB), ffi::BPF_CGROUP_INET_EGRESS)
    }),
    kind("sockops", (5, 7), "CGROUP_BPF", |host| {
        host.at_cgroup(tiny(ffi::BPF_PROG_TYPE_SOCK_OPS), ffi::BPF_CGROUP_SOCK_OPS)
    }),
    kind("struct_ops", (5, 6), "BPF_JIT", struct_ops),
];

/// A function that only the kernel's own tests call.
const FUNCTION: &CStr = c"bpf_fentry_test1";
const PROGRAM: &CStr = c"/proc/self/exe";
/// `lo`: the first device of each network namespace.
const LOOPBACK: i32 = 1;
/// The time that this thread runs: type and number of a perf event (linux/perf_event.h).
const CPU_CLOCK: (u32, u64) = (1, 0);

/// Tries all kinds, in their order.
pub(crate) fn try_all() -> Vec<Result<(), Failure>> {
    // In a thread: its network namespace ends with it.
    let all = || {
        let host = Host {
            types: btf::vmlinux().ok(),
            tracefs: tracefs(),
            cgroup: cgroup().and_then(|path| File::open(path).ok()),
            own_network: try_attach::own_network().is_ok(),
        };
        KINDS.iter().map(|kind| (kind.attempt)(&host)).collect()
    };
    let quiet = || capture(Level::Warn, all).0;
    std::thread::scope(|scope| scope.spawn(quiet).join().unwrap_or_default())
}

impl Host {
    fn find(&self, name: &CStr, kind: u32) -> Result<u32, Failure> {
        let types = self.types.as_ref().ok_or(Failure::Lacks("the kernel's BTF"))?;
        types.find(name, kind).map_err(|_| Failure::Lacks("a hook to try it at"))
    }

    /// What would disturb others is tried in a network of its own only.
    fn alone(&self) -> Result<(), Failure> {
        if self.own_network { Ok(()) } else { Err(Failure::Alone) }
    }

    /// Attaches a program that allows everything to the root of all cgroups.
    fn at_cgroup(&self, program: Tiny, kind: u32) -> Result<(), Failure> {
        let folder = self.cgroup.as_ref().ok_or(Failure::Lacks("a mount of cgroup2"))?;
        linked(Tiny { expected: kind, returns: 1, ..program }, folder.as_raw_fd(), kind, Extra::None)
    }
}

fn tiny(kind: u32) -> Tiny {
    Tiny { kind, ..Tiny::default() }
}

fn load(program: Tiny) -> Result<OwnedFd, Failure> {
    program.load().map_err(Failure::Load)
}

fn raw(program: Tiny, name: Option<&CStr>) -> Result<(), Failure> {
    try_attach::raw_tracepoint(load(program)?.as_fd(), name).map(drop).map_err(Failure::Attach)
}

fn linked(program: Tiny, target: i32, kind: u32, extra: Extra<'_>) -> Result<(), Failure> {
    link(load(program)?.as_fd(), target, kind, extra).map(drop).map_err(Failure::Attach)
}

fn traced(host: &Host, kind: u32, function: &CStr) -> Result<(), Failure> {
    let target = host.find(function, ffi::BTF_KIND_FUNC)?;
    raw(Tiny { expected: kind, target, ..tiny(ffi::BPF_PROG_TYPE_TRACING) }, None)
}

fn many(kind: u32, extra: Extra<'_>) -> Result<(), Failure> {
    linked(Tiny { expected: kind, ..tiny(ffi::BPF_PROG_TYPE_KPROBE) }, 0, kind, extra)
}

fn at_network(program: u32, kind: u32, returns: i32) -> Result<(), Failure> {
    let network = File::open("/proc/thread-self/ns/net").map_err(|_| Failure::Lacks("/proc"))?;
    linked(Tiny { expected: kind, returns, ..tiny(program) }, network.as_raw_fd(), kind, Extra::None)
}

fn at_event(open: impl FnOnce() -> Result<Result<OwnedFd, Errno>, Failure>) -> Result<(), Failure> {
    let program = load(tiny(ffi::BPF_PROG_TYPE_KPROBE))?;
    let event = open()?.map_err(Failure::Attach)?;
    try_attach::at_event(program.as_fd(), event.as_fd()).map_err(Failure::Attach)
}

fn tracepoint(host: &Host) -> Result<(), Failure> {
    let tracefs = host.tracefs.as_ref().ok_or(Failure::Lacks("a mount of tracefs"))?;
    let id = fs::read_to_string(tracefs.join("events/sched/sched_process_exit/id"));
    let id = id.ok().and_then(|id| id.trim().parse().ok()).ok_or(Failure::Lacks("leave to read tracefs"))?;
    event_of(ffi::BPF_PROG_TYPE_TRACEPOINT, (2, id))
}

/// Attaches a program to an event of this thread.
fn event_of(program: u32, (kind, number): (u32, u64)) -> Result<(), Failure> {
    // struct perf_event_attr as it was first: type, size, number, period.
    let mut attr = [0; 64];
    attr[..4].copy_from_slice(&kind.to_ne_bytes());
    attr[4..8].copy_from_slice(&64u32.to_ne_bytes());
    attr[8..16].copy_from_slice(&number.to_ne_bytes());
    attr[16..24].copy_from_slice(&1_000_000_000u64.to_ne_bytes());
    let program = load(tiny(program))?;
    let open = || event::open(&mut Attr::new(&attr)?, 0, -1, None, 0);
    let event = open().map_err(Failure::Attach)?;
    try_attach::at_event(program.as_fd(), event.as_fd()).map_err(Failure::Attach)
}

/// The number of a unit for perf events.
fn unit(name: &str) -> Result<u32, Failure> {
    let number = fs::read_to_string(format!("/sys/bus/event_source/devices/{name}/type"));
    number.ok().and_then(|number| number.trim().parse().ok()).ok_or(Failure::Lacks("its unit for perf events"))
}

/// Where this program's first instruction is in its file, which no thread of this process comes to again. For processes
/// that start now it would be a function: a probe at its return takes the place of the number of their arguments.
fn entry() -> Result<u64, Failure> {
    let find = || {
        let mut head = Vec::new();
        File::open("/proc/self/exe").ok()?.take(4096).read_to_end(&mut head).ok()?;
        let number = |at: usize, len: usize| {
            let mut bytes = [0; 8];
            bytes[..len].copy_from_slice(head.get(at..at + len)?);
            Some(u64::from_le_bytes(bytes))
        };
        let (entry, headers, count) = (number(24, 8)?, number(32, 8)? as usize, number(56, 2)? as usize);
        (0..count).find_map(|index| {
            let header = headers + 56 * index;
            let (kind, offset, address, size) =
                (number(header, 4)?, number(header + 8, 8)?, number(header + 16, 8)?, number(header + 32, 8)?);
            (kind == 1 && (address..address + size).contains(&entry)).then(|| entry - address + offset)
        })
    };
    find().ok_or(Failure::Lacks("/proc/self/exe"))
}

/// Registers a TCP congestion control that nobody chooses, and takes it back.
fn struct_ops(host: &Host) -> Result<(), Failure> {
    let lacks = || Failure::Lacks("a hook to try it at");
    let operations = host.find(c"tcp_congestion_ops", ffi::BTF_KIND_STRUCT)?;
    let value_type = host.find(c"bpf_struct_ops_tcp_congestion_ops", ffi::BTF_KIND_STRUCT)?;
    let types = host.types.as_ref().ok_or_else(lacks)?;
    let (_, data) = types.member(value_type, c"data").ok_or_else(lacks)?;
    let mut value = vec![0; types.size(value_type)];
    let mut put = |at: usize, bytes: &[u8]| {
        value.get_mut(at..at + bytes.len()).map(|place| place.copy_from_slice(bytes)).ok_or_else(lacks)
    };
    let mut programs = Vec::new();
    for name in [c"ssthresh", c"undo_cwnd", c"cong_avoid"] {
        let (index, place) = types.member(operations, name).ok_or_else(lacks)?;
        let program = load(Tiny { expected: index, target: operations, ..tiny(ffi::BPF_PROG_TYPE_STRUCT_OPS) })?;
        put(data + place, &program.as_raw_fd().to_ne_bytes())?;
        programs.push(program);
    }
    let (_, name) = types.member(operations, c"name").ok_or_else(lacks)?;
    put(data + name, b"wasm_bpf_doctor")?;
    try_attach::register(value_type, &value).map_err(Failure::Attach)
}

/// Where tracefs is, as libbpf looks for it.
pub(crate) fn tracefs() -> Option<PathBuf> {
    let places = ["/sys/kernel/debug/tracing", "/sys/kernel/tracing"];
    places.into_iter().map(PathBuf::from).find(|place| place.join("events").exists())
}

/// Where cgroup2 is mounted.
pub(crate) fn cgroup() -> Option<PathBuf> {
    mount("cgroup2")
}

/// The first mount of a type of file system.
pub(crate) fn mount(kind: &str) -> Option<PathBuf> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
    mounts.lines().find_map(|line| {
        let (place, rest) = line.split_once(" - ")?;
        let is_it = rest.split(' ').next() == Some(kind);
        is_it.then(|| place.split(' ').nth(4).map(Path::new).map(Path::to_owned)).flatten()
    })
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_probe_of_this_program_leaves_others_that_start_alone() {
        for kind in [ffi::BPF_TRACE_UPROBE_MULTI, ffi::BPF_TRACE_UPROBE_SESSION] {
            let program = load(Tiny { expected: kind, ..tiny(ffi::BPF_PROG_TYPE_KPROBE) }).expect("a program");
            let probe = link(program.as_fd(), 0, kind, Extra::Place(PROGRAM, entry().expect("an ELF file")));
            let _probe = probe.expect("root, and a kernel from 6.13 on");
            let started = Command::new("/proc/self/exe").arg("--list").output().expect("a child");
            assert!(started.status.success(), "{}", String::from_utf8_lossy(&started.stderr));
        }
    }
}
