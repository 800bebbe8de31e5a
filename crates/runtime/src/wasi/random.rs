//! Random numbers from the kernel.

use rustix::rand::{GetRandomFlags, getrandom};

use super::errno::Result;
use crate::call::Call;

/// What is fetched at a time, in bytes.
const CHUNK: usize = 16 << 10;

/// `random_get`.
pub(super) fn get(call: &mut Call<'_, '_>, addr: u32, len: u32) -> Result<()> {
    call.check(addr, len as usize)?;
    let mut done = 0;
    let mut chunk = vec![0; CHUNK.min(len as usize)];
    while done < len {
        call.state().stop.check()?;
        let want = chunk.len().min((len - done) as usize);
        let got = getrandom(&mut chunk[..want], GetRandomFlags::empty())?;
        call.write(addr + done, &chunk[..got])?;
        done += got as u32;
    }
    Ok(())
}
