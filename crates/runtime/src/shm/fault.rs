//! Host faults in read-only windows, and in arenas where a page is not there.
//!
//! A guest's own store to a read-only page is a Wasm trap, handled by the engine. But `memory.fill` and
//! `memory.copy` run in host code: there the engine does not know the fault, and passes it on to the handler that
//! was there before it. That is ours. It puts private memory over the faulting page (or over all of the range, where
//! its mapping cannot be split), so that the host's code can go on, and marks the window; the instance is stopped at
//! its next call.
#![allow(unsafe_code)]

use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use libc::{SA_ONSTACK, SA_SIGINFO, SIGSEGV, c_int, c_void, sigaction, siginfo_t};
use rustix::io::Errno;

/// The most guarded ranges of all instances of the process at a time.
const SLOTS: usize = 4096;

/// Read by the signal handler, so all of it is atomic: a slot is in use while `len` is not 0.
struct Slot {
    start: AtomicUsize,
    len: AtomicUsize,
    /// How much is replaced at a time, from a multiple of it on.
    unit: AtomicUsize,
    violated: AtomicBool,
}

static TABLE: [Slot; SLOTS] = [const {
    Slot {
        start: AtomicUsize::new(0),
        len: AtomicUsize::new(0),
        unit: AtomicUsize::new(0),
        violated: AtomicBool::new(false),
    }
}; SLOTS];
/// Serialises writers of the table; the handler only reads.
static WRITERS: Mutex<()> = Mutex::new(());
static PREVIOUS: OnceLock<sigaction> = OnceLock::new();

/// A guarded range; the guard ends when it is dropped.
pub(crate) struct Guarded(usize);

/// Guards `len` bytes at `start`, to be replaced in parts of `unit` bytes: whole pages all three. ENFILE when too many
/// ranges are guarded.
pub(crate) fn guard(start: usize, len: usize, unit: usize) -> Result<Guarded, Errno> {
    let _writer = WRITERS.lock().unwrap_or_else(PoisonError::into_inner);
    let index = TABLE.iter().position(|slot| slot.len.load(Ordering::Relaxed) == 0).ok_or(Errno::NFILE)?;
    let slot = &TABLE[index];
    slot.violated.store(false, Ordering::Relaxed);
    slot.start.store(start, Ordering::Relaxed);
    slot.unit.store(unit, Ordering::Relaxed);
    slot.len.store(len, Ordering::Release);
    Ok(Guarded(index))
}

impl Guarded {
    /// Whether host code was made to fault there.
    pub(crate) fn violated(&self) -> bool {
        TABLE[self.0].violated.load(Ordering::Relaxed)
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        TABLE[self.0].len.store(0, Ordering::Release);
    }
}

/// Installs the handler, once per process, before the first engine: the engine's own comes first then.
pub(crate) fn install() {
    PREVIOUS.get_or_init(|| {
        let mut previous = MaybeUninit::<sigaction>::zeroed();
        // SAFETY: both structs are valid; the handler has the signature that SA_SIGINFO asks for. An all-zero
        // sigaction is valid. sigaction() fails only for bad signals.
        unsafe {
            let mut action: sigaction = MaybeUninit::zeroed().assume_init();
            action.sa_sigaction = handle as extern "C" fn(c_int, *mut siginfo_t, *mut c_void) as usize;
            action.sa_flags = SA_SIGINFO | SA_ONSTACK;
            libc::sigemptyset(&mut action.sa_mask);
            sigaction(SIGSEGV, &action, previous.as_mut_ptr());
            previous.assume_init()
        }
    });
}

/// Async-signal-safe: reads atomics and makes one system call.
extern "C" fn handle(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel passes a valid siginfo for SIGSEGV.
    let address = unsafe { (*info).si_addr() } as usize;
    for slot in &TABLE {
        let (len, start) = (slot.len.load(Ordering::Acquire), slot.start.load(Ordering::Relaxed));
        let offset = address.wrapping_sub(start);
        if offset < len {
            let unit = slot.unit.load(Ordering::Relaxed);
            // SAFETY: the pages lie in a guarded window, that is in a guest's linear memory; replacing them by
            // private ones breaks no reference, since none exists there.
            let replaced = unsafe {
                libc::mmap(
                    (address - offset % unit) as *mut c_void,
                    unit,
                    libc::PROT_READ | libc::PROT_WRITE,
                    libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED,
                    -1,
                    0,
                )
            };
            if replaced != libc::MAP_FAILED {
                slot.violated.store(true, Ordering::Relaxed);
                return;
            }
        }
    }
    if let Some(previous) = PREVIOUS.get() {
        pass_on(previous, signal, info, context);
    }
}

/// Not ours: the previous handler's, or the default, which ends the process at the same instruction.
pub(super) fn pass_on(previous: &sigaction, signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    match previous.sa_sigaction {
        libc::SIG_DFL | libc::SIG_IGN => {
            // SAFETY: restores the disposition that was there; the faulting instruction runs again under it.
            unsafe { sigaction(signal, previous, ptr::null_mut()) };
        }
        handler if previous.sa_flags & SA_SIGINFO != 0 => {
            // SAFETY: a handler installed with SA_SIGINFO has this signature.
            let handler: extern "C" fn(c_int, *mut siginfo_t, *mut c_void) = unsafe { std::mem::transmute(handler) };
            handler(signal, info, context);
        }
        handler => {
            // SAFETY: a handler installed without SA_SIGINFO has this signature.
            let handler: extern "C" fn(c_int) = unsafe { std::mem::transmute(handler) };
            handler(signal);
        }
    }
}
