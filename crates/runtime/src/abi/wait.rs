//! v1: waiting for whatever has something to read.

use std::cell::Ref;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags};
use rustix::io::Errno;
use wasmtime::Caller;

use super::table::{Import, add};
use super::{Entry, Failure, answer};
use crate::bpf::perf::Perf;
use crate::call::Call;
use crate::handle::{FIRST, Handle};
use crate::shm::ring::Ring;
use crate::state::State;
use crate::stop::Woken;

pub(super) const IMPORTS: &[Import] = &[Import {
    name: "wait",
    parameters: "handles, handles_len, timeout_ms",
    text: "Waits until one of the rings, perf buffers, perf events, sockets, epolls or counters (u32 handles, or descriptors of WASI; `handles_len` in bytes, at most 4096 of them) has something to read, at most `timeout_ms` milliseconds, -1 for ever. A perf event, which nothing maps here, is always ready, as it is for poll(). Returns how many are ready, 0 = time over; -EINTR: a signal that the guest handles is pending.",
    since: "0.1",
    add: add!(wait(_, _, _)),
}];

/// The most handles that one wait takes.
const MAX_WAIT: u32 = 4096;

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
        let timeout = if queued > 0 { Some(Duration::ZERO) } else { timeout(timeout_ms) };
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

/// Milliseconds as the kernel takes them: for ever below 0.
pub(super) fn timeout(milliseconds: i32) -> Option<Duration> {
    u64::try_from(milliseconds).ok().map(Duration::from_millis)
}

/// Tries what gives EAGAIN until `fd`, which does not block, has `events`; waits for those if `wait`. EINTR where the
/// guest handles a signal that came.
pub(super) fn retry<R>(
    call: &mut Call<'_, '_>,
    fd: BorrowedFd<'_>,
    events: PollFlags,
    wait: bool,
    mut attempt: impl FnMut() -> Result<R, Errno>,
) -> Result<R, Failure> {
    let stop = call.state().stop.clone();
    loop {
        match attempt() {
            Err(Errno::AGAIN) if wait => {}
            done => return Ok(done?),
        }
        stop.before_wait()?;
        if stop.wait(&mut [PollFd::from_borrowed_fd(fd, events)], None)? == Woken::Interrupted {
            return Err(Errno::INTR.into());
        }
    }
}

/// What is waited for, borrowed from its entry: nothing changes entries while the guest waits.
pub(super) enum Source<'e> {
    Ring(Ref<'e, Ring>),
    Perf(Ref<'e, Perf>),
    Fd(BorrowedFd<'e>),
}

impl<'e> Source<'e> {
    /// Of a handle, or a descriptor of WASI.
    pub(super) fn of(state: &'e State, handle: Handle) -> Result<Self, Errno> {
        if handle < FIRST {
            let number = u32::try_from(handle).map_err(|_| Errno::BADF)?;
            return state.wasi.host_fd(number).map(Self::Fd).ok_or(Errno::BADF);
        }
        match state.bpf.handles.get(handle)? {
            Entry::Ring(ring) => Ok(Self::Ring(ring.borrow())),
            Entry::Perf(perf) => Ok(Self::Perf(perf.borrow())),
            Entry::PerfEvent(fd) => Ok(Self::Fd(fd.as_fd())),
            Entry::Socket(socket) => Ok(Self::Fd(socket.fd())),
            Entry::Epoll(epoll) => Ok(Self::Fd(epoll.fd())),
            Entry::Counter(counter) => Ok(Self::Fd(counter.fd())),
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
