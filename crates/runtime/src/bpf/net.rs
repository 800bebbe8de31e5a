//! What attach targets name: cgroups by their path, interfaces by their name; and filters of traffic control.

use std::os::fd::{BorrowedFd, OwnedFd};

use libbpf_sys as ffi;
use rustix::fs::{Mode, OFlags, fstatfs, open};
use rustix::io::Errno;
use rustix::net::netdevice::{index_to_name, name_to_index};
use rustix::net::{AddressFamily, SocketFlags, SocketType};

use super::log::Log;
use crate::error::{Error, Result};
use crate::privilege::with_reserve;

pub(crate) use super::sys::tc::{Filter, Hook};

/// `CGROUP2_SUPER_MAGIC` of linux/magic.h.
const CGROUP2_MAGIC: u64 = 0x6367_7270;

/// What the text of an attach target means for a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// Nothing: the section says it all.
    Section,
    /// The path of a cgroup.
    Cgroup,
    /// The name of an interface.
    Xdp,
    /// The name of an interface.
    Tc,
}

/// What a target means for programs of type `kind` (`enum bpf_prog_type`).
pub(crate) fn target_kind(kind: u32) -> Target {
    match kind {
        ffi::BPF_PROG_TYPE_SOCK_OPS
        | ffi::BPF_PROG_TYPE_CGROUP_SKB
        | ffi::BPF_PROG_TYPE_CGROUP_SOCK
        | ffi::BPF_PROG_TYPE_CGROUP_DEVICE
        | ffi::BPF_PROG_TYPE_CGROUP_SOCK_ADDR
        | ffi::BPF_PROG_TYPE_CGROUP_SYSCTL
        | ffi::BPF_PROG_TYPE_CGROUP_SOCKOPT => Target::Cgroup,
        ffi::BPF_PROG_TYPE_XDP => Target::Xdp,
        ffi::BPF_PROG_TYPE_SCHED_CLS => Target::Tc,
        _ => Target::Section,
    }
}

/// Opens the cgroup at `path`. Nothing but a directory of cgroup2 is accepted, so that no other host path is
/// reached this way.
pub(crate) fn cgroup(path: &str) -> Result<OwnedFd> {
    let fail = |errno| Error::kernel(format!("failed to open the cgroup `{path}`"), errno);
    let directory = open(path, OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).map_err(fail)?;
    if fstatfs(&directory).map_err(fail)?.f_type as u64 != CGROUP2_MAGIC {
        return Err(fail(Errno::INVAL).advise("it is no directory of cgroup2; `mount -t cgroup2` shows where that is"));
    }
    Ok(directory)
}

/// The index of the interface called `name` in the runtime's network namespace.
pub(crate) fn interface(name: &str) -> Result<i32> {
    let fail = |errno| {
        let error = Error::kernel(format!("failed to find the network interface `{name}`"), errno);
        error.advise("`ip link` lists the interfaces")
    };
    let index = socket().and_then(|socket| name_to_index(&socket, name)).map_err(fail)?;
    i32::try_from(index).map_err(|_| fail(Errno::OVERFLOW))
}

/// The name of the interface with this index. ENODEV where there is none.
pub(crate) fn interface_name(ifindex: u32) -> std::result::Result<String, Errno> {
    index_to_name(socket()?, ifindex)
}

/// The name of the interface for a policy; `*` where there is none.
pub(crate) fn interface_text(ifindex: i32) -> String {
    u32::try_from(ifindex).ok().and_then(|index| interface_name(index).ok()).unwrap_or_else(|| "*".into())
}

/// Any socket: the one that interfaces are asked about through.
fn socket() -> std::result::Result<OwnedFd, Errno> {
    rustix::net::socket_with(AddressFamily::INET, SocketType::DGRAM, SocketFlags::CLOEXEC, None)
}

/// The filters that a guest attached; removed when dropped, as the kernel keeps them for ever.
#[derive(Default)]
pub(crate) struct Filters(Vec<(Hook, Filter)>);

impl Filters {
    /// Attaches `program`; the filter as the kernel numbered it, and the program's id.
    pub(crate) fn attach(
        &mut self,
        hook: Hook,
        program: BorrowedFd<'_>,
        filter: Filter,
        flags: u32,
        log: &mut Log,
    ) -> Result<(Filter, u32)> {
        let (attached, _) = log.during(|| with_reserve(|| hook.attach(program, filter, flags)));
        let (filter, id) = attached.map_err(|errno| hook_error("attach a filter to", hook, errno))?;
        self.0.retain(|known| *known != (hook, filter));
        self.0.push((hook, filter));
        Ok((filter, id))
    }

    /// Removes a filter.
    pub(crate) fn detach(&mut self, hook: Hook, filter: Filter, log: &mut Log) -> Result<()> {
        let (detached, _) = log.during(|| with_reserve(|| hook.detach(filter)));
        detached.map_err(|errno| hook_error("remove a filter from", hook, errno))?;
        self.0.retain(|known| *known != (hook, filter));
        Ok(())
    }

    /// Removes all filters of a direction, or for both directions the qdisc.
    pub(crate) fn destroy(&mut self, hook: Hook, log: &mut Log) -> Result<()> {
        let (destroyed, _) = log.during(|| with_reserve(|| hook.destroy()));
        destroyed.map_err(|errno| hook_error("destroy", hook, errno))?;
        self.0.retain(|(known, _)| known.ifindex != hook.ifindex || known.point & hook.point == 0);
        Ok(())
    }
}

impl Drop for Filters {
    fn drop(&mut self) {
        for (hook, filter) in &self.0 {
            // Gone already if the interface or the qdisc is.
            let _ = with_reserve(|| hook.detach(*filter));
        }
    }
}

/// Makes the qdisc that filters hang from. It stays when the guest ends: others may use it by then.
pub(crate) fn create_hook(hook: Hook, log: &mut Log) -> Result<()> {
    let (created, _) = log.during(|| with_reserve(|| hook.create()));
    created.map_err(|errno| hook_error("create", hook, errno))
}

fn hook_error(verb: &str, hook: Hook, errno: Errno) -> Error {
    let error = Error::kernel(format!("failed to {verb} the tc hook of interface {}", hook.ifindex), errno);
    match errno {
        Errno::EXIST => error.advise("it is there already, which does no harm"),
        Errno::NOENT => error.advise("create the hook first; this kernel needs sch_ingress and cls_bpf"),
        Errno::NODEV => error.advise("`ip link` lists the interfaces"),
        _ => error,
    }
}
