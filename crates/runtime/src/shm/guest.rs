//! Copies between host buffers and the guest's linear memory.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::marker::PhantomData;
use std::ptr;

use wasmtime::{AsContext, Memory};

/// An address range outside the guest's linear memory (EFAULT to the guest).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault;

/// Bytes in guest or host memory whose address may be handed to the kernel, to read or to write.
#[derive(Clone, Copy)]
pub(crate) struct Range<'a> {
    address: *mut u8,
    len: usize,
    _memory: PhantomData<&'a [u8]>,
}

impl<'a> Range<'a> {
    /// A host buffer.
    pub(crate) fn host(buffer: &'a mut [u8]) -> Self {
        Self { address: buffer.as_mut_ptr(), len: buffer.len(), _memory: PhantomData }
    }

    /// `len` bytes of the guest's at `addr`. They stay where they are as long as the store lives: memories are
    /// created with room to grow and never move.
    #[inline]
    pub(crate) fn guest<T: AsContext>(
        memory: &GuestMemory,
        store: &'a T,
        addr: u32,
        len: usize,
    ) -> Result<Self, Fault> {
        Ok(Self { address: memory.host_address(store, addr, len)?, len, _memory: PhantomData })
    }

    /// Its first byte's host address.
    pub(crate) fn address(&self) -> *mut u8 {
        self.address
    }

    /// Its length, in bytes.
    pub(crate) fn len(&self) -> usize {
        self.len
    }
}

/// A guest's linear memory. It never moves and never shrinks, so what the engine said once holds: to ask it takes
/// longer than many a call.
pub(crate) struct GuestMemory {
    memory: Memory,
    base: *mut u8,
    /// Bytes that it has at least.
    known: Cell<usize>,
}

impl GuestMemory {
    /// The memory `memory` of `store`.
    pub(crate) fn new(memory: Memory, store: impl AsContext) -> Self {
        Self { memory, base: memory.data_ptr(&store), known: Cell::new(memory.data_size(&store)) }
    }

    /// Its size now, in bytes.
    pub(crate) fn size(&self, store: impl AsContext) -> usize {
        self.memory.data_size(store)
    }

    #[inline]
    fn host_address(&self, store: impl AsContext, addr: u32, len: usize) -> Result<*mut u8, Fault> {
        let end = (addr as usize).checked_add(len).ok_or(Fault)?;
        if end > self.known.get() {
            self.known.set(self.size(store));
            if end > self.known.get() {
                return Err(Fault);
            }
        }
        Ok(self.base.wrapping_add(addr as usize))
    }
}

/// Fills `buffer` with the guest's bytes at `addr`.
pub(crate) fn read(memory: &GuestMemory, store: impl AsContext, addr: u32, buffer: &mut [u8]) -> Result<(), Fault> {
    let from = memory.host_address(store, addr, buffer.len())?;
    // SAFETY: `from` is valid for `buffer.len()` bytes (checked above, and guest memory is mapped for the
    // store's life); a host buffer never overlaps guest memory; bytes have no invalid values.
    unsafe { ptr::copy_nonoverlapping(from, buffer.as_mut_ptr(), buffer.len()) };
    Ok(())
}

/// Stores `bytes` at the guest's `addr`.
pub(crate) fn write(memory: &GuestMemory, store: impl AsContext, addr: u32, bytes: &[u8]) -> Result<(), Fault> {
    let to = memory.host_address(store, addr, bytes.len())?;
    // SAFETY: as in `read`, with the directions swapped. No Rust reference to guest memory exists anywhere.
    unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len()) };
    Ok(())
}
