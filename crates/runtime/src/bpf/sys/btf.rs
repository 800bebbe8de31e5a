//! `struct btf`: the kernel's types, a module's, an object's.

use std::ffi::CStr;
use std::ptr::{self, NonNull};
use std::rc::Rc;
use std::slice;

use libbpf_sys as ffi;
use rustix::io::Errno;

use super::object::RawObject;
use super::{check, check_ptr, text};

/// Types in BTF.
pub(crate) struct RawBtf {
    ptr: NonNull<ffi::btf>,
    owner: Owner,
}

/// Who frees the types, and what they need to stay alive.
enum Owner {
    /// This value does; a module's types continue those of `base`.
    Own { base: Option<Rc<RawBtf>> },
    /// The object does.
    Object { _object: Rc<RawObject> },
}

impl RawBtf {
    /// The running kernel's own types. Minimum kernel: 5.4, with CONFIG_DEBUG_INFO_BTF.
    pub(crate) fn vmlinux() -> Result<Self, Errno> {
        // SAFETY: no arguments.
        let ptr = check_ptr(unsafe { ffi::btf__load_vmlinux_btf() })?;
        Ok(Self { ptr, owner: Owner::Own { base: None } })
    }

    /// The types that the module called `name` adds to the kernel's. Minimum kernel: 5.11.
    pub(crate) fn module(name: &CStr, vmlinux: &Rc<Self>) -> Result<Self, Errno> {
        // SAFETY: the name is valid during the call; the kernel's types stay alive as long as the new ones.
        let ptr = check_ptr(unsafe { ffi::btf__load_module_btf(name.as_ptr(), vmlinux.ptr.as_ptr()) })?;
        Ok(Self { ptr, owner: Owner::Own { base: Some(Rc::clone(vmlinux)) } })
    }

    /// Types from their binary form, which is copied; their ids go on from those of `base`. EINVAL for what is no BTF.
    pub(crate) fn from_data(data: &[u8], base: Option<&Rc<Self>>) -> Result<Self, Errno> {
        let size = u32::try_from(data.len()).map_err(|_| Errno::TOOBIG)?;
        let under = base.map_or(ptr::null_mut(), |base| base.ptr.as_ptr());
        // SAFETY: the data is valid for its size during the call, in which libbpf copies and checks it; the base stays
        // alive as long as the new types.
        let ptr = check_ptr(unsafe { ffi::btf__new_split(data.as_ptr().cast(), size, under) })?;
        Ok(Self { ptr, owner: Owner::Own { base: base.cloned() } })
    }

    /// The types that these go on from.
    pub(crate) fn base(&self) -> Option<&Rc<Self>> {
        match &self.owner {
            Owner::Own { base } => base.as_ref(),
            Owner::Object { .. } => None,
        }
    }

    /// libbpf's address of them.
    pub(super) fn as_ptr(&self) -> *mut ffi::btf {
        self.ptr.as_ptr()
    }

    /// The types of an object. ENOENT where it has none.
    pub(crate) fn of_object(object: &Rc<RawObject>) -> Result<Self, Errno> {
        // SAFETY: the object is open; its types live as long.
        let ptr = unsafe { ffi::bpf_object__btf(object.as_ptr()) };
        let ptr = NonNull::new(ptr).ok_or(Errno::NOENT)?;
        Ok(Self { ptr, owner: Owner::Object { _object: Rc::clone(object) } })
    }

    /// Calls `with` with the types in their binary form.
    pub(crate) fn with_data<R>(&self, with: impl FnOnce(&[u8]) -> R) -> Result<R, Errno> {
        let mut size = 0;
        // SAFETY: the types are alive; `size` is valid for writing.
        let data = check_ptr(unsafe { ffi::btf__raw_data(self.ptr.as_ptr(), &mut size) }.cast_mut())?;
        // SAFETY: libbpf keeps `size` bytes at the address until the types are changed, which nobody does during `with`.
        Ok(with(unsafe { slice::from_raw_parts(data.as_ptr().cast::<u8>(), size as usize) }))
    }

    /// The id of the type called `name`, of `kind` (`BTF_KIND_*`). ENOENT where there is none.
    pub(crate) fn find(&self, name: &CStr, kind: u32) -> Result<u32, Errno> {
        // SAFETY: the types are alive, the name is valid during the call.
        check(unsafe { ffi::btf__find_by_name_kind(self.ptr.as_ptr(), name.as_ptr(), kind) }).map(|id| id as u32)
    }

    /// A struct's size, in bytes; 0 for what is none.
    #[cfg(feature = "compiler")]
    pub(crate) fn size(&self, id: u32) -> usize {
        // SAFETY: the types are alive; libbpf checks the id.
        usize::try_from(unsafe { ffi::btf__resolve_size(self.ptr.as_ptr(), id) }).unwrap_or(0)
    }

    /// The index of the member called `name` of the struct with this id, and its place in bytes.
    #[cfg(feature = "compiler")]
    pub(crate) fn member(&self, id: u32, name: &CStr) -> Option<(u32, usize)> {
        // SAFETY: the types are alive and were checked when they were read: a struct is followed by as many members as its
        // info says; libbpf checks ids and offsets of names.
        unsafe {
            let record = ffi::btf__type_by_id(self.ptr.as_ptr(), id);
            let info = record.as_ref()?.info;
            if (info >> 24) & 0x1f != ffi::BTF_KIND_STRUCT {
                return None;
            }
            let members = slice::from_raw_parts(record.add(1).cast::<ffi::btf_member>(), (info & 0xffff) as usize);
            let is_it = |member: &&ffi::btf_member| {
                text(ffi::btf__name_by_offset(self.ptr.as_ptr(), member.name_off)).as_bytes() == name.to_bytes()
            };
            let index = members.iter().position(|member| is_it(&member))?;
            // Above are the bits of bit-fields.
            Some((index as u32, (members[index].offset & 0x00ff_ffff) as usize / 8))
        }
    }

    /// The name of the type with this id; empty for none.
    pub(crate) fn name(&self, id: u32) -> String {
        // SAFETY: the types are alive; libbpf checks id and offset, and returns NULL for wrong ones.
        unsafe {
            match ffi::btf__type_by_id(self.ptr.as_ptr(), id).as_ref() {
                Some(found) => text(ffi::btf__name_by_offset(self.ptr.as_ptr(), found.name_off)),
                None => String::new(),
            }
        }
    }
}

impl Drop for RawBtf {
    fn drop(&mut self) {
        if let Owner::Own { .. } = self.owner {
            // SAFETY: the types are this value's own, and no module's types that continue them are left: those hold
            // a reference.
            unsafe { ffi::btf__free(self.ptr.as_ptr()) };
        }
    }
}
