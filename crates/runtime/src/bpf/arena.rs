//! Arenas: memory that BPF programs share with user space by plain pointers. Minimum kernel: 6.9.

use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;

use libbpf_sys as ffi;
use rustix::io::Errno;
use rustix::param::page_size;

use super::advice::{Operation, advise};
use super::map::{NewMap, needs};
use super::object::Object;
use super::sys::map::RawMap;
use crate::budget::Charge;
use crate::error::{Error, Result};
use crate::policy::Policy;

/// An arena that the kernel has made and no object knows of yet.
#[derive(Debug)]
pub(crate) struct NewArena {
    pub(crate) fd: OwnedFd,
    /// For all of its pages, since programs and user space may touch each.
    pub(crate) charge: Rc<Charge>,
}

/// The bytes of an arena. EOPNOTSUPP for other maps.
pub(crate) fn size(map: &RawMap<'_>) -> Result<usize, Errno> {
    match map.is_arena() {
        true => Ok(map.definition().max_entries as usize * page_size()),
        false => Err(Errno::OPNOTSUPP),
    }
}

/// Refuses an arena that the host would not survive.
pub(crate) fn check(map: &RawMap<'_>) -> Result<()> {
    let definition = map.definition();
    let fail = |why: &str| Error::kernel(format!("failed to load map `{}`: {why}", map.name()), Errno::INVAL);
    if definition.map_extra != 0 && map.fd().is_err() {
        // libbpf would map the arena over whatever the host has at that address.
        return Err(fail("an arena's address is not for the object to choose").advise("leave map_extra at 0"));
    }
    if definition.flags & ffi::BPF_F_SEGV_ON_FAULT != 0 && map.initial_size() > 0 {
        // They are to be copied to pages that are not there.
        let error = fail("it has global variables and BPF_F_SEGV_ON_FAULT");
        return Err(error.advise("leave the flag out, or the variables"));
    }
    Ok(())
}

/// Creates the arena `index` of an object that is not loaded yet, to be mapped at `address`, by which its programs name
/// what is in it, if `policy` allows the map. ENOMEM where it is more than the guest may use.
pub(crate) fn create(object: &Object, index: usize, address: usize, policy: &Policy) -> Result<NewArena> {
    let map = object.map(index).ok_or_else(|| Error::kernel("failed to find an arena", Errno::NOENT))?;
    check(&map)?;
    let definition = map.definition();
    let name = map.name();
    needs(&name, &definition).try_for_each(|need| policy.check(&need))?;
    let fail = |errno| Error::kernel(format!("failed to create arena `{name}`"), errno);
    let bytes = size(&map).map_err(fail)?;
    let charge = Rc::new(charge(object, &map)?);
    // The kernel's limit: a name that is longer it refuses.
    let kernel_name = std::ffi::CString::new(&name.as_bytes()[..name.len().min(15)]).map_err(|_| fail(Errno::INVAL))?;
    let new = NewMap {
        kind: definition.kind,
        name: &kernel_name,
        key_size: definition.key_size,
        value_size: definition.value_size,
        max_entries: definition.max_entries,
        flags: definition.flags,
        map_extra: address as u64,
        inner: None,
        numa_node: definition.numa_node,
        token: object.token(),
    };
    let fd = new.create().map_err(|errno| match errno {
        Errno::INVAL => fail(errno).advise(format!("arenas of {bytes} bytes need Linux 6.9 and BPF_F_MMAPABLE")),
        _ => advise(fail(errno), Operation::Map),
    })?;
    Ok(NewArena { fd, charge })
}

/// Gives the arena to the object, in place of the one that load would create; the guest has it at `addr`.
pub(crate) fn adopt(object: &Object, index: usize, arena: NewArena, addr: u32) -> Result<(), Errno> {
    object.map(index).ok_or(Errno::NOENT)?.reuse(arena.fd.as_fd())?;
    object.raw().keep(arena.charge);
    object.set_arena(index, addr);
    Ok(())
}

/// Charges the guest with the arenas that load will create, which live as long as the object and its links.
pub(crate) fn charge_all(object: &Object) -> Result<()> {
    for map in object.maps().filter(|map| map.is_arena() && map.definition().autocreate && map.fd().is_err()) {
        object.raw().keep(Rc::new(charge(object, &map)?));
    }
    Ok(())
}

fn charge(object: &Object, map: &RawMap<'_>) -> Result<Charge> {
    let bytes = size(map).map_err(|errno| Error::kernel("failed to measure an arena", errno))?;
    object.budget().charge(bytes).map_err(|errno| {
        let what =
            format!("failed to create arena `{}` of {bytes} bytes: the module may not use so much memory", map.name());
        Error::kernel(what, errno).advise("lower its max_entries, or set another limit with `-W max-memory-size=...`")
    })
}
