//! v1: types of the kernel, of modules and of objects.

use std::ffi::CString;
use std::rc::Rc;

use rustix::io::Errno;
use wasmtime::Caller;

use super::table::{Import, add};
use super::{Entry, answer};
use crate::bpf::btf;
use crate::state::State;

pub(super) const IMPORTS: &[Import] = &[
    Import {
        name: "btf_vmlinux",
        parameters: "",
        text: "The running kernel's types. Minimum kernel: 5.4 with CONFIG_DEBUG_INFO_BTF. Returns a BTF.",
        since: "0.1",
        add: add!(vmlinux()),
    },
    Import {
        name: "btf_module",
        parameters: "name, len",
        text: "The types that a kernel module adds to the kernel's: only its own are read by `btf_read`, with ids and strings that go on from the kernel's. Minimum kernel: 5.11. Returns a BTF.",
        since: "0.1",
        add: add!(of_module(_, _)),
    },
    Import {
        name: "btf_of_object",
        parameters: "object",
        text: "The types of an object; -ENOENT where it has none. Returns a BTF.",
        since: "0.1",
        add: add!(of_object(_)),
    },
    Import {
        name: "btf_from_data",
        parameters: "data, len, base",
        text: "Types from their binary form (Documentation/bpf/btf.rst), whose ids and strings go on from those of the BTF `base`, 0 for none. -EINVAL for what is no BTF. Returns a BTF.",
        since: "0.1",
        add: add!(from_data(_, _, _)),
    },
    Import {
        name: "btf_size",
        parameters: "btf",
        text: "How many bytes the types have in BTF's binary form (Documentation/bpf/btf.rst).",
        since: "0.1",
        add: add!(size(_)),
    },
    Import {
        name: "btf_read",
        parameters: "btf, offset, buf, len",
        text: "Copies bytes of the binary form from `offset` on. Returns their number, 0 at the end.",
        since: "0.1",
        add: add!(read(_, _, _, _)),
    },
    Import {
        name: "btf_find",
        parameters: "btf, name, len, kind",
        text: "The id of the type called so, of `kind` (BTF_KIND_*); -ENOENT where there is none.",
        since: "0.1",
        add: add!(find(_, _, _, _)),
    },
];

fn vmlinux(caller: Caller<'_, State>) -> wasmtime::Result<i32> {
    answer(caller, "btf_vmlinux", |call| {
        let bpf = &mut call.state().bpf;
        let types = bpf.log.during(btf::vmlinux).0?;
        Ok(bpf.handles.insert(Entry::Btf(types))?)
    })
}

fn of_module(caller: Caller<'_, State>, name: u32, len: u32) -> wasmtime::Result<i32> {
    answer(caller, "btf_module", |call| {
        let name = call.string(name, len)?;
        let bpf = &mut call.state().bpf;
        let types = bpf.log.during(|| btf::module(&name)).0?;
        Ok(bpf.handles.insert(Entry::Btf(types))?)
    })
}

fn of_object(caller: Caller<'_, State>, object: i32) -> wasmtime::Result<i32> {
    answer(caller, "btf_of_object", |call| {
        let bpf = &mut call.state().bpf;
        let types = btf::of_object(&bpf.object(object)?.object)?;
        Ok(bpf.handles.insert(Entry::Btf(types))?)
    })
}

fn from_data(caller: Caller<'_, State>, data: u32, len: u32, base: i32) -> wasmtime::Result<i32> {
    answer(caller, "btf_from_data", |call| {
        let data = call.bytes(data, len)?;
        let bpf = &mut call.state().bpf;
        let base = if base == 0 { None } else { Some(Rc::clone(bpf.btf(base)?)) };
        let types = bpf.log.during(|| btf::from_data(&data, base.as_ref())).0?;
        Ok(bpf.handles.insert(Entry::Btf(types))?)
    })
}

fn size(caller: Caller<'_, State>, btf: i32) -> wasmtime::Result<i32> {
    answer(caller, "btf_size", |call| {
        let size = call.state().bpf.btf(btf)?.with_data(<[u8]>::len)?;
        Ok(i32::try_from(size).map_err(|_| Errno::OVERFLOW)?)
    })
}

fn read(caller: Caller<'_, State>, btf: i32, offset: u32, buf: u32, len: u32) -> wasmtime::Result<i32> {
    answer(caller, "btf_read", |call| {
        call.check(buf, len as usize)?;
        let types = Rc::clone(call.state().bpf.btf(btf)?);
        types.with_data(|data| {
            let rest = data.get(offset as usize..).unwrap_or_default();
            let part = &rest[..rest.len().min(len as usize).min(i32::MAX as usize)];
            call.write(buf, part)?;
            Ok(part.len() as i32)
        })?
    })
}

fn find(caller: Caller<'_, State>, btf: i32, name: u32, len: u32, kind: u32) -> wasmtime::Result<i32> {
    answer(caller, "btf_find", |call| {
        let name = CString::new(call.string(name, len)?).map_err(|_| Errno::INVAL)?;
        Ok(call.state().bpf.btf(btf)?.find(&name, kind)? as i32)
    })
}
