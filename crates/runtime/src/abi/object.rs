//! v1: open, load, and find the parts of an object.

use std::ffi::{CStr, CString, OsStr};
use std::fs::{self, File};
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::io::Errno;
use wasmtime::Caller;

use super::system::copy_text;
use super::table::{Import, add};
use super::{Failure, answer, arena};
use crate::bpf::object::{Object, OpenOptions};
use crate::bpf::types::file_of;
use crate::call::Call;
use crate::error::Error;
use crate::state::State;

pub(super) const IMPORTS: &[Import] = &[
    Import {
        name: "object_open",
        parameters: "elf, elf_len, opts, opts_len",
        text: "Parses an ELF object of `elf_len` bytes; nothing reaches the kernel yet. `opts`: u32 name, name_len, btf_path, btf_path_len, pin_root, pin_root_len, kconfig, kconfig_len, kernel_log_level, relaxed_maps, kernel_log_size (44 bytes; a shorter `opts_len` means the rest is 0, unknown bytes that are not 0 are -E2BIG). `btf_path` is below /sys/kernel/btf or a file that the guest was granted; `pin_root` needs the grant `pin`. With a `kernel_log_size` (at most 64 MiB) so much of the verifier's log is kept for `object_log`, and it is not among `log_read`'s lines. Returns an object.",
        since: "0.1",
        add: add!(open(_, _, _, _)),
    },
    Import {
        name: "object_prepare",
        parameters: "object",
        text: "Creates the maps and relocates the programs, so that maps can be filled before the programs are loaded; `object_load` does it otherwise. -EINVAL the second time. Returns 0.",
        since: "0.1",
        add: add!(prepare(_)),
    },
    Import {
        name: "object_load",
        parameters: "object",
        text: "Creates the maps and loads the programs, after the policy has seen them. Returns 0. May run for as long as the verifier does.",
        since: "0.1",
        add: add!(load(_)),
    },
    Import {
        name: "object_name",
        parameters: "object, buf, len",
        text: "Copies at most `len` bytes of the name. Returns its full length.",
        since: "0.1",
        add: add!(object_name(_, _, _)),
    },
    Import {
        name: "object_log",
        parameters: "object, buf, len",
        text: "Copies at most `len` bytes of what the verifier said of the object's program that was loaded last, if the object was opened with a `kernel_log_size`: always where it was refused, otherwise with a log level. Returns its full length.",
        since: "0.1",
        add: add!(object_log(_, _, _)),
    },
    Import {
        name: "object_program",
        parameters: "object, index",
        text: "The program at `index`, from 0, in the order of the file; -ENOENT past the last one. Returns a program.",
        since: "0.1",
        add: add!(program(_, _)),
    },
    Import {
        name: "object_map",
        parameters: "object, index",
        text: "The map at `index`, from 0, those of global data included; -ENOENT past the last one. Returns a map.",
        since: "0.1",
        add: add!(map(_, _)),
    },
    Import {
        name: "object_find_program",
        parameters: "object, name, len",
        text: "The program called so; -ENOENT where there is none. Returns a program.",
        since: "0.1",
        add: add!(find_program(_, _, _)),
    },
    Import {
        name: "object_find_map",
        parameters: "object, name, len",
        text: "The map called so; `.bss` and the like find the map of that section; -ENOENT where there is none. Returns a map.",
        since: "0.1",
        add: add!(find_map(_, _, _)),
    },
];

/// The size of `object_open`'s options, in bytes.
const OPTIONS: usize = 44;
/// The most that is kept of the verifier's log, in bytes.
pub(super) const MAX_LOG: u32 = 64 << 20;
/// The largest file with types that is read for a guest, in bytes.
const MAX_TYPES: u64 = 128 << 20;
/// Where the kernel shows its own types.
const KERNEL_TYPES: &str = "/sys/kernel/btf";

fn open(caller: Caller<'_, State>, elf: u32, elf_len: u32, opts: u32, opts_len: u32) -> wasmtime::Result<i32> {
    answer(caller, "object_open", |call| {
        let options = options(call, opts, opts_len).inspect_err(|failure| {
            if let Failure::Error(error) = failure {
                call.state().bpf.log.say(error);
            }
        })?;
        let elf = call.bytes(elf, elf_len)?;
        let bpf = &mut call.state().bpf;
        let object = Object::open(&elf, options, &mut bpf.types, &bpf.policy, &bpf.budget, &mut bpf.log)?;
        Ok(bpf.add_object(object)?)
    })
}

fn options(call: &mut Call<'_, '_>, opts: u32, opts_len: u32) -> Result<OpenOptions, Failure> {
    let given = call.bytes(opts, opts_len)?;
    if given.iter().skip(OPTIONS).any(|&byte| byte != 0) {
        return Err(Errno::TOOBIG.into());
    }
    let mut fields = [0u32; OPTIONS / 4];
    for (field, bytes) in fields.iter_mut().zip(given.chunks_exact(4)) {
        *field = u32::from_le_bytes(bytes.try_into().map_err(|_| Errno::INVAL)?);
    }
    let text = |at: usize| -> Result<Option<CString>, Errno> {
        if fields[at] == 0 {
            return Ok(None);
        }
        let text = call.string(fields[at], fields[at + 1])?;
        CString::new(text).map(Some).map_err(|_| Errno::INVAL)
    };
    let (name, btf_path, pin_root, kconfig) = (text(0)?, text(2)?, text(4)?, text(6)?);
    let (btf_path, btf_file) = match btf_path {
        Some(path) => types(call, &path).map(|(path, file)| (Some(path), file))?,
        None => (None, None),
    };
    if fields[10] > MAX_LOG {
        return Err(Errno::TOOBIG.into());
    }
    Ok(OpenOptions {
        name,
        btf_path,
        btf_file,
        pin_root,
        kconfig,
        kernel_log_level: fields[8],
        kernel_log_size: fields[10] as usize,
        relaxed_maps: fields[9] != 0,
        token: call.state().bpf.token.clone(),
    })
}

/// The types that libbpf is to read. It opens a path on the host: the kernel's own types by their name, a file that
/// the guest was granted by a descriptor.
fn types(call: &mut Call<'_, '_>, path: &CStr) -> Result<(CString, Option<OwnedFd>), Error> {
    let named = Path::new(OsStr::from_bytes(path.to_bytes()));
    if fs::canonicalize(named).is_ok_and(|real| real.starts_with(KERNEL_TYPES)) {
        return Ok((path.to_owned(), None));
    }
    let what = || format!("failed to open the BPF object with the types in `{}`", named.display());
    let opened = call.state().wasi.open_named(named).and_then(|file| {
        let (mut file, mut content) = (File::from(file), Vec::new());
        if file.metadata().map_or(u64::MAX, |data| data.len()) > MAX_TYPES {
            return Err(Errno::FBIG);
        }
        file.by_ref().take(MAX_TYPES).read_to_end(&mut content).map_err(|_| Errno::IO)?;
        Ok(content)
    });
    let content = opened.map_err(|errno| {
        let advice = format!("it must be below {KERNEL_TYPES}, or below a directory that the module was given (--dir)");
        Error::kernel(what(), errno).advise(advice)
    })?;
    // The guest may have written the file, and may write it again.
    let raw = wasm_bpf_codegen::raw_btf(&content);
    let checked = raw.and_then(|raw| wasm_bpf_codegen::check_btf(raw).map(|()| raw));
    let raw = checked.map_err(|error| Error::kernel(what(), Errno::INVAL).advise(error.to_string()))?;
    let (path, file) = file_of(raw).ok_or_else(|| Error::kernel(what(), Errno::NOMEM))?;
    Ok((path, Some(file)))
}

fn prepare(caller: Caller<'_, State>, object: i32) -> wasmtime::Result<i32> {
    answer(caller, "object_prepare", |call| {
        let bpf = &mut call.state().bpf;
        let object = bpf.object(object)?.object.clone();
        object.prepare(&bpf.policy, &bpf.maps, &mut bpf.log)?;
        Ok(0)
    })
}

fn load(caller: Caller<'_, State>, handle: i32) -> wasmtime::Result<i32> {
    answer(caller, "object_load", |call| {
        let bpf = &mut call.state().bpf;
        let object = bpf.object(handle)?.object.clone();
        object.load(&bpf.policy, &bpf.maps, &mut bpf.log)?;
        arena::place_globals(call, handle)?;
        Ok(0)
    })
}

fn object_name(caller: Caller<'_, State>, object: i32, buf: u32, len: u32) -> wasmtime::Result<i32> {
    answer(caller, "object_name", |call| {
        let name = call.state().bpf.object(object)?.object.name();
        Ok(copy_text(call, &name, buf, len)?)
    })
}

fn object_log(caller: Caller<'_, State>, object: i32, buf: u32, len: u32) -> wasmtime::Result<i32> {
    answer(caller, "object_log", |call| {
        let log = call.state().bpf.object(object)?.object.kernel_log();
        Ok(copy_text(call, &log, buf, len)?)
    })
}

fn program(caller: Caller<'_, State>, object: i32, index: u32) -> wasmtime::Result<i32> {
    answer(caller, "object_program", |call| {
        let programs = &call.state().bpf.object(object)?.programs;
        Ok(*programs.get(index as usize).ok_or(Errno::NOENT)?)
    })
}

fn map(caller: Caller<'_, State>, object: i32, index: u32) -> wasmtime::Result<i32> {
    answer(caller, "object_map", |call| {
        let maps = &call.state().bpf.object(object)?.maps;
        Ok(*maps.get(index as usize).ok_or(Errno::NOENT)?)
    })
}

fn find_program(caller: Caller<'_, State>, object: i32, name: u32, len: u32) -> wasmtime::Result<i32> {
    answer(caller, "object_find_program", |call| {
        let name = call.string(name, len)?;
        let entry = call.state().bpf.object(object)?;
        let index = entry.object.find_program(&name).ok_or(Errno::NOENT)?;
        Ok(entry.programs[index])
    })
}

fn find_map(caller: Caller<'_, State>, object: i32, name: u32, len: u32) -> wasmtime::Result<i32> {
    answer(caller, "object_find_map", |call| {
        let name = call.string(name, len)?;
        let entry = call.state().bpf.object(object)?;
        let index = entry.object.find_map(&name).ok_or(Errno::NOENT)?;
        Ok(entry.maps[index])
    })
}
