//! Local time, as the C library has it: what programs print natively.
#![allow(unsafe_code)]

use std::ffi::CStr;
use std::mem::MaybeUninit;

use rustix::io::Errno;

/// How local time differs from UTC at some time.
pub(crate) struct LocalTime {
    /// Seconds.
    pub(crate) ahead: i32,
    pub(crate) summer: bool,
    /// The zone's abbreviation.
    pub(crate) zone: String,
}

/// At a time in seconds since 1970. The zone is that of TZ, or of /etc/localtime. EOVERFLOW for years that have no number.
pub(crate) fn at(seconds: i64) -> Result<LocalTime, Errno> {
    let mut parts = MaybeUninit::<libc::tm>::zeroed();
    // SAFETY: both point to what they are to point to. The environment, which is read, nobody changes.
    if unsafe { libc::localtime_r(&raw const seconds, parts.as_mut_ptr()) }.is_null() {
        return Err(Errno::OVERFLOW);
    }
    // SAFETY: all zeros are a `tm` too.
    let parts = unsafe { parts.assume_init() };
    // SAFETY: the zone's name is a string of the C library's, which lives as long as the zone is that of this process.
    let zone = unsafe { CStr::from_ptr(parts.tm_zone) }.to_string_lossy().into_owned();
    Ok(LocalTime { ahead: parts.tm_gmtoff as i32, summer: parts.tm_isdst > 0, zone })
}
