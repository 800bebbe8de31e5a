//! Files by the names that a guest has for them, for imports that take a path.

use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};

use cap_std::fs::{OpenOptions, OpenOptionsExt};
use rustix::fs::{FileType, OFlags, fstat};
use rustix::io::Errno;

use super::Ctx;

impl Ctx {
    /// Opens, to read, the regular file that the guest calls `path`, by way of the granted directory whose name is the
    /// longest beginning of it. ENOENT where no granted directory's is, EINVAL for what is no regular file.
    pub(crate) fn open_named(&self, path: &Path) -> Result<OwnedFd, Errno> {
        let path = plain(path);
        let granted = self.table.descriptors().filter_map(|descriptor| {
            let name = plain(Path::new(descriptor.preopen.as_ref()?));
            let below = path.strip_prefix(&name).ok()?.to_owned();
            Some((name.components().count(), below, descriptor))
        });
        let (_, below, descriptor) = granted.max_by_key(|(length, ..)| *length).ok_or(Errno::NOENT)?;
        let mut options = OpenOptions::new();
        // A pipe without a writer would block.
        options.read(true).custom_flags((OFlags::NONBLOCK | OFlags::NOCTTY).bits() as i32);
        let file = descriptor.dir()?.open_with(below, &options);
        let file = file.map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::PERM))?;
        match FileType::from_raw_mode(fstat(&file)?.st_mode) {
            FileType::RegularFile => Ok(file.into_std().into()),
            _ => Err(Errno::INVAL),
        }
    }
}

/// The path without its root and dots: guests' relative paths begin at their root. What `..` leads to is decided below
/// the directory.
fn plain(path: &Path) -> PathBuf {
    path.components().filter(|part| !matches!(part, Component::RootDir | Component::CurDir)).collect()
}
