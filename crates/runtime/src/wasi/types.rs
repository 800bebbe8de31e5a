//! Preview 1's numbers and structures, as wasi-libc's `wasi/api.h` lays them out.

use rustix::fs::{FileType, Stat};

/// `rights`: what a descriptor may be used for. Only reading and writing are enforced; what else a descriptor can do
/// follows from what was granted.
pub(super) mod rights {
    /// Every right there is.
    pub(crate) const ALL: u64 = (1 << 30) - 1;
    /// `fd_read`, `fd_pread`.
    pub(crate) const READ: u64 = 1 << 1;
    /// `fd_seek`. A terminal lacks it: that is how wasi-libc's `isatty` knows one.
    pub(crate) const SEEK: u64 = 1 << 2;
    /// `fd_tell`, missing from terminals like `SEEK`.
    pub(crate) const TELL: u64 = 1 << 5;
    /// `fd_write`, `fd_pwrite`.
    pub(crate) const WRITE: u64 = 1 << 6;
}

/// `fdflags`.
pub(super) mod fdflags {
    /// Every write goes to the end.
    pub(crate) const APPEND: u16 = 1;
    /// Data reach the disk before a write returns.
    pub(crate) const DSYNC: u16 = 2;
    /// EAGAIN instead of waiting.
    pub(crate) const NONBLOCK: u16 = 4;
    /// `DSYNC` and `SYNC` for reads too.
    pub(crate) const RSYNC: u16 = 8;
    /// Data and metadata reach the disk before a write returns.
    pub(crate) const SYNC: u16 = 16;
}

/// `oflags`.
pub(super) mod oflags {
    /// Create the file if it does not exist.
    pub(crate) const CREAT: u32 = 1;
    /// Fail unless it is a directory.
    pub(crate) const DIRECTORY: u32 = 2;
    /// Fail if it exists.
    pub(crate) const EXCL: u32 = 4;
    /// Empty the file.
    pub(crate) const TRUNC: u32 = 8;
}

/// `lookupflags`: follow a symbolic link in the last component.
pub(super) const SYMLINK_FOLLOW: u32 = 1;

/// `filetype`. A pipe has no number of its own and is unknown.
pub(super) fn file_type(kind: FileType) -> u8 {
    match kind {
        FileType::BlockDevice => 1,
        FileType::CharacterDevice => 2,
        FileType::Directory => 3,
        FileType::RegularFile => 4,
        FileType::Socket => 6,
        FileType::Symlink => 7,
        _ => 0,
    }
}

/// `filestat`.
#[allow(clippy::useless_conversion, reason = "st_nlink is narrower on some processors")]
pub(super) fn filestat(stat: &Stat) -> [u8; 64] {
    let time = |seconds: i64, nanoseconds: u64| {
        // Times before 1970 do not exist in WASI.
        u64::try_from(seconds).map_or(0, |seconds| seconds.saturating_mul(1_000_000_000).saturating_add(nanoseconds))
    };
    let mut out = [0; 64];
    out[0..8].copy_from_slice(&stat.st_dev.to_le_bytes());
    out[8..16].copy_from_slice(&stat.st_ino.to_le_bytes());
    out[16] = file_type(FileType::from_raw_mode(stat.st_mode));
    let words = [
        u64::from(stat.st_nlink),
        stat.st_size as u64,
        time(stat.st_atime, stat.st_atime_nsec),
        time(stat.st_mtime, stat.st_mtime_nsec),
        time(stat.st_ctime, stat.st_ctime_nsec),
    ];
    for (to, word) in out[24..].chunks_exact_mut(8).zip(words) {
        to.copy_from_slice(&word.to_le_bytes());
    }
    out
}

/// `fdstat`.
pub(super) fn fdstat(file_type: u8, flags: u16, base: u64, inheriting: u64) -> [u8; 24] {
    let mut out = [0; 24];
    out[0] = file_type;
    out[2..4].copy_from_slice(&flags.to_le_bytes());
    out[8..16].copy_from_slice(&base.to_le_bytes());
    out[16..24].copy_from_slice(&inheriting.to_le_bytes());
    out
}

/// The fixed part of `dirent`, in front of the name.
pub(super) fn dirent(next: u64, inode: u64, name_len: u32, file_type: u8) -> [u8; 24] {
    let mut out = [0; 24];
    out[0..8].copy_from_slice(&next.to_le_bytes());
    out[8..16].copy_from_slice(&inode.to_le_bytes());
    out[16..20].copy_from_slice(&name_len.to_le_bytes());
    out[20] = file_type;
    out
}

/// The little-endian number in the first bytes of a guest structure's member.
pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(word)
}

/// As [`u64_at`].
pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut word = [0; 4];
    word.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(word)
}
