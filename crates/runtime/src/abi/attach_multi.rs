//! v1: attach a program at many functions at once, and iterators.

use std::ffi::CString;
use std::os::fd::AsFd;

use rustix::io::Errno;
use wasmtime::Caller;

use super::attach::{attach_as, c_text, duplicate};
use super::table::{Import, add};
use super::{Failure, answer};
use crate::bpf::link::{Attach, IterOver, Targets};
use crate::call::Call;
use crate::state::State;

pub(super) const IMPORTS: &[Import] = &[
    Import {
        name: "program_attach_kprobe_multi",
        parameters: "program, flags, pattern, pattern_len, syms, syms_len, addrs, addrs_len, cookies, cookies_len",
        text: "At many kernel functions: those that match `pattern` (with * and ?), or those named in `syms` (each name ends with NUL), or those at `addrs` (u64s); with `cookies` (u64s), one for each, or none. Lengths are in bytes; 0 means not given. Flag 1: at their return, 2: at both (a session). Minimum kernel: 5.18, sessions 6.10. Returns a link.",
        since: "0.1",
        add: add!(kprobe_multi(_, _, _, _, _, _, _, _, _, _)),
    },
    Import {
        name: "program_attach_uprobe_multi",
        parameters: "program, flags, pid, path, path_len, pattern, pattern_len, syms, syms_len, offsets, offsets_len, ref_ctr_offsets, ref_ctr_offsets_len, cookies, cookies_len",
        text: "At many functions of a binary or library, as `program_attach_kprobe_multi`; `offsets` are file offsets, `pid` is -1 for all processes. Minimum kernel: 6.6, sessions 6.13. Returns a link.",
        since: "0.1",
        add: add!(uprobe_multi(_, _, _, _, _, _, _, _, _, _, _, _, _, _, _)),
    },
    Import {
        name: "program_attach_iter",
        parameters: "program, map, cgroup, order, tid, pid, pidfd",
        text: "An iterator over what its section says: the elements of `map` (0 = none); the cgroups around `cgroup` (a WASI descriptor of its directory, -1 = none) in `order` (enum bpf_cgroup_iter_order); the tasks of a thread `tid`, a process `pid` or `pidfd` (-1 = none). At most one of the three kinds is given. Minimum kernel: 5.8. Returns a link, for `iterator_create`.",
        since: "0.1",
        add: add!(iter(_, _, _, _, _, _, _)),
    },
];

/// The most functions that are named one by one; the kernel has the same limit (MAX_KPROBE_MULTI_CNT).
const MAX_FUNCTIONS: usize = 1 << 20;

/// A guest's range: address and length.
type Given = (u32, u32);

/// The functions of a multi probe, copied out of the guest.
struct Functions {
    pattern: Option<CString>,
    symbols: Vec<CString>,
    places: Vec<u64>,
    cookies: Vec<u64>,
}

impl Functions {
    fn read(call: &Call<'_, '_>, pattern: Given, symbols: Given, places: Given, cookies: Given) -> Result<Self, Errno> {
        Ok(Self {
            pattern: if pattern.1 == 0 { None } else { Some(c_text(call, pattern.0, pattern.1)?) },
            symbols: names(call, symbols)?,
            places: numbers(call, places)?,
            cookies: numbers(call, cookies)?,
        })
    }

    fn targets(&self) -> Targets<'_> {
        Targets {
            pattern: self.pattern.as_deref(),
            symbols: &self.symbols,
            places: &self.places,
            cookies: &self.cookies,
        }
    }
}

/// Names that end with NUL, one after the other.
fn names(call: &Call<'_, '_>, (at, len): Given) -> Result<Vec<CString>, Errno> {
    let bytes = call.bytes(at, len)?;
    let names: Vec<CString> = bytes
        .split_inclusive(|&byte| byte == 0)
        .map(|name| CString::from_vec_with_nul(name.to_vec()).map_err(|_| Errno::INVAL))
        .take(MAX_FUNCTIONS + 1)
        .collect::<Result<_, _>>()?;
    if names.len() > MAX_FUNCTIONS { Err(Errno::TOOBIG) } else { Ok(names) }
}

/// u64s, one after the other.
fn numbers(call: &Call<'_, '_>, (at, len): Given) -> Result<Vec<u64>, Errno> {
    if !len.is_multiple_of(8) {
        return Err(Errno::INVAL);
    }
    if len as usize / 8 > MAX_FUNCTIONS {
        return Err(Errno::TOOBIG);
    }
    let bytes = call.bytes(at, len)?;
    Ok(bytes.as_chunks().0.iter().map(|bytes| u64::from_le_bytes(*bytes)).collect())
}

fn kprobe_multi(
    caller: Caller<'_, State>,
    program: i32,
    flags: u32,
    pattern: u32,
    pattern_len: u32,
    syms: u32,
    syms_len: u32,
    addrs: u32,
    addrs_len: u32,
    cookies: u32,
    cookies_len: u32,
) -> wasmtime::Result<i32> {
    answer(caller, "program_attach_kprobe_multi", |call| {
        let (retprobe, session) = kinds(flags)?;
        let (pattern, symbols) = ((pattern, pattern_len), (syms, syms_len));
        let functions = Functions::read(call, pattern, symbols, (addrs, addrs_len), (cookies, cookies_len))?;
        attach_as(call, program, &Attach::KprobeMulti { targets: functions.targets(), retprobe, session })
    })
}

fn uprobe_multi(
    caller: Caller<'_, State>,
    program: i32,
    flags: u32,
    pid: i32,
    path: u32,
    path_len: u32,
    pattern: u32,
    pattern_len: u32,
    syms: u32,
    syms_len: u32,
    offsets: u32,
    offsets_len: u32,
    ref_counters: u32,
    ref_counters_len: u32,
    cookies: u32,
    cookies_len: u32,
) -> wasmtime::Result<i32> {
    answer(caller, "program_attach_uprobe_multi", |call| {
        let (retprobe, session) = kinds(flags)?;
        let path = &c_text(call, path, path_len)?;
        let (pattern, symbols) = ((pattern, pattern_len), (syms, syms_len));
        let functions = Functions::read(call, pattern, symbols, (offsets, offsets_len), (cookies, cookies_len))?;
        let ref_counters = &numbers(call, (ref_counters, ref_counters_len))?;
        let targets = functions.targets();
        attach_as(call, program, &Attach::UprobeMulti { pid, path, targets, ref_counters, retprobe, session })
    })
}

/// Whether it is a return probe, and whether a session.
fn kinds(flags: u32) -> Result<(bool, bool), Errno> {
    if flags > 3 { Err(Errno::INVAL) } else { Ok((flags & 1 != 0, flags & 2 != 0)) }
}

fn iter(
    caller: Caller<'_, State>,
    program: i32,
    map: i32,
    cgroup: i32,
    order: u32,
    tid: u32,
    pid: u32,
    pidfd: i32,
) -> wasmtime::Result<i32> {
    answer(caller, "program_attach_iter", |call| {
        let (by_map, by_cgroup) = (map != 0, cgroup != -1 || order != 0);
        let by_task = tid != 0 || pid != 0 || pidfd != -1;
        if u8::from(by_map) + u8::from(by_cgroup) + u8::from(by_task) > 1 {
            return Err(Failure::Errno(Errno::INVAL));
        }
        if by_map {
            let map = call.state().bpf.map(map)?;
            return attach_as(call, program, &Attach::Iter { over: IterOver::Map(map.fd()?) });
        }
        let held = match (cgroup, pidfd) {
            (-1, -1) => None,
            (-1, number) | (number, _) => Some(duplicate(call, number)?),
        };
        let fd = held.as_ref().map(|fd| fd.as_fd());
        let over = match (by_cgroup, by_task) {
            (true, _) => IterOver::Cgroup { directory: fd, order },
            (_, true) => IterOver::Task { tid, pid, pidfd: fd },
            _ => IterOver::All,
        };
        attach_as(call, program, &Attach::Iter { over })
    })
}
