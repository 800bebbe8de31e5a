//! Many elements of a map in one system call. Minimum kernel: 5.6.

use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;

use libbpf_sys as ffi;
use rustix::io::Errno;

use super::element::Shape;
use super::{check, sz};
use crate::shm::guest::Range;

/// What a batch does with the elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BatchOperation {
    Lookup,
    LookupAndDelete,
    Update,
    Delete,
}

/// Where a batch's elements are, and how many.
pub(crate) struct Batch<'a> {
    /// One key after the other.
    pub(crate) keys: Range<'a>,
    /// One value after the other; none for a deletion.
    pub(crate) values: Option<Range<'a>>,
    /// How many elements there is room for; afterwards how many were moved.
    pub(crate) count: u32,
    /// `BPF_ANY` and the like, for each element.
    pub(crate) element_flags: u64,
    /// For the operation.
    pub(crate) flags: u64,
}

/// Where a lookup goes on: a bucket's number in hash maps, the last key in others.
pub(crate) struct Mark {
    bytes: Vec<u8>,
    started: bool,
}

impl Mark {
    /// The bytes that the next lookup is to be given.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl Shape {
    /// How many bytes the place where a lookup goes on has.
    pub(crate) fn mark_size(&self) -> usize {
        match self.kind {
            ffi::BPF_MAP_TYPE_HASH
            | ffi::BPF_MAP_TYPE_PERCPU_HASH
            | ffi::BPF_MAP_TYPE_LRU_HASH
            | ffi::BPF_MAP_TYPE_LRU_PERCPU_HASH
            | ffi::BPF_MAP_TYPE_HASH_OF_MAPS => size_of::<u32>(),
            _ => self.key_size,
        }
    }

    /// The place from which a lookup is to go on; `None`: from the start.
    pub(crate) fn mark(&self, from: Option<&[u8]>) -> Mark {
        // Room for either kind of mark, whichever this kernel writes for this map.
        let mut bytes = vec![0; self.key_size.max(size_of::<u32>())];
        if let Some(from) = from {
            let known = from.len().min(bytes.len());
            bytes[..known].copy_from_slice(&from[..known]);
        }
        Mark { bytes, started: from.is_some() }
    }

    /// Runs `operation` on the map that this shape was read from; `batch.count` and `mark` are brought up to date,
    /// also by a failure. EINVAL where a range is too short for `count` elements.
    pub(crate) fn operate_batch(
        &self,
        fd: BorrowedFd<'_>,
        operation: BatchOperation,
        batch: &mut Batch<'_>,
        mark: &mut Mark,
    ) -> Result<(), Errno> {
        let keys = elements(Some(batch.keys), self.key_size, batch.count)?;
        let value_size = if operation == BatchOperation::Delete { 0 } else { self.value_size };
        let values = elements(batch.values, value_size, batch.count)?;
        if mark.bytes.len() < self.key_size.max(size_of::<u32>()) {
            return Err(Errno::INVAL);
        }
        let opts = ffi::bpf_map_batch_opts {
            sz: sz::<ffi::bpf_map_batch_opts>(),
            elem_flags: batch.element_flags,
            flags: batch.flags,
        };
        let mut start = mark.bytes.clone();
        let from = if mark.started { start.as_mut_ptr().cast() } else { ptr::null_mut() };
        let (fd, to, count) = (fd.as_raw_fd(), mark.bytes.as_mut_ptr().cast(), &raw mut batch.count);
        // SAFETY: the kernel moves at most `count` keys and values of this map's sizes, which never change, and both
        // ranges are valid for as many; a mark has room for a key and a u32, the two things that one can be. The
        // kernel copies with its own fault handling.
        check(unsafe {
            match operation {
                BatchOperation::Lookup => ffi::bpf_map_lookup_batch(fd, from, to, keys, values, count, &opts),
                BatchOperation::LookupAndDelete => {
                    ffi::bpf_map_lookup_and_delete_batch(fd, from, to, keys, values, count, &opts)
                }
                BatchOperation::Update => ffi::bpf_map_update_batch(fd, keys, values, count, &opts),
                BatchOperation::Delete => ffi::bpf_map_delete_batch(fd, keys, count, &opts),
            }
        })
        .map(drop)
    }
}

/// The address of a range with room for `count` elements of `size` bytes; NULL for nothing.
fn elements(range: Option<Range<'_>>, size: usize, count: u32) -> Result<*mut std::ffi::c_void, Errno> {
    let needed = size.checked_mul(count as usize).ok_or(Errno::INVAL)?;
    match range {
        _ if needed == 0 => Ok(ptr::null_mut()),
        Some(range) if range.len() >= needed => Ok(range.address().cast()),
        _ => Err(Errno::INVAL),
    }
}
