//! v1: what counts until it is read, eventfd(2) and timerfd(2), for guests whose event loop waits for them.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::rc::Rc;

use rustix::event::{EventfdFlags, PollFlags, Timespec, eventfd};
use rustix::io::{self, Errno};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, timerfd_create, timerfd_gettime, timerfd_settime,
};
use wasmtime::Caller;

use super::table::{Import, add};
use super::wait::retry;
use super::{Ctx, Entry, Failure, answer};
use crate::call::Call;
use crate::handle::Handle;
use crate::state::State;

pub(super) const IMPORTS: &[Import] = &[
    Import {
        name: "eventfd_create",
        parameters: "initial, flags",
        text: "Makes a counter of what is written to it, from `initial` on. `flags`: 1 EFD_SEMAPHORE (a read takes 1, not all), 2048 EFD_NONBLOCK, 524288 EFD_CLOEXEC (without effect). `stream_read` takes the count, 8 bytes; it waits while that is 0, or is -EAGAIN. Returns a counter.",
        since: "0.1",
        add: add!(eventfd_create(_, _)),
    },
    Import {
        name: "eventfd_write",
        parameters: "counter, value: i64",
        text: "Adds to the count; waits (-EAGAIN with EFD_NONBLOCK) while it has no room for that. -EINVAL for -1 and for a timer. Returns 0.",
        since: "0.1",
        add: add!(eventfd_write(_, i64)),
    },
    Import {
        name: "timerfd_create",
        parameters: "clock, flags",
        text: "Makes a counter of a timer's expirations, by `clock` 0 CLOCK_REALTIME, 1 CLOCK_MONOTONIC or 7 CLOCK_BOOTTIME. `flags`: 2048 TFD_NONBLOCK, 524288 TFD_CLOEXEC (without effect). It is read as an eventfd is. Returns a counter.",
        since: "0.1",
        add: add!(create_timer(_, _)),
    },
    Import {
        name: "timerfd_settime",
        parameters: "counter, flags, value, value_len",
        text: "Sets a timer: at `value` four i64, seconds and nanoseconds of the interval (0, 0: it expires once), then of the first expiration (0, 0: never). `flags`: 1 TFD_TIMER_ABSTIME, a time of the clock and not from now on, 2 TFD_TIMER_CANCEL_ON_SET. `value_len` is 32. Returns 0.",
        since: "0.1",
        add: add!(set_timer(_, _, _, _)),
    },
    Import {
        name: "timerfd_gettime",
        parameters: "counter, out, out_len",
        text: "Stores at `out`, in the form of `timerfd_settime`, a timer's interval and how long it is to its next expiration. `out_len` is 32. Returns 0.",
        since: "0.1",
        add: add!(get_timer(_, _, _)),
    },
];

const NONBLOCK: u32 = 2048;
const CLOEXEC: u32 = 0o2_000_000;
const SEMAPHORE: u32 = 1;
/// Two pairs of seconds and nanoseconds.
const TIMES: usize = 32;

/// An eventfd or a timer.
pub(crate) struct Counter {
    fd: OwnedFd,
    /// Whether the guest wants to hear that there is nothing, or wait; the descriptor itself never blocks.
    nonblocking: bool,
}

impl Counter {
    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// Tries until it does not have to wait any more, or may not.
    fn wait_with<R>(
        &self,
        call: &mut Call<'_, '_>,
        events: PollFlags,
        mut attempt: impl FnMut(BorrowedFd<'_>) -> Result<R, Errno>,
    ) -> Result<R, Failure> {
        retry(call, self.fd(), events, !self.nonblocking, || attempt(self.fd()))
    }
}

fn eventfd_create(caller: Caller<'_, State>, initial: u32, flags: u32) -> wasmtime::Result<i32> {
    answer(caller, "eventfd_create", |call| {
        let nonblocking = only(flags, SEMAPHORE)?;
        let mut kind = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        kind.set(EventfdFlags::SEMAPHORE, flags & SEMAPHORE != 0);
        call.state().bpf.add_counter(eventfd(initial, kind)?, nonblocking)
    })
}

fn eventfd_write(caller: Caller<'_, State>, counter: i32, value: i64) -> wasmtime::Result<i32> {
    answer(caller, "eventfd_write", |call| {
        let counter = call.state().bpf.counter(counter)?;
        counter.wait_with(call, PollFlags::OUT, |fd| io::write(fd, &value.to_ne_bytes()))?;
        Ok(0)
    })
}

/// The count, for `stream_read`.
pub(super) fn read(call: &mut Call<'_, '_>, counter: &Counter, buf: u32, len: u32) -> Result<i32, Failure> {
    let mut count = [0; 8];
    if (len as usize) < count.len() {
        return Err(Errno::INVAL.into());
    }
    // Before it is taken.
    call.check(buf, count.len())?;
    let size = counter.wait_with(call, PollFlags::IN, |fd| io::read(fd, &mut count))?;
    call.write(buf, &count[..size])?;
    Ok(size as i32)
}

fn create_timer(caller: Caller<'_, State>, clock: u32, flags: u32) -> wasmtime::Result<i32> {
    answer(caller, "timerfd_create", |call| {
        let nonblocking = only(flags, 0)?;
        let clock = match clock {
            0 => TimerfdClockId::Realtime,
            1 => TimerfdClockId::Monotonic,
            7 => TimerfdClockId::Boottime,
            _ => return Err(Errno::INVAL.into()),
        };
        let timer = timerfd_create(clock, TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK)?;
        call.state().bpf.add_counter(timer, nonblocking)
    })
}

fn set_timer(caller: Caller<'_, State>, counter: i32, flags: u32, value: u32, value_len: u32) -> wasmtime::Result<i32> {
    answer(caller, "timerfd_settime", |call| {
        let counter = call.state().bpf.counter(counter)?;
        let flags = TimerfdTimerFlags::from_bits(flags).filter(|flags| flags.bits() & !3 == 0).ok_or(Errno::INVAL)?;
        if value_len as usize != TIMES {
            return Err(Errno::INVAL.into());
        }
        let bytes = call.bytes(value, value_len)?;
        let mut parts = bytes.as_chunks().0.iter().map(|bytes| i64::from_le_bytes(*bytes));
        let mut time = || Timespec { tv_sec: parts.next().unwrap_or(0), tv_nsec: parts.next().unwrap_or(0) };
        let times = Itimerspec { it_interval: time(), it_value: time() };
        timerfd_settime(counter.fd(), flags, &times)?;
        Ok(0)
    })
}

fn get_timer(caller: Caller<'_, State>, counter: i32, out: u32, out_len: u32) -> wasmtime::Result<i32> {
    answer(caller, "timerfd_gettime", |call| {
        let counter = call.state().bpf.counter(counter)?;
        if out_len as usize != TIMES {
            return Err(Errno::INVAL.into());
        }
        let Itimerspec { it_interval, it_value } = timerfd_gettime(counter.fd())?;
        let parts = [it_interval.tv_sec, it_interval.tv_nsec, it_value.tv_sec, it_value.tv_nsec];
        call.write(out, &parts.map(i64::to_le_bytes).concat())?;
        Ok(0)
    })
}

/// Whether a counter does not block, by its flags. EINVAL for those that are neither common nor `others`.
fn only(flags: u32, others: u32) -> Result<bool, Errno> {
    if flags & !(NONBLOCK | CLOEXEC | others) != 0 { Err(Errno::INVAL) } else { Ok(flags & NONBLOCK != 0) }
}

impl Ctx {
    fn add_counter(&mut self, fd: OwnedFd, nonblocking: bool) -> Result<i32, Failure> {
        Ok(self.handles.insert(Entry::Counter(Rc::new(Counter { fd, nonblocking })))?)
    }

    fn counter(&self, handle: Handle) -> Result<Rc<Counter>, Errno> {
        match self.handles.get(handle)? {
            Entry::Counter(counter) => Ok(Rc::clone(counter)),
            _ => Err(Errno::BADF),
        }
    }
}
