//! The guest's scatter/gather lists, walked in bounded chunks.

use rustix::io::Errno;

use super::errno::Result;
use super::types::u32_at;
use crate::call::Call;

/// The longest list, as in Linux (IOV_MAX).
const MAX_COUNT: u32 = 1024;
/// What is copied between guest and host at a time, in bytes.
pub(super) const CHUNK: u32 = 64 << 10;

/// A list whose ranges all lie in guest memory.
pub(super) struct Iovs {
    ranges: Vec<(u32, u32)>,
    /// Bytes in all, at most what a guest's `ssize_t` can count.
    pub(super) total: u32,
}

impl Iovs {
    /// Takes `count` entries at `addr`: EINVAL beyond 1024 entries, EFAULT where one is outside the memory.
    pub(super) fn take(call: &Call<'_, '_>, addr: u32, count: u32) -> Result<Self> {
        if count > MAX_COUNT {
            return Err(Errno::INVAL.into());
        }
        let list = call.bytes(addr, count * 8)?;
        let mut iovs = Self { ranges: Vec::with_capacity(count as usize), total: 0 };
        for entry in list.chunks_exact(8) {
            let (at, len) = (u32_at(entry, 0), u32_at(entry, 4));
            call.check(at, len as usize)?;
            let len = len.min(i32::MAX as u32 - iovs.total);
            iovs.total += len;
            iovs.ranges.push((at, len));
        }
        Ok(iovs)
    }

    /// Fills `chunk` with the bytes from position `skip` on; the chunk must fit into what is left.
    pub(super) fn gather(&self, call: &Call<'_, '_>, skip: u32, chunk: &mut [u8]) -> Result<()> {
        let mut filled = 0;
        for (at, len) in self.pieces(skip, chunk.len() as u32) {
            call.read(at, &mut chunk[filled..filled + len])?;
            filled += len;
        }
        Ok(())
    }

    /// Stores `chunk` at position `skip` and on.
    pub(super) fn scatter(&self, call: &mut Call<'_, '_>, skip: u32, chunk: &[u8]) -> Result<()> {
        let mut stored = 0;
        for (at, len) in self.pieces(skip, chunk.len() as u32) {
            call.write(at, &chunk[stored..stored + len])?;
            stored += len;
        }
        Ok(())
    }

    /// The guest ranges behind `want` bytes from position `skip` on.
    fn pieces(&self, mut skip: u32, mut want: u32) -> impl Iterator<Item = (u32, usize)> {
        self.ranges.iter().filter_map(move |&(at, len)| {
            let before = skip.min(len);
            skip -= before;
            let take = want.min(len - before);
            want -= take;
            (take > 0).then(|| (at + before, take as usize))
        })
    }
}
