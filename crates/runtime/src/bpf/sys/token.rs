//! `bpf_token_create`.

use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::ptr;

use rustix::io::Errno;

use super::check;

/// A token of the BPF file system whose directory this is. Minimum kernel: 6.9.
pub(crate) fn create(directory: BorrowedFd<'_>) -> Result<OwnedFd, Errno> {
    // SAFETY: an open descriptor, and no options; a result >= 0 is a new descriptor that nobody else owns.
    unsafe {
        let fd = check(libbpf_sys::bpf_token_create(directory.as_raw_fd(), ptr::null_mut()))?;
        Ok(OwnedFd::from_raw_fd(fd))
    }
}
