//! Handles: the numbers by which a guest names what the host keeps for it.
//!
//! ```text
//!   bit 30: 1        bits 20-29: generation        bits 0-19: slot
//! ```
//! So handles are positive, apart from every WASI descriptor, and a number that was closed is never valid again:
//! a slot is retired after its last generation.

use std::cell::Cell;
use std::collections::VecDeque;

use rustix::io::Errno;

use crate::limits::reached;

/// A number that a guest holds; only meaningful in the table of the instance that gave it out.
pub(crate) type Handle = i32;

/// The smallest handle: every number below belongs to WASI descriptors.
pub(crate) const FIRST: Handle = 1 << 30;

const SLOT_BITS: u32 = 20;
const GENERATIONS: u32 = 1 << (30 - SLOT_BITS);
/// The most entries at a time where nobody says how many; EMFILE beyond.
const MAX_OPEN: usize = 1 << 16;

/// Entries of one instance.
pub(crate) struct Table<T> {
    slots: Vec<Slot<T>>,
    free: VecDeque<u32>,
    open: usize,
    limit: usize,
    warned: Cell<bool>,
}

struct Slot<T> {
    generation: u32,
    entry: Option<T>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { slots: Vec::new(), free: VecDeque::new(), open: 0, limit: MAX_OPEN, warned: Cell::new(false) }
    }
}

impl<T> Table<T> {
    /// Allows `limit` entries at a time.
    pub(crate) fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// All entries.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &T> {
        self.slots.iter().filter_map(|slot| slot.entry.as_ref())
    }

    /// Stores `entry` under a new handle. EMFILE when as many as allowed are open or every slot is used up.
    pub(crate) fn insert(&mut self, entry: T) -> Result<Handle, Errno> {
        if self.open >= self.limit {
            return Err(reached(&self.warned, Errno::MFILE, self.limit, "handles", "max-handles"));
        }
        let index = match self.free.pop_front() {
            Some(index) => index,
            None if self.slots.len() < 1 << SLOT_BITS => {
                self.slots.push(Slot { generation: 0, entry: None });
                self.slots.len() as u32 - 1
            }
            None => return Err(Errno::MFILE),
        };
        let slot = &mut self.slots[index as usize];
        slot.entry = Some(entry);
        self.open += 1;
        Ok(FIRST | (slot.generation << SLOT_BITS | index) as Handle)
    }

    /// The entry behind `handle`. EBADF for any number that is not an open handle.
    pub(crate) fn get(&self, handle: Handle) -> Result<&T, Errno> {
        let index = self.index(handle)?;
        self.slots[index].entry.as_ref().ok_or(Errno::BADF)
    }

    /// As [`Table::get`], to change it.
    pub(crate) fn get_mut(&mut self, handle: Handle) -> Result<&mut T, Errno> {
        let index = self.index(handle)?;
        self.slots[index].entry.as_mut().ok_or(Errno::BADF)
    }

    /// Takes the entry out; its handle is dead from now on.
    pub(crate) fn remove(&mut self, handle: Handle) -> Result<T, Errno> {
        let index = self.index(handle)?;
        let slot = &mut self.slots[index];
        let entry = slot.entry.take().ok_or(Errno::BADF)?;
        slot.generation += 1;
        if slot.generation < GENERATIONS {
            self.free.push_back(index as u32);
        }
        self.open -= 1;
        Ok(entry)
    }

    fn index(&self, handle: Handle) -> Result<usize, Errno> {
        if handle < FIRST {
            return Err(Errno::BADF);
        }
        let number = (handle - FIRST) as u32;
        let (generation, index) = (number >> SLOT_BITS, (number & ((1 << SLOT_BITS) - 1)) as usize);
        match self.slots.get(index) {
            Some(slot) if slot.generation == generation => Ok(index),
            _ => Err(Errno::BADF),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_handle_is_never_valid_again() {
        let mut table = Table::default();
        let first = table.insert("first").unwrap();
        assert!(first >= FIRST);
        assert_eq!(table.remove(first), Ok("first"));
        for round in 0..3 * GENERATIONS {
            let next = table.insert("next").unwrap();
            assert_ne!(next, first, "round {round}");
            assert_eq!(table.get(first), Err(Errno::BADF));
            table.remove(next).unwrap();
        }
    }

    #[test]
    fn numbers_out_of_the_air_are_refused() {
        let mut table = Table::default();
        let handle = table.insert(()).unwrap();
        for wrong in [-1, 0, 3, FIRST - 1, handle + 1, handle | 1 << SLOT_BITS, i32::MAX, i32::MIN] {
            assert_eq!(table.get(wrong), Err(Errno::BADF), "{wrong:#x}");
        }
    }

    #[test]
    fn the_number_of_open_handles_is_limited() {
        let mut table = Table::default();
        for _ in 0..MAX_OPEN {
            table.insert(()).unwrap();
        }
        assert_eq!(table.insert(()), Err(Errno::MFILE));
    }
}
