//! Perf events that a guest opens by itself: what it may count.

use std::fs;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;

use super::sys::event;
use crate::error::{Error, Result};
use crate::policy::{Grant, Hook, Item, Need, Policy};

pub(crate) use super::sys::event::{Attr, EventRequest, MAX_ATTR, control};

/// `PERF_TYPE_MAX`: types from here on are given out at boot and named in sysfs.
const FIRST_DYNAMIC: u32 = 6;
/// `sigtrap` of `struct perf_event_attr`: a signal to the process that is measured.
const SIGTRAP: u64 = 1 << 37;
/// What a buffer of `bpf_perf_event_output` is: `PERF_TYPE_SOFTWARE` with `PERF_COUNT_SW_BPF_OUTPUT`.
const BPF_OUTPUT: (u32, u64) = (1, 10);
/// Where the attribute says what of its type is counted.
const CONFIG_AT: usize = 8;
/// Where the attribute's bits are.
const BITS_AT: usize = 40;
/// All of linux/perf_event.h's `PERF_FLAG_*`.
const FLAGS: u32 = 0xf;
/// `PERF_FLAG_PID_CGROUP`.
const IN_CGROUP: u32 = 4;

/// Whose events are counted.
pub(crate) enum Whose<'a> {
    /// A process, 0 for the runtime's own, -1 for all.
    Process(i32),
    /// All of a cgroup, by its directory.
    Cgroup(BorrowedFd<'a>),
}

/// Whether `flags` make the process id the descriptor of a cgroup.
pub(crate) fn is_cgroup(flags: u32) -> bool {
    flags & IN_CGROUP != 0
}

/// Opens a perf event.
pub(crate) fn open(
    attr: &mut Attr,
    whose: &Whose<'_>,
    cpu: i32,
    group: Option<BorrowedFd<'_>>,
    flags: u32,
    policy: &Policy,
) -> Result<OwnedFd> {
    if flags & !FLAGS != 0 {
        return Err(fail(Errno::INVAL));
    }
    allow(attr, policy)?;
    let pid = match whose {
        Whose::Process(pid) => *pid,
        Whose::Cgroup(directory) => directory.as_raw_fd(),
    };
    event::open(attr, pid, cpu, group, u64::from(flags)).map_err(|errno| match errno {
        Errno::NOENT | Errno::OPNOTSUPP | Errno::NODEV => {
            fail(errno).advise("this machine does not count that; software events work everywhere")
        }
        Errno::ACCESS | Errno::PERM => {
            fail(errno).advise("it needs CAP_PERFMON; look at /proc/sys/kernel/perf_event_paranoid too")
        }
        _ => fail(errno),
    })
}

/// Whether a module may open such an event. Everything that counts or samples is observing, registers and stacks of
/// other processes included. Not so a signal to the measured process, which needs a grant, and the types `kprobe` and
/// `uprobe`, whose fields are addresses in the runtime itself.
pub(crate) fn allow(attr: &Attr, policy: &Policy) -> Result<()> {
    if attr.u64(BITS_AT) & SIGTRAP != 0 {
        let grant = Some((Grant::Signal, "it sends a signal to what it measures".into()));
        let item = Item::Hook(Hook::new("perf_event", "sigtrap"));
        policy.check(&Need { subject: "a perf event with `sigtrap`".into(), item, grant })?;
    }
    // The other end of a map of perf events, and of nothing else: whoever may have the map may read it.
    if (attr.u32(0), attr.u64(CONFIG_AT)) == BPF_OUTPUT {
        return Ok(());
    }
    let item = Item::Hook(Hook::new("perf_event", kind_text(attr.u32(0))));
    policy.check(&Need { subject: "opening a perf event".into(), item, grant: None })?;
    if is_probe(attr.u32(0)) {
        return Err(fail(Errno::OPNOTSUPP).advise("attach to functions with program_attach_kprobe or _uprobe"));
    }
    Ok(())
}

fn fail(errno: Errno) -> Error {
    Error::kernel("failed to open a perf event", errno)
}

/// What is counted, as a policy names it: the kernel's `PERF_TYPE_*`, or the number of a type that has none.
fn kind_text(kind: u32) -> String {
    const NAMES: [&str; FIRST_DYNAMIC as usize] =
        ["hardware", "software", "tracepoint", "hw_cache", "raw", "breakpoint"];
    NAMES.get(kind as usize).map_or_else(|| kind.to_string(), |name| (*name).to_owned())
}

/// Whether this is one of the two types that take addresses. Where sysfs does not tell them, all types that are not
/// fixed could be.
fn is_probe(kind: u32) -> bool {
    let folder = "/sys/bus/event_source/devices";
    let is = |name: &str| match fs::read_to_string(format!("{folder}/{name}/type")) {
        Ok(number) => number.trim().parse() == Ok(kind),
        Err(_) => false,
    };
    kind >= FIRST_DYNAMIC && (fs::metadata(folder).is_err() || is("kprobe") || is("uprobe"))
}
