//! Windows on arenas: memory that BPF programs and the guest both allocate, read and write, at the guest's addresses.
//!
//! The kernel ties an arena to one address for all its life, so the map is created for the very pages of the guest that
//! are then mapped here. The host does that, and not libbpf: an arena that libbpf creates it also maps, and unmaps when
//! the object is closed, which would leave a hole in the guest's memory that another thread's mmap could fill before
//! anything is put back. A map that libbpf is given (`bpf_map__reuse_fd`) it neither maps nor unmaps. So the arena is a
//! window like all others: mapped over the guest's pages, and replaced by anonymous memory in one step of the kernel's.
//!
//! The kernel may refuse a page of an arena at any time: with BPF_F_SEGV_ON_FAULT where no program has allocated it,
//! otherwise where memory has run out or a program has reserved the page. For the guest's own loads and stores that is
//! a trap; for host code the guard takes over.

use std::os::fd::BorrowedFd;
use std::rc::Rc;

use rustix::io::Errno;
use rustix::param::page_size;

use super::fault::{self, Guarded};
use super::guest::Range;
use super::window::{Access, Part, WindowId, Windows};
use crate::budget::Charge;

/// What keeps a window on an arena safe.
pub(super) struct Arena {
    pub(super) guard: Guarded,
    /// The kernel's pages live at least as long as they are mapped.
    _charge: Rc<Charge>,
}

impl Windows {
    /// Maps an arena over all of `region`, for whose address it was created. Errors as [`Windows::open`].
    pub(crate) fn open_arena(
        &mut self,
        region: Range<'_>,
        arena: BorrowedFd<'_>,
        charge: Rc<Charge>,
    ) -> Result<WindowId, Errno> {
        let (start, len) = (region.address() as usize, region.len());
        // The kernel does not let the mapping of an arena be split: the guard replaces all of it.
        let guard = fault::guard(start, len, Some((start, len)))?;
        let id = self.open(region, arena, &[Part { offset: 0, len, access: Access::Everywhere }])?;
        self.attend(id, Arena { guard, _charge: charge });
        Ok(id)
    }

    /// Whether a window could be opened there; errors as [`Windows::open`].
    pub(crate) fn check_free(&self, region: Range<'_>) -> Result<(), Errno> {
        let (start, len) = (region.address() as usize, region.len());
        if !start.is_multiple_of(page_size()) || !len.is_multiple_of(page_size()) || len == 0 {
            return Err(Errno::INVAL);
        }
        if self.overlaps(start, len) { Err(Errno::BUSY) } else { Ok(()) }
    }
}
