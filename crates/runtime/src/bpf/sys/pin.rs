//! Pins by descriptor; what libbpf knows as a struct is pinned by its own calls.

use std::ffi::CStr;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use rustix::io::Errno;

use super::check;

/// Pins the map or program behind `fd` at `path`. Minimum kernel: 4.4.
pub(crate) fn pin(fd: BorrowedFd<'_>, path: &CStr) -> Result<(), Errno> {
    // SAFETY: the descriptor is open, the path valid during the call.
    check(unsafe { libbpf_sys::bpf_obj_pin(fd.as_raw_fd(), path.as_ptr()) }).map(drop)
}

/// Opens what is pinned at `path`. Minimum kernel: 4.4.
pub(crate) fn open(path: &CStr) -> Result<OwnedFd, Errno> {
    // SAFETY: the path is valid during the call; a result >= 0 is a new descriptor that nobody else owns.
    unsafe {
        let fd = check(libbpf_sys::bpf_obj_get(path.as_ptr()))?;
        Ok(OwnedFd::from_raw_fd(fd))
    }
}
