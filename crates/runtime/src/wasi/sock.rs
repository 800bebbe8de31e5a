//! Sockets. A guest is given none, but its standard input and output can be one (inetd, ssh, service managers).

use std::os::fd::OwnedFd;
use std::sync::Arc;

use rustix::event::PollFlags;
use rustix::fs::FileType;
use rustix::io::Errno;
use rustix::net::sockopt::socket_type;
use rustix::net::{
    RecvFlags, SendFlags, Shutdown, SocketFlags, SocketType, accept_with, recv as receive, send as transmit,
};

use super::descriptor::{Descriptor, Source};
use super::errno::Result;
use super::file::wait;
use super::iovs::{CHUNK, Iovs};
use super::types::rights;
use crate::call::Call;

/// `riflags`: leave what is read; wait for all that was asked for.
const PEEK: u32 = 1;
const WAITALL: u32 = 2;
/// `roflags`: a datagram was cut.
const TRUNCATED: u16 = 1;
/// `sdflags`.
const SHUT_READ: u32 = 1;
const SHUT_WRITE: u32 = 2;

/// `sock_accept`.
pub(super) fn accept(call: &mut Call<'_, '_>, fd: u32, flags: u32, out: u32) -> Result<()> {
    let listener = socket(call, fd)?;
    call.check(out, 4)?;
    wait(call, &*listener, PollFlags::IN, listener.nonblocking())?;
    let accepted: OwnedFd = accept_with(&listener, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK)?;
    let descriptor = Descriptor::new(Source::File(accepted), rights::ALL, flags as u16, false)?;
    let number = call.state().wasi.table.insert(descriptor)?;
    Ok(call.write_u32(out, number)?)
}

/// `sock_recv`. `out` holds where the count and the flags go.
pub(super) fn recv(call: &mut Call<'_, '_>, fd: u32, iovs: (u32, u32), flags: u32, out: (u32, u32)) -> Result<()> {
    let from = socket(call, fd)?;
    call.check(out.0, 4)?;
    call.check(out.1, 2)?;
    let iovs = Iovs::take(call, iovs.0, iovs.1)?;
    let mut host = RecvFlags::DONTWAIT;
    // On a TCP stream this flag would throw the bytes away.
    host.set(RecvFlags::TRUNC, socket_type(&from)? == SocketType::DGRAM);
    host.set(RecvFlags::PEEK, flags & PEEK != 0);
    let mut buffer = vec![0; CHUNK.min(iovs.total) as usize];
    let mut done = 0;
    let mut cut = false;
    loop {
        wait(call, &*from, PollFlags::IN, from.nonblocking())?;
        let (got, whole) = match receive(&from, &mut buffer[done..], host) {
            Err(Errno::AGAIN) if !from.nonblocking() => continue,
            result => result?,
        };
        done += got;
        cut |= whole > got;
        if flags & (WAITALL | PEEK) != WAITALL || got == 0 || done == buffer.len() {
            break;
        }
    }
    iovs.scatter(call, 0, &buffer[..done])?;
    call.write_u32(out.0, done as u32)?;
    Ok(call.write(out.1, &(if cut { TRUNCATED } else { 0 }).to_le_bytes())?)
}

/// `sock_send`. WASI defines no flags.
pub(super) fn send(call: &mut Call<'_, '_>, fd: u32, iovs: u32, count: u32, flags: u32, out: u32) -> Result<()> {
    let to = socket(call, fd)?;
    if flags != 0 {
        return Err(Errno::INVAL.into());
    }
    call.check(out, 4)?;
    let iovs = Iovs::take(call, iovs, count)?;
    let mut buffer = vec![0; CHUNK.min(iovs.total) as usize];
    iovs.gather(call, 0, &mut buffer)?;
    loop {
        wait(call, &*to, PollFlags::OUT, to.nonblocking())?;
        match transmit(&to, &buffer, SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
            Err(Errno::AGAIN) if !to.nonblocking() => {}
            result => return Ok(call.write_u32(out, result? as u32)?),
        }
    }
}

/// `sock_shutdown`.
pub(super) fn shutdown(call: &mut Call<'_, '_>, fd: u32, how: u32) -> Result<()> {
    let socket = socket(call, fd)?;
    let how = match how {
        SHUT_READ => Shutdown::Read,
        SHUT_WRITE => Shutdown::Write,
        both if both == SHUT_READ | SHUT_WRITE => Shutdown::Both,
        _ => return Err(Errno::INVAL.into()),
    };
    Ok(rustix::net::shutdown(&socket, how)?)
}

/// The socket behind `fd`: EBADF where there is nothing, ENOTSOCK where there is something else.
fn socket(call: &mut Call<'_, '_>, fd: u32) -> Result<Arc<Descriptor>> {
    let descriptor = call.descriptor(fd)?;
    if descriptor.kind() == FileType::Socket { Ok(descriptor) } else { Err(Errno::NOTSOCK.into()) }
}
