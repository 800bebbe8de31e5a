//! `struct bpf_map`, and the system calls on a map's descriptor.

use std::ffi::CStr;
use std::marker::PhantomData;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr::NonNull;

use libbpf_sys::bpf_map;
use rustix::io::Errno;

use super::object::RawObject;
use super::{check, text};

/// A map of an object that is alive.
#[derive(Clone, Copy)]
pub(crate) struct RawMap<'o> {
    ptr: NonNull<bpf_map>,
    _object: PhantomData<&'o RawObject>,
}

/// What can be tuned before load.
#[derive(Clone, Copy, Debug)]
pub(crate) enum MapField {
    /// `enum bpf_map_type`.
    Type,
    /// In bytes.
    KeySize,
    /// In bytes.
    ValueSize,
    /// Entries, or bytes for ring buffers.
    MaxEntries,
    /// `BPF_F_*` map flags.
    Flags,
    /// Type-specific.
    MapExtra,
    /// Whether load creates it.
    Autocreate,
    /// The NUMA node of its memory.
    NumaNode,
    /// The device that it is offloaded to.
    Ifindex,
    /// Whether a skeleton's attach attaches it (struct_ops).
    Autoattach,
}

/// What libbpf knows of a map before it exists.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Definition {
    pub(crate) kind: u32,
    pub(crate) key_size: u32,
    pub(crate) value_size: u32,
    pub(crate) max_entries: u32,
    pub(crate) flags: u32,
    pub(crate) numa_node: u32,
    pub(crate) ifindex: u32,
    pub(crate) map_extra: u64,
    pub(crate) autocreate: bool,
}

impl RawObject {
    /// The map at `index`, in libbpf's order.
    pub(crate) fn map(&self, index: usize) -> Option<RawMap<'_>> {
        Some(RawMap { ptr: *self.maps.get(index)?, _object: PhantomData })
    }
}

// SAFETY of all calls below: `ptr` belongs to the object that `'o` borrows, so it is alive; libbpf checks by itself
// that setters come before load.
impl<'o> RawMap<'o> {
    pub(crate) fn name(&self) -> String {
        // SAFETY: see above; the name lives as long as the object.
        unsafe { text(libbpf_sys::bpf_map__name(self.ptr.as_ptr())) }
    }

    pub(crate) fn definition(&self) -> Definition {
        let ptr = self.ptr.as_ptr();
        // SAFETY: see above.
        unsafe {
            Definition {
                kind: libbpf_sys::bpf_map__type(ptr),
                key_size: libbpf_sys::bpf_map__key_size(ptr),
                value_size: libbpf_sys::bpf_map__value_size(ptr),
                max_entries: libbpf_sys::bpf_map__max_entries(ptr),
                flags: libbpf_sys::bpf_map__map_flags(ptr),
                numa_node: libbpf_sys::bpf_map__numa_node(ptr),
                ifindex: libbpf_sys::bpf_map__ifindex(ptr),
                map_extra: libbpf_sys::bpf_map__map_extra(ptr),
                autocreate: libbpf_sys::bpf_map__autocreate(ptr),
            }
        }
    }

    /// The kernel's descriptor, once created. EBADF before.
    pub(crate) fn fd(&self) -> Result<BorrowedFd<'o>, Errno> {
        // SAFETY: see above.
        let fd = unsafe { libbpf_sys::bpf_map__fd(self.ptr.as_ptr()) };
        if fd < 0 {
            return Err(Errno::BADF);
        }
        // SAFETY: a non-negative result is an open descriptor that the object owns as long as it lives.
        Ok(unsafe { BorrowedFd::borrow_raw(fd) })
    }

    /// Where the map is, or is to be, pinned. Empty for nowhere.
    pub(crate) fn pin_path(&self) -> String {
        // SAFETY: see above; the path lives as long as the object and is copied at once.
        unsafe { text(libbpf_sys::bpf_map__pin_path(self.ptr.as_ptr())) }
    }

    pub(crate) fn is_pinned(&self) -> bool {
        // SAFETY: see above.
        unsafe { libbpf_sys::bpf_map__is_pinned(self.ptr.as_ptr()) }
    }

    pub(crate) fn set(&self, field: MapField, value: u64) -> Result<(), Errno> {
        let ptr = self.ptr.as_ptr();
        let small = match field {
            MapField::MapExtra => 0,
            _ => u32::try_from(value).map_err(|_| Errno::INVAL)?,
        };
        // SAFETY: see above.
        check(unsafe {
            match field {
                MapField::Type => libbpf_sys::bpf_map__set_type(ptr, small),
                MapField::KeySize => libbpf_sys::bpf_map__set_key_size(ptr, small),
                MapField::ValueSize => libbpf_sys::bpf_map__set_value_size(ptr, small),
                MapField::MaxEntries => libbpf_sys::bpf_map__set_max_entries(ptr, small),
                MapField::Flags => libbpf_sys::bpf_map__set_map_flags(ptr, small),
                MapField::MapExtra => libbpf_sys::bpf_map__set_map_extra(ptr, value),
                MapField::Autocreate => libbpf_sys::bpf_map__set_autocreate(ptr, small != 0),
                MapField::NumaNode => libbpf_sys::bpf_map__set_numa_node(ptr, small),
                MapField::Ifindex => libbpf_sys::bpf_map__set_ifindex(ptr, small),
                MapField::Autoattach => libbpf_sys::bpf_map__set_autoattach(ptr, small != 0),
            }
        })
        .map(drop)
    }

    /// Where libbpf keeps the initial value or, after load, the memory-mapped area: its size is 0 if there is none.
    fn initial(&self) -> (*mut u8, usize) {
        let mut size = 0;
        // SAFETY: see above; `size` is valid for writing.
        let data = unsafe { libbpf_sys::bpf_map__initial_value(self.ptr.as_ptr(), &mut size) };
        if data.is_null() { (std::ptr::null_mut(), 0) } else { (data.cast(), size as usize) }
    }

    /// The size of the initial value, in bytes.
    pub(crate) fn initial_size(&self) -> usize {
        self.initial().1
    }

    /// Copies initial bytes (live ones after load) from `offset` on into `buffer`; the number of bytes copied.
    pub(crate) fn read_initial(&self, offset: usize, buffer: &mut [u8]) -> usize {
        let (data, size) = self.initial();
        let count = buffer.len().min(size.saturating_sub(offset));
        if count > 0 {
            // SAFETY: `offset + count <= size`, which libbpf keeps readable at `data`; the buffer is ours alone.
            unsafe { std::ptr::copy_nonoverlapping(data.add(offset), buffer.as_mut_ptr(), count) };
        }
        count
    }

    /// Stores initial bytes at `offset`. EINVAL outside the value. After load only for areas that are writable.
    pub(crate) fn write_initial(&self, offset: usize, bytes: &[u8]) -> Result<(), Errno> {
        let (data, size) = self.initial();
        if offset.checked_add(bytes.len()).is_none_or(|end| end > size) {
            return Err(Errno::INVAL);
        }
        // SAFETY: the range lies in the area that libbpf keeps at `data`; it is writable before load, and after load
        // the caller has excluded maps that libbpf re-maps read-only.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), data.add(offset), bytes.len()) };
        Ok(())
    }

    pub(crate) fn set_inner(&self, inner: BorrowedFd<'_>) -> Result<(), Errno> {
        // SAFETY: see above; libbpf keeps a duplicate of the descriptor.
        check(unsafe { libbpf_sys::bpf_map__set_inner_map_fd(self.ptr.as_ptr(), inner.as_raw_fd()) }).map(drop)
    }

    pub(crate) fn reuse(&self, other: BorrowedFd<'_>) -> Result<(), Errno> {
        // SAFETY: see above; libbpf keeps a duplicate of the descriptor.
        check(unsafe { libbpf_sys::bpf_map__reuse_fd(self.ptr.as_ptr(), other.as_raw_fd()) }).map(drop)
    }

    pub(crate) fn set_pin_path(&self, path: Option<&CStr>) -> Result<(), Errno> {
        let path = path.map_or(std::ptr::null(), CStr::as_ptr);
        // SAFETY: see above; libbpf copies the path.
        check(unsafe { libbpf_sys::bpf_map__set_pin_path(self.ptr.as_ptr(), path) }).map(drop)
    }
}

/// Makes the map read-only for system calls. Minimum kernel: 5.2.
pub(crate) fn freeze(fd: BorrowedFd<'_>) -> Result<(), Errno> {
    // SAFETY: an open descriptor.
    check(unsafe { libbpf_sys::bpf_map_freeze(fd.as_raw_fd()) }).map(drop)
}
