//! v1: user ring buffers, through which the guest sends to BPF programs.

use std::time::Duration;

use rustix::event::{PollFd, PollFlags};
use rustix::io::Errno;
use rustix::param::page_size;
use wasmtime::Caller;

use super::table::{Import, add};
use super::window::open;
use super::{Entry, Failure, answer};
use crate::shm::window::{Access, Part};
use crate::state::State;
use crate::stop::Woken;

pub(super) const IMPORTS: &[Import] = &[
    Import {
        name: "user_ring_window",
        parameters: "map, addr, len",
        text: "Maps a user ring buffer over the guest's `len` bytes at `addr`: a page with the consumer position (u64), read-only, a page with the producer position (u64), then the data twice in a row, both the guest's to store. `addr` is a multiple of 65,536, `len` at least two pages and twice the map's size; errors as `map_window`, -EINVAL for other maps. Records have the layout of a ring buffer's, and the kernel checks what it finds there. Minimum kernel: 6.1. Returns a window.",
        since: "0.1",
        add: add!(user_ring_window(_, _, _)),
    },
    Import {
        name: "user_ring_wait",
        parameters: "map, timeout_ms",
        text: "Waits until a user ring buffer is not full, at most `timeout_ms` milliseconds, -1 for ever. Returns 1, 0 = time over; -EINTR: a signal that the guest handles is pending.",
        since: "0.1",
        add: add!(user_ring_wait(_, _)),
    },
];

fn user_ring_window(caller: Caller<'_, State>, map: i32, addr: u32, len: u32) -> wasmtime::Result<i32> {
    answer(caller, "user_ring_window", |call| {
        let map = call.state().bpf.map(map)?;
        let (size, page) = (map.user_ring_size()?, page_size());
        let parts = [
            Part { offset: 0, len: page, access: Access::Nowhere },
            Part { offset: page as u64, len: page + 2 * size, access: Access::Everywhere },
        ];
        let window = open(call, addr, len, map.fd()?, &parts)?;
        Ok(call.state().bpf.handles.insert(Entry::Window(window))?)
    })
}

fn user_ring_wait(caller: Caller<'_, State>, map: i32, timeout_ms: i32) -> wasmtime::Result<i32> {
    answer(caller, "user_ring_wait", |call| {
        let map = call.state().bpf.map(map)?;
        map.user_ring_size()?;
        let timeout = u64::try_from(timeout_ms).ok().map(Duration::from_millis);
        call.state().stop.before_wait()?;
        match call.state().stop.wait(&mut [PollFd::new(&map.fd()?, PollFlags::OUT)], timeout)? {
            Woken::Interrupted => Err(Failure::Errno(Errno::INTR)),
            Woken::TimedOut => Ok(0),
            Woken::Ready => Ok(1),
        }
    })
}
