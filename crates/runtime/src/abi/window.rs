//! v1: windows, through which the guest reads and writes the kernel's memory with plain loads and stores.

use std::os::fd::{AsFd, BorrowedFd};

use rustix::io::Errno;
use rustix::param::page_size;
use wasmtime::Caller;

use super::perf::perf_of;
use super::table::{Import, add};
use super::{Entry, answer};
use crate::call::Call;
use crate::shm::window::{Access, Part, WindowId};
use crate::state::State;

pub(super) const IMPORTS: &[Import] = &[
    Import {
        name: "page_size",
        parameters: "",
        text: "The size of the kernel's pages in bytes, by which windows are laid out: 4,096 on x86-64.",
        since: "0.1",
        add: add!(kernel_page_size()),
    },
    Import {
        name: "map_window",
        parameters: "map, addr, len",
        text: "Maps a loaded array's memory (BPF_F_MMAPABLE: .bss, .data, .rodata and such arrays) over the guest's `len` bytes at `addr`: the values, each padded to 8 bytes. `addr` is a multiple of 65,536 and `len` at least the values' size rounded up to pages; -EINVAL otherwise, -EBUSY where another window is there, -EOPNOTSUPP for maps that cannot be mapped. Maps that are read-only to user space are read-only there: a store traps. Closing the window leaves zeros. Minimum kernel: 5.5. Returns a window.",
        since: "0.1",
        add: add!(map_window(_, _, _)),
    },
    Import {
        name: "map_window_part",
        parameters: "map, offset, addr, len, writable",
        text: "Maps a part of what `map_window` maps: `len` bytes, rounded up to pages, from `offset` on, a multiple of the page size, over the guest's memory at `addr`. With `writable` 0 a store there traps; otherwise the kernel says -EPERM where the map is frozen, -EACCES where it is read-only to programs. -EINVAL past the end of the values' pages. Minimum kernel: 5.5. Returns a window.",
        since: "0.1",
        add: add!(map_window_part(_, _, _, _, _)),
    },
    Import {
        name: "ring_window",
        parameters: "ring, addr, len",
        text: "Maps a ring buffer over the guest's `len` bytes at `addr`: a page with the consumer position (u64, the guest's to store), a page with the producer position (u64), then the data twice in a row, both read-only. `addr` is a multiple of 65,536, `len` at least two pages and twice the ring's size; errors as `map_window`. The layout of records is the kernel's (Documentation/bpf/ringbuf.rst). Returns a window.",
        since: "0.1",
        add: add!(ring_window(_, _, _)),
    },
    Import {
        name: "perf_window",
        parameters: "perf, buffer, addr, len",
        text: "Maps one of a perf buffer's buffers (0 to `perf_cpus` - 1) over the guest's `len` bytes at `addr`: a page with the positions (struct perf_event_mmap_page: u64 `data_head` at byte 1024, u64 `data_tail`, the guest's to store, at 1032), then the pages of data, once, read-only. What the guest stores in the first page can lose it records and nothing else. `addr` is a multiple of 65,536, `len` at least one page and those of `perf_open`; errors as `map_window`, -EINVAL where there is no such buffer. Records have the kernel's layout (linux/perf_event.h). Returns a window.",
        since: "0.1",
        add: add!(perf_window(_, _, _, _)),
    },
];

/// Windows begin where the pages of any supported machine do.
const ALIGNMENT: u32 = 1 << 16;

fn kernel_page_size(caller: Caller<'_, State>) -> wasmtime::Result<i32> {
    answer(caller, "page_size", |_| Ok(page_size() as i32))
}

fn map_window(caller: Caller<'_, State>, map: i32, addr: u32, len: u32) -> wasmtime::Result<i32> {
    answer(caller, "map_window", |call| {
        let map = call.state().bpf.map(map)?;
        let len_mapped = map.mappable_size()?.next_multiple_of(page_size());
        let fd = map.fd()?.try_clone_to_owned().map_err(|_| Errno::MFILE)?;
        let access = if map.is_read_only().unwrap_or(false) { Access::Nowhere } else { Access::Everywhere };
        let window = open(call, addr, len, fd.as_fd(), &[Part { offset: 0, len: len_mapped, access }])?;
        Ok(call.state().bpf.handles.insert(Entry::Window(window))?)
    })
}

fn map_window_part(
    caller: Caller<'_, State>,
    map: i32,
    offset: u32,
    addr: u32,
    len: u32,
    writable: i32,
) -> wasmtime::Result<i32> {
    answer(caller, "map_window_part", |call| {
        let map = call.state().bpf.map(map)?;
        let page = page_size();
        let whole = map.mappable_size()?.next_multiple_of(page);
        let len_mapped = (len as usize).next_multiple_of(page);
        let is_inside = (offset as usize).checked_add(len_mapped).is_some_and(|end| end <= whole);
        if !is_inside || !(offset as usize).is_multiple_of(page) {
            return Err(Errno::INVAL.into());
        }
        let access = if writable == 0 { Access::Nowhere } else { Access::Everywhere };
        let part = Part { offset: u64::from(offset), len: len_mapped, access };
        let window = open(call, addr, len_mapped as u32, map.fd()?, &[part])?;
        Ok(call.state().bpf.handles.insert(Entry::Window(window))?)
    })
}

fn ring_window(caller: Caller<'_, State>, ring: i32, addr: u32, len: u32) -> wasmtime::Result<i32> {
    answer(caller, "ring_window", |call| {
        let Entry::Ring(ring) = call.state().bpf.handles.get(ring)? else { return Err(Errno::BADF.into()) };
        let (fd, size) = {
            let ring = ring.borrow();
            (ring.fd().try_clone_to_owned().map_err(|_| Errno::MFILE)?, ring.fill().1 as usize)
        };
        let page = page_size();
        let parts = [
            Part { offset: 0, len: page, access: Access::Everywhere },
            Part { offset: page as u64, len: page + 2 * size, access: Access::Nowhere },
        ];
        let window = open(call, addr, len, fd.as_fd(), &parts)?;
        Ok(call.state().bpf.handles.insert(Entry::Window(window))?)
    })
}

fn perf_window(caller: Caller<'_, State>, perf: i32, buffer: u32, addr: u32, len: u32) -> wasmtime::Result<i32> {
    answer(caller, "perf_window", |call| {
        let perf = perf_of(call, perf)?;
        let mut perf = perf.borrow_mut();
        let part = Part { offset: 0, len: (1 + perf.pages()) * page_size(), access: Access::FirstPage };
        let window = open(call, addr, len, perf.event(buffer as usize)?, &[part])?;
        perf.share();
        Ok(call.state().bpf.handles.insert(Entry::Window(window))?)
    })
}

/// Opens a window at an address that any supported machine's pages can begin at.
pub(super) fn open(
    call: &mut Call<'_, '_>,
    addr: u32,
    len: u32,
    fd: BorrowedFd<'_>,
    parts: &[Part],
) -> Result<WindowId, Errno> {
    check_address(addr)?;
    call.open_window(addr, len as usize, fd, parts)
}

/// EINVAL where no window can begin.
pub(super) fn check_address(addr: u32) -> Result<(), Errno> {
    if addr.is_multiple_of(ALIGNMENT) && addr != 0 { Ok(()) } else { Err(Errno::INVAL) }
}
