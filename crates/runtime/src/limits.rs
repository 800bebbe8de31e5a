//! How much of everything one guest may use. Each guest has an account of its own.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};
use std::{fs, thread};

use rustix::io::Errno;

use crate::stop::Stop;

/// The limits of one guest; the defaults suit a laptop. Reaching one is an error in the guest, and a warning.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Its memory and tables, in bytes: `memory.grow` returns -1 beyond.
    pub memory: usize,
    /// The keys and values of its maps in the kernel, in bytes: ENOMEM beyond.
    pub map_memory: usize,
    /// One ring buffer, in bytes: E2BIG beyond.
    pub ring: u32,
    /// Open objects: EMFILE beyond, as for all that follows.
    pub objects: usize,
    /// Programs of open objects.
    pub programs: usize,
    /// Links.
    pub links: usize,
    /// Handles of all kinds.
    pub handles: usize,
    /// Files and directories.
    pub files: usize,
    /// The lines of libbpf's that are kept, in bytes: the oldest go first.
    pub log: usize,
    /// The stack of its functions, in bytes: a trap beyond. Takes effect in [`crate::Runtime::with_stack`].
    pub stack: usize,
    /// The time from start to end: it ends with exit code 124 then, as timeout(1) has it.
    pub time: Option<Duration>,
    /// The processor's time in each second: it ends with 152 (128 + SIGXCPU) beyond.
    pub cpu: Option<Duration>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: 4 << 30,
            map_memory: 1 << 30,
            ring: 256 << 20,
            objects: 256,
            programs: 4096,
            links: 16_384,
            handles: 65_536,
            files: 1024,
            log: 2 << 20,
            stack: 1 << 20,
            time: None,
            cpu: None,
        }
    }
}

/// The exit code of a guest whose time is over.
const TIME_OVER: i32 = 124;
/// 128 + SIGXCPU.
const CPU_OVER: i32 = 152;
/// How often the watch looks.
const GLANCE: Duration = Duration::from_millis(50);

/// Says, the first time, that a limit was reached; `errno` is what the guest gets.
pub(crate) fn reached(once: &Cell<bool>, errno: Errno, limit: impl fmt::Display, what: &str, option: &str) -> Errno {
    if !once.replace(true) {
        tracing::warn!("the module reached its limit of {limit} {what}; `-W {option}=...` sets another");
    }
    errno
}

/// Watches a guest that runs on this thread; dropping it ends the watch.
pub(crate) struct Watch {
    _ends: Option<Sender<()>>,
}

impl Watch {
    /// Watches over time, as far as `limits` have it.
    pub(crate) fn start(limits: &Limits, stop: &Arc<Stop>) -> Self {
        if limits.time.is_none() && limits.cpu.is_none() {
            return Self { _ends: None };
        }
        let (ends, ended) = channel();
        let (limits, stop) = (limits.clone(), Arc::clone(stop));
        let thread = rustix::thread::gettid().as_raw_nonzero().get();
        thread::spawn(move || watch(&limits, &stop, thread, &ended));
        Self { _ends: Some(ends) }
    }
}

fn watch(limits: &Limits, stop: &Stop, thread: i32, ended: &Receiver<()>) {
    let start = Instant::now();
    let (mut second, mut used) = (start, cpu_time(thread));
    while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(GLANCE) {
        if let Some(time) = limits.time.filter(|time| start.elapsed() >= *time) {
            tracing::warn!("the module reached its limit of {time:?}; `-W timeout=...` sets another");
            return stop.end(TIME_OVER);
        }
        let Some(most) = limits.cpu else { continue };
        let now = cpu_time(thread);
        if now.saturating_sub(used) > most {
            tracing::warn!(
                "the module reached its limit of {most:?} of processor time a second; `-W max-cpu-time=...` sets another"
            );
            return stop.end(CPU_OVER);
        }
        if second.elapsed() >= Duration::from_secs(1) {
            (second, used) = (Instant::now(), now);
        }
    }
}

/// How long a thread of this process has run on a processor.
fn cpu_time(thread: i32) -> Duration {
    let text = fs::read_to_string(format!("/proc/self/task/{thread}/schedstat")).unwrap_or_default();
    let nanoseconds = text.split_whitespace().next().and_then(|number| number.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or(0))
}
