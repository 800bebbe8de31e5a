//! v1: records that programs send, copied out in batches, and the wait for them.

use std::cell::Ref;
use std::os::fd::{AsFd, BorrowedFd};
use std::rc::Rc;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags};
use rustix::io::Errno;
use wasmtime::Caller;

use super::table::{Import, add};
use super::{Entry, Failure, answer};
use crate::bpf::perf::Perf;
use crate::bpf::reader::Reader;
use crate::call::Call;
use crate::handle::{FIRST, Handle};
use crate::shm::ring::Ring;
use crate::state::State;
use crate::stop::Woken;

pub(super) const IMPORTS: &[Import] = &[
    Import {
        name: "ring_open",
        parameters: "map",
        text: "Opens a ring buffer map for reading. Minimum kernel: 5.8. Returns a ring.",
        since: "0.1",
        add: add!(ring_open(_)),
    },
    Import {
        name: "ring_read",
        parameters: "ring, buf, len",
        text: "Takes as many whole records as `len` has room for: each u32 size, u32 0, then its data padded to 8 bytes. Returns the number of bytes stored, 0 = no record; -EMSGSIZE where the first one does not fit, and it stays.",
        since: "0.1",
        add: add!(ring_read(_, _, _)),
    },
    Import {
        name: "wait",
        parameters: "handles, handles_len, timeout_ms",
        text: "Waits until one of the rings, perf buffers, perf events or sockets (u32 handles, or descriptors of WASI; `handles_len` in bytes, at most 4096 of them) has something to read, at most `timeout_ms` milliseconds, -1 for ever. A perf event, which nothing maps here, is always ready, as it is for poll(). Returns how many are ready, 0 = time over; -EINTR: a signal that the guest handles is pending.",
        since: "0.1",
        add: add!(wait(_, _, _)),
    },
];

/// The most handles that one wait takes.
const MAX_WAIT: u32 = 4096;
/// The bytes before a record's data.
const HEADER: usize = 8;

fn ring_open(caller: Caller<'_, State>, map: i32) -> wasmtime::Result<i32> {
    answer(caller, "ring_open", |call| {
        let map = call.state().bpf.map(map)?;
        match Reader::open(&map, 0)? {
            Reader::Ring(ring) => Ok(call.state().bpf.handles.insert(Entry::Ring(ring))?),
            Reader::Perf(_) => Err(Errno::INVAL.into()),
        }
    })
}

fn ring_read(caller: Caller<'_, State>, ring: i32, buf: u32, len: u32) -> wasmtime::Result<i32> {
    answer(caller, "ring_read", |call| {
        let Entry::Ring(ring) = call.state().bpf.handles.get(ring)? else { return Err(Errno::BADF.into()) };
        let ring = Rc::clone(ring);
        call.check(buf, len as usize)?;
        let mut ring = ring.borrow_mut();
        let end = ring.produced();
        let mut out = Batch { buf, len: len as usize, used: 0 };
        while let Some(sample) = ring.next(end) {
            if !out.has_room(sample.len()) {
                sample.keep();
                return out.full();
            }
            out.push(call, &sample)?;
        }
        Ok(out.used as i32)
    })
}

fn wait(caller: Caller<'_, State>, handles: u32, handles_len: u32, timeout_ms: i32) -> wasmtime::Result<i32> {
    answer(caller, "wait", |call| {
        if !handles_len.is_multiple_of(4) || handles_len / 4 > MAX_WAIT {
            return Err(Errno::INVAL.into());
        }
        call.state().stop.before_wait()?;
        let bytes = call.bytes(handles, handles_len)?;
        let state: &State = call.state();
        let handles = bytes.as_chunks().0.iter().map(|bytes| Handle::from_le_bytes(*bytes));
        let sources: Vec<Source<'_>> = handles.map(|handle| Source::of(state, handle)).collect::<Result<_, Errno>>()?;
        drop(bytes);
        let queued = sources.iter().filter(|source| source.has_queued()).count() as i32;
        let timeout =
            if queued > 0 { Some(Duration::ZERO) } else { u64::try_from(timeout_ms).ok().map(Duration::from_millis) };
        let mut polled: Vec<PollFd<'_>> = sources.iter().map(|source| PollFd::new(source, PollFlags::IN)).collect();
        match state.stop.wait(&mut polled, timeout)? {
            Woken::Interrupted => Err(Failure::Errno(Errno::INTR)),
            Woken::TimedOut => Ok(queued),
            Woken::Ready => {
                let ready = |(fd, source): (&PollFd<'_>, &Source<'_>)| !fd.revents().is_empty() || source.has_queued();
                Ok(polled.iter().zip(&sources).filter(|pair| ready(*pair)).count() as i32)
            }
        }
    })
}

/// What is waited for, borrowed from its entry: nothing changes entries while the guest waits.
enum Source<'e> {
    Ring(Ref<'e, Ring>),
    Perf(Ref<'e, Perf>),
    Fd(BorrowedFd<'e>),
}

impl<'e> Source<'e> {
    fn of(state: &'e State, handle: Handle) -> Result<Self, Errno> {
        if handle < FIRST {
            let number = u32::try_from(handle).map_err(|_| Errno::BADF)?;
            return state.wasi.host_fd(number).map(Self::Fd).ok_or(Errno::BADF);
        }
        match state.bpf.handles.get(handle)? {
            Entry::Ring(ring) => Ok(Self::Ring(ring.borrow())),
            Entry::Perf(perf) => Ok(Self::Perf(perf.borrow())),
            Entry::PerfEvent(fd) => Ok(Self::Fd(fd.as_fd())),
            Entry::Socket(socket) => Ok(Self::Fd(socket.fd())),
            _ => Err(Errno::BADF),
        }
    }

    /// Whether records were taken off the kernel already.
    fn has_queued(&self) -> bool {
        matches!(self, Self::Perf(perf) if perf.has_queued())
    }
}

impl AsFd for Source<'_> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Ring(ring) => ring.fd(),
            Self::Perf(perf) => perf.fd(),
            Self::Fd(fd) => *fd,
        }
    }
}

/// Records being laid out in the guest's buffer.
struct Batch {
    buf: u32,
    len: usize,
    used: usize,
}

impl Batch {
    fn has_room(&self, size: usize) -> bool {
        self.used + HEADER + size.next_multiple_of(8) <= self.len
    }

    /// The result when a record does not fit.
    fn full(&self) -> Result<i32, Failure> {
        if self.used == 0 { Err(Errno::MSGSIZE.into()) } else { Ok(self.used as i32) }
    }

    fn push(&mut self, call: &mut Call<'_, '_>, data: &[u8]) -> Result<(), Errno> {
        let at = self.buf + self.used as u32;
        call.write_u32(at, data.len() as u32)?;
        call.write_u32(at + 4, 0)?;
        call.write(at + HEADER as u32, data)?;
        self.used += HEADER + data.len().next_multiple_of(8);
        Ok(())
    }
}
