//! `poll_oneoff`: sleeping, and waiting for descriptors.
//!
//! A handled signal ends the wait early *with success*, the nearest clock reported as run out: wasi-libc, Rust's std
//! and Go all mistreat an error here.

use std::collections::BTreeMap;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::sync::Arc;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags};
use rustix::fs::{FileType, tell};
use rustix::io::{Errno, ioctl_fionread};
use rustix::time::ClockId;

use super::clock;
use super::descriptor::Descriptor;
use super::errno::{self, Result};
use super::types::{u32_at, u64_at};
use crate::call::Call;
use crate::stop::Woken;

/// The size of a `subscription` and of an `event`, in bytes.
const SUBSCRIPTION: usize = 48;
const EVENT: usize = 32;
/// The most subscriptions in one call: a clock or two for each descriptor there can be, and then some.
const MAX: u32 = 4096;
/// `subclockflags`: the timeout is a point in time.
const ABSTIME: u32 = 1;
/// `eventrwflags`: the other end has hung up.
const HANGUP: u16 = 1;

/// What is waited for.
enum Until {
    /// So long after the call began.
    Clock(Duration),
    /// A descriptor that can be read or written.
    Fd(Arc<Descriptor>, PollFlags),
    /// Nothing: the event is an error.
    Never(Errno),
}

struct Subscription {
    userdata: u64,
    tag: u8,
    until: Until,
}

struct Event {
    error: Option<Errno>,
    bytes: u64,
    flags: u16,
}

const FIRED: Event = Event { error: None, bytes: 0, flags: 0 };

/// `poll_oneoff`. EINVAL without subscriptions, or with more than 4096.
pub(super) fn oneoff(call: &mut Call<'_, '_>, subscriptions: u32, events: u32, count: u32, out: u32) -> Result<()> {
    if count == 0 || count > MAX {
        return Err(Errno::INVAL.into());
    }
    let raw = call.bytes(subscriptions, count * SUBSCRIPTION as u32)?;
    call.check(events, count as usize * EVENT)?;
    call.check(out, 4)?;
    call.state().stop.before_wait()?;
    let began = clock::now(ClockId::Monotonic);
    let list: Vec<_> = raw.chunks_exact(SUBSCRIPTION).map(|raw| Subscription::decode(call, raw)).collect();
    let fired = wait(call, &list, began)?;
    let mut encoded = Vec::with_capacity(fired.len() * EVENT);
    for (index, event) in &fired {
        encoded.extend_from_slice(&event.encode(&list[*index]));
    }
    call.write(events, &encoded)?;
    Ok(call.write_u32(out, fired.len() as u32)?)
}

/// Waits for the first of `list`; returns which came, by index.
fn wait(call: &mut Call<'_, '_>, list: &[Subscription], began: u64) -> Result<Vec<(usize, Event)>> {
    let nearest = list.iter().filter_map(Subscription::timeout).min();
    let at_once = list.iter().any(|one| matches!(one.until, Until::Never(_)));
    // Each descriptor once: poll refuses more entries than there can be open files.
    let mut wanted: BTreeMap<RawFd, (&Descriptor, PollFlags)> = BTreeMap::new();
    for one in list {
        if let Until::Fd(fd, on) = &one.until {
            wanted.entry(fd.as_fd().as_raw_fd()).or_insert((fd, *on)).1 |= *on;
        }
    }
    let mut fds: Vec<_> = wanted.values().map(|(fd, on)| PollFd::new(*fd, *on)).collect();
    let stop = call.state().stop.clone();
    let woken = stop.wait(&mut fds, if at_once { Some(Duration::ZERO) } else { nearest })?;
    let seen: BTreeMap<_, _> = wanted.keys().zip(fds.iter().map(PollFd::revents)).collect();

    let elapsed = Duration::from_nanos(clock::now(ClockId::Monotonic).saturating_sub(began));
    let over = if woken == Woken::Interrupted { nearest.unwrap_or_default().max(elapsed) } else { elapsed };
    let fired = list.iter().enumerate().filter_map(|(index, one)| {
        let event = match &one.until {
            Until::Never(errno) => Some(Event { error: Some(*errno), ..FIRED }),
            Until::Clock(timeout) => (*timeout <= over).then_some(FIRED),
            Until::Fd(fd, on) => {
                let seen = seen[&fd.as_fd().as_raw_fd()] & (*on | PollFlags::ERR | PollFlags::HUP);
                (!seen.is_empty()).then(|| ready(fd, *on, seen))
            }
        };
        event.map(|event| (index, event))
    });
    Ok(fired.collect())
}

impl Subscription {
    fn decode(call: &mut Call<'_, '_>, raw: &[u8]) -> Self {
        let tag = raw[8];
        let until = match tag {
            0 => match clock::clock(u32_at(raw, 16)) {
                Ok(id @ (ClockId::Realtime | ClockId::Monotonic)) => {
                    let (timeout, flags) = (u64_at(raw, 24), u32_at(raw, 40) & 0xffff);
                    let past = if flags & ABSTIME != 0 { clock::now(id) } else { 0 };
                    Until::Clock(Duration::from_nanos(timeout.saturating_sub(past)))
                }
                // A processor time stands still while its owner sleeps.
                _ => Until::Never(Errno::INVAL),
            },
            1 | 2 => match call.descriptor(u32_at(raw, 16)) {
                Ok(descriptor) => Until::Fd(descriptor, if tag == 1 { PollFlags::IN } else { PollFlags::OUT }),
                Err(errno) => Until::Never(errno),
            },
            _ => Until::Never(Errno::INVAL),
        };
        Self { userdata: u64_at(raw, 0), tag, until }
    }

    fn timeout(&self) -> Option<Duration> {
        match self.until {
            Until::Clock(timeout) => Some(timeout),
            _ => None,
        }
    }
}

impl Event {
    fn encode(&self, of: &Subscription) -> [u8; EVENT] {
        let mut out = [0; EVENT];
        out[0..8].copy_from_slice(&of.userdata.to_le_bytes());
        out[8..10].copy_from_slice(&self.error.map_or(0, errno::number).to_le_bytes());
        out[10] = of.tag;
        out[16..24].copy_from_slice(&self.bytes.to_le_bytes());
        out[24..26].copy_from_slice(&self.flags.to_le_bytes());
        out
    }
}

fn ready(fd: &Descriptor, on: PollFlags, seen: PollFlags) -> Event {
    let bytes = if on == PollFlags::IN { readable(fd) } else { 0 };
    let flags = if seen.contains(PollFlags::HUP) { HANGUP } else { 0 };
    Event { error: None, bytes, flags }
}

/// What can be read at once. Files of /proc and /sys say 0 and mean "not known", so a file has at least 1.
fn readable(fd: &Descriptor) -> u64 {
    if fd.kind() != FileType::RegularFile {
        return ioctl_fionread(fd).unwrap_or(0);
    }
    let size = fd.stat().map_or(0, |stat| stat.st_size as u64);
    size.saturating_sub(tell(fd).unwrap_or(0)).max(1)
}
