//! Host faults in read-only windows, and in arenas where a page is not there.
//!
//! A guest's own store to a read-only page is a Wasm trap, handled by the engine. But `memory.fill` and
//! `memory.copy` run in host code: there the engine does not know the fault, and passes it on to the handler that
//! was there before it. That is ours. It puts a private page over the faulting one, so that the host's code can
//! go on, and marks the window; the instance is stopped at its next call.
//!
//! The data pages of perf buffers are writable by their mapping, and yet the kernel refuses stores there, with SIGBUS;
//! and it does not let such a mapping be divided. So SIGBUS in a guarded range goes the same way, from the engine on,
//! and a range can name the whole mapping that is to be replaced.
#![allow(unsafe_code)]

use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use libc::{SA_ONSTACK, SA_SIGINFO, SIGBUS, SIGSEGV, c_int, c_void, sigaction, siginfo_t};
use rustix::io::Errno;

use crate::attention;

/// The most guarded ranges of all instances of the process at a time.
const SLOTS: usize = 4096;

/// Read by the signal handler, so all of it is atomic: a slot is in use while `len` is not 0.
struct Slot {
    start: AtomicUsize,
    len: AtomicUsize,
    /// What a private mapping takes the place of: all of one of the kernel's, or with length 0 the page alone.
    whole: (AtomicUsize, AtomicUsize),
    violated: AtomicBool,
}

static TABLE: [Slot; SLOTS] = [const {
    Slot {
        start: AtomicUsize::new(0),
        len: AtomicUsize::new(0),
        whole: (AtomicUsize::new(0), AtomicUsize::new(0)),
        violated: AtomicBool::new(false),
    }
}; SLOTS];
/// Serialises writers of the table; the handler only reads.
static WRITERS: Mutex<()> = Mutex::new(());
static PREVIOUS: OnceLock<sigaction> = OnceLock::new();
static PREVIOUS_BUS: OnceLock<sigaction> = OnceLock::new();
static PAGE: AtomicUsize = AtomicUsize::new(0);
/// Whether any range was ever violated: while none was, as in all well-behaved processes, no slot has to be looked at.
static ANY_VIOLATED: AtomicBool = AtomicBool::new(false);

/// A guarded range; the guard ends when it is dropped.
pub(crate) struct Guarded(usize);

/// Guards `len` bytes at `start`; `whole` is the start and length of the mapping around them if it cannot be divided.
/// ENFILE when too many ranges are guarded.
pub(crate) fn guard(start: usize, len: usize, whole: Option<(usize, usize)>) -> Result<Guarded, Errno> {
    let _writer = WRITERS.lock().unwrap_or_else(PoisonError::into_inner);
    let index = TABLE.iter().position(|slot| slot.len.load(Ordering::Relaxed) == 0).ok_or(Errno::NFILE)?;
    let slot = &TABLE[index];
    slot.violated.store(false, Ordering::Relaxed);
    slot.start.store(start, Ordering::Relaxed);
    let (whole_start, whole_len) = whole.unwrap_or_default();
    slot.whole.0.store(whole_start, Ordering::Relaxed);
    slot.whole.1.store(whole_len, Ordering::Relaxed);
    slot.len.store(len, Ordering::Release);
    Ok(Guarded(index))
}

/// Whether host code was ever made to fault in a guarded range of this process.
#[inline]
pub(super) fn any_violated() -> bool {
    ANY_VIOLATED.load(Ordering::Relaxed)
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

/// Installs the handlers, once per process, before the first engine: the engine's own comes first then.
pub(crate) fn install() {
    PREVIOUS.get_or_init(|| {
        PAGE.store(rustix::param::page_size(), Ordering::Relaxed);
        set(SIGSEGV, handle)
    });
    PREVIOUS_BUS.get_or_init(|| set(SIGBUS, handle_bus));
}

type Handler = extern "C" fn(c_int, *mut siginfo_t, *mut c_void);

/// Sets a signal's handler; what it was before.
fn set(signal: c_int, handler: Handler) -> sigaction {
    let mut previous = MaybeUninit::<sigaction>::zeroed();
    // SAFETY: both structs are valid; the handler has the signature that SA_SIGINFO asks for. An all-zero sigaction is
    // valid. sigaction() fails only for bad signals.
    unsafe {
        let mut action: sigaction = MaybeUninit::zeroed().assume_init();
        action.sa_sigaction = handler as usize;
        action.sa_flags = SA_SIGINFO | SA_ONSTACK;
        libc::sigemptyset(&mut action.sa_mask);
        sigaction(signal, &action, previous.as_mut_ptr());
        previous.assume_init()
    }
}

/// The guarded range that an address is in. Async-signal-safe: reads atomics.
fn slot_of(address: usize) -> Option<&'static Slot> {
    TABLE.iter().find(|slot| {
        let (len, start) = (slot.len.load(Ordering::Acquire), slot.start.load(Ordering::Relaxed));
        address.wrapping_sub(start) < len
    })
}

/// A store that the kernel refused. In a guarded range it is handled as SIGSEGV is: by the engine, which traps the guest
/// if its own code did it, and else comes to [`handle`].
extern "C" fn handle_bus(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel passes a valid siginfo for SIGBUS.
    let address = unsafe { (*info).si_addr() } as usize;
    if slot_of(address).is_none() {
        return pass_on(PREVIOUS_BUS.get(), signal, info, context);
    }
    let mut current = MaybeUninit::<sigaction>::zeroed();
    // SAFETY: sigaction() is async-signal-safe, and fills the struct for a good signal.
    let current = unsafe {
        sigaction(SIGSEGV, ptr::null(), current.as_mut_ptr());
        current.assume_init()
    };
    pass_on(Some(&current), SIGSEGV, info, context);
}

/// Async-signal-safe: reads atomics and makes one system call.
extern "C" fn handle(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel passes a valid siginfo for SIGSEGV.
    let address = unsafe { (*info).si_addr() } as usize;
    if let Some(slot) = slot_of(address) {
        let page = PAGE.load(Ordering::Relaxed);
        let (start, len) = match slot.whole.1.load(Ordering::Relaxed) {
            0 => (address & !(page - 1), page),
            len => (slot.whole.0.load(Ordering::Relaxed), len),
        };
        // SAFETY: the pages lie in a guarded window, that is in a guest's linear memory; replacing them by private
        // ones breaks no reference, since none exists there.
        let replaced = unsafe {
            libc::mmap(
                start as *mut c_void,
                len,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED,
                -1,
                0,
            )
        };
        if replaced != libc::MAP_FAILED {
            slot.violated.store(true, Ordering::Relaxed);
            ANY_VIOLATED.store(true, Ordering::Relaxed);
            attention::want(1);
            return;
        }
    }
    pass_on(PREVIOUS.get(), signal, info, context);
}

/// To another handler, or the default, which ends the process at the same instruction.
pub(super) fn pass_on(previous: Option<&sigaction>, signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    let Some(previous) = previous else { return };
    match previous.sa_sigaction {
        libc::SIG_DFL | libc::SIG_IGN => {
            // SAFETY: restores the disposition that was there; the faulting instruction runs again under it.
            unsafe { sigaction(signal, previous, ptr::null_mut()) };
        }
        handler if previous.sa_flags & SA_SIGINFO != 0 => {
            // SAFETY: a handler installed with SA_SIGINFO has this signature.
            let handler: Handler = unsafe { std::mem::transmute(handler) };
            handler(signal, info, context);
        }
        handler => {
            // SAFETY: a handler installed without SA_SIGINFO has this signature.
            let handler: extern "C" fn(c_int) = unsafe { std::mem::transmute(handler) };
            handler(signal);
        }
    }
}
