//! v1: ask about maps, tune them before load, and move elements. v0's operations come here too.

use std::os::fd::{AsRawFd, OwnedFd};

use rustix::io::Errno;
use wasmtime::Caller;

use super::attach::duplicate;
use super::system::copy_text;
use super::table::{Import, add, add_hot};
use super::{Failure, answer};
use crate::bpf::map::{self, MapField, Operation, Shape, lookup_size};
use crate::call::Call;
use crate::handle::Handle;
use crate::shm::guest::Range;
use crate::state::State;

pub(super) const IMPORTS: &[Import] = &[
    Import {
        name: "map_info",
        parameters: "map, out, len",
        text: "Stores u32 type, key_size, value_size, max_entries, flags, autocreate, pinned, numa_node, ifindex, id (0 before load), lookup_size (the bytes that a lookup writes; per-CPU maps: value_size rounded up to 8, times the possible CPUs), initial_size (bytes of the initial value, 0 = none), u64 map_extra (of an arena that has a window, the guest's address), u32 globals_offset (where in an arena that is loaded its global variables are), u32 0, as much as `len` has room for. Returns the number of bytes stored.",
        since: "0.1",
        add: add!(info(_, _, _)),
    },
    Import {
        name: "map_name",
        parameters: "map, buf, len",
        text: "Copies at most `len` bytes of the name. Returns its full length.",
        since: "0.1",
        add: add!(map_name(_, _, _)),
    },
    Import {
        name: "map_set",
        parameters: "map, field, value: i64",
        text: "Tunes before load. Fields: 0 type, 1 key_size, 2 value_size, 3 max_entries, 4 flags, 5 map_extra, 6 autocreate, 7 numa_node, 8 ifindex, 9 autoattach. Returns 0.",
        since: "0.1",
        add: add!(set(_, _, i64)),
    },
    Import {
        name: "map_initial_value",
        parameters: "map, offset, buf, len",
        text: "Copies bytes of the initial value or, after load, of the live memory (.bss, .data, .rodata) from `offset` on; -EOPNOTSUPP for an arena then. Functions of struct_ops maps are numbers (`map_program_members`). Returns their number.",
        since: "0.1",
        add: add!(initial_value(_, _, _, _)),
    },
    Import {
        name: "map_program_members",
        parameters: "map, out, len",
        text: "Where in a struct_ops map's initial value its functions are: stores the offsets in bytes (u32 each), as many as `len` has room for. There the value has a u64: 0 for none, else 1 + the index of a program (`object_program`) of the same object. -EINVAL for other maps. Returns how many there are.",
        since: "0.1",
        add: add!(program_members(_, _, _)),
    },
    Import {
        name: "map_set_initial_value",
        parameters: "map, offset, data, len",
        text: "Stores bytes of the initial value or, after load, of the live memory: -EPERM for .rodata and -EOPNOTSUPP for an arena then, -EINVAL outside or for the number of no program (`map_program_members`). Returns 0.",
        since: "0.1",
        add: add!(set_initial_value(_, _, _, _)),
    },
    Import {
        name: "map_lookup",
        parameters: "map, key, key_len, value, value_len, flags: i64",
        text: "Copies the value of a key to `value`. `key_len` is 0 for queues, stacks and bloom filters. -EINVAL where a length is not the map's, -ENOENT where there is no such key. Returns 0.",
        since: "0.1",
        add: add_hot!(lookup),
    },
    Import {
        name: "map_update",
        parameters: "map, key, key_len, value, value_len, flags: i64",
        text: "Stores a value. Flags: 0 BPF_ANY, 1 BPF_NOEXIST, 2 BPF_EXIST, 4 BPF_F_LOCK. Where the map holds descriptors, the value holds a handle or a WASI descriptor. Returns 0.",
        since: "0.1",
        add: add_hot!(update),
    },
    Import {
        name: "map_delete",
        parameters: "map, key, key_len, flags: i64",
        text: "Removes a key. Returns 0.",
        since: "0.1",
        add: add_hot!(delete),
    },
    Import {
        name: "map_next_key",
        parameters: "map, key, key_len, next, next_len",
        text: "Copies the key after `key` to `next`; `key_len` 0 asks for the first one. -ENOENT after the last one. Returns 0.",
        since: "0.1",
        add: add_hot!(next_key),
    },
    Import {
        name: "map_lookup_and_delete",
        parameters: "map, key, key_len, value, value_len, flags: i64",
        text: "Copies a value and removes it, at once. Queues and stacks: 4.20; hash maps: 5.14. Returns 0.",
        since: "0.1",
        add: add_hot!(lookup_and_delete),
    },
    Import {
        name: "map_freeze",
        parameters: "map",
        text: "Makes the map read-only for system calls. Minimum kernel: 5.2. Returns 0.",
        since: "0.1",
        add: add!(freeze(_)),
    },
];

/// Where an operation's key and value are in the guest.
#[derive(Clone, Copy)]
struct Operands {
    key: (u32, u32),
    value: (u32, u32),
}

fn info(caller: Caller<'_, State>, map: i32, out: u32, len: u32) -> wasmtime::Result<i32> {
    answer(caller, "map_info", |call| {
        let map = call.state().bpf.map(map)?;
        let facts = map.facts()?;
        let definition = facts.definition;
        let fields = [
            definition.kind,
            definition.key_size,
            definition.value_size,
            definition.max_entries,
            definition.flags,
            u32::from(definition.autocreate),
            u32::from(facts.pinned),
            definition.numa_node,
            definition.ifindex,
            facts.id,
            lookup_size(definition.kind, definition.value_size)? as u32,
            facts.initial_size as u32,
        ];
        let mut bytes: Vec<u8> = fields.iter().flat_map(|field| field.to_le_bytes()).collect();
        bytes.extend_from_slice(&map.extra(&definition).to_le_bytes());
        bytes.extend_from_slice(&(facts.globals_offset as u64).to_le_bytes());
        let kept = bytes.len().min(len as usize);
        call.write(out, &bytes[..kept])?;
        Ok(kept as i32)
    })
}

fn map_name(caller: Caller<'_, State>, map: i32, buf: u32, len: u32) -> wasmtime::Result<i32> {
    answer(caller, "map_name", |call| {
        let name = call.state().bpf.map(map)?.name()?;
        Ok(copy_text(call, &name, buf, len)?)
    })
}

fn set(caller: Caller<'_, State>, map: i32, field: i32, value: i64) -> wasmtime::Result<i32> {
    answer(caller, "map_set", |call| {
        let map = call.state().bpf.map(map)?;
        let field = match field {
            0 => MapField::Type,
            1 => MapField::KeySize,
            2 => MapField::ValueSize,
            3 => MapField::MaxEntries,
            4 => MapField::Flags,
            5 => MapField::MapExtra,
            6 => MapField::Autocreate,
            7 => MapField::NumaNode,
            8 => MapField::Ifindex,
            9 => MapField::Autoattach,
            _ => return Err(Errno::INVAL.into()),
        };
        if map.fd().is_ok() && !matches!(field, MapField::Autoattach) {
            return Err(Errno::BUSY.into());
        }
        map.raw()?.set(field, value as u64)?;
        Ok(0)
    })
}

fn initial_value(caller: Caller<'_, State>, map: i32, offset: u32, buf: u32, len: u32) -> wasmtime::Result<i32> {
    answer(caller, "map_initial_value", |call| {
        call.check(buf, len as usize)?;
        let map = call.state().bpf.map(map)?;
        map.check_initial()?;
        let raw = map.raw()?;
        let left = raw.initial_size().saturating_sub(offset as usize);
        let mut bytes = vec![0; left.min(len as usize)];
        let count = raw.read_initial(offset as usize, &mut bytes);
        call.write(buf, &bytes[..count])?;
        Ok(count as i32)
    })
}

fn program_members(caller: Caller<'_, State>, map: i32, out: u32, len: u32) -> wasmtime::Result<i32> {
    answer(caller, "map_program_members", |call| {
        call.check(out, len as usize)?;
        let map = call.state().bpf.map(map)?;
        let raw = map.raw()?;
        let members = raw.program_members().ok_or(Errno::INVAL)?;
        let bytes: Vec<u8> = members.iter().take(len as usize / 4).flat_map(|offset| offset.to_le_bytes()).collect();
        call.write(out, &bytes)?;
        Ok(i32::try_from(members.len()).map_err(|_| Errno::OVERFLOW)?)
    })
}

fn set_initial_value(caller: Caller<'_, State>, map: i32, offset: u32, data: u32, len: u32) -> wasmtime::Result<i32> {
    answer(caller, "map_set_initial_value", |call| {
        let map = call.state().bpf.map(map)?;
        map.check_initial()?;
        if map.is_read_only()? {
            return Err(Errno::PERM.into());
        }
        map.raw()?.write_initial(offset as usize, &call.bytes(data, len)?)?;
        Ok(0)
    })
}

#[inline(always)]
fn lookup(
    caller: Caller<'_, State>,
    map: i32,
    key: u32,
    key_len: u32,
    value: u32,
    value_len: u32,
    flags: i64,
) -> wasmtime::Result<i32> {
    answer(caller, "map_lookup", |call| {
        sized(call, map, Operation::Lookup, Operands { key: (key, key_len), value: (value, value_len) }, flags)
    })
}

#[inline(always)]
fn update(
    caller: Caller<'_, State>,
    map: i32,
    key: u32,
    key_len: u32,
    value: u32,
    value_len: u32,
    flags: i64,
) -> wasmtime::Result<i32> {
    answer(caller, "map_update", |call| {
        sized(call, map, Operation::Update, Operands { key: (key, key_len), value: (value, value_len) }, flags)
    })
}

#[inline(always)]
fn delete(caller: Caller<'_, State>, map: i32, key: u32, key_len: u32, flags: i64) -> wasmtime::Result<i32> {
    answer(caller, "map_delete", |call| {
        sized(call, map, Operation::Delete, Operands { key: (key, key_len), value: (0, 0) }, flags)
    })
}

#[inline(always)]
fn next_key(
    caller: Caller<'_, State>,
    map: i32,
    key: u32,
    key_len: u32,
    next: u32,
    next_len: u32,
) -> wasmtime::Result<i32> {
    answer(caller, "map_next_key", |call| {
        sized(call, map, Operation::NextKey, Operands { key: (key, key_len), value: (next, next_len) }, 0)
    })
}

#[inline(always)]
fn lookup_and_delete(
    caller: Caller<'_, State>,
    map: i32,
    key: u32,
    key_len: u32,
    value: u32,
    value_len: u32,
    flags: i64,
) -> wasmtime::Result<i32> {
    answer(caller, "map_lookup_and_delete", |call| {
        sized(call, map, Operation::LookupAndDelete, Operands { key: (key, key_len), value: (value, value_len) }, flags)
    })
}

fn freeze(caller: Caller<'_, State>, map: i32) -> wasmtime::Result<i32> {
    answer(caller, "map_freeze", |call| {
        map::freeze(call.state().bpf.map(map)?.fd()?)?;
        Ok(0)
    })
}

/// An operation whose lengths the guest says: they must be the map's. Inlined with what follows, since each return
/// that the processor did not foresee, as after every system call, counts.
#[inline(always)]
fn sized(call: &mut Call<'_, '_>, map: Handle, operation: Operation, at: Operands, flags: i64) -> Result<i32, Failure> {
    call.state().bpf.remember_shape(map)?;
    let shape = call.seen().bpf.recent_shape()?;
    let first = operation == Operation::NextKey && at.key.1 == 0;
    let (key_size, value_size) = shape.sizes(operation);
    if (at.key.1 as usize != key_size && !first) || at.value.1 as usize != value_size {
        return Err(Errno::INVAL.into());
    }
    let key = if key_size == 0 || first { None } else { Some(at.key.0) };
    operate(call, shape, operation, key, at.value.0, flags as u64)?;
    Ok(0)
}

/// An operation of v0, where the map decides the lengths and address 0 is NULL.
pub(super) fn operate_unsized(
    call: &mut Call<'_, '_>,
    map: Handle,
    operation: Operation,
    key: u32,
    value: u32,
    flags: u64,
) -> Result<(), Errno> {
    call.state().bpf.remember_shape(map)?;
    let shape = call.seen().bpf.recent_shape()?;
    let first = operation == Operation::NextKey && key == 0;
    let key = if shape.key_size == 0 || first { None } else { Some(key) };
    operate(call, shape, operation, key, value, flags)
}

/// Hands the guest's own memory to the kernel, so that nothing is copied twice.
#[inline(always)]
fn operate(
    call: &Call<'_, '_>,
    shape: &Shape,
    operation: Operation,
    key: Option<u32>,
    value: u32,
    flags: u64,
) -> Result<(), Errno> {
    if shape.has_descriptors && operate_with_descriptors(call, shape, operation, key, value, flags)? {
        return Ok(());
    }
    let (key_size, value_size) = shape.sizes(operation);
    let key = key.map(|key| call.range(key, key_size)).transpose()?;
    let value = if value_size == 0 { None } else { Some(call.range(value, value_size)?) };
    shape.operate(operation, key, value, flags)
}

/// Does it for maps in whose keys or values the kernel sees descriptors; false where this operation shows it none.
#[cold]
fn operate_with_descriptors(
    call: &Call<'_, '_>,
    shape: &Shape,
    operation: Operation,
    key: Option<u32>,
    value: u32,
    flags: u64,
) -> Result<bool, Errno> {
    if shape.is_struct_ops() && operation != Operation::Lookup {
        return Err(Errno::OPNOTSUPP);
    }
    if shape.descriptor_is_key() {
        return operate_by_descriptor(call, shape, operation, key, value, flags).map(|()| true);
    }
    let Some(offset) = shape.descriptor_in_value().filter(|_| operation == Operation::Update) else { return Ok(false) };
    let (key_size, value_size) = shape.sizes(operation);
    let mut value = call.bytes(value, value_size as u32)?;
    // Open until the kernel has taken its reference.
    let _held = host_descriptor(call, shape, &mut value, offset)?;
    let key = key.map(|key| call.range(key, key_size)).transpose()?;
    shape.operate(operation, key, Some(Range::host(&mut value)), flags)?;
    Ok(true)
}

/// An operation on a map whose keys are descriptors: the guest's number goes in, the host's to the kernel.
fn operate_by_descriptor(
    call: &Call<'_, '_>,
    shape: &Shape,
    operation: Operation,
    key: Option<u32>,
    value: u32,
    flags: u64,
) -> Result<(), Errno> {
    let number = call.u32(key.ok_or(Errno::INVAL)?)? as i32;
    let held = duplicate(call, number)?;
    let mut key = held.as_raw_fd().to_ne_bytes();
    let (_, value_size) = shape.sizes(operation);
    let value = if value_size == 0 { None } else { Some(call.range(value, value_size)?) };
    shape.operate(operation, Some(Range::host(&mut key)), value, flags)
}

/// Puts the host's descriptor where the guest's value has its own number for it. The duplicate is to be kept open
/// until the kernel has taken its reference.
pub(super) fn host_descriptor(
    call: &Call<'_, '_>,
    shape: &Shape,
    value: &mut [u8],
    offset: usize,
) -> Result<Option<OwnedFd>, Errno> {
    let field = value.get_mut(offset..offset + 4).ok_or(Errno::INVAL)?;
    let number = i32::from_le_bytes(field.try_into().map_err(|_| Errno::INVAL)?);
    if number <= 0 && shape.descriptor_is_optional() {
        return Ok(None);
    }
    let held = duplicate(call, number)?;
    field.copy_from_slice(&held.as_raw_fd().to_le_bytes());
    Ok(Some(held))
}
