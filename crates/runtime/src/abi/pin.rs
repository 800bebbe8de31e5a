//! v1: pins of programs and maps in the BPF file system. Each needs the grant `pin`.

use std::ffi::CString;

use rustix::io::Errno;
use wasmtime::Caller;

use super::system::copy_text;
use super::table::{Import, add};
use super::{Failure, answer};
use crate::bpf::map::Map;
use crate::bpf::pin;
use crate::call::Call;
use crate::state::State;

pub(super) const IMPORTS: &[Import] = &[
    Import {
        name: "program_pin",
        parameters: "program, path, len",
        text: "Pins a loaded program at a path below /sys/fs/bpf; its folder is made. Needs the grant `pin`. Returns 0.",
        since: "0.1",
        add: add!(program_pin(_, _, _)),
    },
    Import {
        name: "program_unpin",
        parameters: "program, path, len",
        text: "Removes the pin of a loaded program. Needs the grant `pin`. Returns 0.",
        since: "0.1",
        add: add!(program_unpin(_, _, _)),
    },
    Import {
        name: "map_set_pin_path",
        parameters: "map, path, len",
        text: "Where load pins the map, or takes it from if it is there; `len` 0: nowhere. Needs the grant `pin`. Returns 0.",
        since: "0.1",
        add: add!(set_path(_, _, _)),
    },
    Import {
        name: "map_pin",
        parameters: "map, path, len",
        text: "Pins a map at a path below /sys/fs/bpf; `len` 0: where `map_set_pin_path` said. Needs the grant `pin`. Returns 0.",
        since: "0.1",
        add: add!(map_pin(_, _, _)),
    },
    Import {
        name: "map_unpin",
        parameters: "map, path, len",
        text: "Removes the pin of a map; `len` 0: the one that it has. Needs the grant `pin`. Returns 0.",
        since: "0.1",
        add: add!(map_unpin(_, _, _)),
    },
    Import {
        name: "map_pin_path",
        parameters: "map, buf, len",
        text: "Copies at most `len` bytes of the path where the map is, or is to be, pinned. Returns its full length, 0 = nowhere.",
        since: "0.1",
        add: add!(path(_, _, _)),
    },
    Import {
        name: "map_open",
        parameters: "path, len",
        text: "The map pinned at a path; -EINVAL where that is no map. Needs the grant `pin`. Returns a map.",
        since: "0.1",
        add: add!(open(_, _)),
    },
];

/// The path that a guest names, real and allowed; `None` where it names none.
fn path_of(call: &mut Call<'_, '_>, at: u32, len: u32) -> Result<Option<CString>, Failure> {
    if len == 0 {
        return Ok(None);
    }
    let path = call.string(at, len)?;
    Ok(Some(pin::checked(&path, &call.state().bpf.policy)?))
}

fn program_pin(caller: Caller<'_, State>, program: i32, path: u32, len: u32) -> wasmtime::Result<i32> {
    answer(caller, "program_pin", |call| {
        let path = path_of(call, path, len)?.ok_or(Errno::INVAL)?;
        let bpf = &mut call.state().bpf;
        let entry = bpf.program(program)?;
        let raw = entry.object.program(entry.index).ok_or(Errno::BADF)?;
        bpf.log.during(|| raw.pin(&path)).0?;
        Ok(0)
    })
}

fn program_unpin(caller: Caller<'_, State>, program: i32, path: u32, len: u32) -> wasmtime::Result<i32> {
    answer(caller, "program_unpin", |call| {
        let path = path_of(call, path, len)?.ok_or(Errno::INVAL)?;
        let bpf = &mut call.state().bpf;
        let entry = bpf.program(program)?;
        let raw = entry.object.program(entry.index).ok_or(Errno::BADF)?;
        bpf.log.during(|| raw.unpin(&path)).0?;
        Ok(0)
    })
}

fn set_path(caller: Caller<'_, State>, map: i32, path: u32, len: u32) -> wasmtime::Result<i32> {
    answer(caller, "map_set_pin_path", |call| {
        let path = path_of(call, path, len)?;
        call.state().bpf.map(map)?.raw()?.set_pin_path(path.as_deref())?;
        Ok(0)
    })
}

fn map_pin(caller: Caller<'_, State>, map: i32, path: u32, len: u32) -> wasmtime::Result<i32> {
    answer(caller, "map_pin", |call| {
        let map = call.state().bpf.map(map)?;
        let path = path_or_own(call, &map, path, len)?;
        call.state().bpf.log.during(|| map.pin(&path)).0?;
        Ok(0)
    })
}

fn map_unpin(caller: Caller<'_, State>, map: i32, path: u32, len: u32) -> wasmtime::Result<i32> {
    answer(caller, "map_unpin", |call| {
        let map = call.state().bpf.map(map)?;
        let path = path_or_own(call, &map, path, len)?;
        call.state().bpf.log.during(|| map.unpin(&path)).0?;
        Ok(0)
    })
}

/// The path that a guest names or, where it names none, the map's own, which the object may have declared: it is
/// checked as well.
fn path_or_own(call: &mut Call<'_, '_>, map: &Map, at: u32, len: u32) -> Result<CString, Failure> {
    if let Some(path) = path_of(call, at, len)? {
        return Ok(path);
    }
    let own = map.raw()?.pin_path();
    if own.is_empty() {
        return Err(Errno::INVAL.into());
    }
    Ok(pin::checked(&own, &call.state().bpf.policy)?)
}

fn path(caller: Caller<'_, State>, map: i32, buf: u32, len: u32) -> wasmtime::Result<i32> {
    answer(caller, "map_pin_path", |call| {
        let map = call.state().bpf.map(map)?;
        let path = map.raw().map(|raw| raw.pin_path()).unwrap_or_default();
        Ok(copy_text(call, &path, buf, len)?)
    })
}

fn open(caller: Caller<'_, State>, path: u32, len: u32) -> wasmtime::Result<i32> {
    answer(caller, "map_open", |call| {
        let path = path_of(call, path, len)?.ok_or(Errno::INVAL)?;
        Ok(call.state().bpf.add_map(Map::own(pin::open_map(&path)?, None))?)
    })
}
