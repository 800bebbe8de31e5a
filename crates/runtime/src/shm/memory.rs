//! The guest's linear memory, placed so that an arena's pointers are the guest's own.
//!
//! A BPF program stores full 64-bit addresses in its arena, those of the process that mapped it. Where linear memory
//! begins at a multiple of 4 GiB, the low half of such an address is what the guest calls the same byte, so it follows
//! the kernel's pointers as they are. Otherwise as the engine's own memories: all of the address space that the guest
//! can name is reserved at once with guards around it, so that compiled code needs no bounds checks and nothing ever
//! moves.
#![allow(unsafe_code)]

use std::ptr;

use rustix::io::Errno;
use rustix::mm::{MapFlags, MprotectFlags, ProtFlags, mmap_anonymous, mprotect, munmap};
use rustix::param::page_size;
use wasmtime::{LinearMemory, MemoryCreator, MemoryType};

/// Addresses of 32 bits repeat after so many bytes.
const ALIGNMENT: usize = 1 << 32;

/// Makes linear memories that begin at a multiple of 4 GiB.
pub(crate) struct Aligned;

/// A reserved range of addresses, of which the first `len` bytes behind the front guard are the guest's.
struct Reserved {
    /// What is reserved, guards included.
    whole: (usize, usize),
    base: usize,
    len: usize,
    capacity: usize,
}

// SAFETY: the reservation has the capacity and the guard that the engine asked for (more where the minimum is larger),
// fresh private anonymous memory is zero, and growth neither moves it nor exceeds the capacity.
unsafe impl MemoryCreator for Aligned {
    fn new_memory(
        &self,
        _: MemoryType,
        minimum: usize,
        _: Option<usize>,
        reserved: Option<usize>,
        guard: usize,
    ) -> Result<Box<dyn LinearMemory>, String> {
        let capacity = minimum.max(reserved.unwrap_or(0));
        let memory = Reserved::new(capacity, guard).and_then(|mut memory| {
            memory.open_to(minimum)?;
            Ok(memory)
        });
        match memory {
            Ok(memory) => Ok(Box::new(memory)),
            Err(errno) => {
                Err(format!("failed to reserve {capacity} bytes of addresses for the guest's memory: {errno}"))
            }
        }
    }
}

impl Reserved {
    /// Reserves `capacity` bytes at a multiple of 4 GiB, and `guard` bytes before and behind them. ENOMEM where the
    /// address space has no room.
    fn new(capacity: usize, guard: usize) -> Result<Self, Errno> {
        let capacity = capacity.checked_next_multiple_of(page_size()).ok_or(Errno::NOMEM)?;
        let needed = guard.checked_mul(2).and_then(|guards| guards.checked_add(capacity)).ok_or(Errno::NOMEM)?;
        // One alignment more than needed holds an aligned base wherever the kernel puts it; what is over goes back.
        let asked = needed.checked_add(ALIGNMENT).ok_or(Errno::NOMEM)?;
        let access = (ProtFlags::empty(), MapFlags::PRIVATE | MapFlags::NORESERVE);
        // SAFETY: the kernel chooses a free range; nothing else is touched.
        let start = unsafe { mmap_anonymous(ptr::null_mut(), asked, access.0, access.1)? } as usize;
        let base = (start + guard).next_multiple_of(ALIGNMENT);
        let (first, last) = (base - guard, base + capacity + guard);
        for (from, to) in [(start, first), (last, start + asked)] {
            if from < to {
                // SAFETY: the two ends of the mapping made above, which nobody knows of yet. Whole pages: base,
                // capacity and guard (the engine's promise) are multiples of their size. It cannot fail but for want
                // of memory, and then leaves addresses reserved.
                unsafe { munmap(from as *mut _, to - from).ok() };
            }
        }
        Ok(Self { whole: (first, last - first), base, len: 0, capacity })
    }

    /// Lets the guest use the first `len` bytes. ENOMEM beyond the capacity.
    fn open_to(&mut self, len: usize) -> Result<(), Errno> {
        if len > self.capacity {
            return Err(Errno::NOMEM);
        }
        let (from, to) = (self.len.next_multiple_of(page_size()), len.next_multiple_of(page_size()));
        if from < to {
            let access = MprotectFlags::READ | MprotectFlags::WRITE;
            // SAFETY: pages of the reservation that were no part of the memory yet, so nothing refers to them.
            unsafe { mprotect((self.base + from) as *mut _, to - from, access)? };
        }
        self.len = len;
        Ok(())
    }
}

// SAFETY: `base` to `base + len` is readable and writable as long as self lives (windows are closed before, and leave
// no holes), the capacity and its guard stay reserved, and the base never changes.
unsafe impl LinearMemory for Reserved {
    fn byte_size(&self) -> usize {
        self.len
    }

    fn byte_capacity(&self) -> usize {
        self.capacity
    }

    fn grow_to(&mut self, new_size: usize) -> wasmtime::Result<()> {
        Ok(self.open_to(new_size)?)
    }

    fn as_ptr(&self) -> *mut u8 {
        self.base as *mut u8
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        // SAFETY: the range is ours, and the engine drops a memory after all that refers to it. Unmapping a valid
        // range cannot fail but for want of memory.
        unsafe { munmap(self.whole.0 as *mut _, self.whole.1).ok() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUARD: usize = 32 << 20;

    #[test]
    fn memory_begins_at_a_multiple_of_4_gib_and_is_zero() {
        let memories: Vec<Reserved> = (0..4)
            .map(|_| {
                let mut memory = Reserved::new(1 << 32, GUARD).unwrap();
                memory.open_to(3 << 16).unwrap();
                memory
            })
            .collect();
        for memory in &memories {
            assert_eq!(memory.as_ptr() as usize % ALIGNMENT, 0);
            // SAFETY: the last byte of an open memory of the test's own.
            assert_eq!(unsafe { memory.as_ptr().add(memory.byte_size() - 1).read() }, 0);
        }
    }

    #[test]
    fn memory_grows_in_place_up_to_its_capacity_and_not_by_a_byte_more() {
        let mut memory = Reserved::new(1 << 20, GUARD).unwrap();
        let base = memory.as_ptr();
        for size in [1, 1 << 16, 1 << 20] {
            memory.grow_to(size).unwrap();
            assert_eq!((memory.as_ptr(), memory.byte_size()), (base, size));
            // SAFETY: as above.
            unsafe { base.add(size - 1).write(1) };
        }
        assert!(memory.grow_to((1 << 20) + 1).is_err());
        assert_eq!(memory.byte_size(), 1 << 20);
    }

    /// How many bytes from `start` to `end` are mapped, and may not be touched.
    fn forbidden(start: usize, end: usize) -> usize {
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let part = |line: &str| {
            let (from, rest) = line.split_once('-')?;
            let (to, access) = rest.split_once(' ')?;
            let [from, to] = [from, to].map(|text| usize::from_str_radix(text, 16).unwrap());
            access.starts_with("---p").then(|| to.min(end).saturating_sub(from.max(start)))
        };
        maps.lines().filter_map(part).sum()
    }

    #[test]
    fn what_surrounds_a_memory_is_reserved_and_may_not_be_touched() {
        let mut memory = Reserved::new(1 << 32, GUARD).unwrap();
        memory.open_to(1 << 16).unwrap();
        let (start, len) = memory.whole;
        assert_eq!((memory.base - start, len), (GUARD, (1 << 32) + 2 * GUARD));
        assert_eq!(forbidden(start, memory.base), GUARD);
        assert_eq!(forbidden(memory.base, memory.base + (1 << 16)), 0);
        assert_eq!(forbidden(memory.base + (1 << 16), start + len), (1 << 32) - (1 << 16) + GUARD);
    }

    #[test]
    fn what_no_address_space_can_hold_is_an_error() {
        assert_eq!(Reserved::new(usize::MAX, GUARD).err(), Some(Errno::NOMEM));
        assert_eq!(Reserved::new(1 << 60, GUARD).err(), Some(Errno::NOMEM));
    }
}
