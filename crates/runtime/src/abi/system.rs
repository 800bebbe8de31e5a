//! What belongs to no BPF noun: errors, libbpf's log, signals, the process.

use nix::time::ClockId;
use rustix::io::Errno;
use wasmtime::Caller;

use super::table::{Import, add};
use super::{Entry, answer};
use crate::bpf::{Level, possible_cpus};
use crate::call::Call;
use crate::local_time;
use crate::state::State;

pub(super) const IMPORTS: &[Import] = &[
    Import {
        name: "error_text",
        parameters: "buf, len",
        text: "The text of the last import that failed, not NUL-terminated: at most `len` bytes are copied. Returns its full length.",
        since: "0.1",
        add: add!(error_text(_, _)),
    },
    Import {
        name: "log_level",
        parameters: "level",
        text: "Which of libbpf's lines are kept for `log_read`: -1 none, 0 warnings, 1 information too (the default), 2 debug too. Returns 0.",
        since: "0.1",
        add: add!(log_level(_)),
    },
    Import {
        name: "log_read",
        parameters: "buf, len, level_out",
        text: "Takes the oldest kept line: copies at most `len` bytes of it (its newline included) and stores its level (u32) at `level_out`. Returns its full length; 0 = there is none. At most 2 MiB are kept, the oldest lines go first.",
        since: "0.1",
        add: add!(log_read(_, _, _)),
    },
    Import {
        name: "cpu_count",
        parameters: "",
        text: "The number of possible CPUs, by which per-CPU values are counted.",
        since: "0.1",
        add: add!(cpu_count()),
    },
    Import {
        name: "process_id",
        parameters: "which",
        text: "0: the pid of the runtime's process, 1: its thread's id, 2: its parent's pid, 3: its user id, 4: its effective user id, 5: its group id, 6: its effective group id; 7: the processor that it runs on.",
        since: "0.1",
        add: add!(process_id(_)),
    },
    Import {
        name: "system_name",
        parameters: "which, buf, len",
        text: "What uname(2) says of the host: 0 the system, 1 the machine's name in the network, 2 the kernel's release, 3 its version, 4 the processor. Copies at most `len` bytes, not NUL-terminated. Returns its full length.",
        since: "0.1",
        add: add!(system_name(_, _, _)),
    },
    Import {
        name: "local_time",
        parameters: "seconds: i64, out, out_len, name, len",
        text: "What local time is at a time given in seconds since 1970: stores the seconds that it is ahead of UTC (i32) and whether it is summer time (u32) at `out`, which must have 8 bytes, and copies at most `len` bytes of the zone's abbreviation, not NUL-terminated. The zone is the runtime's own, from TZ or /etc/localtime. Returns the abbreviation's full length.",
        since: "0.1",
        add: add!(local_time(i64, _, _, _, _)),
    },
    Import {
        name: "clock_time",
        parameters: "clock, resolution, out, out_len",
        text: "Stores what one of Linux's clocks says, or with `resolution` 1 its resolution, i64 nanoseconds at `out`: 0 CLOCK_REALTIME, 1 CLOCK_MONOTONIC, 4 CLOCK_MONOTONIC_RAW, 5 CLOCK_REALTIME_COARSE, 6 CLOCK_MONOTONIC_COARSE, 7 CLOCK_BOOTTIME (bpf_ktime_get_boot_ns()), 11 CLOCK_TAI. `out_len` is 8. Returns 0.",
        since: "0.1",
        add: add!(clock_time(_, _, _, _)),
    },
    Import {
        name: "signal_handle",
        parameters: "signal, on",
        text: "Says whether the guest handles the Linux signal (1 to 63) itself. A signal that it does not handle ends it with 128 + signal at once, of which the command line dies. Returns 0.",
        since: "0.1",
        add: add!(signal_handle(_, _)),
    },
    Import {
        name: "signal_take",
        parameters: "",
        text: "Takes a pending signal: its Linux number; 0 = none. To be asked after an import returned -EINTR and around sleeps.",
        since: "0.1",
        add: add!(signal_take()),
    },
    Import {
        name: "handle_close",
        parameters: "handle",
        text: "Closes any handle. A link is detached; an object takes its programs and maps along, links live on. Returns 0.",
        since: "0.1",
        add: add!(handle_close(_)),
    },
    Import {
        name: "handle_kind",
        parameters: "handle",
        text: "What a handle stands for: 1 object, 2 program, 3 map, 4 link, 5 ring, 6 perf buffer, 7 perf event, 8 stream, 9 BTF, 10 window, 11 socket, 12 dump, 13 epoll, 14 counter.",
        since: "0.1",
        add: add!(handle_kind(_)),
    },
];

fn error_text(mut caller: Caller<'_, State>, buf: u32, len: u32) -> wasmtime::Result<i32> {
    // Not through `answer`: asking for the text must not replace it.
    let mut call = Call::new(&mut caller);
    call.state().bpf.refusal.hand_over();
    let text = call.state().bpf.error.clone();
    Ok(copy_text(&mut call, &text, buf, len).unwrap_or_else(|errno| -errno.raw_os_error()))
}

fn log_level(caller: Caller<'_, State>, level: i32) -> wasmtime::Result<i32> {
    answer(caller, "log_level", |call| {
        let level = match level {
            -1 => None,
            0 => Some(Level::Warn),
            1 => Some(Level::Info),
            2 => Some(Level::Debug),
            _ => return Err(Errno::INVAL.into()),
        };
        call.state().bpf.log.set_level(level);
        Ok(0)
    })
}

fn log_read(caller: Caller<'_, State>, buf: u32, len: u32, level_out: u32) -> wasmtime::Result<i32> {
    answer(caller, "log_read", |call| {
        call.check(buf, len as usize)?;
        call.check(level_out, 4)?;
        let Some(line) = call.state().bpf.log.take() else { return Ok(0) };
        call.write_u32(level_out, line.level as u32)?;
        Ok(copy_text(call, &line.text, buf, len)?)
    })
}

fn cpu_count(caller: Caller<'_, State>) -> wasmtime::Result<i32> {
    answer(caller, "cpu_count", |_| Ok(possible_cpus()? as i32))
}

fn process_id(caller: Caller<'_, State>, which: i32) -> wasmtime::Result<i32> {
    use rustix::process::{Pid, getegid, geteuid, getgid, getpid, getppid, getuid};
    answer(caller, "process_id", |_| {
        Ok(match which {
            0 => getpid().as_raw_nonzero().get(),
            1 => rustix::thread::gettid().as_raw_nonzero().get(),
            2 => Pid::as_raw(getppid()),
            3 => getuid().as_raw() as i32,
            4 => geteuid().as_raw() as i32,
            5 => getgid().as_raw() as i32,
            6 => getegid().as_raw() as i32,
            7 => rustix::thread::sched_getcpu() as i32,
            _ => return Err(Errno::INVAL.into()),
        })
    })
}

fn system_name(caller: Caller<'_, State>, which: u32, buf: u32, len: u32) -> wasmtime::Result<i32> {
    answer(caller, "system_name", |call| {
        let names = rustix::system::uname();
        let all = [names.sysname(), names.nodename(), names.release(), names.version(), names.machine()];
        let name = all.get(which as usize).ok_or(Errno::INVAL)?;
        Ok(copy_text(call, &name.to_string_lossy(), buf, len)?)
    })
}

fn clock_time(caller: Caller<'_, State>, clock: i32, resolution: u32, out: u32, out_len: u32) -> wasmtime::Result<i32> {
    answer(caller, "clock_time", |call| {
        if !matches!(clock, 0 | 1 | 4..=7 | 11) || resolution > 1 || out_len != 8 {
            return Err(Errno::INVAL.into());
        }
        let clock = ClockId::from_raw(clock);
        let time = if resolution == 0 { clock.now() } else { clock.res() };
        let time = time.map_err(|errno| Errno::from_raw_os_error(errno as i32))?;
        let nanoseconds = time.tv_sec().checked_mul(1_000_000_000).and_then(|all| all.checked_add(time.tv_nsec()));
        call.write(out, &nanoseconds.ok_or(Errno::OVERFLOW)?.to_le_bytes())?;
        Ok(0)
    })
}

fn local_time(
    caller: Caller<'_, State>,
    seconds: i64,
    out: u32,
    out_len: u32,
    name: u32,
    len: u32,
) -> wasmtime::Result<i32> {
    answer(caller, "local_time", |call| {
        if out_len != 8 {
            return Err(Errno::INVAL.into());
        }
        let local = local_time::at(seconds)?;
        let mut fields = [0; 8];
        fields[..4].copy_from_slice(&local.ahead.to_le_bytes());
        fields[4..].copy_from_slice(&u32::from(local.summer).to_le_bytes());
        call.write(out, &fields)?;
        Ok(copy_text(call, &local.zone, name, len)?)
    })
}

fn signal_handle(caller: Caller<'_, State>, signal: i32, on: i32) -> wasmtime::Result<i32> {
    answer(caller, "signal_handle", |call| {
        call.state().stop.handle(signal, on != 0)?;
        Ok(0)
    })
}

fn signal_take(caller: Caller<'_, State>) -> wasmtime::Result<i32> {
    answer(caller, "signal_take", |call| Ok(call.state().stop.take().unwrap_or(0)))
}

fn handle_close(caller: Caller<'_, State>, handle: i32) -> wasmtime::Result<i32> {
    answer(caller, "handle_close", |call| {
        call.state().close(handle)?;
        Ok(0)
    })
}

fn handle_kind(caller: Caller<'_, State>, handle: i32) -> wasmtime::Result<i32> {
    answer(caller, "handle_kind", |call| {
        Ok(match call.state().bpf.handles.get(handle)? {
            Entry::Object(_) => 1,
            Entry::Program(_) => 2,
            Entry::Map(_) => 3,
            Entry::Link(_) => 4,
            Entry::Ring(_) => 5,
            Entry::Perf(_) => 6,
            Entry::PerfEvent(_) => 7,
            Entry::Stream(_) => 8,
            Entry::Btf(_) => 9,
            Entry::Window(_) => 10,
            Entry::Socket(_) => 11,
            Entry::Dump(_) => 12,
            Entry::Epoll(_) => 13,
            Entry::Counter(_) => 14,
        })
    })
}

/// Copies as much of `text` as `len` has room for; its full length.
pub(super) fn copy_text(call: &mut Call<'_, '_>, text: &str, buf: u32, len: u32) -> Result<i32, Errno> {
    let kept = text.len().min(len as usize);
    call.write(buf, &text.as_bytes()[..kept])?;
    i32::try_from(text.len()).map_err(|_| Errno::OVERFLOW)
}
