//! v0's polling: each record is copied into the guest's buffer, then the guest's callback is called.

use std::cell::RefCell;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags};
use rustix::io::Errno;
use wasmtime::{Caller, Extern, Func, Ref, TypedFunc};

use super::Failure;
use crate::bpf::perf::{Perf, PerfRecord};
use crate::bpf::reader::Reader;
use crate::call::Call;
use crate::shm::ring::Ring;
use crate::state::State;
use crate::stop::Woken;

/// `int (*)(void *context, void *data, size_t size)`.
type Callback = TypedFunc<(u32, u32, u32), i32>;

/// Pages per CPU of a perf buffer that a v0 guest polls: 256 KiB, the original runtimes' figure.
const PERF_PAGES: usize = 64;

/// Where records go in the guest.
#[derive(Clone, Copy)]
struct Sink {
    context: u32,
    data: u32,
    max_size: u32,
}

/// `wasm_bpf::wasm_bpf_buffer_poll`: the callback is an index into the exported function table.
pub(super) fn by_pointer(
    mut caller: Caller<'_, State>,
    _object: i64,
    fd: i32,
    callback: u32,
    context: u32,
    data: u32,
    max_size: i32,
    timeout_ms: i32,
) -> wasmtime::Result<i32> {
    let call = Call::new(&mut caller);
    poll(call, fd, context, data, max_size, timeout_ms, |call| {
        let table = call.caller().get_export("__indirect_function_table").and_then(Extern::into_table);
        match table.and_then(|table| table.get(call.caller(), u64::from(callback))) {
            Some(Ref::Func(Some(function))) => Ok(function),
            _ => Err(Errno::INVAL),
        }
    })
}

/// `callback-wrapper::wasm_bpf_buffer_poll`: the callback is an export with an agreed name.
pub(super) fn by_export(
    mut caller: Caller<'_, State>,
    _object: i64,
    fd: i32,
    context: u32,
    data: u32,
    max_size: i32,
    timeout_ms: i32,
) -> wasmtime::Result<i32> {
    let call = Call::new(&mut caller);
    poll(call, fd, context, data, max_size, timeout_ms, |call| {
        let name = call.state().bpf.callback.export.clone();
        call.caller().get_export(&name).and_then(Extern::into_func).ok_or(Errno::INVAL)
    })
}

fn poll<'a>(
    mut call: Call<'_, 'a>,
    fd: i32,
    context: u32,
    data: u32,
    max_size: i32,
    timeout_ms: i32,
    callback: impl FnOnce(&mut Call<'_, 'a>) -> Result<Func, Errno>,
) -> wasmtime::Result<i32> {
    let call = &mut call;
    let polled = (|| {
        call.state().stop.before_wait()?;
        let max_size = u32::try_from(max_size).map_err(|_| Errno::INVAL)?;
        call.check(data, max_size as usize)?;
        let callback = callback(call)?.typed(call.caller()).map_err(|_| Errno::INVAL)?;
        let sink = Sink { context, data, max_size };
        match call.state().bpf.map(fd)?.reader(PERF_PAGES)? {
            Reader::Ring(ring) => poll_ring(call, &ring, &callback, sink, timeout_ms),
            Reader::Perf(perf) => poll_perf(call, &perf, &callback, sink, timeout_ms),
        }
    })();
    match polled {
        Ok(count) => Ok(count),
        Err(Failure::Errno(errno)) => Ok(-errno.raw_os_error()),
        Err(Failure::Error(error)) => Ok(-error.errno().raw_os_error()),
        Err(Failure::Trap(trap)) => Err(trap),
    }
}

/// One pass over what the ring holds at the start, so that a flood does not keep the guest in here.
fn poll_ring(
    call: &mut Call<'_, '_>,
    ring: &RefCell<Ring>,
    callback: &Callback,
    sink: Sink,
    timeout_ms: i32,
) -> Result<i32, Failure> {
    if ring.borrow().fill().0 == 0 {
        let fd = ring.borrow().fd().try_clone_to_owned().map_err(|_| Errno::MFILE)?;
        wait(call, &fd, timeout_ms)?;
    }
    let end = ring.borrow().produced();
    let mut count = 0;
    loop {
        // Looked at for each record: it fills while callbacks run.
        warn_when_nearly_full(&mut ring.borrow_mut());
        let size = match ring.borrow_mut().next(end) {
            Some(sample) => deliver(call, &sample, sink)?,
            None => return Ok(count),
        };
        count += 1;
        let verdict = run(call, callback, sink, size)?;
        if verdict < 0 {
            return Ok(verdict);
        }
    }
}

/// Says once that records may be lost: the kernel keeps no count of what a ring had no room for.
fn warn_when_nearly_full(ring: &mut Ring) {
    let (filled, size) = ring.fill();
    if filled > size - size / 8 && ring.warn_once() {
        tracing::warn!(
            "a ring buffer of {size} bytes is nearly full: its BPF program may be losing records; make it larger"
        );
    }
}

fn poll_perf(
    call: &mut Call<'_, '_>,
    perf: &RefCell<Perf>,
    callback: &Callback,
    sink: Sink,
    timeout_ms: i32,
) -> Result<i32, Failure> {
    if !perf.borrow().has_queued() {
        perf.borrow_mut().consume()?;
    }
    if !perf.borrow().has_queued() {
        let fd = perf.borrow().fd().try_clone_to_owned().map_err(|_| Errno::MFILE)?;
        wait(call, &fd, timeout_ms)?;
        perf.borrow_mut().consume()?;
    }
    let mut count = 0;
    while let Some(size) = deliver_next(call, &mut perf.borrow_mut(), sink)? {
        count += 1;
        let verdict = run(call, callback, sink, size)?;
        if verdict < 0 {
            return Ok(verdict);
        }
    }
    Ok(count)
}

/// Delivers the oldest sample and takes it; its size, or none. What was lost before it is said in the log.
fn deliver_next(call: &mut Call<'_, '_>, perf: &mut Perf, sink: Sink) -> Result<Option<u32>, Errno> {
    let queue = perf.queue();
    while let Some((record, length)) = queue.first() {
        let size = match record {
            PerfRecord::Sample(data) => Some(deliver(call, data, sink)?),
            PerfRecord::Lost { cpu, count } => {
                tracing::warn!("the perf buffer of CPU {cpu} was full: {count} records are lost");
                None
            }
        };
        queue.take(length);
        if size.is_some() {
            return Ok(size);
        }
    }
    Ok(None)
}

/// v0 guests have no signal handlers, so a wait ends by records, by time, or with the guest.
fn wait(call: &mut Call<'_, '_>, fd: &OwnedFd, timeout_ms: i32) -> Result<(), Failure> {
    let timeout = u64::try_from(timeout_ms).ok().map(Duration::from_millis);
    let stop = call.state().stop.clone();
    match stop.wait(&mut [PollFd::new(fd, PollFlags::IN)], timeout)? {
        Woken::Interrupted => Err(Errno::INTR.into()),
        Woken::Ready | Woken::TimedOut => Ok(()),
    }
}

/// Copies a record into the guest's buffer, as much as fits; the number of bytes copied.
fn deliver(call: &mut Call<'_, '_>, record: &[u8], sink: Sink) -> Result<u32, Errno> {
    let size = record.len().min(sink.max_size as usize);
    call.write(sink.data, &record[..size])?;
    Ok(size as u32)
}

fn run(call: &mut Call<'_, '_>, callback: &Callback, sink: Sink, size: u32) -> Result<i32, Failure> {
    callback.call(call.caller(), (sink.context, sink.data, size)).map_err(Failure::Trap)
}
