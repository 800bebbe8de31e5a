//! v1: maps that no object declares, and maps taken for those that an object declares.

use std::ffi::CString;

use rustix::io::Errno;
use wasmtime::Caller;

use super::answer;
use super::table::{Import, add};
use crate::bpf::map::{self, NewMap};
use crate::state::State;

pub(super) const IMPORTS: &[Import] = &[
    Import {
        name: "map_create",
        parameters: "type, name, name_len, key_size, value_size, max_entries, flags, map_extra: i64, inner, numa_node",
        text: "Creates a map that belongs to no object, of any type but struct_ops and arena (-EOPNOTSUPP). `flags` are the kernel's BPF_F_* for maps; `inner` is a map that those in a map-in-map look like, else 0. Minimum kernel: that of the type. Returns a map.",
        since: "0.1",
        add: add!(create(_, _, _, _, _, _, _, i64, _, _)),
    },
    Import {
        name: "map_set_inner",
        parameters: "map, inner",
        text: "Chooses, before load, the map that the inner maps of a map-in-map look like; -EINVAL the second time. Returns 0.",
        since: "0.1",
        add: add!(set_inner(_, _)),
    },
    Import {
        name: "map_reuse",
        parameters: "map, other",
        text: "Takes another map in place of the one that load would create; maps with an initial value only for one of the same shape (-EINVAL), -EBUSY once there is one. Returns 0.",
        since: "0.1",
        add: add!(reuse(_, _)),
    },
];

fn create(
    caller: Caller<'_, State>,
    kind: u32,
    name: u32,
    name_len: u32,
    key_size: u32,
    value_size: u32,
    max_entries: u32,
    flags: u32,
    map_extra: i64,
    inner: i32,
    numa_node: u32,
) -> wasmtime::Result<i32> {
    answer(caller, "map_create", |call| {
        let name = &CString::new(call.string(name, name_len)?).map_err(|_| Errno::INVAL)?;
        let bpf = &mut call.state().bpf;
        let template = if inner == 0 { None } else { Some(bpf.map(inner)?) };
        let inner = template.as_ref().map(|map| map.fd()).transpose()?;
        let map_extra = map_extra as u64;
        let token = bpf.token.as_ref().map(|token| token.fd());
        let new = NewMap { kind, name, key_size, value_size, max_entries, flags, map_extra, inner, numa_node, token };
        let map = map::create(&new, &bpf.policy, &bpf.maps)?;
        Ok(bpf.add_map(map)?)
    })
}

fn set_inner(caller: Caller<'_, State>, map: i32, inner: i32) -> wasmtime::Result<i32> {
    answer(caller, "map_set_inner", |call| {
        let bpf = &mut call.state().bpf;
        let (map, inner) = (bpf.map(map)?, bpf.map(inner)?);
        let (raw, fd) = (map.raw()?, inner.fd()?);
        bpf.log.during(|| raw.set_inner(fd)).0?;
        Ok(0)
    })
}

fn reuse(caller: Caller<'_, State>, map: i32, other: i32) -> wasmtime::Result<i32> {
    answer(caller, "map_reuse", |call| {
        let bpf = &mut call.state().bpf;
        bpf.map(map)?.reuse(&*bpf.map(other)?)?;
        Ok(0)
    })
}
