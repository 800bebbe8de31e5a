//! v1: programs that are attached to sockets: those in a sockmap, and groups of sockets that share a port.

use std::os::fd::AsFd;

use wasmtime::Caller;

use super::answer;
use super::attach::duplicate;
use super::table::{Import, add};
use crate::bpf::sockets::{attach_to_group, attach_to_map, detach_from_group, detach_from_map};
use crate::state::State;

pub(super) const IMPORTS: &[Import] = &[
    Import {
        name: "sockmap_attach",
        parameters: "map, program, type",
        text: "Attaches a loaded program to all sockets of a sockmap or sockhash, in place of one of the same `type` (enum bpf_attach_type: 4 BPF_SK_SKB_STREAM_PARSER, 5 BPF_SK_SKB_STREAM_VERDICT, 7 BPF_SK_MSG_VERDICT, 38 BPF_SK_SKB_VERDICT; -EINVAL for others), until it is detached or the map is gone. Sockets have the programs that were attached when they were put into the map; one that uses the map itself stays with them, also when the guest ends, until they are removed or closed (so it is in the kernel). Minimum kernel: 4.14, BPF_SK_MSG_VERDICT 4.17, BPF_SK_SKB_VERDICT 5.13. Returns 0.",
        since: "0.1",
        add: add!(map_attach(_, _, _)),
    },
    Import {
        name: "sockmap_detach",
        parameters: "map, program, type",
        text: "Detaches what `sockmap_attach` attached; -ENOENT where it is not attached. Returns 0.",
        since: "0.1",
        add: add!(map_detach(_, _, _)),
    },
    Import {
        name: "socket_group_attach",
        parameters: "member, program",
        text: "Makes a loaded program of type sk_reuseport or socket filter choose which socket of a group (SO_REUSEPORT) gets what comes. `member` is a WASI descriptor of one of them (what the guest was started with may be one); the program stays with the group. Needs the grant `net`. -EINVAL where the socket is in no group, -ENOTSOCK. Minimum kernel: 4.5, for sk_reuseport 4.19. Returns 0.",
        since: "0.1",
        add: add!(group_attach(_, _)),
    },
    Import {
        name: "socket_group_detach",
        parameters: "member",
        text: "Leaves the choice to the kernel again; -ENOENT where no program is attached. Needs the grant `net`. Minimum kernel: 5.3. Returns 0.",
        since: "0.1",
        add: add!(group_detach(_)),
    },
];

fn map_attach(caller: Caller<'_, State>, map: i32, program: i32, kind: u32) -> wasmtime::Result<i32> {
    answer(caller, "sockmap_attach", |call| {
        let bpf = &call.state().bpf;
        let (map, entry) = (bpf.map(map)?, bpf.program(program)?);
        attach_to_map(map.fd()?, &entry.object, entry.index, kind, &bpf.policy)?;
        Ok(0)
    })
}

fn map_detach(caller: Caller<'_, State>, map: i32, program: i32, kind: u32) -> wasmtime::Result<i32> {
    answer(caller, "sockmap_detach", |call| {
        let bpf = &call.state().bpf;
        let (map, entry) = (bpf.map(map)?, bpf.program(program)?);
        detach_from_map(map.fd()?, &entry.object, entry.index, kind)?;
        Ok(0)
    })
}

fn group_attach(caller: Caller<'_, State>, member: i32, program: i32) -> wasmtime::Result<i32> {
    answer(caller, "socket_group_attach", |call| {
        let entry = call.state().bpf.program(program)?;
        let socket = duplicate(call, member)?;
        attach_to_group(socket.as_fd(), &entry.object, entry.index, &call.state().bpf.policy)?;
        Ok(0)
    })
}

fn group_detach(caller: Caller<'_, State>, member: i32) -> wasmtime::Result<i32> {
    answer(caller, "socket_group_detach", |call| {
        let socket = duplicate(call, member)?;
        detach_from_group(socket.as_fd(), &call.state().bpf.policy)?;
        Ok(0)
    })
}
