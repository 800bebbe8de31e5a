//! v1: what can be done with a link, and the streams of iterators.

use std::rc::Rc;

use rustix::io::Errno;
use wasmtime::Caller;

use super::table::{Import, add};
use super::{Entry, answer, counter, socket};
use crate::bpf::link::{attach_struct_ops, update, update_map as update_link_map};
use crate::bpf::pin;
use crate::state::State;

pub(super) const IMPORTS: &[Import] = &[
    Import {
        name: "link_detach",
        parameters: "link",
        text: "Detaches and keeps the handle. Minimum kernel: 5.9; -EOPNOTSUPP for kinds that only closing detaches. Returns 0.",
        since: "0.1",
        add: add!(detach(_)),
    },
    Import {
        name: "link_disconnect",
        parameters: "link",
        text: "Makes closing the link leave its program attached, as far as something else (a pin) holds it. Returns 0.",
        since: "0.1",
        add: add!(disconnect(_)),
    },
    Import {
        name: "link_update_program",
        parameters: "link, program",
        text: "Replaces the attached program by another one, atomically. Minimum kernel: 5.7. Returns 0.",
        since: "0.1",
        add: add!(update_program(_, _)),
    },
    Import {
        name: "map_attach_struct_ops",
        parameters: "map",
        text: "Registers a struct_ops map of a loaded object with the kernel. Minimum kernel: 5.6. Returns a link.",
        since: "0.1",
        add: add!(struct_ops(_)),
    },
    Import {
        name: "iterator_create",
        parameters: "link",
        text: "A stream of what an iterator link prints. Minimum kernel: 5.8. Returns a stream.",
        since: "0.1",
        add: add!(iterator_create(_)),
    },
    Import {
        name: "stream_read",
        parameters: "stream, buf, len",
        text: "Reads at most `len` bytes of what an iterator's program prints, of a socket's next packet (as `socket_receive` without flags), or a counter's count (8 bytes; -EINVAL for less room). Returns their number, 0 at the end.",
        since: "0.1",
        add: add!(stream_read(_, _, _)),
    },
    Import {
        name: "link_update_map",
        parameters: "link, map",
        text: "Replaces the struct_ops map that a link registered by another loaded one; -EINVAL for other links. Minimum kernel: 6.4. Returns 0.",
        since: "0.1",
        add: add!(update_map(_, _)),
    },
    Import {
        name: "link_pin",
        parameters: "link, path, len",
        text: "Pins the link at a path below /sys/fs/bpf: it outlives the guest then. Needs the grant `pin`. -EBUSY where it is pinned. Minimum kernel: 5.7. Returns 0.",
        since: "0.1",
        add: add!(pin_link(_, _, _)),
    },
    Import {
        name: "link_unpin",
        parameters: "link",
        text: "Removes the pin of a link; -EINVAL where it has none. Returns 0.",
        since: "0.1",
        add: add!(unpin_link(_)),
    },
    Import {
        name: "link_open",
        parameters: "path, len",
        text: "The link pinned at a path; -EINVAL where that is no link. Needs the grant `pin`. Minimum kernel: 5.7. Returns a link; closing it leaves the pin and what it attaches.",
        since: "0.1",
        add: add!(open_link(_, _)),
    },
];

/// The most that one `stream_read` moves, in bytes.
const MAX_READ: usize = 64 << 10;

fn detach(caller: Caller<'_, State>, link: i32) -> wasmtime::Result<i32> {
    answer(caller, "link_detach", |call| {
        call.state().bpf.link(link)?.detach()?;
        Ok(0)
    })
}

fn disconnect(caller: Caller<'_, State>, link: i32) -> wasmtime::Result<i32> {
    answer(caller, "link_disconnect", |call| {
        call.state().bpf.link(link)?.disconnect();
        Ok(0)
    })
}

fn update_program(caller: Caller<'_, State>, link: i32, program: i32) -> wasmtime::Result<i32> {
    answer(caller, "link_update_program", |call| {
        let program = call.state().bpf.program(program)?;
        update(call.state().bpf.link(link)?, &program.object, program.index)?;
        Ok(0)
    })
}

fn struct_ops(caller: Caller<'_, State>, map: i32) -> wasmtime::Result<i32> {
    answer(caller, "map_attach_struct_ops", |call| {
        let bpf = &mut call.state().bpf;
        let map = bpf.map(map)?;
        let (object, index) = map.origin()?;
        bpf.room_for_link()?;
        let link = attach_struct_ops(object, index, &mut bpf.log)?;
        let handle = bpf.handles.insert(Entry::Link(link))?;
        call.state().stop.after_attach.attached();
        Ok(handle)
    })
}

fn iterator_create(caller: Caller<'_, State>, link: i32) -> wasmtime::Result<i32> {
    answer(caller, "iterator_create", |call| {
        let stream = call.state().bpf.link(link)?.iterate()?;
        Ok(call.state().bpf.handles.insert(Entry::Stream(stream))?)
    })
}

fn stream_read(caller: Caller<'_, State>, stream: i32, buf: u32, len: u32) -> wasmtime::Result<i32> {
    answer(caller, "stream_read", |call| {
        let stream = match call.state().bpf.handles.get(stream)? {
            Entry::Stream(stream) => stream,
            Entry::Socket(socket) => {
                let socket = Rc::clone(socket);
                return socket::read(call, &socket, buf, len);
            }
            Entry::Counter(counter) => {
                let counter = Rc::clone(counter);
                return counter::read(call, &counter, buf, len);
            }
            _ => return Err(Errno::BADF.into()),
        };
        let mut buffer = vec![0; MAX_READ.min(len as usize)];
        let count = rustix::io::read(stream, &mut buffer)?;
        call.write(buf, &buffer[..count])?;
        Ok(count as i32)
    })
}

fn update_map(caller: Caller<'_, State>, link: i32, map: i32) -> wasmtime::Result<i32> {
    answer(caller, "link_update_map", |call| {
        let map = call.state().bpf.map(map)?;
        let (object, index) = map.origin()?;
        update_link_map(call.state().bpf.link(link)?, object, index)?;
        Ok(0)
    })
}

fn pin_link(caller: Caller<'_, State>, link: i32, path: u32, len: u32) -> wasmtime::Result<i32> {
    answer(caller, "link_pin", |call| {
        let path = call.string(path, len)?;
        let bpf = &call.state().bpf;
        bpf.link(link)?.pin(&pin::checked(&path, &bpf.policy)?)?;
        Ok(0)
    })
}

fn unpin_link(caller: Caller<'_, State>, link: i32) -> wasmtime::Result<i32> {
    answer(caller, "link_unpin", |call| {
        call.state().bpf.link(link)?.unpin()?;
        Ok(0)
    })
}

fn open_link(caller: Caller<'_, State>, path: u32, len: u32) -> wasmtime::Result<i32> {
    answer(caller, "link_open", |call| {
        let path = call.string(path, len)?;
        let bpf = &mut call.state().bpf;
        let path = pin::checked(&path, &bpf.policy)?;
        bpf.room_for_link()?;
        let (link, _) = bpf.log.during(|| pin::open_link(&path));
        Ok(bpf.handles.insert(Entry::Link(link?))?)
    })
}
