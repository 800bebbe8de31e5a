//! The descriptor table: the lowest free number first, as POSIX has it.

use std::cell::Cell;
use std::sync::Arc;

use rustix::io::Errno;

use super::descriptor::Descriptor;
use crate::limits::reached;

/// The most descriptors that a guest has open at a time, whatever its limit; EMFILE beyond.
const MAX_OPEN: usize = 1 << 20;
/// The most where nobody says how many.
const DEFAULT: usize = 1024;

/// A guest's open descriptors by number.
pub(super) struct Table {
    slots: Vec<Option<Arc<Descriptor>>>,
    limit: usize,
    warned: Cell<bool>,
}

impl Default for Table {
    fn default() -> Self {
        Self { slots: Vec::new(), limit: DEFAULT, warned: Cell::new(false) }
    }
}

impl Table {
    /// Allows `limit` descriptors at a time.
    pub(super) fn set_limit(&mut self, limit: usize) {
        self.limit = limit.min(MAX_OPEN);
    }

    /// The descriptor with number `fd`.
    pub(super) fn get(&self, fd: u32) -> Option<&Arc<Descriptor>> {
        self.slots.get(fd as usize)?.as_ref()
    }

    /// All open descriptors.
    pub(super) fn descriptors(&self) -> impl Iterator<Item = &Descriptor> {
        self.slots.iter().flatten().map(Arc::as_ref)
    }

    /// Gives `descriptor` the lowest free number.
    pub(super) fn insert(&mut self, descriptor: Descriptor) -> Result<u32, Errno> {
        let entry = Some(Arc::new(descriptor));
        let index = match self.slots.iter().position(Option::is_none) {
            Some(free) => {
                self.slots[free] = entry;
                free
            }
            None if self.slots.len() < self.limit => {
                self.slots.push(entry);
                self.slots.len() - 1
            }
            None => return Err(reached(&self.warned, Errno::MFILE, self.limit, "files", "max-files")),
        };
        Ok(index as u32)
    }

    /// Frees number `fd`.
    pub(super) fn close(&mut self, fd: u32) -> Result<(), Errno> {
        let slot = self.slots.get_mut(fd as usize).ok_or(Errno::BADF)?;
        slot.take().map(drop).ok_or(Errno::BADF)
    }

    /// Moves `from` to number `to`, closing what was there; as `dup2` followed by a close of `from`.
    pub(super) fn renumber(&mut self, from: u32, to: u32) -> Result<(), Errno> {
        if self.get(from).is_none() || to as usize >= self.limit {
            return Err(Errno::BADF);
        }
        if self.slots.len() <= to as usize {
            self.slots.resize_with(to as usize + 1, || None);
        }
        if from != to {
            self.slots[to as usize] = self.slots[from as usize].take();
        }
        Ok(())
    }
}
