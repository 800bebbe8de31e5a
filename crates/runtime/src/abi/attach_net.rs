//! v1: attach programs that decide about traffic, cgroups and other programs.

use std::os::fd::{AsFd, OwnedFd};

use rustix::io::Errno;
use wasmtime::Caller;

use super::attach::{attach_as, c_text, duplicate};
use super::table::{Import, add};
use super::{Entry, Failure, answer};
use crate::bpf::link::{Attach, Position};
use crate::call::Call;
use crate::handle::Handle;
use crate::state::State;

pub(super) const IMPORTS: &[Import] = &[
    Import {
        name: "program_attach_cgroup",
        parameters: "program, directory",
        text: "At a cgroup; `directory` is a WASI descriptor of its directory. Minimum kernel: 5.7. Returns a link.",
        since: "0.1",
        add: add!(cgroup(_, _)),
    },
    Import {
        name: "program_attach_cgroup_at",
        parameters: "program, directory, flags, relative, relative_id, expected_revision: i64",
        text: "At a cgroup, in a place among its programs, as `program_attach_tcx`. Minimum kernel: 6.17. Returns a link.",
        since: "0.1",
        add: add!(cgroup_at(_, _, _, _, _, i64)),
    },
    Import {
        name: "program_attach_netns",
        parameters: "program, namespace",
        text: "At a network namespace; `namespace` is a WASI descriptor of its file. Minimum kernel: 5.8. Returns a link.",
        since: "0.1",
        add: add!(netns(_, _)),
    },
    Import {
        name: "program_attach_xdp",
        parameters: "program, ifindex",
        text: "At an interface. Minimum kernel: 5.9. Returns a link.",
        since: "0.1",
        add: add!(xdp(_, _)),
    },
    Import {
        name: "program_attach_freplace",
        parameters: "program, target, func, func_len",
        text: "In place of a function of a loaded program; `target` 0 (and no `func`) means the one that `program_set_attach_target` chose. Minimum kernel: 5.10. Returns a link.",
        since: "0.1",
        add: add!(freplace(_, _, _, _)),
    },
    Import {
        name: "program_attach_tcx",
        parameters: "program, ifindex, flags, relative, relative_id, expected_revision: i64",
        text: "At an interface's ingress or egress, as the program's section says. `relative` is a program or link handle, or 0; flags are the kernel's BPF_F_BEFORE (8), BPF_F_AFTER (16), BPF_F_ID (32), BPF_F_LINK (8,192). Minimum kernel: 6.6. Returns a link.",
        since: "0.1",
        add: add!(tcx(_, _, _, _, _, i64)),
    },
    Import {
        name: "program_attach_netkit",
        parameters: "program, ifindex, flags, relative, relative_id, expected_revision: i64",
        text: "At a netkit device; as `program_attach_tcx`. Minimum kernel: 6.7. Returns a link.",
        since: "0.1",
        add: add!(netkit(_, _, _, _, _, i64)),
    },
    Import {
        name: "program_attach_netfilter",
        parameters: "program, family, hook, priority, flags",
        text: "At a netfilter hook: `family` is NFPROTO_IPV4 (2) or NFPROTO_IPV6 (10), `hook` one of enum nf_inet_hooks. Minimum kernel: 6.4. Returns a link.",
        since: "0.1",
        add: add!(netfilter(_, _, _, _, _)),
    },
    Import {
        name: "program_attach_sockmap",
        parameters: "program, map",
        text: "At a sockmap or sockhash. Minimum kernel: 6.10. Returns a link.",
        since: "0.1",
        add: add!(sockmap(_, _)),
    },
];

/// `BPF_F_LINK`: what is meant by `relative` is a link.
const RELATIVE_LINK: u32 = 1 << 13;
/// `BPF_F_ID`: it is given by its kernel id.
const RELATIVE_ID: u32 = 1 << 5;

fn cgroup(caller: Caller<'_, State>, program: i32, directory: i32) -> wasmtime::Result<i32> {
    answer(caller, "program_attach_cgroup", |call| {
        let directory = duplicate(call, directory)?;
        attach_as(call, program, &Attach::Cgroup { directory: directory.as_fd(), at: Position::default() })
    })
}

fn netns(caller: Caller<'_, State>, program: i32, namespace: i32) -> wasmtime::Result<i32> {
    answer(caller, "program_attach_netns", |call| {
        let namespace = duplicate(call, namespace)?;
        attach_as(call, program, &Attach::Netns { namespace: namespace.as_fd() })
    })
}

fn xdp(caller: Caller<'_, State>, program: i32, ifindex: i32) -> wasmtime::Result<i32> {
    answer(caller, "program_attach_xdp", |call| attach_as(call, program, &Attach::Xdp { ifindex }))
}

fn freplace(caller: Caller<'_, State>, program: i32, target: i32, func: u32, func_len: u32) -> wasmtime::Result<i32> {
    answer(caller, "program_attach_freplace", |call| {
        if target == 0 && func_len == 0 {
            return attach_as(call, program, &Attach::Trace { cookie: 0 });
        }
        let function = &c_text(call, func, func_len)?;
        call.state().bpf.program(target)?;
        let target = duplicate(call, target)?;
        attach_as(call, program, &Attach::Freplace { target: target.as_fd(), function })
    })
}

/// Where among others a program goes, as the guest says it.
struct Place {
    flags: u32,
    relative: Handle,
    relative_id: u32,
    expected_revision: i64,
}

/// Attaches a program at the place that `how` is given.
fn attach_at(
    call: &mut Call<'_, '_>,
    program: Handle,
    place: &Place,
    how: impl Fn(Position<'_>) -> Attach<'_>,
) -> Result<i32, Failure> {
    let relative = relative_to(call, place)?;
    attach_as(call, program, &how(place.at(&relative)))
}

impl Place {
    fn at<'a>(&self, relative: &'a Option<OwnedFd>) -> Position<'a> {
        Position {
            flags: self.flags,
            relative: relative.as_ref().map(OwnedFd::as_fd),
            relative_id: self.relative_id,
            expected_revision: self.expected_revision as u64,
        }
    }
}

/// The descriptor of what the place is relative to. A flag that would make the kernel take no descriptor for
/// descriptor 0 is EINVAL.
fn relative_to(call: &mut Call<'_, '_>, place: &Place) -> Result<Option<OwnedFd>, Errno> {
    if place.relative == 0 {
        let needs_one = place.flags & RELATIVE_LINK != 0 && place.flags & RELATIVE_ID == 0;
        return if needs_one { Err(Errno::INVAL) } else { Ok(None) };
    }
    match call.state().bpf.handles.get(place.relative)? {
        Entry::Program(_) | Entry::Link(_) => Ok(Some(duplicate(call, place.relative)?)),
        _ => Err(Errno::BADF),
    }
}

fn cgroup_at(
    caller: Caller<'_, State>,
    program: i32,
    directory: i32,
    flags: u32,
    relative: i32,
    relative_id: u32,
    expected_revision: i64,
) -> wasmtime::Result<i32> {
    answer(caller, "program_attach_cgroup_at", |call| {
        let directory = duplicate(call, directory)?;
        let place = Place { flags, relative, relative_id, expected_revision };
        let relative = relative_to(call, &place)?;
        attach_as(call, program, &Attach::Cgroup { directory: directory.as_fd(), at: place.at(&relative) })
    })
}

fn tcx(
    caller: Caller<'_, State>,
    program: i32,
    ifindex: i32,
    flags: u32,
    relative: i32,
    relative_id: u32,
    expected_revision: i64,
) -> wasmtime::Result<i32> {
    answer(caller, "program_attach_tcx", |call| {
        let place = Place { flags, relative, relative_id, expected_revision };
        attach_at(call, program, &place, |at| Attach::Tcx { ifindex, at })
    })
}

fn netkit(
    caller: Caller<'_, State>,
    program: i32,
    ifindex: i32,
    flags: u32,
    relative: i32,
    relative_id: u32,
    expected_revision: i64,
) -> wasmtime::Result<i32> {
    answer(caller, "program_attach_netkit", |call| {
        let place = Place { flags, relative, relative_id, expected_revision };
        attach_at(call, program, &place, |at| Attach::Netkit { ifindex, at })
    })
}

fn netfilter(
    caller: Caller<'_, State>,
    program: i32,
    family: u32,
    hook: u32,
    priority: i32,
    flags: u32,
) -> wasmtime::Result<i32> {
    answer(caller, "program_attach_netfilter", |call| {
        attach_as(call, program, &Attach::Netfilter { family, hook, priority, flags })
    })
}

fn sockmap(caller: Caller<'_, State>, program: i32, map: i32) -> wasmtime::Result<i32> {
    answer(caller, "program_attach_sockmap", |call| {
        let map = call.state().bpf.map(map)?;
        attach_as(call, program, &Attach::Sockmap { map: map.fd()? })
    })
}
