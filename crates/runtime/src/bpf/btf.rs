//! Types of the kernel, of its modules and of objects.

use std::ffi::CString;
use std::rc::Rc;

use rustix::io::Errno;

use super::object::Object;
use super::sys::btf::RawBtf;
use crate::error::{Error, Result};

/// Types in BTF.
pub(crate) type Btf = RawBtf;

/// The running kernel's types.
pub(crate) fn vmlinux() -> Result<Rc<Btf>> {
    let types = RawBtf::vmlinux().map_err(|errno| {
        let error = Error::kernel("failed to read the kernel's types", errno);
        error.advise(
            "this kernel shows no BTF (/sys/kernel/btf/vmlinux, CONFIG_DEBUG_INFO_BTF=y): see `wasm-bpf doctor`",
        )
    })?;
    Ok(Rc::new(types))
}

/// The types of the module called `name`. libbpf makes a path of the name, so it must be none.
pub(crate) fn module(name: &str) -> Result<Rc<Btf>> {
    let fail = |errno| Error::kernel(format!("failed to read the types of module `{name}`"), errno);
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if name.is_empty() || name.len() > 60 || !name.chars().all(is_name) {
        return Err(fail(Errno::INVAL).advise("a module's name has letters, digits and `_` only"));
    }
    let path_part = CString::new(name).map_err(|_| fail(Errno::INVAL))?;
    RawBtf::module(&path_part, &vmlinux()?).map(Rc::new).map_err(fail)
}

/// Types from their binary form, which go on from those of `base`.
pub(crate) fn from_data(data: &[u8], base: Option<&Rc<Btf>>) -> Result<Rc<Btf>> {
    RawBtf::from_data(data, base).map(Rc::new).map_err(|errno| Error::kernel("failed to read types", errno))
}

/// The types of an object. ENOENT where it has none.
pub(crate) fn of_object(object: &Object) -> std::result::Result<Rc<Btf>, Errno> {
    RawBtf::of_object(object.raw()).map(Rc::new)
}
