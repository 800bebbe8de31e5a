//! v1: packet sockets, to which socket filter programs are attached. They only listen: nothing can be sent.

use std::os::fd::AsFd;
use std::rc::Rc;

use rustix::event::PollFlags;
use rustix::io::Errno;
use wasmtime::Caller;

use super::attach::duplicate;
use super::table::{Import, add};
use super::wait::retry;
use super::{Ctx, Entry, Failure, answer};
use crate::bpf::socket::{ADDRESS_SIZE, Received, Socket};
use crate::call::Call;
use crate::handle::Handle;
use crate::state::State;

pub(super) const IMPORTS: &[Import] = &[
    Import {
        name: "socket_open",
        parameters: "domain, type, protocol",
        text: "Opens a packet socket in the runtime's network namespace, for listening: `domain` 17 (AF_PACKET; -EAFNOSUPPORT for others), `type` 3 SOCK_RAW or 2 SOCK_DGRAM, plus 2048 SOCK_NONBLOCK, `protocol` an Ethernet protocol in network byte order (0: none until it is bound). It is observing: no grant is needed, and nothing can be sent. -EPERM without CAP_NET_RAW. Returns a socket.",
        since: "0.1",
        add: add!(open(_, _, _)),
    },
    Import {
        name: "socket_bind",
        parameters: "socket, protocol, ifindex",
        text: "Listens at the interface `ifindex` only (0: all), for `protocol` (network byte order; 0: the one that it has). -ENODEV, -ENETDOWN. Returns 0.",
        since: "0.1",
        add: add!(bind(_, _, _)),
    },
    Import {
        name: "socket_attach",
        parameters: "socket, program",
        text: "Attaches a loaded program of type socket filter, in place of one that is attached: it returns how many bytes of a packet the socket is given, 0 none. Minimum kernel: 3.19. Returns 0.",
        since: "0.1",
        add: add!(attach(_, _)),
    },
    Import {
        name: "socket_detach",
        parameters: "socket",
        text: "Detaches the program: every packet is given to the socket. -ENOENT where none is attached. Returns 0.",
        since: "0.1",
        add: add!(detach(_)),
    },
    Import {
        name: "socket_receive",
        parameters: "socket, flags, buf, len, from, from_len",
        text: "Waits for a packet and copies at most `len` bytes of it (at most 512 KiB); the rest is lost. `flags` as of recv(2): 2 MSG_PEEK leaves it, 32 MSG_TRUNC returns its whole length, 64 MSG_DONTWAIT does not wait, as for a socket with SOCK_NONBLOCK: -EAGAIN. Stores the kernel's struct sockaddr_ll at `from`, whose `from_len` is 20, or 0 where it is not wanted. -ENETDOWN where the interface was switched off; -EINTR: a signal that the guest handles is pending. Returns the number of bytes copied.",
        since: "0.1",
        add: add!(receive(_, _, _, _, _, _)),
    },
    Import {
        name: "socket_statistics",
        parameters: "socket, out, out_len",
        text: "Stores two u32 at `out` and begins anew: how many packets passed the filter since the last call, and for how many of them the socket's queue had no room. `out_len` is 8. Returns 0.",
        since: "0.1",
        add: add!(statistics(_, _, _)),
    },
];

/// The most of a packet that is copied: a little more than the largest that the kernel puts together (BIG TCP).
const MAX_PACKET: usize = 512 << 10;
/// `MSG_*` of recv(2).
const PEEK: u32 = 2;
const TRUNC: u32 = 32;
const DONTWAIT: u32 = 64;

fn open(caller: Caller<'_, State>, domain: u32, kind: u32, protocol: u32) -> wasmtime::Result<i32> {
    answer(caller, "socket_open", |call| {
        let bpf = &mut call.state().bpf;
        let socket = Socket::open(domain, kind, ethernet(protocol)?, &bpf.policy)?;
        Ok(bpf.handles.insert(Entry::Socket(Rc::new(socket)))?)
    })
}

fn bind(caller: Caller<'_, State>, socket: i32, protocol: u32, ifindex: i32) -> wasmtime::Result<i32> {
    answer(caller, "socket_bind", |call| {
        let bpf = &call.state().bpf;
        bpf.socket(socket)?.bind(ethernet(protocol)?, ifindex, &bpf.policy)?;
        Ok(0)
    })
}

fn attach(caller: Caller<'_, State>, socket: i32, program: i32) -> wasmtime::Result<i32> {
    answer(caller, "socket_attach", |call| {
        let socket = call.state().bpf.socket(socket)?;
        call.state().bpf.program(program)?;
        socket.attach(duplicate(call, program)?.as_fd())?;
        call.state().stop.after_attach.attached();
        Ok(0)
    })
}

fn detach(caller: Caller<'_, State>, socket: i32) -> wasmtime::Result<i32> {
    answer(caller, "socket_detach", |call| {
        call.state().bpf.socket(socket)?.detach()?;
        Ok(0)
    })
}

fn receive(
    caller: Caller<'_, State>,
    socket: i32,
    flags: u32,
    buf: u32,
    len: u32,
    from: u32,
    from_len: u32,
) -> wasmtime::Result<i32> {
    answer(caller, "socket_receive", |call| {
        let socket = call.state().bpf.socket(socket)?;
        if flags & !(PEEK | TRUNC | DONTWAIT) != 0 || !matches!(from_len as usize, 0 | ADDRESS_SIZE) {
            return Err(Errno::INVAL.into());
        }
        call.check(from, from_len as usize)?;
        let (received, copied) = take(call, &socket, flags, buf, len)?;
        if from_len > 0 {
            call.write(from, &received.from)?;
        }
        Ok(if flags & TRUNC != 0 { received.size } else { copied } as i32)
    })
}

/// The next packet's bytes, for `stream_read`.
pub(super) fn read(call: &mut Call<'_, '_>, socket: &Socket, buf: u32, len: u32) -> Result<i32, Failure> {
    Ok(take(call, socket, 0, buf, len)?.1 as i32)
}

/// Copies the next packet to the guest; how much of it.
fn take(
    call: &mut Call<'_, '_>,
    socket: &Socket,
    flags: u32,
    buf: u32,
    len: u32,
) -> Result<(Received, usize), Failure> {
    call.check(buf, len as usize)?;
    let mut buffer = vec![0; MAX_PACKET.min(len as usize)];
    let received = next(call, socket, flags, &mut buffer)?;
    let copied = received.size.min(buffer.len());
    call.write(buf, &buffer[..copied])?;
    Ok((received, copied))
}

/// The next packet, waited for in a way that a signal can end.
fn next(call: &mut Call<'_, '_>, socket: &Socket, flags: u32, buffer: &mut [u8]) -> Result<Received, Failure> {
    let wait = !socket.nonblocking() && flags & DONTWAIT == 0;
    retry(call, socket.fd(), PollFlags::IN, wait, || socket.receive(buffer, flags & PEEK != 0))
}

fn statistics(caller: Caller<'_, State>, socket: i32, out: u32, out_len: u32) -> wasmtime::Result<i32> {
    answer(caller, "socket_statistics", |call| {
        let socket = call.state().bpf.socket(socket)?;
        if out_len != 8 {
            return Err(Errno::INVAL.into());
        }
        // Before the kernel's counters are taken.
        call.check(out, 8)?;
        let counted = socket.statistics()?;
        call.write_u32(out, counted.packets)?;
        call.write_u32(out + 4, counted.drops)?;
        Ok(0)
    })
}

/// An Ethernet protocol: 16 bits.
fn ethernet(protocol: u32) -> Result<u16, Errno> {
    u16::try_from(protocol).map_err(|_| Errno::INVAL)
}

impl Ctx {
    fn socket(&self, handle: Handle) -> Result<Rc<Socket>, Errno> {
        match self.handles.get(handle)? {
            Entry::Socket(socket) => Ok(Rc::clone(socket)),
            _ => Err(Errno::BADF),
        }
    }
}
