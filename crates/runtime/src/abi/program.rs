//! v1: ask about programs and tune them before load.

use std::ffi::CString;
use std::os::fd::AsFd;

use rustix::io::Errno;
use wasmtime::Caller;

use super::answer;
use super::object::MAX_LOG;
use super::system::copy_text;
use super::table::{Import, add};
use crate::bpf::program::ProgramField;
use crate::state::State;

pub(super) const IMPORTS: &[Import] = &[
    Import {
        name: "program_info",
        parameters: "program, out, len",
        text: "Stores u32 type, expected_attach_type, flags, log_level, autoload, autoattach, insn_count, id, then u64 run_time_ns, run_cnt, recursion_misses (all of the kernel's 0 before load), as much as `len` has room for. Returns the number of bytes stored.",
        since: "0.1",
        add: add!(info(_, _, _)),
    },
    Import {
        name: "program_name",
        parameters: "program, buf, len",
        text: "Copies at most `len` bytes of the name. Returns its full length.",
        since: "0.1",
        add: add!(program_name(_, _, _)),
    },
    Import {
        name: "program_section",
        parameters: "program, buf, len",
        text: "Copies at most `len` bytes of the section's name. Returns its full length.",
        since: "0.1",
        add: add!(section(_, _, _)),
    },
    Import {
        name: "program_set",
        parameters: "program, field, value",
        text: "Tunes before load. Fields: 0 autoload, 1 autoattach, 2 type, 3 expected_attach_type, 4 flags, 5 log_level, 6 ifindex. Returns 0.",
        since: "0.1",
        add: add!(set(_, _, _)),
    },
    Import {
        name: "program_set_log",
        parameters: "program, size",
        text: "Keeps `size` bytes (at most 64 MiB; 0: none) of the verifier's log of this program for `program_log`, in place of the object's; before load. Returns 0.",
        since: "0.1",
        add: add!(set_log(_, _)),
    },
    Import {
        name: "program_log",
        parameters: "program, buf, len",
        text: "Copies at most `len` bytes of the log that `program_set_log` keeps, as `object_log` does. Returns its full length.",
        since: "0.1",
        add: add!(log(_, _, _)),
    },
    Import {
        name: "program_set_attach_target",
        parameters: "program, target, name, len",
        text: "Chooses, before load, the kernel function that a tracing program attaches to, or with `target` (a loaded program, else 0) a function of that program. Returns 0.",
        since: "0.1",
        add: add!(set_attach_target(_, _, _, _)),
    },
];

fn info(caller: Caller<'_, State>, program: i32, out: u32, len: u32) -> wasmtime::Result<i32> {
    answer(caller, "program_info", |call| {
        let entry = call.state().bpf.program(program)?;
        let raw = entry.object.program(entry.index).ok_or(Errno::BADF)?;
        let known = raw.info().unwrap_or_default();
        let fields = [
            raw.kind(),
            raw.expected_attach_type(),
            raw.flags(),
            raw.log_level(),
            u32::from(raw.autoload()),
            u32::from(raw.autoattach()),
            raw.instructions().len() as u32,
            known.id,
        ];
        let counts = [known.run_time_ns, known.run_cnt, known.recursion_misses];
        let mut bytes: Vec<u8> = fields.iter().flat_map(|field| field.to_le_bytes()).collect();
        bytes.extend(counts.iter().flat_map(|count| count.to_le_bytes()));
        let kept = bytes.len().min(len as usize);
        call.write(out, &bytes[..kept])?;
        Ok(kept as i32)
    })
}

fn program_name(caller: Caller<'_, State>, program: i32, buf: u32, len: u32) -> wasmtime::Result<i32> {
    answer(caller, "program_name", |call| {
        let entry = call.state().bpf.program(program)?;
        let name = entry.object.program(entry.index).ok_or(Errno::BADF)?.name();
        Ok(copy_text(call, &name, buf, len)?)
    })
}

fn section(caller: Caller<'_, State>, program: i32, buf: u32, len: u32) -> wasmtime::Result<i32> {
    answer(caller, "program_section", |call| {
        let entry = call.state().bpf.program(program)?;
        let section = entry.object.program(entry.index).ok_or(Errno::BADF)?.section();
        Ok(copy_text(call, &section, buf, len)?)
    })
}

fn set(caller: Caller<'_, State>, program: i32, field: i32, value: u32) -> wasmtime::Result<i32> {
    answer(caller, "program_set", |call| {
        let entry = call.state().bpf.program(program)?;
        let field = match field {
            0 => ProgramField::Autoload,
            1 => ProgramField::Autoattach,
            2 => ProgramField::Type,
            3 => ProgramField::ExpectedAttachType,
            4 => ProgramField::Flags,
            5 => ProgramField::LogLevel,
            6 => ProgramField::Ifindex,
            _ => return Err(Errno::INVAL.into()),
        };
        if entry.object.is_loaded() && !matches!(field, ProgramField::Autoattach) {
            return Err(Errno::BUSY.into());
        }
        entry.object.program(entry.index).ok_or(Errno::BADF)?.set(field, value)?;
        Ok(0)
    })
}

fn set_log(caller: Caller<'_, State>, program: i32, size: u32) -> wasmtime::Result<i32> {
    answer(caller, "program_set_log", |call| {
        let entry = call.state().bpf.program(program)?;
        if entry.object.is_loaded() {
            return Err(Errno::BUSY.into());
        }
        if size > MAX_LOG {
            return Err(Errno::TOOBIG.into());
        }
        entry.object.program(entry.index).ok_or(Errno::BADF)?.set_log(size as usize)?;
        Ok(0)
    })
}

fn log(caller: Caller<'_, State>, program: i32, buf: u32, len: u32) -> wasmtime::Result<i32> {
    answer(caller, "program_log", |call| {
        let entry = call.state().bpf.program(program)?;
        let log = entry.object.program(entry.index).ok_or(Errno::BADF)?.log();
        Ok(copy_text(call, &log, buf, len)?)
    })
}

fn set_attach_target(
    caller: Caller<'_, State>,
    program: i32,
    target: i32,
    name: u32,
    len: u32,
) -> wasmtime::Result<i32> {
    answer(caller, "program_set_attach_target", |call| {
        let name = CString::new(call.string(name, len)?).map_err(|_| Errno::INVAL)?;
        let entry = call.state().bpf.program(program)?;
        let raw = entry.object.program(entry.index).ok_or(Errno::BADF)?;
        if target == 0 {
            raw.set_attach_target(None, &name)?;
        } else {
            let target = call.state().bpf.program(target)?;
            let fd = target.object.program(target.index).ok_or(Errno::BADF)?.fd()?;
            raw.set_attach_target(Some(fd.as_fd()), &name)?;
        }
        Ok(0)
    })
}
