//! Files that shrink while a thread reads them through memory.
//!
//! A page that has no file behind it any more is SIGBUS (mmap(2)), which would end the process. In a thread that asked
//! for it, the page reads as zeros instead.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::mem::MaybeUninit;
use std::sync::OnceLock;

use libc::{SA_ONSTACK, SA_SIGINFO, SIGBUS, c_int, c_void, sigaction, siginfo_t};

use super::fault::pass_on;

/// siginfo's code for an address without memory behind it (asm-generic/siginfo.h).
const BUS_ADRERR: c_int = 2;

thread_local! {
    static TOLERANT: Cell<bool> = const { Cell::new(false) };
}

/// The handler that was there before, and the size of a page.
static PREVIOUS: OnceLock<(sigaction, usize)> = OnceLock::new();

/// From now on this thread sees zeros where a mapped file has ended. For threads that do nothing but read files.
pub(crate) fn tolerate() {
    TOLERANT.set(true);
    PREVIOUS.get_or_init(|| {
        let mut previous = MaybeUninit::<sigaction>::zeroed();
        // SAFETY: both structs are valid; the handler has the signature that SA_SIGINFO asks for. An all-zero
        // sigaction is valid. sigaction() fails only for bad signals.
        unsafe {
            let mut action: sigaction = MaybeUninit::zeroed().assume_init();
            action.sa_sigaction = handle as extern "C" fn(c_int, *mut siginfo_t, *mut c_void) as usize;
            action.sa_flags = SA_SIGINFO | SA_ONSTACK;
            libc::sigemptyset(&mut action.sa_mask);
            sigaction(SIGBUS, &action, previous.as_mut_ptr());
            (previous.assume_init(), rustix::param::page_size())
        }
    });
}

/// Async-signal-safe: reads a thread's own flag, which needs no set-up, and makes one system call.
extern "C" fn handle(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel passes a valid siginfo for SIGBUS.
    let (code, address) = unsafe { ((*info).si_code, (*info).si_addr() as usize) };
    let Some((previous, page)) = PREVIOUS.get() else { return };
    if code == BUS_ADRERR && TOLERANT.get() {
        // SAFETY: the thread reads mapped files, and this page has no file behind it: what is there is nobody's data.
        // It stays readable and becomes zeros, which readers of files that others may write have to expect.
        let replaced = unsafe {
            libc::mmap(
                (address & !(page - 1)) as *mut c_void,
                *page,
                libc::PROT_READ,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED,
                -1,
                0,
            )
        };
        if replaced != libc::MAP_FAILED {
            return;
        }
    }
    pass_on(Some(previous), signal, info, context);
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::ptr;
    use std::thread;

    use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

    use super::*;

    #[test]
    fn the_end_of_a_file_reads_as_zeros() {
        let file: File = tempfile::tempfile().unwrap();
        let page = rustix::param::page_size();
        std::os::unix::fs::FileExt::write_all_at(&file, &vec![7; 2 * page], 0).unwrap();
        let reader = thread::spawn(move || {
            tolerate();
            // SAFETY: a new mapping, read through raw pointers only, and unmapped by the one who made it.
            unsafe {
                let start = mmap(ptr::null_mut(), 2 * page, ProtFlags::READ, MapFlags::SHARED, &file, 0).unwrap();
                let byte = |at: usize| start.cast::<u8>().add(at).read_volatile();
                let before = [byte(0), byte(page)];
                file.set_len(0).unwrap();
                let after = [byte(0), byte(page)];
                munmap(start, 2 * page).unwrap();
                (before, after)
            }
        });
        assert_eq!(reader.join().unwrap(), ([7, 7], [0, 0]));
    }
}
