//! What attach targets name: cgroups by their path, interfaces by their name.

use std::os::fd::OwnedFd;

use libbpf_sys as ffi;
use rustix::fs::{Mode, OFlags, fstatfs, open};
use rustix::io::Errno;

use crate::error::{Error, Result};

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
    let socket =
        rustix::net::socket(rustix::net::AddressFamily::INET, rustix::net::SocketType::DGRAM, None).map_err(fail)?;
    let index = rustix::net::netdevice::name_to_index(&socket, name).map_err(fail)?;
    i32::try_from(index).map_err(|_| fail(Errno::OVERFLOW))
}
