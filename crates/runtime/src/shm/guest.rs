//! Copies between host buffers and the guest's linear memory.
#![allow(unsafe_code)]

use std::ptr;

use wasmtime::{AsContext, Memory};

/// An address range outside the guest's linear memory (EFAULT to the guest).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault;

/// The host address of `len` bytes at guest address `addr`, for handing to the kernel.
///
/// The address stays valid as long as the store lives: memories are created with room to grow and never move.
pub(crate) fn host_address(memory: &Memory, store: impl AsContext, addr: u32, len: usize) -> Result<*mut u8, Fault> {
    let store = store.as_context();
    let end = (addr as usize).checked_add(len).ok_or(Fault)?;
    if end > memory.data_size(&store) {
        return Err(Fault);
    }
    Ok(memory.data_ptr(&store).wrapping_add(addr as usize))
}

/// Fills `buffer` with the guest's bytes at `addr`.
pub(crate) fn read(memory: &Memory, store: impl AsContext, addr: u32, buffer: &mut [u8]) -> Result<(), Fault> {
    let from = host_address(memory, store, addr, buffer.len())?;
    // SAFETY: `from` is valid for `buffer.len()` bytes (checked above, and guest memory is mapped for the
    // store's life); a host buffer never overlaps guest memory; bytes have no invalid values.
    unsafe { ptr::copy_nonoverlapping(from, buffer.as_mut_ptr(), buffer.len()) };
    Ok(())
}

/// Stores `bytes` at the guest's `addr`.
pub(crate) fn write(memory: &Memory, store: impl AsContext, addr: u32, bytes: &[u8]) -> Result<(), Fault> {
    let to = host_address(memory, store, addr, bytes.len())?;
    // SAFETY: as in `read`, with the directions swapped. No Rust reference to guest memory exists anywhere.
    unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len()) };
    Ok(())
}
