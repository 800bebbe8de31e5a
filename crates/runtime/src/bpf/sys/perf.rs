//! `struct perf_buffer`: per-CPU buffers whose records are queued for whoever asks next.

use std::ffi::{c_int, c_void};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr::NonNull;
use std::slice;

use libbpf_sys::{self as ffi, bpf_perf_event_ret, perf_buffer, perf_event_header};
use rustix::io::Errno;

use super::event::Attr;
use super::{check, check_ptr, sz};
use crate::bpf::perf::{Place, Queue};
use crate::privilege::with_reserve;

/// Where a record's type-specific part begins.
const BODY: usize = size_of::<perf_event_header>();

/// The buffers of some CPUs, closed when dropped.
pub(crate) struct RawPerf {
    ptr: NonNull<perf_buffer>,
    /// Owned; reached by libbpf's callback only during `consume`.
    queue: NonNull<Queue>,
    cpus: Vec<i32>,
    pages: usize,
    /// Whether the guest was given the pages of a buffer, to write there what it likes.
    shared: bool,
}

impl RawPerf {
    /// Opens one buffer of `pages` pages (a power of two) at each of `places`. The caller has excluded attributes whose
    /// fields are addresses in this process.
    pub(crate) fn open(map: BorrowedFd<'_>, pages: usize, attr: &mut Attr, places: &[Place]) -> Result<Self, Errno> {
        let mut cpus: Vec<i32> = places.iter().map(|place| place.cpu).collect();
        let mut keys: Vec<i32> = places.iter().map(|place| place.key).collect();
        let opts = ffi::perf_buffer_raw_opts {
            sz: sz::<ffi::perf_buffer_raw_opts>(),
            cpu_cnt: c_int::try_from(cpus.len()).map_err(|_| Errno::INVAL)?,
            cpus: cpus.as_mut_ptr(),
            map_keys: keys.as_mut_ptr(),
            ..Default::default()
        };
        let queue = NonNull::from(Box::leak(Box::<Queue>::default()));
        let (map, attr, callback) = (map.as_raw_fd(), attr.as_mut_ptr(), Some(on_record as _));
        // SAFETY: callback and context stay valid until the buffer is freed in drop, attribute and lists during the call;
        // an Attr has room for all that the kernel reads of it.
        let open = || unsafe {
            check_ptr(ffi::perf_buffer__new_raw(map, pages as _, attr, callback, queue.as_ptr().cast(), &opts))
        };
        match with_reserve(open) {
            Ok(ptr) => Ok(Self { ptr, queue, cpus, pages, shared: false }),
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
        unsafe { BorrowedFd::borrow_raw(ffi::perf_buffer__epoll_fd(self.ptr.as_ptr())) }
    }

    /// The CPU of each buffer.
    pub(crate) fn cpus(&self) -> &[i32] {
        &self.cpus
    }

    /// The event of the buffer at `index`, to be mapped: a page with the positions, then `pages` of data. Whoever lets the
    /// guest write there says so by [`RawPerf::share`]. EINVAL where there is no such buffer.
    pub(crate) fn event(&self, index: usize) -> Result<BorrowedFd<'_>, Errno> {
        // SAFETY: the buffer is alive, and libbpf checks the index.
        let fd = check(unsafe { ffi::perf_buffer__buffer_fd(self.ptr.as_ptr(), index as _) })?;
        // SAFETY: the event is open as long as the perf buffer lives.
        Ok(unsafe { BorrowedFd::borrow_raw(fd) })
    }

    /// How many pages of data each buffer has.
    pub(crate) fn pages(&self) -> usize {
        self.pages
    }

    /// The guest writes to the buffers' pages: the host reads none of them any more.
    pub(crate) fn share(&mut self) {
        self.shared = true;
    }

    /// Moves what all buffers hold now into the queue. EBUSY where the guest reads them: libbpf would trust positions and
    /// lengths there.
    pub(crate) fn consume(&mut self) -> Result<(), Errno> {
        if self.shared {
            return Err(Errno::BUSY);
        }
        // SAFETY: the buffer is alive, and only the kernel writes to its pages; `&mut self` makes the callback the only
        // user of the queue meanwhile.
        check(unsafe { ffi::perf_buffer__consume(self.ptr.as_ptr()) }).map(drop)
    }

    /// Whether records were consumed and not yet taken.
    pub(crate) fn has_queued(&self) -> bool {
        // SAFETY: owned by self; the callback writes to it during `consume` only, which borrows self mutably.
        !unsafe { self.queue.as_ref() }.is_empty()
    }

    /// The records consumed so far and not yet taken.
    pub(crate) fn queue(&mut self) -> &mut Queue {
        // SAFETY: owned by self, and no callback runs while `&mut self` is borrowed out.
        unsafe { self.queue.as_mut() }
    }
}

impl Drop for RawPerf {
    fn drop(&mut self) {
        // SAFETY: freed once, first the user of the queue, then the queue.
        unsafe {
            ffi::perf_buffer__free(self.ptr.as_ptr());
            drop(Box::from_raw(self.queue.as_ptr()));
        }
    }
}

/// # Safety
/// Called by libbpf with the context of [`RawPerf::open`] and a whole record.
unsafe extern "C" fn on_record(queue: *mut c_void, cpu: c_int, record: *mut perf_event_header) -> bpf_perf_event_ret {
    // SAFETY: as promised, the record is readable as far as its header says, which the kernel wrote; it is not reused
    // before libbpf moves the tail, after this call.
    let (kind, record, queue) = unsafe {
        let length = usize::from((*record).size);
        ((*record).type_, slice::from_raw_parts(record.cast::<u8>(), length), &mut *queue.cast::<Queue>())
    };
    match kind {
        // u32 size, data: the layout of PERF_SAMPLE_RAW. Other samples are cut to what there is.
        ffi::PERF_RECORD_SAMPLE => {
            if let Some((size, data)) = record.get(BODY..).and_then(<[u8]>::split_first_chunk) {
                queue.push_sample(cpu as u32, &data[..data.len().min(u32::from_ne_bytes(*size) as usize)]);
            }
        }
        // u64 id, u64 lost.
        ffi::PERF_RECORD_LOST => {
            if let Some(count) = record.get(BODY + 8..).and_then(<[u8]>::first_chunk) {
                queue.push_lost(cpu as u32, u64::from_ne_bytes(*count));
            }
        }
        // What else an event may record; natively libbpf's sample and lost callbacks do not get it either.
        _ => {}
    }
    ffi::LIBBPF_PERF_EVENT_CONT
}
