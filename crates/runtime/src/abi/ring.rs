//! v1: records that programs send, copied out in batches.

use std::rc::Rc;

use rustix::io::Errno;
use wasmtime::Caller;

use super::table::{Import, add};
use super::{Entry, Failure, answer};
use crate::bpf::reader::Reader;
use crate::call::Call;
use crate::state::State;

pub(super) const IMPORTS: &[Import] = &[
    Import {
        name: "ring_open",
        parameters: "map",
        text: "Opens a ring buffer map for reading. Minimum kernel: 5.8. Returns a ring.",
        since: "0.1",
        add: add!(ring_open(_)),
    },
    Import {
        name: "ring_read",
        parameters: "ring, buf, len",
        text: "Takes as many whole records as `len` has room for: each u32 size, u32 0, then its data padded to 8 bytes. Returns the number of bytes stored, 0 = no record; -EMSGSIZE where the first one does not fit, and it stays.",
        since: "0.1",
        add: add!(ring_read(_, _, _)),
    },
];

/// The bytes before a record's data.
const HEADER: usize = 8;

fn ring_open(caller: Caller<'_, State>, map: i32) -> wasmtime::Result<i32> {
    answer(caller, "ring_open", |call| {
        let map = call.state().bpf.map(map)?;
        match Reader::open(&map, 0)? {
            Reader::Ring(ring) => Ok(call.state().bpf.handles.insert(Entry::Ring(ring))?),
            Reader::Perf(_) => Err(Errno::INVAL.into()),
        }
    })
}

fn ring_read(caller: Caller<'_, State>, ring: i32, buf: u32, len: u32) -> wasmtime::Result<i32> {
    answer(caller, "ring_read", |call| {
        let Entry::Ring(ring) = call.state().bpf.handles.get(ring)? else { return Err(Errno::BADF.into()) };
        let ring = Rc::clone(ring);
        call.check(buf, len as usize)?;
        let mut ring = ring.borrow_mut();
        let end = ring.produced();
        let mut out = Batch { buf, len: len as usize, used: 0 };
        while let Some(sample) = ring.next(end) {
            if !out.has_room(sample.len()) {
                sample.keep();
                return out.full();
            }
            out.push(call, &sample)?;
        }
        Ok(out.used as i32)
    })
}

/// Records being laid out in the guest's buffer.
struct Batch {
    buf: u32,
    len: usize,
    used: usize,
}

impl Batch {
    fn has_room(&self, size: usize) -> bool {
        self.used + HEADER + size.next_multiple_of(8) <= self.len
    }

    /// The result when a record does not fit.
    fn full(&self) -> Result<i32, Failure> {
        if self.used == 0 { Err(Errno::MSGSIZE.into()) } else { Ok(self.used as i32) }
    }

    fn push(&mut self, call: &mut Call<'_, '_>, data: &[u8]) -> Result<(), Errno> {
        let at = self.buf + self.used as u32;
        call.write_u32(at, data.len() as u32)?;
        call.write_u32(at + 4, 0)?;
        call.write(at + HEADER as u32, data)?;
        self.used += HEADER + data.len().next_multiple_of(8);
        Ok(())
    }
}
