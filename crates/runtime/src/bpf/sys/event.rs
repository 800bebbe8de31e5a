//! Perf events, as the system call opens them.

use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use rustix::io::Errno;
use rustix::ioctl::opcode::{none, write};

use super::last_errno;
use crate::privilege::with_reserve;

/// The kernel accepts no larger `struct perf_event_attr`.
pub(crate) const MAX_ATTR: usize = 4096;
/// Where its `size` is.
const SIZE_AT: usize = 4;

/// What a perf event counts, as `struct perf_event_attr`: bytes that the kernel may read and write.
pub(crate) struct Attr(Box<[u8; MAX_ATTR]>);

/// What can be asked of an open event; the numbers are the kernel's `PERF_EVENT_IOC_*`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum EventRequest {
    Enable,
    Disable,
    Refresh,
    Reset,
    Period,
}

impl EventRequest {
    /// The request with this number, if it is one of these.
    pub(crate) fn from_number(number: u32) -> Option<Self> {
        let all = [Self::Enable, Self::Disable, Self::Refresh, Self::Reset, Self::Period];
        all.into_iter().find(|request| request.number() == number)
    }

    /// linux/perf_event.h: `_IO('$', 0)` and so on.
    fn number(self) -> u32 {
        match self {
            Self::Enable => none(b'$', 0),
            Self::Disable => none(b'$', 1),
            Self::Refresh => none(b'$', 2),
            Self::Reset => none(b'$', 3),
            Self::Period => write::<u64>(b'$', 4),
        }
    }
}

impl Attr {
    /// An attribute from its bytes. E2BIG above 4096 bytes, EINVAL where its own size says more than there are.
    pub(crate) fn new(bytes: &[u8]) -> Result<Self, Errno> {
        let mut attr = Box::new([0; MAX_ATTR]);
        attr.get_mut(..bytes.len()).ok_or(Errno::TOOBIG)?.copy_from_slice(bytes);
        let attr = Self(attr);
        if attr.u32(SIZE_AT) as usize > bytes.len() {
            return Err(Errno::INVAL);
        }
        Ok(attr)
    }

    /// What libbpf's perf buffers take: each `bpf_perf_event_output`, with a wakeup for each.
    pub(crate) fn bpf_output() -> Self {
        let mut attr = libbpf_sys::perf_event_attr {
            type_: libbpf_sys::PERF_TYPE_SOFTWARE,
            size: size_of::<libbpf_sys::perf_event_attr>() as u32,
            config: libbpf_sys::PERF_COUNT_SW_BPF_OUTPUT.into(),
            sample_type: libbpf_sys::PERF_SAMPLE_RAW.into(),
            ..Default::default()
        };
        attr.__bindgen_anon_2.wakeup_events = 1;
        let mut whole = Self(Box::new([0; MAX_ATTR]));
        // SAFETY: there is room for the struct, in bytes, at any alignment.
        unsafe { whole.0.as_mut_ptr().cast::<libbpf_sys::perf_event_attr>().write_unaligned(attr) };
        whole
    }

    /// For libbpf, which hands it to the kernel: there are [`MAX_ATTR`] bytes.
    pub(super) fn as_mut_ptr(&mut self) -> *mut libbpf_sys::perf_event_attr {
        self.0.as_mut_ptr().cast()
    }

    /// The field of 4 bytes at `offset`; 0 past the end.
    pub(crate) fn u32(&self, offset: usize) -> u32 {
        self.0.get(offset..offset + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_ne_bytes)
    }

    /// The field of 8 bytes at `offset`; 0 past the end.
    pub(crate) fn u64(&self, offset: usize) -> u64 {
        self.0.get(offset..offset + 8).and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_ne_bytes)
    }
}

/// Opens a perf event. `pid` is a process, 0 for this one, -1 for all, or the descriptor of a cgroup's directory if
/// `flags` say so.
pub(crate) fn open(
    attr: &mut Attr,
    pid: i32,
    cpu: i32,
    group: Option<BorrowedFd<'_>>,
    flags: u64,
) -> Result<OwnedFd, Errno> {
    let group = group.map_or(-1, |fd| fd.as_raw_fd());
    let flags = flags | u64::from(libbpf_sys::PERF_FLAG_FD_CLOEXEC);
    with_reserve(|| {
        // SAFETY: the attribute is valid for as many bytes as the kernel ever reads or writes there, and the caller has
        // excluded the event types whose fields are addresses in this process.
        let fd = unsafe { libc::syscall(libc::SYS_perf_event_open, attr.0.as_mut_ptr(), pid, cpu, group, flags) };
        match i32::try_from(fd) {
            // SAFETY: a new descriptor that nobody else owns.
            Ok(fd) if fd >= 0 => Ok(unsafe { OwnedFd::from_raw_fd(fd) }),
            _ => Err(last_errno()),
        }
    })
}

/// Controls an open event. `value`: the period for [`EventRequest::Period`], a count for [`EventRequest::Refresh`],
/// otherwise 1 for the event's whole group.
pub(crate) fn control(event: BorrowedFd<'_>, request: EventRequest, value: u64) -> Result<(), Errno> {
    let mut period = value;
    let argument = match request {
        EventRequest::Period => &raw mut period as libc::c_ulong,
        _ => value as libc::c_ulong,
    };
    let number = request.number();
    // SAFETY: the descriptor is open; only the last request takes an address, that of a u64 that lives until the end.
    if unsafe { libc::ioctl(event.as_raw_fd(), number.into(), argument) } < 0 { Err(last_errno()) } else { Ok(()) }
}
