//! What is done to paths below a directory. cap-std keeps every lookup inside it, whatever links and `..` say.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use cap_std::fs::Dir;
use rustix::fs::{AtFlags, PROC_SUPER_MAGIC, Stat, fstat, fstatfs, statat};
use rustix::io::Errno;

use super::errno::{Failure, Result};
use super::open;
use super::times;
use super::types::{self, SYMLINK_FOLLOW};
use crate::call::Call;

/// The longest path with its NUL, in bytes, as in Linux (PATH_MAX).
const MAX_PATH: u32 = 4096;

/// A path of the guest's. Its bytes are taken as they are: names of files need not be UTF-8 on Linux.
pub(super) fn take(call: &Call<'_, '_>, addr: u32, len: u32) -> Result<PathBuf> {
    if len >= MAX_PATH {
        return Err(Errno::NAMETOOLONG.into());
    }
    let bytes = call.bytes(addr, len)?;
    if bytes.contains(&0) {
        return Err(Errno::INVAL.into());
    }
    if bytes.is_empty() {
        return Err(Errno::NOENT.into());
    }
    Ok(OsString::from_vec(bytes).into())
}

/// Runs `change` on a path below directory `fd`, unless that was granted for reading only.
fn change(
    call: &mut Call<'_, '_>,
    fd: u32,
    addr: u32,
    len: u32,
    change: fn(&Dir, PathBuf) -> std::io::Result<()>,
) -> Result<()> {
    let descriptor = call.descriptor(fd)?;
    let path = take(call, addr, len)?;
    let dir = descriptor.dir()?;
    descriptor.writable()?;
    Ok(change(dir, path)?)
}

/// `path_create_directory`.
pub(super) fn create_directory(call: &mut Call<'_, '_>, fd: u32, path: u32, len: u32) -> Result<()> {
    change(call, fd, path, len, |dir, path| dir.create_dir(path))
}

/// `path_remove_directory`.
pub(super) fn remove_directory(call: &mut Call<'_, '_>, fd: u32, path: u32, len: u32) -> Result<()> {
    change(call, fd, path, len, |dir, path| dir.remove_dir(path))
}

/// `path_unlink_file`.
pub(super) fn unlink_file(call: &mut Call<'_, '_>, fd: u32, path: u32, len: u32) -> Result<()> {
    change(call, fd, path, len, |dir, path| dir.remove_file(path))
}

/// `path_symlink`. EPERM for an absolute target: it would lead programs of the host astray.
pub(super) fn symlink(
    call: &mut Call<'_, '_>,
    target: u32,
    target_len: u32,
    fd: u32,
    path: u32,
    len: u32,
) -> Result<()> {
    let descriptor = call.descriptor(fd)?;
    let target = take(call, target, target_len)?;
    let path = take(call, path, len)?;
    let dir = descriptor.dir()?;
    descriptor.writable()?;
    Ok(dir.symlink(target, path)?)
}

/// `path_link`. The file must be open to change at both ends, or a link would lift a read-only grant.
pub(super) fn link(call: &mut Call<'_, '_>, flags: u32, from: (u32, u32, u32), to: (u32, u32, u32)) -> Result<()> {
    let (old, new) = (call.descriptor(from.0)?, call.descriptor(to.0)?);
    let (old_path, new_path) = (take(call, from.1, from.2)?, take(call, to.1, to.2)?);
    let (old_dir, new_dir) = (old.dir()?, new.dir()?);
    old.writable()?;
    new.writable()?;
    let old_path = if flags & SYMLINK_FOLLOW != 0 { old_dir.canonicalize(old_path)? } else { old_path };
    Ok(old_dir.hard_link(old_path, new_dir, new_path)?)
}

/// `path_rename`.
pub(super) fn rename(call: &mut Call<'_, '_>, from: (u32, u32, u32), to: (u32, u32, u32)) -> Result<()> {
    let (old, new) = (call.descriptor(from.0)?, call.descriptor(to.0)?);
    let (old_path, new_path) = (take(call, from.1, from.2)?, take(call, to.1, to.2)?);
    let (old_dir, new_dir) = (old.dir()?, new.dir()?);
    old.writable()?;
    new.writable()?;
    Ok(old_dir.rename(old_path, new_dir, new_path)?)
}

/// `path_readlink`. What does not fit is cut, as `readlink` does.
pub(super) fn readlink(
    call: &mut Call<'_, '_>,
    fd: u32,
    path: u32,
    len: u32,
    addr: u32,
    room: u32,
    out: u32,
) -> Result<()> {
    let descriptor = call.descriptor(fd)?;
    let path = take(call, path, len)?;
    let target = descriptor.dir()?.read_link_contents(path)?;
    let target = target.as_os_str().as_bytes();
    let target = &target[..target.len().min(room as usize)];
    call.write(addr, target)?;
    Ok(call.write_u32(out, target.len() as u32)?)
}

/// `path_filestat_get`.
pub(super) fn filestat_get(call: &mut Call<'_, '_>, fd: u32, flags: u32, path: u32, len: u32, out: u32) -> Result<()> {
    let descriptor = call.descriptor(fd)?;
    let path = take(call, path, len)?;
    let dir = descriptor.dir()?;
    let follow = flags & SYMLINK_FOLLOW != 0;
    let stat = match open::place(dir, &path, follow).map_err(Failure::from) {
        Ok(place) => fstat(&place)?,
        Err(Failure::Errno(Errno::LOOP)) if follow => namespace(dir, &path)?,
        Err(failure) => return Err(failure),
    };
    Ok(call.write(out, &types::filestat(&stat))?)
}

/// What /proc/PID/ns/NAME leads to: a namespace, which no path leads to and of which device and inode are all there is
/// to see. BPF programs are told both. Every other link of this kind would lead out of the directory: ELOOP.
fn namespace(dir: &Dir, path: &Path) -> Result<Stat> {
    let link = open::place(dir, path, false)?;
    let target = dir.read_link_contents(path)?;
    let numbered = target.to_str().and_then(|target| target.strip_suffix(']')?.split_once(":["));
    let is_one = numbered.is_some_and(|(kind, number)| {
        kind.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') && number.bytes().all(|b| b.is_ascii_digit())
    });
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return Err(Errno::LOOP.into()) };
    if !is_one || fstatfs(&link)?.f_type != PROC_SUPER_MAGIC {
        return Err(Errno::LOOP.into());
    }
    let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
    Ok(statat(open::place(dir, parent, true)?, name, AtFlags::empty())?)
}

/// `path_filestat_set_times`; `new` holds the two times and which of them to set.
pub(super) fn filestat_set_times(
    call: &mut Call<'_, '_>,
    fd: u32,
    flags: u32,
    path: (u32, u32),
    new: (u64, u64, u32),
) -> Result<()> {
    let descriptor = call.descriptor(fd)?;
    let path = take(call, path.0, path.1)?;
    let times = times::decode(new.0, new.1, new.2)?;
    let dir = descriptor.dir()?;
    descriptor.writable()?;
    times::set(&open::place(dir, &path, flags & SYMLINK_FOLLOW != 0)?, &times)
}
