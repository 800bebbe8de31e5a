//! Reading and writing.
//!
//! Both move 64 KiB at a time until all is done, as a blocking system call would: programs written for Linux do not
//! expect a file to take less than it was given. A short count is returned only where Linux would return one.

use std::os::fd::AsFd;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags};
use rustix::io::Errno;

use super::descriptor::{Descriptor, Written};
use super::errno::{Failure, Result};
use super::iovs::{CHUNK, Iovs};
use super::types::rights;
use crate::call::Call;
use crate::stop::Woken;

/// The signal that a write to a broken pipe raises (Linux's number).
const SIGPIPE: i32 = 13;

/// `fd_read`, and `fd_pread` where there is an `offset`.
pub(super) fn read(
    call: &mut Call<'_, '_>,
    fd: u32,
    iovs: u32,
    count: u32,
    offset: Option<u64>,
    out: u32,
) -> Result<()> {
    let descriptor = call.descriptor(fd)?;
    if descriptor.rights() & rights::READ == 0 {
        return Err(Errno::BADF.into());
    }
    call.check(out, 4)?;
    let iovs = Iovs::take(call, iovs, count)?;
    let mut done = 0;
    let mut buffer = vec![0; CHUNK.min(iovs.total) as usize];
    loop {
        let want = CHUNK.min(iovs.total - done) as usize;
        let at = offset.map(|offset| offset.saturating_add(u64::from(done)));
        // What was read must not wait for more.
        let nonblocking = descriptor.nonblocking() || done > 0;
        let got = match read_some(call, &descriptor, &mut buffer[..want], at, nonblocking) {
            Ok(got) => got,
            Err(Failure::Errno(_)) if done > 0 => break,
            Err(failure) => return Err(failure),
        };
        iovs.scatter(call, done, &buffer[..got])?;
        done += got as u32;
        // A pipe is asked once: what comes after is the next read's.
        if got < want || done == iovs.total || !descriptor.always_ready() {
            break;
        }
    }
    Ok(call.write_u32(out, done)?)
}

/// `fd_write`, and `fd_pwrite` where there is an `offset`.
pub(super) fn write(
    call: &mut Call<'_, '_>,
    fd: u32,
    iovs: u32,
    count: u32,
    offset: Option<u64>,
    out: u32,
) -> Result<()> {
    let descriptor = call.descriptor(fd)?;
    if descriptor.rights() & rights::WRITE == 0 {
        return Err(Errno::BADF.into());
    }
    call.check(out, 4)?;
    let iovs = Iovs::take(call, iovs, count)?;
    let mut done = 0;
    let mut buffer = vec![0; CHUNK.min(iovs.total) as usize];
    loop {
        let chunk = &mut buffer[..CHUNK.min(iovs.total - done) as usize];
        iovs.gather(call, done, chunk)?;
        let at = offset.map(|offset| offset.saturating_add(u64::from(done)));
        let put = match write_some(call, &descriptor, chunk, at) {
            Ok(put) => put,
            Err(Failure::Errno(_)) if done > 0 => break,
            Err(failure) => return Err(failure),
        };
        done += put as u32;
        if put == 0 || done == iovs.total {
            break;
        }
    }
    Ok(call.write_u32(out, done)?)
}

/// One read that can be interrupted.
fn read_some(
    call: &mut Call<'_, '_>,
    from: &Descriptor,
    buffer: &mut [u8],
    at: Option<u64>,
    nonblocking: bool,
) -> Result<usize> {
    call.state().stop.check()?;
    // The process's own input would block, and a pipe without a writer would read as ended: both are asked first.
    let waits = at.is_none() && !buffer.is_empty() && !from.always_ready();
    let mut ask = waits && (from.is_stdio() || !nonblocking);
    loop {
        if ask {
            wait(call, from, PollFlags::IN, nonblocking)?;
        }
        let result = match at {
            Some(at) => rustix::io::pread(from, &mut *buffer, at),
            None => rustix::io::read(from, &mut *buffer),
        };
        match result {
            Err(Errno::AGAIN) if !nonblocking => ask = true,
            Err(Errno::INTR) => call.state().stop.check()?,
            result => return Ok(result?),
        }
    }
}

/// One write that can be interrupted. A broken pipe on the process's own output raises SIGPIPE.
fn write_some(call: &mut Call<'_, '_>, to: &Descriptor, chunk: &[u8], at: Option<u64>) -> Result<usize> {
    call.state().stop.check()?;
    let mut waited = false;
    loop {
        let result = match at {
            Some(at) => rustix::io::pwrite(to, chunk, at).map(Written::Bytes),
            None => to.write(chunk, waited),
        };
        match result {
            Ok(Written::Bytes(count)) => return Ok(count),
            Ok(Written::Wait) => {
                wait(call, to, PollFlags::OUT, to.nonblocking())?;
                waited = true;
            }
            Err(Errno::INTR) => call.state().stop.check()?,
            Err(Errno::PIPE) if to.is_output() => {
                let stop = call.state().stop.clone();
                stop.signal(SIGPIPE);
                stop.check()?;
                return Err(Errno::PIPE.into());
            }
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// Waits until `fd` has `events`: EINTR when a signal that the guest handles comes first, EAGAIN when it must not wait.
pub(super) fn wait(call: &mut Call<'_, '_>, fd: &impl AsFd, events: PollFlags, nonblocking: bool) -> Result<()> {
    let stop = call.state().stop.clone();
    let timeout = nonblocking.then_some(Duration::ZERO);
    if !nonblocking && events == PollFlags::IN {
        stop.before_wait()?;
    }
    match stop.wait(&mut [PollFd::new(fd, events)], timeout)? {
        Woken::Ready => Ok(()),
        Woken::TimedOut => Err(Errno::AGAIN.into()),
        Woken::Interrupted => Err(Errno::INTR.into()),
    }
}
