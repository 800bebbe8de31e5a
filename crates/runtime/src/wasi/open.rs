//! Opening files and directories.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::Duration;

use cap_fs_ext::{FollowSymlinks, OpenOptionsFollowExt};
use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt};
use rustix::fs::{FileType, OFlags, fstat};
use rustix::io::Errno;

use super::descriptor::{Descriptor, Source};
use super::errno::{Failure, Result};
use super::path;
use super::types::{SYMLINK_FOLLOW, fdflags, oflags, rights};
use crate::call::Call;
use crate::stop::Woken;

/// How often a pipe without a reader is tried again.
const RETRY: Duration = Duration::from_millis(10);

/// What `path_open` is asked for, besides the path.
#[derive(Clone, Copy)]
pub(super) struct Request {
    /// `lookupflags`.
    pub(super) lookup: u32,
    /// `oflags`.
    pub(super) flags: u32,
    /// The rights for the new descriptor.
    pub(super) rights: u64,
    /// `fdflags`.
    pub(super) fdflags: u32,
}

/// `path_open`.
pub(super) fn open(call: &mut Call<'_, '_>, fd: u32, addr: u32, len: u32, request: Request, out: u32) -> Result<()> {
    let parent = call.descriptor(fd)?;
    let path = path::take(call, addr, len)?;
    let dir = parent.dir()?;
    call.check(out, 4)?;
    let Request { mut flags, .. } = request;
    if parent.read_only {
        if request.rights & rights::WRITE != 0 || flags & (oflags::TRUNC | oflags::EXCL) != 0 {
            return Err(Errno::ROFS.into());
        }
        flags &= !oflags::CREAT;
    }
    let file = match open_file(call, dir, &path, Request { flags, ..request }) {
        Err(Failure::Errno(Errno::NOENT)) if flags != request.flags => return Err(Errno::ROFS.into()),
        file => file?,
    };
    let source = match FileType::from_raw_mode(fstat(&file)?.st_mode) {
        FileType::Directory => Source::Dir(Dir::from_std_file(file)),
        _ => Source::File(file.into()),
    };
    let raw_output = call.state().wasi.raw_output;
    let descriptor = Descriptor::new(source, request.rights, request.fdflags as u16, parent.read_only)?;
    let number = call.state().wasi.table.insert(descriptor.raw(raw_output))?;
    Ok(call.write_u32(out, number)?)
}

/// Opens a path as a mere place (O_PATH), for looking at what is there, be it a link or a pipe.
pub(super) fn place(dir: &Dir, path: &Path, follow: bool) -> io::Result<File> {
    let mut options = options(follow);
    options.read(true).custom_flags(OFlags::PATH.bits() as i32);
    Ok(dir.open_with(path, &options)?.into_std())
}

/// Opens without blocking: a pipe that nobody reads is waited for here, where it can be interrupted.
fn open_file(call: &mut Call<'_, '_>, dir: &Dir, path: &Path, request: Request) -> Result<File> {
    let options = host_options(request);
    loop {
        let error = match dir.open_with(path, &options) {
            Ok(file) => return Ok(file.into_std()),
            Err(error) => Failure::from(error),
        };
        let wait = matches!(error, Failure::Errno(Errno::NXIO))
            && request.fdflags as u16 & fdflags::NONBLOCK == 0
            && is_pipe(dir, path, request.lookup & SYMLINK_FOLLOW != 0)?;
        if !wait {
            return Err(error);
        }
        let stop = call.state().stop.clone();
        if stop.wait(&mut [], Some(RETRY))? == Woken::Interrupted {
            return Err(Errno::INTR.into());
        }
    }
}

fn is_pipe(dir: &Dir, path: &Path, follow: bool) -> Result<bool> {
    let stat = fstat(place(dir, path, follow)?)?;
    Ok(FileType::from_raw_mode(stat.st_mode) == FileType::Fifo)
}

/// The host's flags. Combinations that cap-std's own options refuse (create without write) are Linux's to judge.
fn host_options(request: Request) -> OpenOptions {
    let table = [
        (request.flags, oflags::CREAT, OFlags::CREATE),
        (request.flags, oflags::DIRECTORY, OFlags::DIRECTORY),
        (request.flags, oflags::EXCL, OFlags::EXCL),
        (request.flags, oflags::TRUNC, OFlags::TRUNC),
        (request.fdflags, u32::from(fdflags::APPEND), OFlags::APPEND),
        (request.fdflags, u32::from(fdflags::DSYNC | fdflags::RSYNC), OFlags::DSYNC),
        (request.fdflags, u32::from(fdflags::SYNC), OFlags::SYNC),
    ];
    let wanted = table.into_iter().filter(|(flags, bit, _)| flags & bit != 0).map(|(_, _, host)| host);
    let host = wanted.fold(OFlags::NONBLOCK | OFlags::NOCTTY, |all, flag| all | flag);
    let write = request.rights & rights::WRITE != 0;
    let mut options = options(request.lookup & SYMLINK_FOLLOW != 0);
    options.write(write).read(!write || request.rights & rights::READ != 0).custom_flags(host.bits() as i32);
    options
}

fn options(follow: bool) -> OpenOptions {
    let mut options = OpenOptions::new();
    options.follow(if follow { FollowSymlinks::Yes } else { FollowSymlinks::No });
    options
}
