//! Ending a guest that runs, without a single check in its code.
//!
//! Checks in loops and functions cost a guest that walks a ring buffer a third of its speed. Here the one who ends the
//! guest signals its thread instead. Where the signal finds the thread in a function of the guest, its handler moves
//! the thread to an instruction of the same module that always traps, and the engine does the rest, as with any trap.
//! Anywhere else, in the host's code or the engine's, the signal changes nothing and is sent again.
//!
//! A guest's function may be left at any instruction: its frame pointer always is a frame's (its own, or its caller's
//! at its first and last instructions), and the engine restores everything else from the entry into the module.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ops::Range;
use std::sync::{Arc, Mutex, Once, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;
use std::{io, process, ptr};

use libc::{SA_ONSTACK, SA_RESTART, SA_SIGINFO, c_int, c_void, sigaction, siginfo_t, ucontext_t};
use wasmtime::Module;
use wasmtime_environ::obj::ELF_WASMTIME_TRAPS;
use wasmtime_environ::object::{File, Object, ObjectSection};

/// Ignored by default, and free for such use: it announces urgent data on sockets, which nobody uses.
const SIGNAL: c_int = libc::SIGURG;
/// From one signal to the next, while the guest's thread is in the host's code.
const PERIOD: Duration = Duration::from_millis(2);

/// The instruction that Cranelift writes where code must always trap.
#[cfg(target_arch = "x86_64")]
const TRAP: [u8; 2] = [0x0f, 0x0b];
#[cfg(target_arch = "aarch64")]
const TRAP: [u8; 4] = [0x1f, 0xc1, 0, 0];

thread_local! {
    /// The guest that this thread runs.
    static CURRENT: Cell<*const Interrupt> = const { Cell::new(ptr::null()) };
}

/// Ends one guest's running code.
#[derive(Default)]
pub(crate) struct Interrupt {
    running: Mutex<Option<Running>>,
    /// Found when the guest is ended: until then nobody needs it.
    code: OnceLock<Vec<Code>>,
}

/// A guest that is running.
struct Running {
    /// One, or two that it goes back and forth between.
    modules: Vec<Module>,
    thread: libc::pid_t,
}

/// Where a module's code lies in this process.
struct Code {
    /// Of its functions, ascending; entries and exits of the engine's lie between or behind them.
    functions: Vec<Range<usize>>,
    /// An instruction that always traps.
    trap: usize,
}

/// The current thread is running a guest.
pub(crate) struct Entered<'i> {
    interrupt: &'i Interrupt,
    outer: *const Interrupt,
    thread_bound: PhantomData<*const ()>,
}

impl Interrupt {
    /// Makes the current thread the one that runs `module`, until the result is dropped.
    pub(crate) fn enter(&self, module: &Module) -> Entered<'_> {
        install();
        // SAFETY: gettid() has no preconditions.
        let thread = unsafe { libc::gettid() };
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(Running { modules: vec![module.clone()], thread });
        Entered { interrupt: self, outer: CURRENT.replace(self), thread_bound: PhantomData }
    }

    /// The guest will run `module` too. False: it is being ended, and must not.
    #[cfg(feature = "compiler")]
    pub(crate) fn also_runs(&self, module: &Module) -> bool {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let running = running.as_mut().filter(|_| self.code.get().is_none());
        running.map(|running| running.modules.push(module.clone())).is_some()
    }

    /// Ends what the guest runs, soon after this call: its code traps. Without effect where it does not run.
    pub(crate) fn raise(self: &Arc<Self>) {
        if !self.signal() {
            return;
        }
        let interrupt = Arc::clone(self);
        let repeat = move || {
            while interrupt.signal() {
                thread::sleep(PERIOD);
            }
        };
        if let Err(error) = thread::Builder::new().name("interrupt".into()).spawn(repeat) {
            tracing::error!("failed to start the thread that stops the module: {error}");
        }
    }

    /// Signals the guest's thread; whether it still runs.
    fn signal(&self) -> bool {
        // Held while the signal is sent: the thread cannot end, nor its number become another's.
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(Running { modules, thread }) = &*running else { return false };
        self.code.get_or_init(|| modules.iter().filter_map(Code::of).collect());
        // SAFETY: sends a signal that is handled or ignored.
        unsafe { libc::syscall(libc::SYS_tgkill, process::id(), *thread, SIGNAL) };
        true
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        CURRENT.set(self.outer);
        *self.interrupt.running.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Whether a guest of `module` can be ended: its code has an instruction that always traps, or no code at all.
pub(crate) fn can_end(module: &Module) -> bool {
    module.functions().len() == 0 || Code::of(module).is_some()
}

impl Code {
    fn of(module: &Module) -> Option<Self> {
        let image = module.image_range();
        // SAFETY: the range is the module's compiled image, an ELF file that is mapped as long as the module lives
        // and never written to.
        let bytes = unsafe { std::slice::from_raw_parts(image.start, image.end.offset_from_unsigned(image.start)) };
        let file = File::parse(bytes).ok()?;
        let text = file.section_by_name(".text")?;
        let traps = file.section_by_name(ELF_WASMTIME_TRAPS)?.data().ok()?;
        let code = text.data().ok()?;
        let start = code.as_ptr().addr();
        let trap = wasmtime_environ::iterate_traps(traps)?
            .map(|(offset, _)| offset as usize)
            .find(|&offset| code.get(offset..).is_some_and(|code| code.starts_with(&TRAP)))?;
        let mut functions: Vec<Range<usize>> = module
            .functions()
            .map(|function| start + function.offset..start + function.offset + function.len)
            .collect();
        functions.sort_by_key(|function| function.start);
        Some(Self { functions, trap: start + trap })
    }

    fn has_function_at(&self, pc: usize) -> bool {
        let after = self.functions.partition_point(|function| function.start <= pc);
        after.checked_sub(1).is_some_and(|index| self.functions[index].contains(&pc))
    }
}

/// Installs the handler, once per process, and lets the signal reach the current thread.
fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        // SAFETY: an all-zero sigaction is valid; the handler has the signature that SA_SIGINFO asks for.
        let done = unsafe {
            let mut action: sigaction = MaybeUninit::zeroed().assume_init();
            action.sa_sigaction = handle as extern "C" fn(c_int, *mut siginfo_t, *mut c_void) as usize;
            action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
            libc::sigemptyset(&mut action.sa_mask);
            sigaction(SIGNAL, &action, ptr::null_mut())
        };
        assert!(done == 0, "sigaction fails only for what is no signal: {}", io::Error::last_os_error());
    });
    // SAFETY: the set is initialised by sigemptyset() before it is used.
    unsafe {
        let mut set = MaybeUninit::uninit();
        libc::sigemptyset(set.as_mut_ptr());
        libc::sigaddset(set.as_mut_ptr(), SIGNAL);
        libc::pthread_sigmask(libc::SIG_UNBLOCK, set.as_ptr(), ptr::null_mut());
    }
}

/// Async-signal-safe: reads what was written before the signal was sent.
extern "C" fn handle(_: c_int, _: *mut siginfo_t, context: *mut c_void) {
    let current = CURRENT.get();
    if current.is_null() {
        return;
    }
    // SAFETY: `Entered` borrows the interrupt for as long as the pointer to it is set, on this very thread.
    let Some(modules) = (unsafe { &*current }).code.get() else { return };
    // SAFETY: the kernel hands a valid context to a handler that was installed with SA_SIGINFO.
    let pc = program_counter(unsafe { &mut *context.cast::<ucontext_t>() });
    if let Some(code) = modules.iter().find(|code| code.has_function_at(*pc as usize)) {
        *pc = code.trap as _;
    }
}

#[cfg(target_arch = "x86_64")]
fn program_counter(context: &mut ucontext_t) -> &mut libc::greg_t {
    &mut context.uc_mcontext.gregs[libc::REG_RIP as usize]
}

#[cfg(target_arch = "aarch64")]
fn program_counter(context: &mut ucontext_t) -> &mut libc::c_ulonglong {
    &mut context.uc_mcontext.pc
}
