//! The guest as a process: signals to itself, giving up the processor.

use rustix::io::Errno;
use rustix::thread::sched_yield;

use super::errno::Result;
use crate::call::Call;

/// Linux's SIGCHLD, SIGCONT, SIGURG, SIGWINCH: without a handler they do nothing.
const IGNORED: [i32; 4] = [17, 18, 23, 28];

/// `proc_raise`. WASI's numbers are Linux's without 16 (SIGSTKFLT).
pub(super) fn raise(call: &mut Call<'_, '_>, signal: u32) -> Result<()> {
    let signal = match signal {
        0 => return Ok(()),
        1..16 => signal as i32,
        16..31 => signal as i32 + 1,
        _ => return Err(Errno::INVAL.into()),
    };
    if IGNORED.contains(&signal) {
        return Ok(());
    }
    let stop = call.state().stop.clone();
    stop.signal(signal);
    Ok(stop.check()?)
}

/// `sched_yield`.
pub(super) fn relax(call: &mut Call<'_, '_>) -> Result<()> {
    sched_yield();
    Ok(call.state().stop.check()?)
}
