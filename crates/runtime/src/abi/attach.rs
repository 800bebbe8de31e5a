//! v1: attach tracing programs.

use std::ffi::CString;
use std::os::fd::{AsFd, OwnedFd};

use rustix::io::Errno;
use wasmtime::Caller;

use super::table::{Import, add};
use super::{Entry, Failure, answer};
use crate::bpf::link::{Attach, attach};
use crate::call::Call;
use crate::handle::Handle;
use crate::state::State;

pub(super) const IMPORTS: &[Import] = &[
    Import {
        name: "program_attach",
        parameters: "program",
        text: "Attaches a loaded program where its section says; -EOPNOTSUPP for sections that do not say where. Returns a link.",
        since: "0.1",
        add: add!(auto(_)),
    },
    Import {
        name: "program_attach_kprobe",
        parameters: "program, flags, func, func_len, offset: i64, cookie: i64, mode",
        text: "Flag 1: at the function's return. `mode` is libbpf's enum probe_attach_mode. Cookies: kernel 5.15. Returns a link.",
        since: "0.1",
        add: add!(kprobe(_, _, _, _, i64, i64, _)),
    },
    Import {
        name: "program_attach_ksyscall",
        parameters: "program, flags, name, name_len, cookie: i64",
        text: "At a system call by its plain name, whatever prefix this architecture gives it. Flag 1: at its return. Returns a link.",
        since: "0.1",
        add: add!(ksyscall(_, _, _, _, i64)),
    },
    Import {
        name: "program_attach_uprobe",
        parameters: "program, flags, pid, path, path_len, offset: i64, func, func_len, ref_ctr_offset: i64, cookie: i64, mode",
        text: "At a function (or file offset) of a binary or library; `pid` -1 for all processes, 0 for the runtime itself. Flag 1: at its return. Returns a link.",
        since: "0.1",
        add: add!(uprobe(_, _, _, _, _, i64, _, _, i64, i64, _)),
    },
    Import {
        name: "program_attach_usdt",
        parameters: "program, pid, path, path_len, provider, provider_len, name, name_len, cookie: i64",
        text: "At a statically defined tracepoint of a binary or library; `pid` -1 for all processes. Returns a link.",
        since: "0.1",
        add: add!(usdt(_, _, _, _, _, _, _, _, i64)),
    },
    Import {
        name: "program_attach_tracepoint",
        parameters: "program, category, category_len, name, name_len, cookie: i64",
        text: "At a tracepoint of tracefs. Returns a link.",
        since: "0.1",
        add: add!(tracepoint(_, _, _, _, _, i64)),
    },
    Import {
        name: "program_attach_raw_tracepoint",
        parameters: "program, name, name_len, cookie: i64",
        text: "At a raw tracepoint. Returns a link.",
        since: "0.1",
        add: add!(raw_tracepoint(_, _, _, i64)),
    },
    Import {
        name: "program_attach_trace",
        parameters: "program, cookie: i64",
        text: "fentry, fexit, fmod_ret and tp_btf, at the function that section or attach target name. Returns a link.",
        since: "0.1",
        add: add!(trace(_, i64)),
    },
    Import {
        name: "program_attach_lsm",
        parameters: "program",
        text: "At the security hook that the section names. Minimum kernel: 5.7. Returns a link.",
        since: "0.1",
        add: add!(lsm(_)),
    },
    Import {
        name: "program_attach_perf_event",
        parameters: "program, perf_event, cookie: i64, force_ioctl",
        text: "At a perf event, which the link takes over: its handle is closed. Returns a link.",
        since: "0.1",
        add: add!(perf_event(_, _, i64, _)),
    },
];

/// Attaches `program` and gives the link a handle.
pub(super) fn attach_as(call: &mut Call<'_, '_>, program: Handle, how: &Attach<'_>) -> Result<i32, Failure> {
    let bpf = &mut call.state().bpf;
    let entry = bpf.program(program)?;
    bpf.room_for_link()?;
    let link = attach(&entry.object, entry.index, how, &bpf.policy, &mut bpf.log)?;
    let handle = bpf.handles.insert(Entry::Link(link))?;
    call.state().stop.after_attach.attached();
    Ok(handle)
}

/// A text without NUL, for libbpf.
pub(super) fn c_text(call: &Call<'_, '_>, at: u32, len: u32) -> Result<CString, Errno> {
    CString::new(call.string(at, len)?).map_err(|_| Errno::INVAL)
}

/// A duplicate of the host's descriptor behind a number of the guest's.
pub(super) fn duplicate(call: &Call<'_, '_>, number: i32) -> Result<OwnedFd, Errno> {
    call.seen().with_host_fd(number, |fd| fd.try_clone_to_owned())?.map_err(|_| Errno::MFILE)
}

fn auto(caller: Caller<'_, State>, program: i32) -> wasmtime::Result<i32> {
    answer(caller, "program_attach", |call| attach_as(call, program, &Attach::Auto))
}

fn kprobe(
    caller: Caller<'_, State>,
    program: i32,
    flags: u32,
    func: u32,
    func_len: u32,
    offset: i64,
    cookie: i64,
    mode: u32,
) -> wasmtime::Result<i32> {
    answer(caller, "program_attach_kprobe", |call| {
        let name = &c_text(call, func, func_len)?;
        let how = Attach::Kprobe { name, offset: offset as u64, retprobe: flags & 1 != 0, cookie: cookie as u64, mode };
        attach_as(call, program, &how)
    })
}

fn ksyscall(
    caller: Caller<'_, State>,
    program: i32,
    flags: u32,
    name: u32,
    len: u32,
    cookie: i64,
) -> wasmtime::Result<i32> {
    answer(caller, "program_attach_ksyscall", |call| {
        let name = &c_text(call, name, len)?;
        attach_as(call, program, &Attach::Ksyscall { name, retprobe: flags & 1 != 0, cookie: cookie as u64 })
    })
}

fn uprobe(
    caller: Caller<'_, State>,
    program: i32,
    flags: u32,
    pid: i32,
    path: u32,
    path_len: u32,
    offset: i64,
    func: u32,
    func_len: u32,
    ref_counter: i64,
    cookie: i64,
    mode: u32,
) -> wasmtime::Result<i32> {
    answer(caller, "program_attach_uprobe", |call| {
        let path = &c_text(call, path, path_len)?;
        let function = if func_len == 0 { None } else { Some(c_text(call, func, func_len)?) };
        let how = Attach::Uprobe {
            pid,
            path,
            offset: offset as u64,
            function: function.as_deref(),
            retprobe: flags & 1 != 0,
            ref_counter: ref_counter as u64,
            cookie: cookie as u64,
            mode,
        };
        attach_as(call, program, &how)
    })
}

fn usdt(
    caller: Caller<'_, State>,
    program: i32,
    pid: i32,
    path: u32,
    path_len: u32,
    provider: u32,
    provider_len: u32,
    name: u32,
    name_len: u32,
    cookie: i64,
) -> wasmtime::Result<i32> {
    answer(caller, "program_attach_usdt", |call| {
        let path = &c_text(call, path, path_len)?;
        let provider = &c_text(call, provider, provider_len)?;
        let name = &c_text(call, name, name_len)?;
        attach_as(call, program, &Attach::Usdt { pid, path, provider, name, cookie: cookie as u64 })
    })
}

fn tracepoint(
    caller: Caller<'_, State>,
    program: i32,
    category: u32,
    category_len: u32,
    name: u32,
    name_len: u32,
    cookie: i64,
) -> wasmtime::Result<i32> {
    answer(caller, "program_attach_tracepoint", |call| {
        let category = &c_text(call, category, category_len)?;
        let name = &c_text(call, name, name_len)?;
        attach_as(call, program, &Attach::Tracepoint { category, name, cookie: cookie as u64 })
    })
}

fn raw_tracepoint(caller: Caller<'_, State>, program: i32, name: u32, len: u32, cookie: i64) -> wasmtime::Result<i32> {
    answer(caller, "program_attach_raw_tracepoint", |call| {
        let name = &c_text(call, name, len)?;
        attach_as(call, program, &Attach::RawTracepoint { name, cookie: cookie as u64 })
    })
}

fn trace(caller: Caller<'_, State>, program: i32, cookie: i64) -> wasmtime::Result<i32> {
    answer(caller, "program_attach_trace", |call| attach_as(call, program, &Attach::Trace { cookie: cookie as u64 }))
}

fn lsm(caller: Caller<'_, State>, program: i32) -> wasmtime::Result<i32> {
    answer(caller, "program_attach_lsm", |call| attach_as(call, program, &Attach::Lsm))
}

fn perf_event(
    caller: Caller<'_, State>,
    program: i32,
    event: i32,
    cookie: i64,
    force_ioctl: i32,
) -> wasmtime::Result<i32> {
    answer(caller, "program_attach_perf_event", |call| {
        if !matches!(call.state().bpf.handles.get(event)?, Entry::PerfEvent(_)) {
            return Err(Errno::BADF.into());
        }
        let fd = duplicate(call, event)?;
        let (cookie, force_ioctl) = (cookie as u64, force_ioctl != 0);
        let link = attach_as(call, program, &Attach::PerfEvent { event: fd.as_fd(), cookie, force_ioctl })?;
        call.state().bpf.close(event)?;
        Ok(link)
    })
}
