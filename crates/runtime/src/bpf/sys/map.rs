//! `struct bpf_map`, and the system calls on a map's descriptor.

use std::ffi::CStr;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::ptr::NonNull;

use libbpf_sys::{self as ffi, bpf_map};
use rustix::io::Errno;

use super::object::{Held, RawObject};
use super::struct_ops::StructOps;
use super::{check, sz, text};

/// A map of an object that is alive.
#[derive(Clone, Copy)]
pub(crate) struct RawMap<'o> {
    pub(super) ptr: NonNull<bpf_map>,
    object: &'o RawObject,
    index: usize,
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
        Some(RawMap { ptr: self.maps.get(index)?.ptr, object: self, index })
    }
}

// SAFETY of all calls below: `ptr` belongs to `object`, so it is alive; libbpf checks by itself
// that setters come before load.
impl<'o> RawMap<'o> {
    pub(crate) fn name(&self) -> String {
        // SAFETY: see above; the name lives as long as the object.
        unsafe { text(ffi::bpf_map__name(self.ptr.as_ptr())) }
    }

    pub(crate) fn definition(&self) -> Definition {
        let ptr = self.ptr.as_ptr();
        // SAFETY: see above.
        unsafe {
            Definition {
                kind: ffi::bpf_map__type(ptr),
                key_size: ffi::bpf_map__key_size(ptr),
                value_size: ffi::bpf_map__value_size(ptr),
                max_entries: ffi::bpf_map__max_entries(ptr),
                flags: ffi::bpf_map__map_flags(ptr),
                numa_node: ffi::bpf_map__numa_node(ptr),
                ifindex: ffi::bpf_map__ifindex(ptr),
                map_extra: ffi::bpf_map__map_extra(ptr),
                autocreate: ffi::bpf_map__autocreate(ptr),
            }
        }
    }

    /// Whether it is memory that programs share with user space by plain pointers.
    pub(crate) fn is_arena(&self) -> bool {
        // SAFETY: see above.
        unsafe { ffi::bpf_map__type(self.ptr.as_ptr()) == ffi::BPF_MAP_TYPE_ARENA }
    }

    /// The kernel's descriptor, once created. EBADF before.
    pub(crate) fn fd(&self) -> Result<BorrowedFd<'o>, Errno> {
        // SAFETY: see above.
        let fd = unsafe { ffi::bpf_map__fd(self.ptr.as_ptr()) };
        if fd < 0 {
            return Err(Errno::BADF);
        }
        // SAFETY: a non-negative result is an open descriptor that the object owns as long as it lives.
        Ok(unsafe { BorrowedFd::borrow_raw(fd) })
    }

    /// Where the map is, or is to be, pinned. Empty for nowhere.
    pub(crate) fn pin_path(&self) -> String {
        // SAFETY: see above; the path lives as long as the object and is copied at once.
        unsafe { text(ffi::bpf_map__pin_path(self.ptr.as_ptr())) }
    }

    pub(crate) fn is_pinned(&self) -> bool {
        // SAFETY: see above.
        unsafe { ffi::bpf_map__is_pinned(self.ptr.as_ptr()) }
    }

    pub(crate) fn set(&self, field: MapField, value: u64) -> Result<(), Errno> {
        let ptr = self.ptr.as_ptr();
        let small = match field {
            MapField::MapExtra => 0,
            _ => u32::try_from(value).map_err(|_| Errno::INVAL)?,
        };
        if !self.may_set(field, small) {
            return Err(Errno::INVAL);
        }
        // SAFETY: see above.
        check(unsafe {
            match field {
                MapField::Type => ffi::bpf_map__set_type(ptr, small),
                MapField::KeySize => ffi::bpf_map__set_key_size(ptr, small),
                MapField::ValueSize => ffi::bpf_map__set_value_size(ptr, small),
                MapField::MaxEntries => ffi::bpf_map__set_max_entries(ptr, small),
                MapField::Flags => ffi::bpf_map__set_map_flags(ptr, small),
                MapField::MapExtra => ffi::bpf_map__set_map_extra(ptr, value),
                MapField::Autocreate => ffi::bpf_map__set_autocreate(ptr, small != 0),
                MapField::NumaNode => ffi::bpf_map__set_numa_node(ptr, small),
                MapField::Ifindex => ffi::bpf_map__set_ifindex(ptr, small),
                MapField::Autoattach => ffi::bpf_map__set_autoattach(ptr, small != 0),
            }
        })
        .map(drop)
    }

    /// Whether libbpf stays sound with this. It derives the extent of memory that it copies and unmaps from a map's
    /// type and entries at that time, and does not look again when they change.
    fn may_set(&self, field: MapField, value: u32) -> bool {
        let kind = self.definition().kind;
        let special = |kind| matches!(kind, ffi::BPF_MAP_TYPE_ARENA | ffi::BPF_MAP_TYPE_STRUCT_OPS);
        match field {
            MapField::Type => self.initial_size() == 0 && !special(kind) && !special(value),
            MapField::MaxEntries | MapField::KeySize => self.initial_size() == 0,
            MapField::ValueSize => kind != ffi::BPF_MAP_TYPE_STRUCT_OPS,
            _ => true,
        }
    }

    /// Where libbpf keeps the initial value or, after load, the memory-mapped area: its size is 0 if there is none.
    fn initial(&self) -> (*mut u8, usize) {
        let mut size = 0;
        // SAFETY: see above; `size` is valid for writing.
        let data = unsafe { ffi::bpf_map__initial_value(self.ptr.as_ptr(), &mut size) };
        if data.is_null() {
            return (std::ptr::null_mut(), 0);
        }
        (data.cast(), self.struct_ops().map_or(size as usize, |ops| ops.size))
    }

    fn struct_ops(&self) -> Option<&StructOps> {
        self.object.maps.get(self.index)?.struct_ops.as_ref()
    }

    /// Where in a struct_ops map's initial value its programs are: u64 each, 0 for none, else 1 + the program's place in
    /// the object. `None` for other maps.
    pub(crate) fn program_members(&self) -> Option<&[u32]> {
        self.struct_ops().map(|ops| ops.members.as_slice())
    }

    /// The size of the initial value, in bytes.
    pub(crate) fn initial_size(&self) -> usize {
        self.initial().1
    }

    /// Copies initial bytes (live ones after load) from `offset` on into `buffer`; the number of bytes copied.
    pub(crate) fn read_initial(&self, offset: usize, buffer: &mut [u8]) -> usize {
        let Some(ops) = self.struct_ops() else { return self.copy_initial(offset, buffer) };
        let mut value = vec![0; ops.size];
        self.copy_initial(0, &mut value);
        let value = ops.numbered(value, &self.object.programs);
        let part = value.get(offset..).unwrap_or_default();
        let count = buffer.len().min(part.len());
        buffer[..count].copy_from_slice(&part[..count]);
        count
    }

    /// The same of the bytes as libbpf has them.
    fn copy_initial(&self, offset: usize, buffer: &mut [u8]) -> usize {
        let (data, size) = self.initial();
        let count = buffer.len().min(size.saturating_sub(offset));
        if count > 0 {
            // SAFETY: `offset + count <= size`, which libbpf keeps readable at `data`; the buffer is ours alone.
            unsafe { std::ptr::copy_nonoverlapping(data.add(offset), buffer.as_mut_ptr(), count) };
        }
        count
    }

    /// Stores initial bytes at `offset`. EINVAL outside the value, or where a number stands for no program. After load
    /// only for areas that are writable.
    pub(crate) fn write_initial(&self, offset: usize, bytes: &[u8]) -> Result<(), Errno> {
        let (data, size) = self.initial();
        if offset.checked_add(bytes.len()).is_none_or(|end| end > size) {
            return Err(Errno::INVAL);
        }
        let whole;
        let (offset, bytes) = match self.struct_ops() {
            Some(ops) => {
                let mut value = vec![0; ops.size];
                self.read_initial(0, &mut value);
                value[offset..offset + bytes.len()].copy_from_slice(bytes);
                whole = ops.addressed(value, &self.object.programs)?;
                (0, whole.as_slice())
            }
            None => (offset, bytes),
        };
        // SAFETY: the range lies in the area that libbpf keeps at `data`; it is writable before load, and after load
        // the caller has excluded maps that libbpf re-maps read-only.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), data.add(offset), bytes.len()) };
        Ok(())
    }

    /// Chooses what the inner maps of a map-in-map look like. EINVAL where that was chosen already.
    pub(crate) fn set_inner(&self, inner: BorrowedFd<'_>) -> Result<(), Errno> {
        let held = inner.try_clone_to_owned().map_err(|_| Errno::MFILE)?;
        // SAFETY: see above; the descriptor is held open as long as libbpf remembers its number.
        check(unsafe { ffi::bpf_map__set_inner_map_fd(self.ptr.as_ptr(), held.as_raw_fd()) })?;
        self.object.held.borrow_mut().insert(Held::Inner(self.index), held);
        Ok(())
    }

    /// Takes another map in place of one that load would create. The caller has compared their definitions.
    pub(crate) fn reuse(&self, other: BorrowedFd<'_>) -> Result<(), Errno> {
        // SAFETY: see above; libbpf keeps a duplicate of the descriptor.
        check(unsafe { ffi::bpf_map__reuse_fd(self.ptr.as_ptr(), other.as_raw_fd()) }).map(drop)
    }

    /// Pins the map at `path`. EINVAL where it has another pin path.
    pub(crate) fn pin(&self, path: &CStr) -> Result<(), Errno> {
        // SAFETY: see above; libbpf copies the path.
        check(unsafe { ffi::bpf_map__pin(self.ptr.as_ptr(), path.as_ptr()) }).map(drop)
    }

    /// Removes the pin at `path`. EINVAL where it has another pin path.
    pub(crate) fn unpin(&self, path: &CStr) -> Result<(), Errno> {
        // SAFETY: see above; the path is valid during the call.
        check(unsafe { ffi::bpf_map__unpin(self.ptr.as_ptr(), path.as_ptr()) }).map(drop)
    }

    /// Where load pins the map, or takes it from.
    pub(crate) fn set_pin_path(&self, path: Option<&CStr>) -> Result<(), Errno> {
        let path = path.map_or(std::ptr::null(), CStr::as_ptr);
        // SAFETY: see above; libbpf copies the path.
        check(unsafe { ffi::bpf_map__set_pin_path(self.ptr.as_ptr(), path) }).map(drop)
    }
}

/// A map that no object declares.
#[derive(Debug)]
pub(crate) struct NewMap<'a> {
    /// `enum bpf_map_type`.
    pub(crate) kind: u32,
    pub(crate) name: &'a CStr,
    pub(crate) key_size: u32,
    pub(crate) value_size: u32,
    pub(crate) max_entries: u32,
    pub(crate) flags: u32,
    pub(crate) map_extra: u64,
    /// What the inner maps of a map-in-map look like.
    pub(crate) inner: Option<BorrowedFd<'a>>,
    pub(crate) numa_node: u32,
    /// What takes the place of capabilities.
    pub(crate) token: Option<BorrowedFd<'a>>,
}

impl NewMap<'_> {
    /// The same, as an object would declare it.
    pub(crate) fn definition(&self) -> Definition {
        Definition {
            kind: self.kind,
            key_size: self.key_size,
            value_size: self.value_size,
            max_entries: self.max_entries,
            flags: self.flags,
            numa_node: self.numa_node,
            ifindex: 0,
            map_extra: self.map_extra,
            autocreate: true,
        }
    }

    /// Creates it. Minimum kernel: that of the type.
    pub(crate) fn create(&self) -> Result<OwnedFd, Errno> {
        let opts = ffi::bpf_map_create_opts {
            sz: sz::<ffi::bpf_map_create_opts>(),
            inner_map_fd: self.inner.map_or(0, |fd| fd.as_raw_fd() as u32),
            map_flags: self.flags | self.token.map_or(0, |_| ffi::BPF_F_TOKEN_FD),
            token_fd: self.token.map_or(0, |fd| fd.as_raw_fd() as u32),
            map_extra: self.map_extra,
            numa_node: self.numa_node,
            ..Default::default()
        };
        // SAFETY: name and options are valid during the call, descriptors open; a result >= 0 is a new descriptor
        // that nobody else owns.
        unsafe {
            let fd = check(ffi::bpf_map_create(
                self.kind,
                self.name.as_ptr(),
                self.key_size,
                self.value_size,
                self.max_entries,
                &opts,
            ))?;
            Ok(OwnedFd::from_raw_fd(fd))
        }
    }
}

/// Makes the map read-only for system calls. Minimum kernel: 5.2.
pub(crate) fn freeze(fd: BorrowedFd<'_>) -> Result<(), Errno> {
    // SAFETY: an open descriptor.
    check(unsafe { ffi::bpf_map_freeze(fd.as_raw_fd()) }).map(drop)
}
