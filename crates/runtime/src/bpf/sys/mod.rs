//! Raw libbpf, made safe one call at a time. Nothing here knows why a call is made: names, advice and policy
//! are added by the noun of the same name in [`crate::bpf`].
#![allow(unsafe_code)]

mod arena;
pub(crate) mod attach;
pub(crate) mod batch;
pub(crate) mod btf;
pub(crate) mod btf_dump;
pub(crate) mod element;
pub(crate) mod event;
pub(crate) mod kernel_types;
pub(crate) mod link;
pub(crate) mod log;
pub(crate) mod map;
pub(crate) mod names;
pub(crate) mod object;
pub(crate) mod perf;
pub(crate) mod pin;
pub(crate) mod probe;
pub(crate) mod program;
mod shape;
pub(crate) mod socket;
pub(crate) mod struct_ops;
pub(crate) mod tc;
pub(crate) mod test_run;
pub(crate) mod token;
#[cfg(feature = "compiler")]
pub(crate) mod try_attach;

use std::ffi::{CStr, c_char, c_int};
use std::ptr::NonNull;

use rustix::io::Errno;

/// The kernel's internal ENOTSUPP, which leaks from some map types and has no name outside it.
const KERNEL_ENOTSUPP: c_int = -524;

/// libbpf's convention for `int` results: negative is -errno.
fn check(ret: c_int) -> Result<c_int, Errno> {
    match ret {
        0.. => Ok(ret),
        KERNEL_ENOTSUPP => Err(Errno::OPNOTSUPP),
        _ => Err(Errno::from_raw_os_error(-ret)),
    }
}

/// libbpf's convention for pointer results: NULL, and the reason in `errno`.
fn check_ptr<T>(ptr: *mut T) -> Result<NonNull<T>, Errno> {
    NonNull::new(ptr).ok_or_else(last_errno)
}

/// `sz` of an options struct.
fn sz<T>() -> libbpf_sys::size_t {
    size_of::<T>() as _
}

fn last_errno() -> Errno {
    Errno::from_raw_os_error(std::io::Error::last_os_error().raw_os_error().unwrap_or(libc::EIO))
}

/// Copies a C string that libbpf owns; an empty string for NULL.
///
/// # Safety
/// `text` is NULL or points to a NUL-terminated string that stays valid during the call.
unsafe fn text(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: not NULL, and NUL-terminated by the caller's promise.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}

/// The number of possible CPUs, as per-CPU map values are counted.
pub(crate) fn possible_cpus() -> Result<usize, Errno> {
    // SAFETY: no arguments; libbpf reads a file of sysfs and caches the answer.
    check(unsafe { libbpf_sys::libbpf_num_possible_cpus() }).map(|cpus| cpus as usize)
}
