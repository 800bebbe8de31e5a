//! Clocks: the kernel's own, so that a guest can compare with `bpf_ktime_get_ns()`.

use rustix::io::Errno;
use rustix::time::{ClockId, Timespec, clock_getres, clock_gettime};

use super::errno::Result;
use crate::call::Call;

/// The kernel's clock behind WASI's `clockid`.
pub(super) fn clock(id: u32) -> std::result::Result<ClockId, Errno> {
    match id {
        0 => Ok(ClockId::Realtime),
        1 => Ok(ClockId::Monotonic),
        2 => Ok(ClockId::ProcessCPUTime),
        3 => Ok(ClockId::ThreadCPUTime),
        _ => Err(Errno::INVAL),
    }
}

/// The clock's time in nanoseconds.
pub(super) fn now(clock: ClockId) -> u64 {
    nanoseconds(clock_gettime(clock))
}

/// `clock_res_get`.
pub(super) fn res_get(call: &mut Call<'_, '_>, id: u32, out: u32) -> Result<()> {
    let resolution = nanoseconds(clock_getres(clock(id)?));
    Ok(call.write(out, &resolution.to_le_bytes())?)
}

/// `clock_time_get`. The precision asked for does not matter: reading the clock is exact.
pub(super) fn time_get(call: &mut Call<'_, '_>, id: u32, _precision: u64, out: u32) -> Result<()> {
    let now = now(clock(id)?);
    Ok(call.write(out, &now.to_le_bytes())?)
}

fn nanoseconds(time: Timespec) -> u64 {
    // A clock set to before 1970 reads 0.
    u64::try_from(time.tv_sec).map_or(0, |seconds| seconds.saturating_mul(1_000_000_000) + time.tv_nsec as u64)
}
