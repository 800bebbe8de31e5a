//! Maps: the shape that decides how many bytes an operation moves, and the operations.

use std::cell::OnceCell;
use std::ffi::CStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::rc::Rc;

use libbpf_sys as ffi;
use rustix::io::Errno;
use rustix::param::page_size;

use super::account::MapAccount;
use super::advice::advise;
use super::object::Object;
use super::reader::Reader;
use super::sys::element::{info, name_of};
use super::sys::map::{Definition, RawMap};
use super::{names, pin};
use crate::budget::Charge;
use crate::error::{Error, Result};
use crate::policy::{Grant, Hook, Item, Need, Policy};
use crate::privilege::with_reserve;

pub(crate) use super::sys::batch::{Batch, BatchOperation};
pub(crate) use super::sys::element::{Operation, Shape, lookup_size};
pub(crate) use super::sys::map::{MapField, NewMap, freeze};

/// What there is to know about a map, before and after load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    pub(crate) definition: Definition,
    /// The kernel's id; 0 before load.
    pub(crate) id: u32,
    /// Whether it is pinned in the BPF file system.
    pub(crate) pinned: bool,
    /// The bytes of its initial value; 0 = none.
    pub(crate) initial_size: usize,
    /// Where in a loaded arena its global variables are, in bytes.
    pub(crate) globals_offset: usize,
}

/// What a map that is to be created needs.
pub(crate) fn needs(name: &str, definition: &Definition) -> impl Iterator<Item = Need> {
    let need = |item, grant| Need { subject: format!("map `{name}`"), item, grant };
    let made = need(Item::Map { kind: names::map_kind(definition.kind), bytes: definition.bytes() }, None);
    let struct_ops = (definition.kind == ffi::BPF_MAP_TYPE_STRUCT_OPS).then(|| {
        let grant = (Grant::StructOps, "it implements a part of the kernel".to_owned());
        need(Item::Hook(Hook::new("struct_ops", name)), Some(grant))
    });
    std::iter::once(made).chain(struct_ops)
}

impl Definition {
    /// The bytes of all keys and values, or of the ring or arena. What per-CPU maps take more is not counted: it
    /// depends on the machine.
    pub(crate) fn bytes(&self) -> u64 {
        let entries = u64::from(self.max_entries);
        match self.kind {
            ffi::BPF_MAP_TYPE_RINGBUF | ffi::BPF_MAP_TYPE_USER_RINGBUF => entries,
            ffi::BPF_MAP_TYPE_ARENA => entries * page_size() as u64,
            _ => {
                let element =
                    u64::from(self.key_size).next_multiple_of(8) + u64::from(self.value_size).next_multiple_of(8);
                entries.saturating_mul(element)
            }
        }
    }
}

/// A map of an object, or one of its own.
pub(crate) struct Map {
    owner: Owner,
    shape: OnceCell<Shape>,
    reader: OnceCell<Reader>,
}

enum Owner {
    Object {
        object: Rc<Object>,
        index: usize,
    },
    /// With its memory on its guest's account; `None` for one that was made elsewhere.
    Descriptor(OwnedFd, #[expect(dead_code, reason = "given back when dropped")] Option<Charge>),
}

impl Map {
    /// The map at `index` of `object`.
    pub(crate) fn of(object: &Rc<Object>, index: usize) -> Self {
        Self {
            owner: Owner::Object { object: Rc::clone(object), index },
            shape: OnceCell::new(),
            reader: OnceCell::new(),
        }
    }

    /// A map that no object owns.
    pub(crate) fn own(fd: OwnedFd, charge: Option<Charge>) -> Self {
        Self { owner: Owner::Descriptor(fd, charge), shape: OnceCell::new(), reader: OnceCell::new() }
    }

    /// The object that owns it, and its index there. EINVAL for a map that no object owns.
    pub(crate) fn origin(&self) -> Result<(&Rc<Object>, usize), Errno> {
        match &self.owner {
            Owner::Object { object, index } => Ok((object, *index)),
            Owner::Descriptor(..) => Err(Errno::INVAL),
        }
    }

    /// libbpf's side of it. EINVAL for a map that no object owns.
    pub(crate) fn raw(&self) -> Result<RawMap<'_>, Errno> {
        match &self.owner {
            Owner::Object { object, index } => object.map(*index).ok_or(Errno::NOENT),
            Owner::Descriptor(..) => Err(Errno::INVAL),
        }
    }

    /// The object's name for it, or the kernel's for a map that belongs to no object.
    pub(crate) fn name(&self) -> Result<String, Errno> {
        match &self.owner {
            Owner::Object { .. } => Ok(self.raw()?.name()),
            Owner::Descriptor(fd, _) => name_of(fd.as_fd()),
        }
    }

    /// The kernel's descriptor. EBADF before load.
    pub(crate) fn fd(&self) -> Result<BorrowedFd<'_>, Errno> {
        match &self.owner {
            Owner::Object { .. } => self.raw()?.fd(),
            Owner::Descriptor(fd, _) => Ok(fd.as_fd()),
        }
    }

    /// The one reader that v0 has for each map, opened at the first call with `pages` pages for each CPU's perf buffer.
    pub(crate) fn reader(&self, pages: usize) -> Result<Reader, Errno> {
        if let Some(reader) = self.reader.get() {
            return Ok(reader.clone());
        }
        let reader = Reader::open(self, pages)?;
        Ok(self.reader.get_or_init(|| reader).clone())
    }

    /// The shape as the kernel knows it. EBADF before load.
    pub(crate) fn shape(&self) -> Result<&Shape, Errno> {
        if let Some(shape) = self.shape.get() {
            return Ok(shape);
        }
        let shape = Shape::of(self.fd()?)?;
        Ok(self.shape.get_or_init(|| shape))
    }

    /// What libbpf knows before load, and the kernel after it.
    pub(crate) fn facts(&self) -> Result<Facts, Errno> {
        let known = self.fd().ok().map(info).transpose()?;
        if let Owner::Object { .. } = self.owner {
            let raw = self.raw()?;
            return Ok(Facts {
                definition: raw.definition(),
                id: known.map_or(0, |info| info.id),
                pinned: raw.is_pinned(),
                initial_size: raw.initial_size(),
                globals_offset: if raw.is_arena() { self.origin()?.0.globals_offset() } else { 0 },
            });
        }
        let info = known.ok_or(Errno::BADF)?;
        let definition = Definition {
            kind: info.type_,
            key_size: info.key_size,
            value_size: info.value_size,
            max_entries: info.max_entries,
            flags: info.map_flags,
            numa_node: 0,
            ifindex: info.ifindex,
            map_extra: info.map_extra,
            autocreate: true,
        };
        Ok(Facts { definition, id: info.id, pinned: false, initial_size: 0, globals_offset: 0 })
    }

    /// The bytes of its memory that can be mapped. EOPNOTSUPP for maps other than arrays with BPF_F_MMAPABLE.
    pub(crate) fn mappable_size(&self) -> Result<usize, Errno> {
        let info = info(self.fd()?)?;
        if info.type_ != ffi::BPF_MAP_TYPE_ARRAY || info.map_flags & ffi::BPF_F_MMAPABLE == 0 {
            return Err(Errno::OPNOTSUPP);
        }
        Ok((info.value_size as usize).next_multiple_of(8) * info.max_entries as usize)
    }

    /// The bytes of a user ring buffer's data. EINVAL for other maps, EBADF before load.
    pub(crate) fn user_ring_size(&self) -> Result<usize, Errno> {
        let shape = self.shape()?;
        if shape.kind == ffi::BPF_MAP_TYPE_USER_RINGBUF { Ok(shape.max_entries as usize) } else { Err(Errno::INVAL) }
    }

    /// Takes `other` in place of the map that load would create. Where there is an initial value, `other` must be of
    /// the same shape; arenas and struct_ops maps are libbpf's own business. EBUSY once a map is there.
    pub(crate) fn reuse(&self, other: &Self) -> Result<(), Errno> {
        let raw = self.raw()?;
        if self.fd().is_ok() || self.origin()?.0.is_live() {
            return Err(Errno::BUSY);
        }
        let (mine, other_fd) = (raw.definition(), other.fd()?);
        let theirs = info(other_fd)?;
        let same = (mine.kind, mine.key_size, mine.value_size, mine.max_entries)
            == (theirs.type_, theirs.key_size, theirs.value_size, theirs.max_entries);
        let special = |kind| matches!(kind, ffi::BPF_MAP_TYPE_ARENA | ffi::BPF_MAP_TYPE_STRUCT_OPS);
        if special(mine.kind) || special(theirs.type_) || (raw.initial_size() > 0 && !same) {
            return Err(Errno::INVAL);
        }
        raw.reuse(other_fd)
    }

    /// Pins the map at a checked path. EBADF before load.
    pub(crate) fn pin(&self, path: &CStr) -> Result<(), Errno> {
        match &self.owner {
            Owner::Object { .. } => {
                self.fd()?;
                self.raw()?.pin(path)
            }
            Owner::Descriptor(fd, _) => pin::pin(fd.as_fd(), path),
        }
    }

    /// Removes the map's pin at a checked path.
    pub(crate) fn unpin(&self, path: &CStr) -> Result<(), Errno> {
        match &self.owner {
            Owner::Object { .. } => self.raw()?.unpin(path),
            Owner::Descriptor(..) => pin::unpin(path),
        }
    }

    /// What the guest is to know as map_extra: of an arena's address the part that is its own.
    pub(crate) fn extra(&self, definition: &Definition) -> u64 {
        match definition.kind == ffi::BPF_MAP_TYPE_ARENA && self.fd().is_ok() {
            true => definition.map_extra & u64::from(u32::MAX),
            false => definition.map_extra,
        }
    }

    /// Refuses to copy what may not be there: the pages of an arena come and go, once there are some.
    pub(crate) fn check_initial(&self) -> Result<(), Errno> {
        let live = self.origin()?.0.is_live() || self.fd().is_ok();
        if live && self.raw()?.is_arena() { Err(Errno::OPNOTSUPP) } else { Ok(()) }
    }

    /// Whether user space may no longer write to its memory: .rodata after load.
    pub(crate) fn is_read_only(&self) -> Result<bool, Errno> {
        let (object, _) = self.origin()?;
        Ok(object.is_live() && self.raw()?.definition().flags & ffi::BPF_F_RDONLY_PROG != 0)
    }
}

/// Creates a map that no object declares. EOPNOTSUPP for types that only libbpf sets up, EINVAL for flags by which the
/// kernel looks for descriptors in fields that are not given.
pub(crate) fn create(new: &NewMap<'_>, policy: &Policy, account: &MapAccount) -> Result<Map> {
    let fail = |errno| {
        let what = format!("failed to create map `{}` of type {}", new.name.to_string_lossy(), new.kind);
        Error::kernel(what, errno)
    };
    if matches!(new.kind, ffi::BPF_MAP_TYPE_STRUCT_OPS | ffi::BPF_MAP_TYPE_ARENA) {
        return Err(fail(Errno::OPNOTSUPP).advise("declare it in the object"));
    }
    if new.flags & (ffi::BPF_F_VTYPE_BTF_OBJ_FD | ffi::BPF_F_TOKEN_FD) != 0 {
        return Err(fail(Errno::INVAL));
    }
    needs(&new.name.to_string_lossy(), &new.definition()).try_for_each(|need| policy.check(&need))?;
    let charge = account.charge(&new.name.to_string_lossy(), &new.definition())?;
    with_reserve(|| new.create())
        .map(|fd| Map::own(fd, Some(charge)))
        .map_err(|errno| advise(fail(errno), super::advice::Operation::Map))
}
