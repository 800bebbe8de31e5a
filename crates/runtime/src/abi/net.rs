//! v1: interfaces by name, and filters of traffic control.

use std::os::fd::AsFd;

use rustix::io::Errno;
use wasmtime::Caller;

use super::attach::duplicate;
use super::system::copy_text;
use super::table::{Import, add};
use super::{Failure, answer};
use crate::bpf::net::{Filter, Hook, create_hook, interface, interface_name, interface_text};
use crate::call::Call;
use crate::error::Error;
use crate::policy::{self, Grant, Item, Need};
use crate::privilege::after_attach;
use crate::state::State;

pub(super) const IMPORTS: &[Import] = &[
    Import {
        name: "netdev_index",
        parameters: "name, len",
        text: "The index of the network interface called so, in the runtime's network namespace; -ENODEV where there is none.",
        since: "0.1",
        add: add!(index_of(_, _)),
    },
    Import {
        name: "netdev_name",
        parameters: "ifindex, buf, len",
        text: "Copies at most `len` bytes of an interface's name; -ENODEV where there is none. Returns its full length.",
        since: "0.1",
        add: add!(name_of(_, _, _)),
    },
    Import {
        name: "tc_hook_create",
        parameters: "ifindex, point",
        text: "Makes the qdisc `clsact`, from which filters hang: `point` is 1 ingress, 2 egress, 3 both. It stays when the guest ends. -EEXIST where it is there already. Needs the grant `net`. Minimum kernel: 4.5. Returns 0.",
        since: "0.1",
        add: add!(hook_create(_, _)),
    },
    Import {
        name: "tc_hook_destroy",
        parameters: "ifindex, point",
        text: "Removes all filters of `point`, or for 3 the qdisc. Needs the grant `net`. Returns 0.",
        since: "0.1",
        add: add!(hook_destroy(_, _)),
    },
    Import {
        name: "tc_attach",
        parameters: "ifindex, point, parent, program, handle, priority, flags, out, out_len",
        text: "Attaches a loaded program as filter; `point` 4 means the qdisc or class `parent` (else 0); flag 1 replaces. Stores u32 handle, priority, program id, as much as `out_len` has room for. It is removed when the guest ends. Needs the grant `net`. Returns 0.",
        since: "0.1",
        add: add!(attach(_, _, _, _, _, _, _, _, _)),
    },
    Import {
        name: "tc_detach",
        parameters: "ifindex, point, parent, handle, priority",
        text: "Removes a filter. Needs the grant `net`. Returns 0.",
        since: "0.1",
        add: add!(detach(_, _, _, _, _)),
    },
];

fn index_of(caller: Caller<'_, State>, name: u32, len: u32) -> wasmtime::Result<i32> {
    answer(caller, "netdev_index", |call| Ok(interface(&call.string(name, len)?)?))
}

fn name_of(caller: Caller<'_, State>, ifindex: u32, buf: u32, len: u32) -> wasmtime::Result<i32> {
    answer(caller, "netdev_name", |call| {
        let name = interface_name(ifindex)?;
        Ok(copy_text(call, &name, buf, len)?)
    })
}

fn hook_create(caller: Caller<'_, State>, ifindex: i32, point: u32) -> wasmtime::Result<i32> {
    answer(caller, "tc_hook_create", |call| {
        allowed(call, "making a tc hook", ifindex)?;
        create_hook(Hook { ifindex, point, parent: 0 }, &mut call.state().bpf.log)?;
        Ok(0)
    })
}

fn hook_destroy(caller: Caller<'_, State>, ifindex: i32, point: u32) -> wasmtime::Result<i32> {
    answer(caller, "tc_hook_destroy", |call| {
        allowed(call, "removing a tc hook", ifindex)?;
        let bpf = &mut call.state().bpf;
        bpf.filters.destroy(Hook { ifindex, point, parent: 0 }, &mut bpf.log)?;
        Ok(0)
    })
}

fn attach(
    caller: Caller<'_, State>,
    ifindex: i32,
    point: u32,
    parent: u32,
    program: i32,
    handle: u32,
    priority: u32,
    flags: u32,
    out: u32,
    out_len: u32,
) -> wasmtime::Result<i32> {
    answer(caller, "tc_attach", |call| {
        allowed(call, "attaching a tc filter", ifindex)?;
        removable(call)?;
        let room = 12.min(out_len as usize);
        call.check(out, room)?;
        call.state().bpf.program(program)?;
        let program = duplicate(call, program)?;
        let (hook, filter) = (Hook { ifindex, point, parent }, Filter { handle, priority });
        let bpf = &mut call.state().bpf;
        let (made, id) = bpf.filters.attach(hook, program.as_fd(), filter, flags, &mut bpf.log)?;
        let bytes: Vec<u8> = [made.handle, made.priority, id].iter().flat_map(|field| field.to_le_bytes()).collect();
        call.write(out, &bytes[..room])?;
        Ok(0)
    })
}

fn detach(
    caller: Caller<'_, State>,
    ifindex: i32,
    point: u32,
    parent: u32,
    handle: u32,
    priority: u32,
) -> wasmtime::Result<i32> {
    answer(caller, "tc_detach", |call| {
        allowed(call, "removing a tc filter", ifindex)?;
        let bpf = &mut call.state().bpf;
        bpf.filters.detach(Hook { ifindex, point, parent }, Filter { handle, priority }, &mut bpf.log)?;
        Ok(0)
    })
}

/// The kernel keeps filters for ever, and only CAP_NET_ADMIN removes them.
fn removable(call: &mut Call<'_, '_>) -> Result<(), Failure> {
    if !call.state().stop.after_attach.is_wanted() {
        return Ok(());
    }
    let error = Error::kernel("failed to attach a tc filter", Errno::PERM);
    let option = after_attach::OPTION;
    Err(error
        .advise(format!(
            "with `{option}` nobody could remove it again: attach by a link (tcx), which goes with the process"
        ))
        .into())
}

/// Filters reach those of other programs, so they need the grant whatever the program is.
fn allowed(call: &mut Call<'_, '_>, what: &str, ifindex: i32) -> Result<(), Failure> {
    let grant = Some((Grant::Net, "it can change or drop network traffic".into()));
    let item = Item::Hook(policy::Hook::new("tc", interface_text(ifindex)));
    Ok(call.state().bpf.policy.check(&Need { subject: what.into(), item, grant })?)
}
