//! Windows: the kernel's pages mapped over a part of the guest's linear memory.
//!
//! A window is made with MAP_FIXED over pages that belong to the guest, and given back by mapping anonymous memory
//! over them, never by leaving a hole. The guest's plain loads and stores then reach the kernel's memory; a store to
//! a read-only page is a trap. Host code never forms a reference to guest memory, so it needs no care here but
//! one: a host write to a read-only window is refused by [`Windows::allows_write`].
#![allow(unsafe_code)]

use std::os::fd::BorrowedFd;

use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags, mmap, mmap_anonymous};
use rustix::param::page_size;

use super::arena::Arena;
use super::fault::{self, Guarded};
use super::guest::Range;

/// A run of pages inside a window: where they come from, and what the guest may do with them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    /// Offset in the mapped file, in bytes, page-aligned.
    pub(crate) offset: u64,
    /// Bytes, a multiple of the page size.
    pub(crate) len: usize,
    pub(crate) access: Access,
}

/// Where the guest may store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Everywhere,
    Nowhere,
    /// In the first page alone: the kernel refuses it in the others by itself, and does not let the mapping be divided.
    FirstPage,
}

/// The windows of one instance.
#[derive(Default)]
pub(crate) struct Windows {
    open: Vec<Window>,
    next: u32,
}

/// Names an open window of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WindowId(u32);

struct Window {
    id: WindowId,
    start: usize,
    len: usize,
    /// Read-only runs: start, length, and the guard that keeps a host fault there from killing the process.
    read_only: Vec<(usize, usize, Guarded)>,
    /// Of a window on an arena.
    arena: Option<Arena>,
}

impl Windows {
    /// Maps `parts` of `fd` one after the other over the start of `region`. EINVAL where region or parts are not
    /// page-aligned or the region is too small, EBUSY where another window is there, and what mmap says.
    pub(crate) fn open(&mut self, region: Range<'_>, fd: BorrowedFd<'_>, parts: &[Part]) -> Result<WindowId, Errno> {
        let start = region.address() as usize;
        let len: usize = parts.iter().map(|part| part.len).sum();
        let aligned = |value: usize| value.is_multiple_of(page_size());
        if !aligned(start) || parts.iter().any(|part| !aligned(part.len) || part.len == 0) || len > region.len() {
            return Err(Errno::INVAL);
        }
        if self.overlaps(start, len) {
            return Err(Errno::BUSY);
        }
        let id = WindowId(self.next);
        self.next += 1;
        let mut window = Window { id, start, len, read_only: Vec::new(), arena: None };
        let mut at = start;
        for part in parts {
            let mut access = ProtFlags::READ | ProtFlags::WRITE;
            match part.access {
                Access::Everywhere => {}
                Access::Nowhere => {
                    access = ProtFlags::READ;
                    window.read_only.push((at, part.len, fault::guard(at, part.len, None)?));
                }
                Access::FirstPage => {
                    let (data, len) = (at + page_size(), part.len - page_size());
                    window.read_only.push((data, len, fault::guard(data, len, Some((at, part.len)))?));
                }
            }
            // SAFETY: the range is page-aligned and lies inside the guest's linear memory (a Range is checked), which
            // the store keeps mapped; no Rust reference to it exists.
            let mapped =
                unsafe { mmap(at as *mut _, part.len, access, MapFlags::SHARED | MapFlags::FIXED, fd, part.offset) };
            mapped.inspect_err(|_| window.restore())?;
            at += part.len;
        }
        self.open.push(window);
        Ok(id)
    }

    /// Gives a window's pages back: the guest finds zeros there from now on.
    pub(crate) fn close(&mut self, id: WindowId) {
        for window in self.open.extract_if(.., |window| window.id == id) {
            window.restore();
        }
    }

    /// Gives all pages back. To be called before the guest's memory goes.
    pub(crate) fn close_all(&mut self) {
        for window in self.open.drain(..) {
            window.restore();
        }
    }

    /// Whether the host may write `len` bytes at `address`: nowhere in a read-only window.
    pub(crate) fn allows_write(&self, address: usize, len: usize) -> bool {
        let mut read_only = self.open.iter().flat_map(|window| &window.read_only);
        !read_only.any(|(start, length, _)| *start < address + len && address < start + length)
    }

    /// What the guest made host code do (by memory.fill or memory.copy) that would have been a trap in its own.
    #[inline]
    pub(crate) fn violation(&self) -> Option<&'static str> {
        if fault::any_violated() { self.find_violation() } else { None }
    }

    #[cold]
    fn find_violation(&self) -> Option<&'static str> {
        if self.open.iter().flat_map(|window| &window.read_only).any(|(_, _, guard)| guard.violated()) {
            return Some("the module wrote to memory of the kernel's that it may only read");
        }
        let arenas = self.open.iter().filter_map(|window| window.arena.as_ref());
        let mut violated = arenas.filter(|arena| arena.guard.violated());
        violated.next().map(|_| "the module used a page of an arena that is not there")
    }

    /// Whether another window has a part of these bytes.
    pub(super) fn overlaps(&self, start: usize, len: usize) -> bool {
        self.open.iter().any(|window| window.start < start + len && start < window.start + window.len)
    }

    /// Says that a window is on an arena.
    pub(super) fn attend(&mut self, id: WindowId, arena: Arena) {
        if let Some(window) = self.open.iter_mut().find(|window| window.id == id) {
            window.arena = Some(arena);
        }
    }
}

impl Window {
    /// Maps anonymous memory over the window's pages.
    fn restore(&self) {
        // SAFETY: the same pages that `open` mapped over, still inside the guest's linear memory: windows are
        // closed before the store goes (`Windows::close_all`), and a failed `open` restores at once.
        let restored = unsafe {
            mmap_anonymous(
                self.start as *mut _,
                self.len,
                ProtFlags::READ | ProtFlags::WRITE,
                MapFlags::PRIVATE | MapFlags::FIXED,
            )
        };
        // It could only be ENOMEM, and leaves the kernel's pages there, which harm nobody.
        if let Err(errno) = restored {
            tracing::error!("failed to give back a window of guest memory: {errno}");
        }
    }
}
