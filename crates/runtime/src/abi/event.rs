//! v1: perf events that a guest opens by itself.

use std::os::fd::{AsFd, OwnedFd};

use rustix::io::Errno;
use wasmtime::Caller;

use super::attach::duplicate;
use super::table::{Import, add};
use super::{Entry, answer};
use crate::bpf::event::{Attr, EventRequest, MAX_ATTR, Whose, control, is_cgroup, open};
use crate::call::Call;
use crate::handle::Handle;
use crate::state::State;

pub(super) const IMPORTS: &[Import] = &[
    Import {
        name: "perf_event_open",
        parameters: "attr, attr_len, pid, cpu, group, flags",
        text: "Opens a perf event for `program_attach_perf_event`. `attr` is the kernel's struct perf_event_attr (its `size` at most `attr_len`, at most 4,096), `pid` a process, 0 the runtime itself, -1 all (with PERF_FLAG_PID_CGROUP: a WASI descriptor of a cgroup's directory), `cpu` -1 any, `group` a perf event or -1. Whatever counts or samples is observing, registers and stacks of other processes included; `sigtrap` needs the grant `signal`; the types `kprobe` and `uprobe` are -EOPNOTSUPP: attach to functions instead. Returns a perf event.",
        since: "0.1",
        add: add!(event_open(_, _, _, _, _, _)),
    },
    Import {
        name: "perf_event_ioctl",
        parameters: "perf_event, request, value: i64",
        text: "Controls a perf event: PERF_EVENT_IOC_ENABLE, _DISABLE, _REFRESH (`value` overflows more), _RESET, _PERIOD (`value` is the period); 1 as `value` of ENABLE, DISABLE and RESET means its group. -EOPNOTSUPP for other requests. Returns 0.",
        since: "0.1",
        add: add!(ioctl(_, _, i64)),
    },
];

fn event_open(
    caller: Caller<'_, State>,
    attr: u32,
    attr_len: u32,
    pid: i32,
    cpu: i32,
    group: i32,
    flags: u32,
) -> wasmtime::Result<i32> {
    answer(caller, "perf_event_open", |call| {
        if attr_len as usize > MAX_ATTR {
            return Err(Errno::TOOBIG.into());
        }
        let mut attr = Attr::new(&call.bytes(attr, attr_len)?)?;
        let group = if group == -1 { None } else { Some(event(call, group)?) };
        let directory = if is_cgroup(flags) { Some(duplicate(call, pid)?) } else { None };
        let whose = directory.as_ref().map_or(Whose::Process(pid), |directory| Whose::Cgroup(directory.as_fd()));
        let bpf = &mut call.state().bpf;
        let event = open(&mut attr, &whose, cpu, group.as_ref().map(OwnedFd::as_fd), flags, &bpf.policy)?;
        Ok(bpf.handles.insert(Entry::PerfEvent(event))?)
    })
}

fn ioctl(caller: Caller<'_, State>, perf_event: i32, request: u32, value: i64) -> wasmtime::Result<i32> {
    answer(caller, "perf_event_ioctl", |call| {
        let event = event(call, perf_event)?;
        let request = EventRequest::from_number(request).ok_or(Errno::OPNOTSUPP)?;
        control(event.as_fd(), request, value as u64)?;
        Ok(0)
    })
}

/// A duplicate of the event behind a handle.
fn event(call: &mut Call<'_, '_>, handle: Handle) -> Result<OwnedFd, Errno> {
    match call.state().bpf.handles.get(handle)? {
        Entry::PerfEvent(_) => duplicate(call, handle),
        _ => Err(Errno::BADF),
    }
}
