//! Programs that are attached to sockets: those in a sockmap, and groups of sockets that share a port.

use std::os::fd::BorrowedFd;

use rustix::io::Errno;

use super::object::Object;
use super::program::hook_need;
use super::sys::socket as sys;
use crate::error::{Error, Result};
use crate::policy::{Grant, Hook, Item, Need, Policy};

/// Attaches the program at `index` of a loaded object to the sockets of a map, if `policy` allows it. `kind`: an
/// `enum bpf_attach_type` of sockmaps.
pub(crate) fn attach_to_map(
    map: BorrowedFd<'_>,
    object: &Object,
    index: usize,
    kind: u32,
    policy: &Policy,
) -> Result<()> {
    let fail = |errno| Error::kernel("failed to attach a program to a map of sockets", errno);
    let program = object.program(index).ok_or_else(|| fail(Errno::NOENT))?;
    policy.check(&hook_need(&program, Hook::new("sockmap", "*")))?;
    let fd = program.fd().map_err(|errno| fail(errno).advise("load the object first"))?;
    sys::attach_to_map(map, fd, kind).map_err(|errno| match errno {
        Errno::INVAL | Errno::OPNOTSUPP => fail(errno).advise(
            "it takes programs of type sk_skb or sk_msg with their own type of attaching, and a sockmap or sockhash",
        ),
        _ => fail(errno),
    })
}

/// Detaches it. ENOENT where it is not attached.
pub(crate) fn detach_from_map(
    map: BorrowedFd<'_>,
    object: &Object,
    index: usize,
    kind: u32,
) -> std::result::Result<(), Errno> {
    let program = object.program(index).ok_or(Errno::NOENT)?;
    sys::detach_from_map(map, program.fd()?, kind)
}

/// Makes the program at `index` of a loaded object choose among the sockets of a group, if `policy` allows it.
pub(crate) fn attach_to_group(socket: BorrowedFd<'_>, object: &Object, index: usize, policy: &Policy) -> Result<()> {
    let fail = |errno| Error::kernel("failed to attach a program to a group of sockets", errno);
    group_allowed(policy)?;
    let program = object.program(index).ok_or_else(|| fail(Errno::NOENT))?;
    let fd = program.fd().map_err(|errno| fail(errno).advise("load the object first"))?;
    sys::attach_to_group(socket, fd).map_err(|errno| match errno {
        Errno::INVAL => fail(errno).advise(
            "it takes programs of type sk_reuseport or socket filter, and a socket that was bound with SO_REUSEPORT",
        ),
        _ => fail(errno),
    })
}

/// Leaves the choice to the kernel again. ENOENT where no program is attached.
pub(crate) fn detach_from_group(socket: BorrowedFd<'_>, policy: &Policy) -> Result<()> {
    group_allowed(policy)?;
    sys::detach_from_group(socket).map_err(|errno| Error::kernel("failed to detach a group's program", errno))
}

/// Any program decides about others' packets there, also one that may only observe elsewhere.
fn group_allowed(policy: &Policy) -> Result<()> {
    let grant = Some((Grant::Net, "it decides which socket gets what comes".into()));
    let item = Item::Hook(Hook::new("reuseport", "*"));
    policy.check(&Need { subject: "choosing among the sockets of a group".into(), item, grant })
}
