//! v1: epoll, for guests whose event loop waits for more than one kind of thing.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::rc::Rc;
use std::time::{Duration, Instant};

use rustix::buffer::spare_capacity;
use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::io::Errno;
use rustix::rand::{GetRandomFlags, getrandom};
use wasmtime::Caller;

use super::table::{Import, add};
use super::wait::{Source, timeout};
use super::{Ctx, Entry, Failure, answer};
use crate::handle::Handle;
use crate::state::State;
use crate::stop::Stop;

pub(super) const IMPORTS: &[Import] = &[
    Import {
        name: "epoll_create",
        parameters: "",
        text: "Makes an empty set of what is waited for. Returns an epoll.",
        since: "0.1",
        add: add!(create()),
    },
    Import {
        name: "epoll_ctl",
        parameters: "epoll, operation, target, events, data: i64",
        text: "Adds to the set (`operation` 1), removes from it (2) or changes (3) what `wait` takes: `target` is a handle or a descriptor of WASI. `events` are EPOLLIN 1, EPOLLPRI 2, EPOLLOUT 4, EPOLLERR 8, EPOLLHUP 16, EPOLLRDHUP 0x2000, EPOLLONESHOT 1 << 30 and EPOLLET 1 << 31; `data` comes back with them. What nothing refers to any more leaves the set. -EEXIST, -ENOENT, -EPERM (a file or directory), -ELOOP. Returns 0.",
        since: "0.1",
        add: add!(control(_, _, _, _, i64)),
    },
    Import {
        name: "epoll_wait",
        parameters: "epoll, out, out_len, timeout_ms",
        text: "Waits until something of the set is ready, at most `timeout_ms` milliseconds, -1 for ever, and stores for each u32 events, u32 0, u64 data at `out`, whose `out_len` is a multiple of 16 from 16 up; at most 1024 a call. Returns how many were stored, 0 = time over; -EINTR: a signal that the guest handles is pending.",
        since: "0.1",
        add: add!(wait(_, _, _, _)),
    },
];

/// Of one in the guest's memory: u32 events, u32 0, u64 data.
const EVENT_SIZE: usize = 16;
/// The most that one call stores.
const MAX_EVENTS: usize = 1024;

/// A guest's set, which the end of its waits is part of: were it polled together with that, what some descriptors tell of
/// once only (perf events) would be lost.
pub(crate) struct Epoll {
    fd: OwnedFd,
    /// What comes back for the end of waits. A guest, which never sees it, cannot use it by chance.
    end: u64,
}

impl Epoll {
    fn create(stop: &Stop) -> Result<Self, Errno> {
        let mut end = [0; 8];
        getrandom(&mut end, GetRandomFlags::empty())?;
        let set = Self { fd: epoll::create(CreateFlags::CLOEXEC)?, end: u64::from_ne_bytes(end) };
        epoll::add(&set.fd, stop.event(), EventData::new_u64(set.end), EventFlags::IN)?;
        Ok(set)
    }

    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// Waits for what `events` has room for. EINTR where the guest handles a signal that came.
    fn wait(&self, stop: &Stop, events: &mut Vec<Event>, timeout: Option<Duration>) -> Result<(), Failure> {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        loop {
            if stop.is_signalled()? {
                return Err(Errno::INTR.into());
            }
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            let left = left.and_then(|left| Timespec::try_from(left).ok());
            match epoll::wait(&self.fd, spare_capacity(events), left.as_ref()) {
                Ok(0) if left.is_some() => return Ok(()),
                Ok(_) | Err(Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
            let count = events.len();
            events.retain(|event| { event.data }.u64() != self.end);
            if events.len() < count {
                stop.heard();
            }
            if !events.is_empty() {
                return Ok(());
            }
        }
    }
}

fn create(caller: Caller<'_, State>) -> wasmtime::Result<i32> {
    answer(caller, "epoll_create", |call| {
        let set = Epoll::create(&call.state().stop)?;
        Ok(call.state().bpf.handles.insert(Entry::Epoll(Rc::new(set)))?)
    })
}

fn control(
    caller: Caller<'_, State>,
    epoll: i32,
    operation: u32,
    target: i32,
    events: u32,
    data: i64,
) -> wasmtime::Result<i32> {
    answer(caller, "epoll_ctl", |call| {
        let state: &State = call.state();
        let set = &state.bpf.epoll(epoll)?.fd;
        let source = Source::of(state, target)?;
        let events = EventFlags::from_bits(events).filter(|events| known().contains(*events));
        let events = events.ok_or(Errno::INVAL);
        let data = EventData::new_u64(data as u64);
        match operation {
            1 => epoll::add(set, &source, data, events?)?,
            2 => epoll::delete(set, &source)?,
            3 => epoll::modify(set, &source, data, events?)?,
            _ => return Err(Errno::INVAL.into()),
        }
        Ok(0)
    })
}

/// What a guest may ask for: nothing that keeps the machine awake.
fn known() -> EventFlags {
    use EventFlags as Is;
    Is::IN | Is::PRI | Is::OUT | Is::ERR | Is::HUP | Is::RDHUP | Is::ONESHOT | Is::ET
}

fn wait(caller: Caller<'_, State>, epoll: i32, out: u32, out_len: u32, timeout_ms: i32) -> wasmtime::Result<i32> {
    answer(caller, "epoll_wait", |call| {
        let set = Rc::clone(call.state().bpf.epoll(epoll)?);
        let room = out_len as usize;
        if room == 0 || !room.is_multiple_of(EVENT_SIZE) {
            return Err(Errno::INVAL.into());
        }
        // Before events are taken that are told of once only.
        call.check(out, room)?;
        let mut events = Vec::with_capacity(MAX_EVENTS.min(room / EVENT_SIZE));
        let stop = call.state().stop.clone();
        stop.before_wait()?;
        set.wait(&stop, &mut events, timeout(timeout_ms))?;
        let bytes: Vec<u8> = events.iter().flat_map(encode).collect();
        call.write(out, &bytes)?;
        Ok(events.len() as i32)
    })
}

fn encode(event: &Event) -> [u8; EVENT_SIZE] {
    // The kernel packs the struct: fields are copied, not borrowed.
    let (flags, data) = (event.flags, event.data);
    let mut bytes = [0; EVENT_SIZE];
    bytes[..4].copy_from_slice(&flags.bits().to_le_bytes());
    bytes[8..].copy_from_slice(&data.u64().to_le_bytes());
    bytes
}

impl Ctx {
    fn epoll(&self, handle: Handle) -> Result<&Rc<Epoll>, Errno> {
        match self.handles.get(handle)? {
            Entry::Epoll(epoll) => Ok(epoll),
            _ => Err(Errno::BADF),
        }
    }
}
