//! Traffic control by netlink: the attachments that are no links.

use std::os::fd::{AsRawFd, BorrowedFd};

use libbpf_sys as ffi;
use rustix::io::Errno;

use super::{check, sz};

/// Where filters hang: an interface and a direction, libbpf's `struct bpf_tc_hook`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hook {
    pub(crate) ifindex: i32,
    /// `enum bpf_tc_attach_point`: 1 ingress, 2 egress, 3 both, 4 what `parent` says.
    pub(crate) point: u32,
    /// `TC_H_MAKE(major, minor)`, for point 4 only.
    pub(crate) parent: u32,
}

/// A filter at a hook; zeros before attaching let the kernel choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) handle: u32,
    pub(crate) priority: u32,
}

impl Hook {
    /// EINVAL for what is neither a direction nor a parent: libbpf would look for the name of a qdisc, and not find it.
    fn raw(self) -> Result<ffi::bpf_tc_hook, Errno> {
        if self.point & !(ffi::BPF_TC_INGRESS | ffi::BPF_TC_EGRESS | ffi::BPF_TC_CUSTOM) != 0 {
            return Err(Errno::INVAL);
        }
        Ok(ffi::bpf_tc_hook {
            sz: sz::<ffi::bpf_tc_hook>(),
            ifindex: self.ifindex,
            attach_point: self.point,
            parent: self.parent,
            ..Default::default()
        })
    }

    /// Makes the clsact qdisc. EEXIST where it is there already. Minimum kernel: 4.5.
    pub(crate) fn create(self) -> Result<(), Errno> {
        // SAFETY: the struct is valid during the call and carries its size.
        check(unsafe { ffi::bpf_tc_hook_create(&mut self.raw()?) }).map(drop)
    }

    /// Removes all filters of the direction, or for both directions the qdisc.
    pub(crate) fn destroy(self) -> Result<(), Errno> {
        // SAFETY: as above.
        check(unsafe { ffi::bpf_tc_hook_destroy(&mut self.raw()?) }).map(drop)
    }

    /// Attaches a program; the filter as the kernel numbered it, and the program's id. `flags`: 1 replaces.
    pub(crate) fn attach(self, program: BorrowedFd<'_>, filter: Filter, flags: u32) -> Result<(Filter, u32), Errno> {
        let mut opts = Self::options(filter);
        opts.prog_fd = program.as_raw_fd();
        opts.flags = flags;
        // SAFETY: both structs are valid during the call and carry their sizes; the descriptor is open.
        check(unsafe { ffi::bpf_tc_attach(&self.raw()?, &mut opts) })?;
        Ok((Filter { handle: opts.handle, priority: opts.priority }, opts.prog_id))
    }

    /// Removes a filter.
    pub(crate) fn detach(self, filter: Filter) -> Result<(), Errno> {
        // SAFETY: as above.
        check(unsafe { ffi::bpf_tc_detach(&self.raw()?, &Self::options(filter)) }).map(drop)
    }

    fn options(filter: Filter) -> ffi::bpf_tc_opts {
        ffi::bpf_tc_opts {
            sz: sz::<ffi::bpf_tc_opts>(),
            handle: filter.handle,
            priority: filter.priority,
            ..Default::default()
        }
    }
}
