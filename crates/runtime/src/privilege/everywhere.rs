//! Capabilities of every thread: the kernel has them for each one by itself, and only a thread can change its own. So
//! each is sent a signal whose handler does it, until /proc says that all have done it: whoever made them, and also those
//! that were made meanwhile by threads that had not.
#![allow(unsafe_code)]

use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, Once, PoisonError};
use std::time::{Duration, Instant};
use std::{fs, io, process, ptr, thread};

use libc::{SA_ONSTACK, SA_RESTART, c_int, pid_t, sigaction};
use rustix::io::Errno;
use rustix::thread::{CapabilitySet, CapabilitySets, gettid, set_capabilities, set_no_new_privs};

use crate::capability::mask;

/// How long all threads together may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a thread that has just been made may block signals.
const DEAF: Duration = Duration::from_millis(100);
/// From one look at the threads to the next.
const PERIOD: Duration = Duration::from_millis(1);

/// What the handler sets.
static EFFECTIVE: AtomicU64 = AtomicU64::new(0);
static PERMITTED: AtomicU64 = AtomicU64::new(0);

/// Lowers the capabilities of every thread to `sets`, and lets none of them gain any by executing programs. Unless `all`,
/// threads that block the signal are left out and warned of: none of this program's does, but an emulator of user space
/// has one of its own. ENOENT: /proc, which lists the threads, is not mounted; ETIMEDOUT: some thread has not done it.
pub(super) fn set(sets: CapabilitySets, all: bool) -> Result<(), Errno> {
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    // First of all this one: what it starts from now on has no more.
    set_no_new_privs(true)?;
    set_capabilities(None, sets)?;
    EFFECTIVE.store(sets.effective.bits(), Ordering::SeqCst);
    PERMITTED.store(sets.permitted.bits(), Ordering::SeqCst);
    let started = Instant::now();
    while let Some(behind) = threads_behind(sets)? {
        if !all && started.elapsed() > DEAF && behind.iter().all(|thread| is_deaf(*thread)) {
            tracing::warn!("threads {behind:?} of this process are not this program's and keep their capabilities");
            return Ok(());
        }
        if started.elapsed() > PATIENCE {
            return Err(Errno::TIMEDOUT);
        }
        install();
        for thread in behind {
            // SAFETY: sends a signal whose handler was just installed; a thread that has ended gets none.
            unsafe { libc::syscall(libc::SYS_tgkill, process::id(), thread, signal()) };
        }
        thread::sleep(PERIOD);
    }
    Ok(())
}

/// The other threads that may do more than `sets` say; `None` where there are none.
fn threads_behind(sets: CapabilitySets) -> Result<Option<Vec<pid_t>>, Errno> {
    let own = gettid().as_raw_nonzero().get();
    let listed = fs::read_dir("/proc/self/task").map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
    let others = listed.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<pid_t>().ok());
    let behind: Vec<pid_t> = others.filter(|thread| *thread != own && is_behind(*thread, sets)).collect();
    Ok(if behind.is_empty() { None } else { Some(behind) })
}

fn is_behind(thread: pid_t, sets: CapabilitySets) -> bool {
    // Nothing to read: it has ended.
    let Ok(status) = fs::read_to_string(format!("/proc/self/task/{thread}/status")) else { return false };
    let has_more = |field, most: u64| mask(&status, field).is_none_or(|set| set & !most != 0);
    has_more("CapEff:", sets.effective.bits())
        || has_more("CapPrm:", sets.permitted.bits())
        || status.lines().any(|line| line.starts_with("NoNewPrivs:") && line.ends_with('0'))
}

/// Whether a thread blocks the signal.
fn is_deaf(thread: pid_t) -> bool {
    let status = fs::read_to_string(format!("/proc/self/task/{thread}/status")).unwrap_or_default();
    mask(&status, "SigBlk:").is_some_and(|set| set & (1 << (signal() - 1)) != 0)
}

/// One that neither the C library nor the engine uses.
fn signal() -> c_int {
    libc::SIGRTMIN() + 2
}

fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        // SAFETY: an all-zero sigaction is valid; the handler has the signature of one without SA_SIGINFO.
        let done = unsafe {
            let mut action: sigaction = MaybeUninit::zeroed().assume_init();
            action.sa_sigaction = handle as extern "C" fn(c_int) as usize;
            action.sa_flags = SA_ONSTACK | SA_RESTART;
            libc::sigemptyset(&mut action.sa_mask);
            sigaction(signal(), &action, ptr::null_mut())
        };
        assert!(done == 0, "sigaction fails only for what is no signal: {}", io::Error::last_os_error());
    });
}

/// Async-signal-safe: two system calls, made without the C library, so that errno stays.
extern "C" fn handle(_: c_int) {
    let set = |set: &AtomicU64| CapabilitySet::from_bits_retain(set.load(Ordering::SeqCst));
    let sets =
        CapabilitySets { effective: set(&EFFECTIVE), permitted: set(&PERMITTED), inheritable: CapabilitySet::empty() };
    // What fails is seen in /proc.
    let _ = set_no_new_privs(true);
    let _ = set_capabilities(None, sets);
}
