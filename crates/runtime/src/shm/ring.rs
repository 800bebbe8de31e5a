//! The kernel's ring buffer, read by the host through its own mapping.
//!
//! Layout (kernel's Documentation/bpf/ringbuf.rst): one page with the consumer position (written here), one page
//! with the producer position, then the data, mapped twice in a row so that no record is ever split.
#![allow(unsafe_code)]

use std::ops::Deref;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::ptr::{self, NonNull};
use std::slice;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use rustix::param::page_size;

/// The record's length is in the low 30 bits of its header.
const BUSY: u32 = 1 << 31;
const DISCARDED: u32 = 1 << 30;
const HEADER: usize = 8;

/// A ring buffer map, mapped.
pub(crate) struct Ring {
    fd: OwnedFd,
    consumer: Mapping,
    producer: Mapping,
    size: usize,
    warned: bool,
}

/// A committed record; dropping it gives its space back to the kernel.
pub(crate) struct Sample<'r> {
    ring: &'r mut Ring,
    data: NonNull<u8>,
    length: usize,
    next: u64,
}

impl Ring {
    /// Maps the ring buffer map behind `fd`; `size` is its max_entries. Minimum kernel: 5.8.
    pub(crate) fn open(fd: BorrowedFd<'_>, size: usize) -> Result<Self, Errno> {
        let page = page_size();
        let consumer = Mapping::new(fd, 0, page, ProtFlags::READ | ProtFlags::WRITE)?;
        let length = size.checked_mul(2).and_then(|data| data.checked_add(page)).ok_or(Errno::INVAL)?;
        let producer = Mapping::new(fd, page as u64, length, ProtFlags::READ)?;
        Ok(Self { fd: fd.try_clone_to_owned().map_err(|_| Errno::MFILE)?, consumer, producer, size, warned: false })
    }

    /// The map; readable when the ring holds records.
    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        use std::os::fd::AsFd;
        self.fd.as_fd()
    }

    /// How many bytes the ring holds, and how many it has room for.
    pub(crate) fn fill(&self) -> (u64, u64) {
        (self.produced().wrapping_sub(self.consumed()), self.size as u64)
    }

    /// True at the first call: a warning about this ring is due.
    pub(crate) fn warn_once(&mut self) -> bool {
        !std::mem::replace(&mut self.warned, true)
    }

    /// The position up to which the kernel has reserved records, in bytes since the start.
    pub(crate) fn produced(&self) -> u64 {
        self.producer.position().load(Ordering::Acquire)
    }

    /// The position up to which records were consumed, in bytes since the start.
    pub(crate) fn consumed(&self) -> u64 {
        self.consumer.position().load(Ordering::Acquire)
    }

    /// The oldest record before position `end`. Discarded ones are skipped; one that is still being written ends
    /// the walk, as the ones after it must wait.
    pub(crate) fn next(&mut self, end: u64) -> Option<Sample<'_>> {
        loop {
            let position = self.consumed();
            if end.wrapping_sub(position) as i64 <= 0 {
                return None;
            }
            let offset = page_size() + (position as usize & (self.size - 1));
            // SAFETY: the offset lies in the first copy of the data area, which is mapped and 8-byte aligned, as are
            // positions; the kernel writes headers atomically.
            let header = unsafe { &*self.producer.address.as_ptr().add(offset).cast::<AtomicU32>() };
            let header = header.load(Ordering::Acquire);
            if header & BUSY != 0 {
                return None;
            }
            let length = (header & !DISCARDED) as usize;
            let next = position + (length + HEADER).next_multiple_of(8) as u64;
            if header & DISCARDED != 0 {
                self.consumer.position().store(next, Ordering::Release);
                continue;
            }
            let room = self.producer.length - offset - HEADER;
            // SAFETY: the header lies inside the mapping, so one header's length on is at most its end.
            let data = unsafe { self.producer.address.add(offset + HEADER) };
            return Some(Sample { data, length: length.min(room), next, ring: self });
        }
    }
}

impl Sample<'_> {
    /// Leaves the record in the ring, to be seen again.
    pub(crate) fn keep(mut self) {
        self.next = self.ring.consumed();
    }
}

impl Deref for Sample<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: the range lies in the mapping (bounded in `next`), and the kernel does not write to a committed
        // record before the consumer position passes it, which drop does.
        unsafe { slice::from_raw_parts(self.data.as_ptr(), self.length) }
    }
}

impl Drop for Sample<'_> {
    fn drop(&mut self) {
        self.ring.consumer.position().store(self.next, Ordering::Release);
    }
}

/// A shared mapping of a part of the map, unmapped when dropped.
struct Mapping {
    address: NonNull<u8>,
    length: usize,
}

impl Mapping {
    fn new(fd: BorrowedFd<'_>, offset: u64, length: usize, access: ProtFlags) -> Result<Self, Errno> {
        // SAFETY: the kernel chooses a free address; nothing else is touched.
        let address = unsafe { mmap(ptr::null_mut(), length, access, MapFlags::SHARED, fd, offset)? };
        Ok(Self { address: NonNull::new(address.cast()).ok_or(Errno::NOMEM)?, length })
    }

    /// The position at the start of the page.
    fn position(&self) -> &AtomicU64 {
        // SAFETY: page-aligned, mapped as long as self lives, and accessed by both sides atomically only.
        unsafe { &*self.address.as_ptr().cast::<AtomicU64>() }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours, and no Sample (which borrows the Ring) is left. Unmapping a valid range
        // cannot fail.
        unsafe { munmap(self.address.as_ptr().cast(), self.length).ok() };
    }
}
