//! Tokens: rights to use BPF, handed to a user namespace by the options that a BPF file system was mounted with there.

use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::rc::Rc;

use rustix::fs::{Mode, OFlags, open};
use rustix::io::Errno;

use super::sys::token;
use crate::error::{Error, Result};

/// A token, and where it is from.
#[derive(Debug)]
pub(crate) struct Token {
    path: CString,
    fd: OwnedFd,
}

impl Token {
    /// Takes one from the BPF file system at `path`. Minimum kernel: 6.9.
    pub(crate) fn take(path: &Path) -> Result<Rc<Self>> {
        let fail = |errno| Error::kernel(format!("failed to take a BPF token from `{}`", path.display()), errno);
        let text = CString::new(path.as_os_str().as_bytes()).map_err(|_| fail(Errno::INVAL))?;
        let directory =
            open(path, OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).map_err(fail)?;
        let fd = token::create(directory.as_fd()).map_err(|errno| match errno {
            Errno::INVAL => fail(errno).advise("it is no BPF file system, or this kernel is older than Linux 6.9"),
            Errno::NOENT => fail(errno).advise("it was mounted without delegate_cmds= and the like: nothing is delegated"),
            Errno::PERM | Errno::OPNOTSUPP => fail(errno).advise(
                "a token is taken with CAP_BPF inside of the user namespace (not the first one) that the file system was mounted for",
            ),
            _ => fail(errno),
        })?;
        Ok(Rc::new(Self { path: text, fd }))
    }

    /// The path, by which libbpf takes one for each object.
    pub(crate) fn path(&self) -> &CStr {
        &self.path
    }

    /// The token itself.
    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}
