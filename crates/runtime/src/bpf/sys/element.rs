//! A map's elements: their sizes, and the system calls that move them.

use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::ptr;

use libbpf_sys as ffi;
use rustix::io::Errno;
use syscalls::{Sysno, syscall};

use super::{check, possible_cpus};
use crate::shm::guest::Range;

/// How many bytes keys and values have, and what values mean.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// The map's descriptor: it stays open as long as the map's owner, which keeps the shape.
    fd: RawFd,
    /// `enum bpf_map_type`.
    pub(crate) kind: u32,
    /// Bytes of a key; 0 where the kernel wants none.
    pub(crate) key_size: usize,
    /// Bytes that a lookup writes and an update reads: for per-CPU maps all CPUs' values, each rounded up to 8.
    pub(crate) value_size: usize,
    /// Entries, or bytes for ring buffers.
    pub(crate) max_entries: u32,
    /// Whether the kernel sees descriptors in keys or values.
    pub(crate) has_descriptors: bool,
}

/// What bpf(2) takes for one element: the member of `union bpf_attr` that has no name. libbpf's functions around it
/// are not called, nor the C library's: what a call costs, the guest pays for each element, and after a system call
/// each return is one that the processor did not foresee.
#[repr(C)]
struct Arguments {
    fd: i32,
    unused: u32,
    key: u64,
    value: u64,
    flags: u64,
}

/// One system call on a map's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Lookup,
    Update,
    Delete,
    /// The "value" receives the next key.
    NextKey,
    LookupAndDelete,
}

/// The kernel's name for a map: at most 15 characters.
pub(crate) fn name_of(fd: BorrowedFd<'_>) -> Result<String, Errno> {
    let bytes = info(fd)?.name.map(|byte| byte as u8);
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    Ok(String::from_utf8_lossy(&bytes[..end]).into_owned())
}

/// The kernel's description of a map.
pub(crate) fn info(fd: BorrowedFd<'_>) -> Result<ffi::bpf_map_info, Errno> {
    let mut info = ffi::bpf_map_info::default();
    let mut size = size_of::<ffi::bpf_map_info>() as u32;
    // SAFETY: `info` is valid for writing `size` bytes.
    check(unsafe { ffi::bpf_obj_get_info_by_fd(fd.as_raw_fd(), (&raw mut info).cast(), &mut size) })?;
    Ok(info)
}

impl Shape {
    /// The shape of the map behind `fd`, as the kernel knows it.
    pub(crate) fn of(fd: BorrowedFd<'_>) -> Result<Self, Errno> {
        let info = info(fd)?;
        let mut shape = Self {
            fd: fd.as_raw_fd(),
            kind: info.type_,
            key_size: if has_key(info.type_) { info.key_size as usize } else { 0 },
            value_size: lookup_size(info.type_, info.value_size)?,
            max_entries: info.max_entries,
            has_descriptors: false,
        };
        shape.has_descriptors =
            shape.descriptor_is_key() || shape.is_struct_ops() || shape.descriptor_in_value().is_some();
        Ok(shape)
    }

    /// The bytes that the kernel reads or writes at an operation's key and value.
    pub(crate) fn sizes(&self, operation: Operation) -> (usize, usize) {
        let value = match operation {
            Operation::Delete => 0,
            Operation::NextKey => self.key_size,
            Operation::Lookup | Operation::Update | Operation::LookupAndDelete => self.value_size,
        };
        (self.key_size, value)
    }

    /// Runs `operation` on the map that this shape was read from. EINVAL for a key or value that is too short; no
    /// key means the first one for [`Operation::NextKey`].
    #[inline(always)]
    pub(crate) fn operate(
        &self,
        operation: Operation,
        key: Option<Range<'_>>,
        value: Option<Range<'_>>,
        flags: u64,
    ) -> Result<(), Errno> {
        let (key_size, value_size) = self.sizes(operation);
        let first = operation == Operation::NextKey && key.is_none();
        let key = address(key, if first { 0 } else { key_size })?;
        let value = address(value, value_size)?;
        let command = match operation {
            Operation::Lookup => ffi::BPF_MAP_LOOKUP_ELEM,
            Operation::Update => ffi::BPF_MAP_UPDATE_ELEM,
            Operation::Delete => ffi::BPF_MAP_DELETE_ELEM,
            Operation::NextKey => ffi::BPF_MAP_GET_NEXT_KEY,
            Operation::LookupAndDelete => ffi::BPF_MAP_LOOKUP_AND_DELETE_ELEM,
        };
        let mut arguments = Arguments { fd: self.fd, unused: 0, key: key as u64, value: value as u64, flags };
        // SAFETY: the arguments are what bpf(2) reads for these commands. The kernel moves at most `key_size` and
        // `value_size` bytes for this map and operation, a map's sizes never change, and both ranges are valid for as
        // many; where nothing is moved the address is NULL. The kernel copies with its own fault handling.
        let done = unsafe { syscall!(Sysno::bpf, command, &raw mut arguments, size_of::<Arguments>()) };
        done.map(drop).map_err(|errno| Errno::from_raw_os_error(errno.into_raw()))
    }

    /// Whether the kernel takes the key for a file descriptor: that of a socket, task, inode or cgroup.
    pub(crate) fn descriptor_is_key(&self) -> bool {
        matches!(
            self.kind,
            ffi::BPF_MAP_TYPE_SK_STORAGE
                | ffi::BPF_MAP_TYPE_TASK_STORAGE
                | ffi::BPF_MAP_TYPE_INODE_STORAGE
                | ffi::BPF_MAP_TYPE_CGRP_STORAGE
        )
    }

    /// Whether only libbpf may write its value, which holds descriptors of programs in unknown places.
    pub(crate) fn is_struct_ops(&self) -> bool {
        self.kind == ffi::BPF_MAP_TYPE_STRUCT_OPS
    }

    /// Where in an update's value the kernel expects a file descriptor: the guest has a handle there.
    pub(crate) fn descriptor_in_value(&self) -> Option<usize> {
        match self.kind {
            ffi::BPF_MAP_TYPE_PROG_ARRAY
            | ffi::BPF_MAP_TYPE_PERF_EVENT_ARRAY
            | ffi::BPF_MAP_TYPE_CGROUP_ARRAY
            | ffi::BPF_MAP_TYPE_ARRAY_OF_MAPS
            | ffi::BPF_MAP_TYPE_HASH_OF_MAPS
            | ffi::BPF_MAP_TYPE_SOCKMAP
            | ffi::BPF_MAP_TYPE_SOCKHASH
            | ffi::BPF_MAP_TYPE_XSKMAP
            | ffi::BPF_MAP_TYPE_REUSEPORT_SOCKARRAY => Some(0),
            // struct bpf_devmap_val and bpf_cpumap_val: 4 bytes of index or size, then a program.
            ffi::BPF_MAP_TYPE_DEVMAP | ffi::BPF_MAP_TYPE_DEVMAP_HASH | ffi::BPF_MAP_TYPE_CPUMAP
                if self.value_size >= 8 =>
            {
                Some(4)
            }
            _ => None,
        }
    }

    /// Whether the descriptor in the value may be left out (0 or negative: none).
    pub(crate) fn descriptor_is_optional(&self) -> bool {
        self.descriptor_in_value() == Some(4)
    }
}

/// The bytes that a lookup writes for a map of this type. ENOMEM where the number of CPUs is not known.
pub(crate) fn lookup_size(kind: u32, value_size: u32) -> Result<usize, Errno> {
    let size = value_size as usize;
    Ok(match kind {
        ffi::BPF_MAP_TYPE_PERCPU_HASH
        | ffi::BPF_MAP_TYPE_PERCPU_ARRAY
        | ffi::BPF_MAP_TYPE_LRU_PERCPU_HASH
        | ffi::BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE => size.next_multiple_of(8) * possible_cpus()?,
        ffi::BPF_MAP_TYPE_PROG_ARRAY
        | ffi::BPF_MAP_TYPE_PERF_EVENT_ARRAY
        | ffi::BPF_MAP_TYPE_CGROUP_ARRAY
        | ffi::BPF_MAP_TYPE_ARRAY_OF_MAPS
        | ffi::BPF_MAP_TYPE_HASH_OF_MAPS => 4,
        // A lookup of a socket returns its cookie where the value has room for it.
        _ => size,
    })
}

/// The address of a range of at least `size` bytes; NULL for nothing.
fn address(range: Option<Range<'_>>, size: usize) -> Result<*mut std::ffi::c_void, Errno> {
    match range {
        Some(range) if size > 0 && range.len() >= size => Ok(range.address().cast()),
        _ if size == 0 => Ok(ptr::null_mut()),
        _ => Err(Errno::INVAL),
    }
}

fn has_key(kind: u32) -> bool {
    !matches!(kind, ffi::BPF_MAP_TYPE_QUEUE | ffi::BPF_MAP_TYPE_STACK | ffi::BPF_MAP_TYPE_BLOOM_FILTER)
}
