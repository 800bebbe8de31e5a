//! v1: what programs send through perf event arrays, copied out in batches or walked by the guest in windows.

use std::cell::RefCell;
use std::rc::Rc;

use rustix::io::{Errno, fcntl_dupfd_cloexec};
use wasmtime::Caller;

use super::table::{Import, add};
use super::{Entry, Failure, answer};
use crate::bpf::event::{self, Attr, MAX_ATTR};
use crate::bpf::perf::{self, Perf, Place};
use crate::bpf::reader::Reader;
use crate::call::Call;
use crate::handle::Handle;
use crate::state::State;

pub(super) const IMPORTS: &[Import] = &[
    Import {
        name: "perf_open",
        parameters: "map, pages",
        text: "Opens a buffer of `pages` pages (a power of two) on each CPU for a perf event array. Returns a perf buffer.",
        since: "0.1",
        add: add!(perf_open(_, _)),
    },
    Import {
        name: "perf_open_events",
        parameters: "map, pages, attr, attr_len, cpus, cpus_len, keys, keys_len",
        text: "As `perf_open`, with an event of the guest's choice: `attr` is as for `perf_event_open`, with the same rules and grants. `cpus` and `keys` are lists of i32 of the same length: the CPUs, and the map's keys for their events; empty ones mean every online CPU that the map has a key for. Returns a perf buffer.",
        since: "0.1",
        add: add!(perf_open_events(_, _, _, _, _, _, _, _)),
    },
    Import {
        name: "perf_cpus",
        parameters: "perf, out, len",
        text: "Stores the CPU (i32) of each of the perf buffer's buffers, as many as `len` bytes have room for. Returns how many buffers there are.",
        since: "0.1",
        add: add!(perf_cpus(_, _, _)),
    },
    Import {
        name: "perf_event_at",
        parameters: "perf, index",
        text: "The perf event of the buffer at `index` (as in `perf_cpus`; -EINVAL where there is none), to wait for that one alone. Returns a perf event.",
        since: "0.1",
        add: add!(perf_event_at(_, _)),
    },
    Import {
        name: "perf_read",
        parameters: "perf, buf, len",
        text: "Takes as many whole records as `len` has room for: each u32 kind (1 sample, 2 lost), u32 cpu, u32 size, u32 0, then its data padded to 8 bytes (lost: u64, how many records the kernel dropped). Returns as `ring_read` does; -EBUSY once a `perf_window` was opened.",
        since: "0.1",
        add: add!(perf_read(_, _, _)),
    },
];

fn perf_open(caller: Caller<'_, State>, map: i32, pages: u32) -> wasmtime::Result<i32> {
    answer(caller, "perf_open", |call| {
        let map = call.state().bpf.map(map)?;
        match Reader::open(&map, pages as usize)? {
            Reader::Perf(perf) => Ok(call.state().bpf.handles.insert(Entry::Perf(perf))?),
            Reader::Ring(_) => Err(Errno::INVAL.into()),
        }
    })
}

fn perf_open_events(
    caller: Caller<'_, State>,
    map: i32,
    pages: u32,
    attr: u32,
    attr_len: u32,
    cpus: u32,
    cpus_len: u32,
    keys: u32,
    keys_len: u32,
) -> wasmtime::Result<i32> {
    answer(caller, "perf_open_events", |call| {
        let map = call.state().bpf.map(map)?;
        if attr_len as usize > MAX_ATTR {
            return Err(Errno::TOOBIG.into());
        }
        if !Reader::takes_perf_events(&map)? || cpus_len != keys_len {
            return Err(Errno::INVAL.into());
        }
        let mut attr = Attr::new(&call.bytes(attr, attr_len)?)?;
        event::allow(&attr, &call.state().bpf.policy)?;
        let (cpus, keys) = (numbers(call, cpus, cpus_len)?, numbers(call, keys, keys_len)?);
        let places: Vec<Place> = cpus.into_iter().zip(keys).map(|(cpu, key)| Place { cpu, key }).collect();
        let perf = perf::open(&map, pages as usize, &mut attr, &places)?;
        Ok(call.state().bpf.handles.insert(Entry::Perf(Rc::new(RefCell::new(perf))))?)
    })
}

/// A list of i32.
fn numbers(call: &Call<'_, '_>, addr: u32, len: u32) -> Result<Vec<i32>, Errno> {
    if !len.is_multiple_of(4) {
        return Err(Errno::INVAL);
    }
    Ok(call.bytes(addr, len)?.as_chunks().0.iter().map(|bytes| i32::from_le_bytes(*bytes)).collect())
}

fn perf_cpus(caller: Caller<'_, State>, perf: i32, out: u32, len: u32) -> wasmtime::Result<i32> {
    answer(caller, "perf_cpus", |call| {
        let perf = perf_of(call, perf)?;
        let perf = perf.borrow();
        let cpus: Vec<u8> = perf.cpus().iter().take(len as usize / 4).flat_map(|cpu| cpu.to_le_bytes()).collect();
        call.write(out, &cpus)?;
        Ok(perf.cpus().len() as i32)
    })
}

fn perf_event_at(caller: Caller<'_, State>, perf: i32, index: u32) -> wasmtime::Result<i32> {
    answer(caller, "perf_event_at", |call| {
        let perf = perf_of(call, perf)?;
        let event = fcntl_dupfd_cloexec(perf.borrow().event(index as usize)?, 0)?;
        Ok(call.state().bpf.handles.insert(Entry::PerfEvent(event))?)
    })
}

fn perf_read(caller: Caller<'_, State>, perf: i32, buf: u32, len: u32) -> wasmtime::Result<i32> {
    answer(caller, "perf_read", |call| {
        let perf = perf_of(call, perf)?;
        call.check(buf, len as usize)?;
        let mut perf = perf.borrow_mut();
        if !perf.has_queued() {
            perf.consume()?;
        }
        let records = perf.queue().whole(len as usize)?;
        call.write(buf, records)?;
        let count = records.len();
        perf.queue().take(count);
        Ok(count as i32)
    })
}

/// The perf buffer behind a handle.
pub(super) fn perf_of(call: &mut Call<'_, '_>, handle: Handle) -> Result<Rc<RefCell<Perf>>, Failure> {
    match call.state().bpf.handles.get(handle)? {
        Entry::Perf(perf) => Ok(Rc::clone(perf)),
        _ => Err(Errno::BADF.into()),
    }
}
