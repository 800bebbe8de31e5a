//! Paths in the BPF file system: what pins name, checked before libbpf or the kernel see them.

use std::ffi::{CStr, CString};
use std::fs;
use std::io::ErrorKind;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use rustix::io::Errno;

use super::link::Link;
use super::sys::pin::open;
use crate::error::{Error, Result};
use crate::policy::{Grant, Item, Need, Policy};

pub(crate) use super::sys::pin::pin;

/// Where the BPF file system is, by the kernel's convention.
const ROOT: &str = "/sys/fs/bpf";

/// The real path behind `path`, without symbolic links and `..`. A policy error without the grant, EINVAL for what
/// is not below /sys/fs/bpf: every other path belongs to the host.
pub(crate) fn checked(path: &str, policy: &Policy) -> Result<CString> {
    let subject = format!("the pin `{path}`");
    let real = real(Path::new(path)).filter(|real| real.starts_with(ROOT) && real != Path::new(ROOT));
    let named = real.as_ref().map_or_else(|| path.to_owned(), |real| real.to_string_lossy().into_owned());
    let grant = Some((Grant::Pin, "it names what other programs share in the BPF file system".into()));
    policy.check(&Need { subject: subject.clone(), item: Item::Pin(named), grant })?;
    let real = real.and_then(|real| CString::new(real.as_os_str().as_bytes()).ok());
    real.ok_or_else(|| {
        let error = Error::kernel(format!("failed to use {subject}"), Errno::INVAL);
        error.advise(format!("pins are absolute paths below {ROOT}"))
    })
}

/// Opens the map pinned at a checked path. EINVAL where that is something else.
pub(crate) fn open_map(path: &CStr) -> std::result::Result<OwnedFd, Errno> {
    let fd = open(path)?;
    check_kind(fd.as_fd(), &["anon_inode:bpf-map"])?;
    Ok(fd)
}

/// Opens the link pinned at a checked path. EINVAL where that is something else.
pub(crate) fn open_link(path: &CStr) -> std::result::Result<Link, Errno> {
    let link = Link::open(path)?;
    check_kind(link.fd()?, &["anon_inode:bpf-link", "anon_inode:bpf_link"])?;
    Ok(link)
}

/// The kernel opens whatever is pinned, and only the descriptor's name tells what it is.
fn check_kind(fd: BorrowedFd<'_>, kinds: &[&str]) -> std::result::Result<(), Errno> {
    match fs::read_link(format!("/proc/self/fd/{}", fd.as_raw_fd())) {
        Ok(name) if kinds.iter().any(|kind| name == Path::new(kind)) => Ok(()),
        _ => Err(Errno::INVAL),
    }
}

/// Removes what is pinned at a checked path.
pub(crate) fn unpin(path: &CStr) -> std::result::Result<(), Errno> {
    rustix::fs::unlink(path)
}

/// `path` with its existing part resolved. The rest, which is yet to be made, must go downwards.
fn real(path: &Path) -> Option<PathBuf> {
    if !path.is_absolute() {
        return None;
    }
    let mut existing = path;
    loop {
        match fs::canonicalize(existing) {
            Ok(mut real) => {
                let rest = path.strip_prefix(existing).ok()?;
                for part in rest.components() {
                    match part {
                        Component::Normal(name) => real.push(name),
                        _ => return None,
                    }
                }
                return Some(real);
            }
            Err(error) if error.kind() == ErrorKind::NotFound => existing = existing.parent()?,
            Err(_) => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins_stay_in_the_bpf_file_system() {
        let policy = Policy::new([Grant::Pin]);
        for path in [
            "",
            "/",
            "relative",
            "/etc/passwd",
            ROOT,
            "/sys/fs/bpf/..",
            "/sys/fs/bpf/../../x",
            "/sys/fs/bpf/no/../../../x",
        ] {
            assert!(checked(path, &policy).is_err(), "{path}");
        }
        let found = checked("/sys/fs/bpf/./no-such-folder//name", &policy).unwrap();
        assert_eq!(found.to_str(), Ok("/sys/fs/bpf/no-such-folder/name"));
    }

    #[test]
    fn a_link_in_the_path_counts_as_what_it_leads_to() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(ROOT, folder.path().join("in")).unwrap();
        let inside = folder.path().join("in/name");
        let policy = Policy::new([Grant::Pin]);
        assert_eq!(checked(inside.to_str().unwrap(), &policy).unwrap().to_str(), Ok("/sys/fs/bpf/name"));
        assert!(checked(folder.path().join("name").to_str().unwrap(), &policy).is_err());
    }

    #[test]
    fn without_the_grant_there_is_no_pin() {
        let error = checked("/sys/fs/bpf/name", &Policy::default()).unwrap_err();
        assert!(error.to_string().contains("--allow pin"), "{error}");
    }
}
