//! Listing directories.

use std::mem::MaybeUninit;
use std::sync::PoisonError;

use rustix::fs::{RawDir, SeekFrom, seek};
use rustix::io::Errno;

use super::errno::Result;
use super::types;
use crate::call::Call;

/// What is fetched from the kernel at a time, in bytes.
const CHUNK: usize = 16 << 10;

/// `fd_readdir`. The last entry is cut where the guest's buffer ends; a buffer that is not full says that the listing
/// is complete. A cookie is the number of entries before it: the kernel's own do not fit a guest's 32-bit `telldir`,
/// so those are kept beside.
pub(super) fn readdir(call: &mut Call<'_, '_>, fd: u32, addr: u32, len: u32, cookie: u64, out: u32) -> Result<()> {
    let descriptor = call.descriptor(fd)?;
    let dir = descriptor.dir()?;
    call.check(addr, len as usize)?;
    call.check(out, 4)?;
    let mut positions = descriptor.positions.lock().unwrap_or_else(PoisonError::into_inner);
    let mut at = usize::try_from(cookie).map_err(|_| Errno::INVAL)?;
    let start = match at.checked_sub(1) {
        None => 0,
        Some(before) => *positions.get(before).ok_or(Errno::INVAL)?,
    };
    seek(dir, SeekFrom::Start(start))?;
    let mut chunk = [MaybeUninit::uninit(); CHUNK];
    let mut entries = RawDir::new(dir, &mut chunk);
    let mut used = 0;
    while used < len {
        if entries.is_buffer_empty() {
            call.state().stop.check()?;
        }
        let Some(entry) = entries.next() else { break };
        let entry = entry?;
        // What the guest may come back to is kept, also beyond here.
        match positions.get_mut(at) {
            Some(position) => *position = entry.next_entry_cookie(),
            None => positions.push(entry.next_entry_cookie()),
        }
        at += 1;
        let name = entry.file_name().to_bytes();
        let kind = types::file_type(entry.file_type());
        let head = types::dirent(at as u64, entry.ino(), name.len() as u32, kind);
        for part in [&head[..], name] {
            let room = part.len().min((len - used) as usize);
            call.write(addr + used, &part[..room])?;
            used += room as u32;
        }
    }
    Ok(call.write_u32(out, used)?)
}
