//! What the running kernel can do, found out by trying.

use std::ptr;

use rustix::io::Errno;

use super::check;

/// Whether programs of this type (`enum bpf_prog_type`) can be loaded. EINVAL for no type.
pub(crate) fn program_type(kind: u32) -> Result<bool, Errno> {
    // SAFETY: no options, which NULL means.
    check(unsafe { libbpf_sys::libbpf_probe_bpf_prog_type(kind, ptr::null()) }).map(|found| found > 0)
}

/// Whether maps of this type (`enum bpf_map_type`) can be created. EINVAL for no type, EOPNOTSUPP for one that
/// libbpf cannot try.
pub(crate) fn map_type(kind: u32) -> Result<bool, Errno> {
    // SAFETY: as above.
    check(unsafe { libbpf_sys::libbpf_probe_bpf_map_type(kind, ptr::null()) }).map(|found| found > 0)
}

/// Whether programs of this type may call this helper (`enum bpf_func_id`). EOPNOTSUPP for types that libbpf
/// cannot try.
pub(crate) fn helper(kind: u32, helper: u32) -> Result<bool, Errno> {
    // SAFETY: as above.
    check(unsafe { libbpf_sys::libbpf_probe_bpf_helper(kind, helper, ptr::null()) }).map(|found| found > 0)
}
