//! v1: run a loaded program on data of the guest's.

use rustix::io::Errno;
use wasmtime::Caller;

use super::table::{Import, add};
use super::{Failure, answer};
use crate::bpf::program::{TestRun, test_run};
use crate::call::Call;
use crate::shm::guest::Range;
use crate::state::State;

pub(super) const IMPORTS: &[Import] = &[Import {
    name: "program_test_run",
    parameters: "program, opts, len",
    text: "Runs a loaded program on the guest's data. `opts` (96 bytes; `len` may be more if the rest is 0): u32 data_in, data_in_len, data_out, data_out_len (in: room, out: size), ctx_in, ctx_in_len, ctx_out, ctx_out_len (in: room, out: size), repeat (0 = once, at most 1,000,000), flags (BPF_F_TEST_*), cpu, batch_size, then written: retval, duration in nanoseconds (the mean), and ten zeros. -ENOSPC where a room is too small, with its size written; -EOPNOTSUPP (or -EINVAL) for types that cannot be run so. Minimum kernel: 4.12, for tracing types 5.10. Returns 0.",
    since: "0.1",
    add: add!(run(_, _, _)),
}];

/// The size of the options, in bytes.
const OPTIONS: usize = 96;
/// The most runs in one call, which cannot be interrupted but by the end of the guest.
const MAX_REPEAT: u32 = 1_000_000;

/// The options' fields by their index.
mod field {
    pub(super) const DATA_IN: usize = 0;
    pub(super) const DATA_OUT: usize = 2;
    pub(super) const CTX_IN: usize = 4;
    pub(super) const CTX_OUT: usize = 6;
    pub(super) const REPEAT: usize = 8;
    pub(super) const FLAGS: usize = 9;
    pub(super) const CPU: usize = 10;
    pub(super) const BATCH_SIZE: usize = 11;
    pub(super) const RETVAL: usize = 12;
    pub(super) const DURATION: usize = 13;
    pub(super) const RESERVED: usize = 14;
}

fn run(caller: Caller<'_, State>, program: i32, opts: u32, len: u32) -> wasmtime::Result<i32> {
    answer(caller, "program_test_run", |call| {
        let mut fields = options(call, opts, len)?;
        let entry = call.state().bpf.program(program)?;
        let raw = entry.object.program(entry.index).ok_or(Errno::BADF)?;
        let fd = raw.fd().map_err(|_| Errno::BADF)?;
        let run = TestRun {
            data_in: range(call, &fields, field::DATA_IN)?,
            data_out: range(call, &fields, field::DATA_OUT)?,
            ctx_in: range(call, &fields, field::CTX_IN)?,
            ctx_out: range(call, &fields, field::CTX_OUT)?,
            repeat: fields[field::REPEAT],
            flags: fields[field::FLAGS],
            cpu: fields[field::CPU],
            batch_size: fields[field::BATCH_SIZE],
        };
        let (result, ran) = test_run(fd, &run);
        fields[field::DATA_OUT + 1] = result.data_size;
        fields[field::CTX_OUT + 1] = result.ctx_size;
        fields[field::RETVAL] = result.value;
        fields[field::DURATION] = result.duration;
        let bytes: Vec<u8> = fields.iter().flat_map(|field| field.to_le_bytes()).collect();
        call.write(opts, &bytes)?;
        ran?;
        Ok(0)
    })
}

fn options(call: &Call<'_, '_>, opts: u32, len: u32) -> Result<[u32; OPTIONS / 4], Failure> {
    if (len as usize) < OPTIONS {
        return Err(Errno::INVAL.into());
    }
    let bytes = call.bytes(opts, len)?;
    if bytes[OPTIONS..].iter().any(|&byte| byte != 0) {
        return Err(Errno::TOOBIG.into());
    }
    let mut fields = [0; OPTIONS / 4];
    for (field, bytes) in fields.iter_mut().zip(bytes.as_chunks().0) {
        *field = u32::from_le_bytes(*bytes);
    }
    if fields[field::RESERVED..].iter().any(|&field| field != 0) || fields[field::REPEAT] > MAX_REPEAT {
        return Err(Errno::INVAL.into());
    }
    Ok(fields)
}

/// The guest's range whose address and length are the fields at `at`; length 0 means none.
fn range<'c>(call: &'c Call<'_, '_>, fields: &[u32], at: usize) -> Result<Option<Range<'c>>, Errno> {
    match fields[at + 1] {
        0 => Ok(None),
        len => call.range(fields[at], len as usize).map(Some),
    }
}
