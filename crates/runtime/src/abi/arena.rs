//! v1: arenas in guest memory, so that the pointers of BPF programs are the guest's own.

use rustix::io::Errno;
use wasmtime::Caller;

use super::table::{Import, add};
use super::window::check_address;
use super::{Entry, Failure, answer};
use crate::bpf::arena;
use crate::call::Call;
use crate::handle::Handle;
use crate::state::State;

pub(super) const IMPORTS: &[Import] = &[Import {
    name: "arena_window",
    parameters: "map, addr, len",
    text: "Creates the arena of an object that is not loaded yet and maps it over the guest's `len` bytes at `addr`: max_entries pages. What BPF programs then store there as addresses are the guest's own, in their low 32 bits; `object_load` puts the global variables at `globals_offset` (`map_info`). The guest may read and write all of it. A page that was not allocated is when it is touched; with BPF_F_SEGV_ON_FAULT that traps. All pages count against the guest's memory. `addr` is a multiple of 65,536 and `len` at least the arena's size; errors as `map_window`, -EBUSY where the arena exists already, -ENOMEM where the guest may not use so much memory. Closing the window leaves zeros, and programs their arena. An arena that is loaded without a window is for programs alone. Minimum kernel: 6.9. Returns a window.",
    since: "0.1",
    add: add!(arena_window(_, _, _)),
}];

fn arena_window(caller: Caller<'_, State>, map: i32, addr: u32, len: u32) -> wasmtime::Result<i32> {
    answer(caller, "arena_window", |call| {
        check_address(addr)?;
        let map = call.state().bpf.map(map)?;
        let (object, index) = map.origin()?;
        let size = arena::size(&map.raw()?)?;
        if map.fd().is_ok() || object.is_live() {
            return Err(Errno::BUSY.into());
        }
        if size > len as usize {
            return Err(Errno::INVAL.into());
        }
        let region = call.range(addr, size)?;
        call.windows().check_free(region)?;
        let new = arena::create(object, index, region.address() as usize, &call.state().bpf.policy)?;
        let window = call.open_arena(addr, size, &new)?;
        let bpf = &mut call.state().bpf;
        let added = arena::adopt(object, index, new, addr).and_then(|()| bpf.handles.insert(Entry::Window(window)));
        Ok(added.inspect_err(|_| bpf.windows.close(window))?)
    })
}

/// Copies the initial values of an arena's global variables to where the loaded programs look for them.
pub(super) fn place_globals(call: &mut Call<'_, '_>, object: Handle) -> Result<(), Failure> {
    let object = call.state().bpf.object(object)?.object.clone();
    let Some((index, addr)) = object.arena() else { return Ok(()) };
    let map = object.map(index).ok_or(Errno::NOENT)?;
    let mut values = vec![0; map.initial_size()];
    map.read_initial(0, &mut values);
    let at = u32::try_from(object.globals_offset()).ok().and_then(|offset| addr.checked_add(offset));
    Ok(call.write(at.ok_or(Errno::FAULT)?, &values)?)
}
