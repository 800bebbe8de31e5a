//! Stopping a guest: signals that it handles, signals that end it, and the wait that both can cut short.
//!
//! ```text
//!   signal ──> handled by the guest? ──yes──> pending, the wait returns Interrupted, the grace time starts
//!                    │no                                       │ second signal, or grace over
//!                    └────────────> end(128 + signal) <────────┘
//!                                        │ waits return Exit, running code is interrupted
//! ```

use std::array;
use std::fmt;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::io::{Errno, read, write};

use crate::interrupt::Interrupt;
use crate::privilege::after_attach::{self, AfterAttach};

/// The guest's end, travelling through the engine as an error: the process's exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit(pub i32);

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exit code {}", self.0)
    }
}

impl std::error::Error for Exit {}

/// Why a wait came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Woken {
    /// At least one descriptor has events in its `revents`.
    Ready,
    /// The time is over.
    TimedOut,
    /// A signal that the guest handles is pending.
    Interrupted,
}

/// Signals that come within this time are one request.
const TOGETHER: Duration = Duration::from_millis(200);
/// How much longer than the grace time a guest may take because it closes what it has attached, which the kernel decides.
const CLOSING: Duration = Duration::from_secs(60);
/// No exit requested yet.
const RUNNING: i32 = -1;

/// Stops one running guest from any thread.
pub struct Stop {
    /// Reaches the guest's running code.
    pub(crate) interrupt: Arc<Interrupt>,
    /// Whether the process's capabilities go when the guest waits.
    pub(crate) after_attach: AfterAttach,
    event: OwnedFd,
    grace: Duration,
    exit: AtomicI32,
    /// The signal that ended it, if one did.
    fatal: AtomicI32,
    handled: AtomicU64,
    ignored: AtomicU64,
    pending: AtomicU64,
    /// When the first signal came.
    signalled: OnceLock<Instant>,
    closing: Mutex<ClosingTime>,
}

/// What a guest that was signalled has spent on closing, and since when it has been.
#[derive(Default)]
struct ClosingTime {
    spent: Duration,
    since: Option<Instant>,
}

/// A guest is closing something, until this is dropped.
pub(crate) struct Closing<'s>(&'s Stop);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        let mut time = self.0.closing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(since) = time.since.take() {
            time.spent += since.elapsed();
        }
    }
}

impl Stop {
    /// A stop for one guest; `grace` is the time between a handled signal and the end.
    pub(crate) fn new(grace: Duration) -> Result<Arc<Self>, Errno> {
        Ok(Arc::new(Self {
            interrupt: Arc::default(),
            after_attach: AfterAttach::default(),
            event: eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?,
            grace,
            exit: AtomicI32::new(RUNNING),
            fatal: AtomicI32::new(0),
            handled: AtomicU64::new(0),
            ignored: AtomicU64::new(0),
            pending: AtomicU64::new(0),
            signalled: OnceLock::new(),
            closing: Mutex::default(),
        }))
    }

    /// Delivers Linux signal `signal` (1 to 63) to the guest: its handler runs at its next wait, or the guest ends with
    /// 128 + `signal` at once where it has none. A second signal ends it in any case, but for one that comes with the first:
    /// `timeout` and terminals send one to a process and one to its group.
    pub fn signal(self: &Arc<Self>, signal: i32) {
        let bit = bit(signal);
        let handled = self.handled.load(Ordering::SeqCst) & bit != 0;
        if !handled && self.ignored.load(Ordering::SeqCst) & bit != 0 {
            return;
        }
        if !handled || self.signalled.get_or_init(Instant::now).elapsed() > TOGETHER {
            return self.end_by(signal);
        }
        self.pending.fetch_or(bit, Ordering::SeqCst);
        self.wake();
        let (stop, start) = (Arc::downgrade(self), Instant::now());
        thread::spawn(move || {
            while let Some(stop) = Weak::upgrade(&stop) {
                let left = (stop.grace + stop.time_of_closing()).saturating_sub(start.elapsed());
                if left.is_zero() {
                    return stop.end_by(signal);
                }
                drop(stop);
                thread::sleep(left.max(Duration::from_millis(1)));
            }
        });
    }

    /// The guest is about to close what it has opened: the grace time stands still meanwhile.
    pub(crate) fn closing(&self) -> Option<Closing<'_>> {
        self.signalled.get()?;
        self.closing.lock().unwrap_or_else(PoisonError::into_inner).since = Some(Instant::now());
        Some(Closing(self))
    }

    fn time_of_closing(&self) -> Duration {
        let time = self.closing.lock().unwrap_or_else(PoisonError::into_inner);
        (time.spent + time.since.map_or(Duration::ZERO, |since| since.elapsed())).min(CLOSING)
    }

    /// Ends the guest with `code`, also out of a busy loop. The first call decides the code.
    pub fn end(&self, code: i32) {
        if self.exit.compare_exchange(RUNNING, code, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
            self.wake();
            self.interrupt.raise();
        }
    }

    /// Lets `signal` pass unless the guest handles it, for processes that were started so (`nohup`).
    pub fn ignore(&self, signal: i32) {
        self.ignored.fetch_or(bit(signal), Ordering::SeqCst);
    }

    fn end_by(&self, signal: i32) {
        let _ = self.fatal.compare_exchange(0, signal, Ordering::SeqCst, Ordering::SeqCst);
        self.end(128 + signal);
    }

    /// The signal that ended the guest, if it did not end by itself or with another code before.
    pub fn signal_that_ended(&self) -> Option<i32> {
        let signal = self.fatal.load(Ordering::SeqCst);
        (signal != 0 && self.exit_code() == Some(128 + signal)).then_some(signal)
    }

    /// The exit code, once the guest is to end.
    pub fn exit_code(&self) -> Option<i32> {
        self.check().err().map(|exit| exit.0)
    }

    /// An error once the guest is to end; asked before long work.
    pub(crate) fn check(&self) -> Result<(), Exit> {
        match self.exit.load(Ordering::SeqCst) {
            RUNNING => Ok(()),
            code => Err(Exit(code)),
        }
    }

    /// Says whether the guest handles `signal` itself. EINVAL for what is not a signal.
    pub(crate) fn handle(&self, signal: i32, handled: bool) -> Result<(), Errno> {
        if !(1..64).contains(&signal) {
            return Err(Errno::INVAL);
        }
        if handled {
            self.handled.fetch_or(bit(signal), Ordering::SeqCst);
        } else {
            self.handled.fetch_and(!bit(signal), Ordering::SeqCst);
        }
        Ok(())
    }

    /// Takes the lowest pending signal, if any.
    pub(crate) fn take(&self) -> Option<i32> {
        let pending = self.pending.load(Ordering::SeqCst);
        if pending == 0 {
            return None;
        }
        let signal = pending.trailing_zeros() as i32;
        self.pending.fetch_and(!bit(signal), Ordering::SeqCst);
        Some(signal)
    }

    /// The guest is about to wait for records, time or input. An error where the capabilities that were to go then stay.
    pub(crate) fn before_wait(&self) -> Result<(), Exit> {
        self.after_attach.before_wait().map_err(|errno| {
            tracing::error!("{}: the capabilities cannot be given up: {errno}", after_attach::OPTION);
            self.end(1);
            Exit(1)
        })
    }

    /// Readable when a wait is to end: [`Stop::is_signalled`] says why, and whoever saw it says so by [`Stop::heard`].
    pub(crate) fn event(&self) -> BorrowedFd<'_> {
        self.event.as_fd()
    }

    /// What the event announced is in `exit` or `pending`, looked at next.
    pub(crate) fn heard(&self) {
        let _ = read(&self.event, &mut [0; 8]);
    }

    /// Whether a signal is pending that the guest handles. An error once the guest is to end.
    pub(crate) fn is_signalled(&self) -> Result<bool, Exit> {
        self.check()?;
        Ok(self.pending.load(Ordering::SeqCst) != 0)
    }

    /// Waits until a descriptor is ready, `timeout` is over (`None`: for ever), or the guest is signalled or ended.
    pub(crate) fn wait<'f>(&'f self, fds: &mut [PollFd<'f>], timeout: Option<Duration>) -> Result<Woken, Exit> {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        // The event is the last. No heap for a few: what is to be done after a wakeup takes its time from the guest.
        let mut few: [PollFd<'f>; 4] = array::from_fn(|_| PollFd::new(&self.event, PollFlags::IN));
        let mut many = Vec::new();
        let all = match few.get_mut(..=fds.len()) {
            Some(few) => few,
            None => {
                many.resize(fds.len() + 1, PollFd::new(&self.event, PollFlags::IN));
                &mut many[..]
            }
        };
        all[..fds.len()].clone_from_slice(fds);
        loop {
            if self.is_signalled()? {
                return Ok(Woken::Interrupted);
            }
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            let left = left.and_then(|left| Timespec::try_from(left).ok());
            let ready = match poll(all, left.as_ref()) {
                Ok(ready) => ready,
                Err(_) => continue, // EINTR, the only error that valid arguments leave
            };
            if all[fds.len()].revents().contains(PollFlags::IN) {
                self.heard();
                continue;
            }
            if ready > 0 {
                fds.clone_from_slice(&all[..fds.len()]);
                return Ok(Woken::Ready);
            }
            if left.is_some() {
                return Ok(Woken::TimedOut);
            }
        }
    }

    fn wake(&self) {
        // A full counter is as readable as any other.
        let _ = write(&self.event, &1u64.to_ne_bytes());
    }
}

fn bit(signal: i32) -> u64 {
    1u64.checked_shl(signal as u32).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grace_time_stands_still_while_something_is_closed() {
        let grace = Duration::from_millis(50);
        let stop = Stop::new(grace).unwrap();
        assert!(stop.closing().is_none(), "nobody waits for the end");
        stop.handle(libc::SIGINT, true).unwrap();
        stop.signal(libc::SIGINT);
        let closing = stop.closing();
        thread::sleep(10 * grace);
        assert_eq!(stop.check(), Ok(()));
        drop(closing);
        // As long as it was closing nothing of the grace time passed, which is over soon.
        assert!(stop.time_of_closing() >= 10 * grace);
        while stop.check().is_ok() {
            thread::sleep(grace / 10);
        }
        assert_eq!(stop.signal_that_ended(), Some(libc::SIGINT));
    }
}
