//! A program run once on data of the caller's.

use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;

use libbpf_sys as ffi;
use rustix::io::Errno;

use super::{check, sz};
use crate::shm::guest::Range;

/// What a run gets and leaves.
#[derive(Default)]
pub(crate) struct TestRun<'a> {
    /// The packet, or whatever the program's type takes.
    pub(crate) data_in: Option<Range<'a>>,
    /// Room for what the program made of it.
    pub(crate) data_out: Option<Range<'a>>,
    /// The program's context; programs of some types change it in place.
    pub(crate) ctx_in: Option<Range<'a>>,
    /// Room for the changed context.
    pub(crate) ctx_out: Option<Range<'a>>,
    /// How many times to run; 0 = once.
    pub(crate) repeat: u32,
    /// `BPF_F_TEST_*`.
    pub(crate) flags: u32,
    /// The CPU to run on, where the flags say so.
    pub(crate) cpu: u32,
    /// Packets in a batch, for XDP with live frames.
    pub(crate) batch_size: u32,
}

/// How a run went.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TestResult {
    pub(crate) data_size: u32,
    pub(crate) ctx_size: u32,
    /// What the program returned.
    pub(crate) value: u32,
    /// The mean of all runs, in nanoseconds.
    pub(crate) duration: u32,
}

/// Runs a loaded program. The sizes in the result are also set where the room was too small (ENOSPC). Minimum
/// kernel: 4.12; by type of program later.
pub(crate) fn test_run(program: BorrowedFd<'_>, run: &TestRun<'_>) -> (TestResult, Result<(), Errno>) {
    // The kernel takes an address with length 0 for a buffer of any length, so nothing is NULL.
    let address = |range: &Option<Range<'_>>| match range {
        Some(range) if range.len() > 0 => range.address().cast(),
        _ => ptr::null_mut(),
    };
    let size = |range: &Option<Range<'_>>| range.map_or(0, |range| range.len() as u32);
    let mut opts = ffi::bpf_test_run_opts {
        sz: sz::<ffi::bpf_test_run_opts>(),
        data_in: address(&run.data_in),
        data_out: address(&run.data_out),
        data_size_in: size(&run.data_in),
        data_size_out: size(&run.data_out),
        ctx_in: address(&run.ctx_in),
        ctx_out: address(&run.ctx_out),
        ctx_size_in: size(&run.ctx_in),
        ctx_size_out: size(&run.ctx_out),
        repeat: run.repeat as i32,
        flags: run.flags,
        cpu: run.cpu,
        batch_size: run.batch_size,
        ..Default::default()
    };
    // SAFETY: each range is valid for as many bytes as its size says, which the kernel keeps to; the kernel copies
    // with its own fault handling.
    let ran = check(unsafe { ffi::bpf_prog_test_run_opts(program.as_raw_fd(), &mut opts) }).map(drop);
    let result = TestResult {
        data_size: opts.data_size_out,
        ctx_size: opts.ctx_size_out,
        value: opts.retval,
        duration: opts.duration,
    };
    (result, ran)
}
