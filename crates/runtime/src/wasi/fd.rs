//! What is done to open descriptors, besides reading and writing.

use rustix::fs::{Advice, FallocateFlags, OFlags, SeekFrom};
use rustix::fs::{fadvise, fallocate, fcntl_getfl, fcntl_setfl, fdatasync, fsync, ftruncate, seek as seek_to};
use rustix::io::Errno;

use super::errno::Result;
use super::times;
use super::types::{self, fdflags, rights};
use crate::call::Call;

/// `fd_close`.
pub(super) fn close(call: &mut Call<'_, '_>, fd: u32) -> Result<()> {
    call.descriptor(fd)?;
    Ok(call.state().wasi.table.close(fd)?)
}

/// `fd_renumber`.
pub(super) fn renumber(call: &mut Call<'_, '_>, from: u32, to: u32) -> Result<()> {
    Ok(call.state().wasi.table.renumber(from, to)?)
}

/// `fd_prestat_get`. EBADF also for descriptors that are not preopened: guests count up until they see it.
pub(super) fn prestat_get(call: &mut Call<'_, '_>, fd: u32, out: u32) -> Result<()> {
    let descriptor = call.descriptor(fd)?;
    let name = descriptor.preopen.as_ref().ok_or(Errno::BADF)?;
    // The tag of a directory is 0.
    call.write(out, &((name.len() as u64) << 32).to_le_bytes())?;
    Ok(())
}

/// `fd_prestat_dir_name`.
pub(super) fn prestat_dir_name(call: &mut Call<'_, '_>, fd: u32, out: u32, len: u32) -> Result<()> {
    let descriptor = call.descriptor(fd)?;
    let name = descriptor.preopen.as_ref().ok_or(Errno::BADF)?;
    if name.len() > len as usize {
        return Err(Errno::NAMETOOLONG.into());
    }
    Ok(call.write(out, name.as_bytes())?)
}

/// `fd_fdstat_get`. Directories hand on every right: what a grant forbids is refused when it is tried.
pub(super) fn fdstat_get(call: &mut Call<'_, '_>, fd: u32, out: u32) -> Result<()> {
    let descriptor = call.descriptor(fd)?;
    let inheriting = if descriptor.dir().is_ok() { rights::ALL } else { 0 };
    let kind = types::file_type(descriptor.kind());
    let stat = types::fdstat(kind, descriptor.flags(), descriptor.rights(), inheriting);
    Ok(call.write(out, &stat)?)
}

/// `fd_fdstat_set_flags`. As in Linux, the SYNC flags stay what they were when the file was opened.
pub(super) fn fdstat_set_flags(call: &mut Call<'_, '_>, fd: u32, flags: u32) -> Result<()> {
    const CHANGEABLE: u16 = fdflags::APPEND | fdflags::NONBLOCK;
    let descriptor = call.descriptor(fd)?;
    let flags = descriptor.flags() & !CHANGEABLE | flags as u16 & CHANGEABLE;
    if !descriptor.is_stdio() {
        let mut host = fcntl_getfl(&descriptor)?;
        host.set(OFlags::APPEND, flags & fdflags::APPEND != 0);
        fcntl_setfl(&descriptor, host)?;
    }
    descriptor.set_flags(flags);
    Ok(())
}

/// `fd_fdstat_set_rights`. Rights can only be given up.
pub(super) fn fdstat_set_rights(call: &mut Call<'_, '_>, fd: u32, base: u64) -> Result<()> {
    Ok(call.descriptor(fd)?.set_rights(base)?)
}

/// `fd_filestat_get`.
pub(super) fn filestat_get(call: &mut Call<'_, '_>, fd: u32, out: u32) -> Result<()> {
    let stat = call.descriptor(fd)?.stat()?;
    Ok(call.write(out, &types::filestat(&stat))?)
}

/// `fd_filestat_set_size`.
pub(super) fn filestat_set_size(call: &mut Call<'_, '_>, fd: u32, size: u64) -> Result<()> {
    Ok(ftruncate(call.descriptor(fd)?.writable()?, size)?)
}

/// `fd_filestat_set_times`.
pub(super) fn filestat_set_times(call: &mut Call<'_, '_>, fd: u32, access: u64, change: u64, flags: u32) -> Result<()> {
    let times = times::decode(access, change, flags)?;
    times::set(call.descriptor(fd)?.writable()?, &times)
}

/// `fd_advise`.
pub(super) fn advise(call: &mut Call<'_, '_>, fd: u32, offset: u64, len: u64, advice: u32) -> Result<()> {
    const ADVICE: [Advice; 6] =
        [Advice::Normal, Advice::Sequential, Advice::Random, Advice::WillNeed, Advice::DontNeed, Advice::NoReuse];
    let descriptor = call.descriptor(fd)?;
    let advice = *ADVICE.get(advice as usize).ok_or(Errno::INVAL)?;
    Ok(fadvise(&descriptor, offset, std::num::NonZero::new(len), advice)?)
}

/// `fd_allocate`, which means `posix_fallocate`: where the file system cannot reserve, the file still grows.
pub(super) fn allocate(call: &mut Call<'_, '_>, fd: u32, offset: u64, len: u64) -> Result<()> {
    let descriptor = call.descriptor(fd)?;
    let file = descriptor.writable()?;
    let end = offset.checked_add(len).ok_or(Errno::FBIG)?;
    match fallocate(file, FallocateFlags::empty(), offset, len) {
        Err(Errno::OPNOTSUPP) if (file.stat()?.st_size as u64) < end => Ok(ftruncate(file, end)?),
        Err(Errno::OPNOTSUPP) => Ok(()),
        result => Ok(result?),
    }
}

/// `fd_sync`.
pub(super) fn sync(call: &mut Call<'_, '_>, fd: u32) -> Result<()> {
    Ok(fsync(call.descriptor(fd)?)?)
}

/// `fd_datasync`.
pub(super) fn datasync(call: &mut Call<'_, '_>, fd: u32) -> Result<()> {
    Ok(fdatasync(call.descriptor(fd)?)?)
}

/// `fd_seek`. A directory has no position of its own: `fd_readdir` is told where to start.
pub(super) fn seek(call: &mut Call<'_, '_>, fd: u32, offset: i64, whence: u32, out: u32) -> Result<()> {
    let descriptor = call.descriptor(fd)?;
    if descriptor.dir().is_ok() {
        return Err(Errno::BADF.into());
    }
    let to = match whence {
        0 => SeekFrom::Start(u64::try_from(offset).map_err(|_| Errno::INVAL)?),
        1 => SeekFrom::Current(offset),
        2 => SeekFrom::End(offset),
        _ => return Err(Errno::INVAL.into()),
    };
    call.check(out, 8)?;
    let position = seek_to(&descriptor, to)?;
    Ok(call.write(out, &position.to_le_bytes())?)
}

/// `fd_tell`.
pub(super) fn tell(call: &mut Call<'_, '_>, fd: u32, out: u32) -> Result<()> {
    seek(call, fd, 0, 1, out)
}
