//! `struct perf_buffer`: per-CPU buffers whose records are queued for whoever asks next.

use std::collections::VecDeque;
use std::ffi::{c_int, c_void};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr::NonNull;
use std::slice;

use libbpf_sys::{perf_buffer, perf_buffer_opts};
use rustix::io::Errno;

use super::{check, check_ptr, sz};

/// What a CPU's buffer delivered.
#[derive(Debug)]
pub(crate) enum PerfRecord {
    /// One `bpf_perf_event_output`.
    Sample { cpu: u32, data: Vec<u8> },
    /// The kernel dropped `count` records because the buffer was full.
    Lost { cpu: u32, count: u64 },
}

/// The buffers of all CPUs, closed when dropped.
pub(crate) struct RawPerf {
    ptr: NonNull<perf_buffer>,
    /// Owned; reached by libbpf's callbacks only during `consume`.
    queue: NonNull<VecDeque<PerfRecord>>,
}

impl RawPerf {
    /// Opens one buffer of `pages` pages (a power of two) for each online CPU, readable from `records` records on.
    pub(crate) fn open(map: BorrowedFd<'_>, pages: usize, records: u32) -> Result<Self, Errno> {
        let queue = NonNull::from(Box::leak(Box::<VecDeque<PerfRecord>>::default()));
        let opts = perf_buffer_opts { sz: sz::<perf_buffer_opts>(), sample_period: records, ..Default::default() };
        // SAFETY: callbacks and context stay valid until the buffer is freed in drop.
        let ptr = check_ptr(unsafe {
            libbpf_sys::perf_buffer__new(
                map.as_raw_fd(),
                pages as _,
                Some(on_sample),
                Some(on_lost),
                queue.as_ptr().cast(),
                &opts,
            )
        });
        match ptr {
            Ok(ptr) => Ok(Self { ptr, queue }),
            Err(errno) => {
                // SAFETY: leaked above and handed to nobody that still lives.
                drop(unsafe { Box::from_raw(queue.as_ptr()) });
                Err(errno)
            }
        }
    }

    /// A descriptor that is readable when a buffer has records.
    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        // SAFETY: the epoll descriptor is open as long as the perf buffer lives.
        unsafe { BorrowedFd::borrow_raw(libbpf_sys::perf_buffer__epoll_fd(self.ptr.as_ptr())) }
    }

    /// Moves what all buffers hold now into the queue.
    pub(crate) fn consume(&mut self) -> Result<(), Errno> {
        // SAFETY: the buffer is alive; `&mut self` makes the callbacks the only users of the queue meanwhile.
        check(unsafe { libbpf_sys::perf_buffer__consume(self.ptr.as_ptr()) }).map(drop)
    }

    /// Whether records were consumed and not yet taken.
    pub(crate) fn has_queued(&self) -> bool {
        // SAFETY: owned by self; callbacks write to it during `consume` only, which borrows self mutably.
        !unsafe { self.queue.as_ref() }.is_empty()
    }

    /// The records consumed so far and not yet taken.
    pub(crate) fn queue(&mut self) -> &mut VecDeque<PerfRecord> {
        // SAFETY: owned by self, and no callback runs while `&mut self` is borrowed out.
        unsafe { self.queue.as_mut() }
    }
}

impl Drop for RawPerf {
    fn drop(&mut self) {
        // SAFETY: freed once, first the user of the queue, then the queue.
        unsafe {
            libbpf_sys::perf_buffer__free(self.ptr.as_ptr());
            drop(Box::from_raw(self.queue.as_ptr()));
        }
    }
}

/// # Safety
/// Called by libbpf with the context of [`RawPerf::open`] and `size` readable bytes at `data`.
unsafe extern "C" fn on_sample(queue: *mut c_void, cpu: c_int, data: *mut c_void, size: u32) {
    // SAFETY: as promised; the kernel does not reuse the record before libbpf moves the tail, after this call.
    unsafe {
        let data = slice::from_raw_parts(data.cast::<u8>(), size as usize).to_vec();
        (*queue.cast::<VecDeque<PerfRecord>>()).push_back(PerfRecord::Sample { cpu: cpu as u32, data });
    }
}

/// # Safety
/// Called by libbpf with the context of [`RawPerf::open`].
unsafe extern "C" fn on_lost(queue: *mut c_void, cpu: c_int, count: u64) {
    // SAFETY: as promised.
    unsafe { (*queue.cast::<VecDeque<PerfRecord>>()).push_back(PerfRecord::Lost { cpu: cpu as u32, count }) };
}
