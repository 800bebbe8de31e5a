//! Setting the times of files.

use std::os::fd::AsFd;

use rustix::fs::{AtFlags, Timestamps, UTIME_NOW, UTIME_OMIT, utimensat};
use rustix::io::Errno;
use rustix::time::Timespec;

use super::errno::Result;

/// `fstflags`: set the time of access, or to now; the same for the time of change.
const ATIM: u32 = 1;
const ATIM_NOW: u32 = 2;
const MTIM: u32 = 4;
const MTIM_NOW: u32 = 8;

/// The two times that `flags` ask for. EINVAL where one is to be both given and now.
pub(super) fn decode(access: u64, change: u64, flags: u32) -> std::result::Result<Timestamps, Errno> {
    Ok(Timestamps {
        last_access: time(access, flags & ATIM != 0, flags & ATIM_NOW != 0)?,
        last_modification: time(change, flags & MTIM != 0, flags & MTIM_NOW != 0)?,
    })
}

/// Sets the times of what `fd` refers to, which may be a mere place (O_PATH; Linux 5.8).
pub(super) fn set(fd: &impl AsFd, times: &Timestamps) -> Result<()> {
    Ok(utimensat(fd, c"", times, AtFlags::EMPTY_PATH)?)
}

fn time(nanoseconds: u64, given: bool, now: bool) -> std::result::Result<Timespec, Errno> {
    match (given, now) {
        (true, true) => Err(Errno::INVAL),
        (true, false) => {
            Ok(Timespec { tv_sec: (nanoseconds / 1_000_000_000) as i64, tv_nsec: (nanoseconds % 1_000_000_000) as i64 })
        }
        (false, true) => Ok(Timespec { tv_sec: 0, tv_nsec: UTIME_NOW }),
        (false, false) => Ok(Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT }),
    }
}
