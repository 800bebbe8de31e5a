//! v1: types as C, and data by its type, printed by libbpf and taken as text.

use std::ffi::CString;

use rustix::io::Errno;
use wasmtime::Caller;

use super::table::{Import, add};
use super::{Ctx, Entry, answer};
use crate::bpf::btf_dump::{DataOptions, Dump};
use crate::bpf::log::Log;
use crate::handle::Handle;
use crate::state::State;

pub(super) const IMPORTS: &[Import] = &[
    Import {
        name: "btf_dump_open",
        parameters: "btf",
        text: "Begins to print types. What is printed waits for `btf_dump_read`, also where the call fails, and at most 32 MiB of it: -EOVERFLOW. Returns a dump.",
        since: "0.1",
        add: add!(open(_)),
    },
    Import {
        name: "btf_dump_type",
        parameters: "dump, id",
        text: "Prints a type as C, with the definitions that it needs; what a dump has printed it does not print again. -EINVAL where there is no such type, -ELOOP for one that contains itself, -EFBIG for one that is too deep or too large. Returns 0.",
        since: "0.1",
        add: add!(define(_, _)),
    },
    Import {
        name: "btf_dump_declaration",
        parameters: "dump, id, level, strip, name, len",
        text: "Prints a declaration of something called `name` (of any length, also 0) with a type; lines after the first are indented by `level` tabs (0 to 64); `strip` 1 leaves const, volatile and restrict out. Errors as above. Returns 0.",
        since: "0.1",
        add: add!(declare(_, _, _, _, _, _)),
    },
    Import {
        name: "btf_dump_data",
        parameters: "dump, id, flags, level, indent, indent_len, data, len",
        text: "Prints data of a type, `level` levels deep (0 to 64), each indented by the text `indent`, of which 31 bytes count; without one (address 0) by a tab. `flags`: 1 no new lines, 2 no names, 4 zeroes too, 8 arrays of characters as strings. -ENOENT where there is no such type, -E2BIG where it has more bytes than `len`, after what there is; -EINVAL for what has no data. Returns the number of its bytes.",
        since: "0.1",
        add: add!(data(_, _, _, _, _, _, _, _)),
    },
    Import {
        name: "btf_dump_read",
        parameters: "dump, buf, len",
        text: "Takes at most `len` bytes of what was printed, the oldest first. Returns their number, 0 = there are none.",
        since: "0.1",
        add: add!(read(_, _, _)),
    },
];

const COMPACT: u32 = 1;
const SKIP_NAMES: u32 = 2;
const EMIT_ZEROES: u32 = 4;
const EMIT_STRINGS: u32 = 8;
/// The most bytes of data that are printed at once: as many as a type may have.
const MAX_DATA: u32 = 16 << 20;

fn open(caller: Caller<'_, State>, btf: i32) -> wasmtime::Result<i32> {
    answer(caller, "btf_dump_open", |call| {
        let bpf = &mut call.state().bpf;
        let dump = Dump::new(bpf.btf(btf)?)?;
        Ok(bpf.handles.insert(Entry::Dump(Box::new(dump)))?)
    })
}

fn define(caller: Caller<'_, State>, dump: i32, id: u32) -> wasmtime::Result<i32> {
    answer(caller, "btf_dump_type", |call| {
        let (dump, log) = call.state().bpf.dump(dump)?;
        dump.define(id, log)?;
        Ok(0)
    })
}

fn declare(
    caller: Caller<'_, State>,
    dump: i32,
    id: u32,
    level: i32,
    strip: u32,
    name: u32,
    len: u32,
) -> wasmtime::Result<i32> {
    answer(caller, "btf_dump_declaration", |call| {
        let name = CString::new(call.string(name, len)?).map_err(|_| Errno::INVAL)?;
        let (dump, log) = call.state().bpf.dump(dump)?;
        dump.declare(id, &name, level, strip != 0, log)?;
        Ok(0)
    })
}

fn data(
    caller: Caller<'_, State>,
    dump: i32,
    id: u32,
    flags: u32,
    level: i32,
    indent: u32,
    indent_len: u32,
    data: u32,
    len: u32,
) -> wasmtime::Result<i32> {
    answer(caller, "btf_dump_data", |call| {
        if flags & !(COMPACT | SKIP_NAMES | EMIT_ZEROES | EMIT_STRINGS) != 0 {
            return Err(Errno::INVAL.into());
        }
        let text = CString::new(call.string(indent, indent_len)?).map_err(|_| Errno::INVAL)?;
        call.check(data, len as usize)?;
        let bytes = call.bytes(data, len.min(MAX_DATA))?;
        let options = DataOptions {
            indent: (indent != 0).then_some(text.as_c_str()),
            level,
            compact: flags & COMPACT != 0,
            skip_names: flags & SKIP_NAMES != 0,
            emit_zeroes: flags & EMIT_ZEROES != 0,
            emit_strings: flags & EMIT_STRINGS != 0,
        };
        let (dump, log) = call.state().bpf.dump(dump)?;
        Ok(dump.data(id, &bytes, &options, log)?)
    })
}

fn read(caller: Caller<'_, State>, dump: i32, buf: u32, len: u32) -> wasmtime::Result<i32> {
    answer(caller, "btf_dump_read", |call| {
        call.check(buf, len as usize)?;
        let text = call.state().bpf.dump(dump)?.0.take(len as usize);
        call.write(buf, &text)?;
        Ok(text.len() as i32)
    })
}

impl Ctx {
    fn dump(&mut self, handle: Handle) -> Result<(&mut Dump, &mut Log), Errno> {
        match self.handles.get_mut(handle)? {
            Entry::Dump(dump) => Ok((dump, &mut self.log)),
            _ => Err(Errno::BADF),
        }
    }
}
