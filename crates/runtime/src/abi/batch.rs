//! v1: many elements of a map at once.

use std::os::fd::OwnedFd;

use rustix::io::Errno;
use wasmtime::Caller;

use super::map::host_descriptor;
use super::table::{Import, add};
use super::{Failure, answer};
use crate::bpf::map::{Batch, BatchOperation, Shape};
use crate::call::Call;
use crate::handle::Handle;
use crate::shm::guest::Range;
use crate::state::State;

pub(super) const IMPORTS: &[Import] = &[
    Import {
        name: "map_lookup_batch",
        parameters: "map, in_batch, in_len, out_batch, out_len, keys, keys_len, values, values_len, count, element_flags: i64, flags: i64",
        text: "Copies up to *count elements from `in_batch` on (`in_len` 0: from the start) to `keys` and `values`, and where to go on to `out_batch`: 4 bytes for hash maps, a key for others. `count` is the address of a u32, in and out. -ENOENT with the last elements, -ENOSPC where a hash bucket holds more than *count; -EINVAL where a buffer is too short for *count elements. Takes about 200 ns an element. Minimum kernel: 5.6. Returns 0.",
        since: "0.1",
        add: |linker, module, name| {
            linker.func_wrap(module, name, lookup("map_lookup_batch", BatchOperation::Lookup)).map(drop)
        },
    },
    Import {
        name: "map_lookup_and_delete_batch",
        parameters: "map, in_batch, in_len, out_batch, out_len, keys, keys_len, values, values_len, count, element_flags: i64, flags: i64",
        text: "As `map_lookup_batch`, and removes the elements; hash maps only. Minimum kernel: 5.6. Returns 0.",
        since: "0.1",
        add: |linker, module, name| {
            let lookup = lookup("map_lookup_and_delete_batch", BatchOperation::LookupAndDelete);
            linker.func_wrap(module, name, lookup).map(drop)
        },
    },
    Import {
        name: "map_update_batch",
        parameters: "map, keys, keys_len, values, values_len, count, element_flags: i64, flags: i64",
        text: "Stores *count elements; afterwards *count says how many were stored. Values that hold descriptors hold the guest's, as in `map_update`. Minimum kernel: 5.6. Returns 0.",
        since: "0.1",
        add: add!(update(_, _, _, _, _, _, i64, i64)),
    },
    Import {
        name: "map_delete_batch",
        parameters: "map, keys, keys_len, count, element_flags: i64, flags: i64",
        text: "Removes *count keys; afterwards *count says how many were removed. Minimum kernel: 5.6. Returns 0.",
        since: "0.1",
        add: add!(delete(_, _, _, _, i64, i64)),
    },
];

/// A guest's range: address and length.
type Given = (u32, u32);

/// What the guest gives to a batch operation.
struct Elements {
    keys: Given,
    values: Given,
    /// The address of the number of elements.
    count: u32,
    element_flags: i64,
    flags: i64,
}

/// Where a lookup begins and where it says to go on.
struct Marks {
    from: Given,
    to: Given,
}

/// The import of a lookup, with or without removal.
#[expect(clippy::type_complexity, reason = "the parameters of an import, one by one")]
fn lookup(
    name: &'static str,
    operation: BatchOperation,
) -> impl Fn(Caller<'_, State>, i32, u32, u32, u32, u32, u32, u32, u32, u32, u32, i64, i64) -> wasmtime::Result<i32> {
    move |caller,
          map,
          in_batch,
          in_len,
          out_batch,
          out_len,
          keys,
          keys_len,
          values,
          values_len,
          count,
          element_flags,
          flags| {
        answer(caller, name, |call| {
            let elements =
                Elements { keys: (keys, keys_len), values: (values, values_len), count, element_flags, flags };
            let marks = Marks { from: (in_batch, in_len), to: (out_batch, out_len) };
            operate(call, map, operation, &elements, Some(&marks))
        })
    }
}

fn update(
    caller: Caller<'_, State>,
    map: i32,
    keys: u32,
    keys_len: u32,
    values: u32,
    values_len: u32,
    count: u32,
    element_flags: i64,
    flags: i64,
) -> wasmtime::Result<i32> {
    answer(caller, "map_update_batch", |call| {
        let elements = Elements { keys: (keys, keys_len), values: (values, values_len), count, element_flags, flags };
        operate(call, map, BatchOperation::Update, &elements, None)
    })
}

fn delete(
    caller: Caller<'_, State>,
    map: i32,
    keys: u32,
    keys_len: u32,
    count: u32,
    element_flags: i64,
    flags: i64,
) -> wasmtime::Result<i32> {
    answer(caller, "map_delete_batch", |call| {
        let elements = Elements { keys: (keys, keys_len), values: (0, 0), count, element_flags, flags };
        operate(call, map, BatchOperation::Delete, &elements, None)
    })
}

/// Checks all lengths against the map's own sizes, then hands the guest's memory to the kernel. The place to go on
/// from passes through the host, since its size is the kernel's affair.
fn operate(
    call: &mut Call<'_, '_>,
    map: Handle,
    operation: BatchOperation,
    given: &Elements,
    marks: Option<&Marks>,
) -> Result<i32, Failure> {
    let map = call.state().bpf.map(map)?;
    let shape = map.shape()?;
    let count = call.u32(given.count)?;
    let value_size = if operation == BatchOperation::Delete { 0 } else { shape.value_size };
    check_room(given.keys, shape.key_size, count)?;
    check_room(given.values, value_size, count)?;
    let mark_size = shape.mark_size();
    let from = match marks {
        Some(marks) if (marks.to.1 as usize) < mark_size => return Err(Errno::INVAL.into()),
        Some(marks) if marks.from.1 == 0 => None,
        Some(marks) if (marks.from.1 as usize) < mark_size => return Err(Errno::INVAL.into()),
        Some(marks) => Some(call.bytes(marks.from.0, mark_size as u32)?),
        None => None,
    };
    if let Some(marks) = marks {
        call.check(marks.to.0, mark_size)?;
    }
    let mut mark = shape.mark(from.as_deref());
    let mut held = Vec::new();
    let mut translated = match shape.descriptor_in_value() {
        Some(offset) if operation == BatchOperation::Update => {
            Some(host_values(call, shape, given.values, count, offset, &mut held)?)
        }
        _ => None,
    };
    let values = match &mut translated {
        Some(values) => Some(Range::host(values)),
        None if value_size == 0 => None,
        None => Some(call.range(given.values.0, given.values.1 as usize)?),
    };
    let keys = call.range(given.keys.0, given.keys.1 as usize)?;
    let (element_flags, flags) = (given.element_flags as u64, given.flags as u64);
    let mut batch = Batch { keys, values, count, element_flags, flags };
    let done = shape.operate_batch(map.fd()?, operation, &mut batch, &mut mark);
    let moved = batch.count;
    call.write_u32(given.count, moved)?;
    if let Some(marks) = marks {
        call.write(marks.to.0, &mark.bytes()[..mark_size])?;
    }
    done?;
    Ok(0)
}

/// EINVAL where a range has no room for `count` elements of `size` bytes.
fn check_room(range: Given, size: usize, count: u32) -> Result<(), Errno> {
    match size.checked_mul(count as usize) {
        Some(needed) if needed <= range.1 as usize => Ok(()),
        _ => Err(Errno::INVAL),
    }
}

/// A copy of the guest's values with the host's descriptors in place of the guest's, which stay open in `held`.
fn host_values(
    call: &mut Call<'_, '_>,
    shape: &Shape,
    values: Given,
    count: u32,
    offset: usize,
    held: &mut Vec<OwnedFd>,
) -> Result<Vec<u8>, Errno> {
    let mut bytes = call.bytes(values.0, values.1)?;
    for value in bytes.chunks_exact_mut(shape.value_size).take(count as usize) {
        held.extend(host_descriptor(call, shape, value, offset)?);
    }
    Ok(bytes)
}
