//! A double of the kernel's BPF: this program's own `syscall` takes the place of libc's. System calls for BPF and perf
//! events get answers that the input decides on; all others are made.
//!
//! A descriptor that the double gives out is a file in memory, which can be mapped and polled, and is closed as usual. What
//! it says of objects is all zero; lookups succeed and change nothing.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::ffi::{c_int, c_long};

const SYS_MEMFD_CREATE: c_long = 319;
const SYS_FTRUNCATE: c_long = 77;
const SYS_PERF_EVENT_OPEN: c_long = 298;
const SYS_UNSHARE: c_long = 272;
const SYS_BPF: c_long = 321;

/// Commands of bpf(2) that give out a descriptor: maps, programs, pins, ids, raw tracepoints, BTF, links, iterators.
const OPENS: [c_long; 13] = [0, 5, 7, 13, 14, 17, 18, 19, 28, 30, 33, 36, 37];
/// Those that look for the next id: there is none.
const NEXT: [c_long; 4] = [11, 12, 23, 31];
/// EPERM, ENOENT, EINTR, E2BIG, EAGAIN, ENOMEM, EFAULT, EBUSY, EEXIST, EINVAL, EMFILE, ENOSPC, EOPNOTSUPP.
const ERRORS: [c_int; 13] = [1, 2, 4, 7, 11, 12, 14, 16, 17, 22, 24, 28, 95];
/// What a file of the double's holds: room for the pages of any ring here.
const SIZE: c_long = 4 << 20;

thread_local! {
    /// The state of the answers: 0 where the kernel itself is to answer.
    static ANSWERS: Cell<u64> = const { Cell::new(0) };
    /// How many of 256 calls fail.
    static FAILING: Cell<u8> = const { Cell::new(0) };
}

/// Runs `target` with the double in the kernel's place; the first two bytes decide on its answers.
pub fn imports(data: &[u8], target: fn(&[u8])) {
    let (answers, calls) = data.split_at(data.len().min(2));
    alone();
    let byte = |index: usize| answers.get(index).copied().unwrap_or_default();
    ANSWERS.set(0x9e37_79b9_7f4a_7c15 ^ u64::from(byte(0)));
    FAILING.set(byte(1) & 0x7f);
    target(calls);
    ANSWERS.set(0);
}

/// Moves this thread into a network namespace of its own: what is asked of the network is asked of the kernel.
fn alone() {
    thread_local! {
        static DONE: Cell<bool> = const { Cell::new(false) };
    }
    if !DONE.replace(true) {
        // SAFETY: no address is handed over; the flag is CLONE_NEWNET.
        let unshared = unsafe { raw(SYS_UNSHARE, [0x4000_0000, 0, 0, 0, 0, 0]) };
        assert_eq!(unshared, 0, "run this as root: it needs a network namespace of its own");
    }
}

/// The next answer (xorshift).
fn next() -> u64 {
    let mut state = ANSWERS.get();
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    ANSWERS.set(state);
    state
}

/// The answer to a system call of BPF's, or of perf events, as the kernel encodes it.
fn answer(number: c_long, command: c_long) -> c_long {
    let state = next();
    if (state & 0xff) < u64::from(FAILING.get()) {
        return -c_long::from(ERRORS[(state >> 8) as usize % ERRORS.len()]);
    }
    if number == SYS_BPF && NEXT.contains(&command) {
        return -2;
    }
    if number == SYS_BPF && !OPENS.contains(&command) {
        return 0;
    }
    // SAFETY: the name is a string that lives for ever; the flag is MFD_CLOEXEC.
    let file = unsafe { raw(SYS_MEMFD_CREATE, [c"wasm-bpf-double".as_ptr() as c_long, 1, 0, 0, 0, 0]) };
    if file >= 0 {
        // SAFETY: no address is handed over.
        unsafe { raw(SYS_FTRUNCATE, [file, SIZE, 0, 0, 0, 0]) };
    }
    file
}

/// Makes a system call.
///
/// # Safety
/// As the system call has it.
unsafe fn raw(number: c_long, arguments: [c_long; 6]) -> c_long {
    let result;
    let [a, b, c, d, e, f] = arguments;
    // SAFETY: the convention of Linux on x86-64; what the call itself does is the caller's to answer for.
    unsafe {
        std::arch::asm!(
            "syscall",
            inlateout("rax") number => result,
            in("rdi") a, in("rsi") b, in("rdx") c, in("r10") d, in("r8") e, in("r9") f,
            lateout("rcx") _, lateout("r11") _,
        );
    }
    result
}

/// libc's `syscall`. It takes as many arguments as the call has; those that were not given are not looked at.
///
/// # Safety
/// As the system call has it.
#[unsafe(no_mangle)]
unsafe extern "C" fn syscall(
    number: c_long,
    a: c_long,
    b: c_long,
    c: c_long,
    d: c_long,
    e: c_long,
    f: c_long,
) -> c_long {
    let doubled = matches!(number, SYS_BPF | SYS_PERF_EVENT_OPEN) && ANSWERS.try_with(Cell::get).unwrap_or(0) != 0;
    let result = if doubled {
        answer(number, a)
    } else {
        // SAFETY: the arguments are those that the caller has made for this call.
        unsafe { raw(number, [a, b, c, d, e, f]) }
    };
    if (-4095..0).contains(&result) {
        // SAFETY: libc gives the address of this thread's errno.
        unsafe { *__errno_location() = -result as c_int };
        return -1;
    }
    result
}

unsafe extern "C" {
    fn __errno_location() -> *mut c_int;
}
