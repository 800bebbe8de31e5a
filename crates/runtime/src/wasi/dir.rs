//! Listing directories.

use std::mem::MaybeUninit;

use rustix::fs::{RawDir, SeekFrom, seek};

use super::errno::Result;
use super::types;
use crate::call::Call;

/// What is fetched from the kernel at a time, in bytes.
const CHUNK: usize = 16 << 10;

/// `fd_readdir`. Cookies are the kernel's own, so a listing can be resumed anywhere and nothing is kept between calls.
/// The last entry is cut where the guest's buffer ends; a buffer that is not full says that the listing is complete.
pub(super) fn readdir(call: &mut Call<'_>, fd: u32, addr: u32, len: u32, cookie: u64, out: u32) -> Result<()> {
    let descriptor = call.descriptor(fd)?;
    let dir = descriptor.dir()?;
    call.check(addr, len as usize)?;
    call.check(out, 4)?;
    seek(dir, SeekFrom::Start(cookie))?;
    let mut chunk = [MaybeUninit::uninit(); CHUNK];
    let mut entries = RawDir::new(dir, &mut chunk);
    let mut used = 0;
    while used < len {
        if entries.is_buffer_empty() {
            call.state().stop.check()?;
        }
        let Some(entry) = entries.next() else { break };
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        let kind = types::file_type(entry.file_type());
        let head = types::dirent(entry.next_entry_cookie(), entry.ino(), name.len() as u32, kind);
        for part in [&head[..], name] {
            let room = part.len().min((len - used) as usize);
            call.write(addr + used, &part[..room])?;
            used += room as u32;
        }
    }
    Ok(call.write_u32(out, used)?)
}
