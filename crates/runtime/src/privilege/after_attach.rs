//! `--drop-after-attach`: once a module has attached what it came for and waits for it, nothing needs capabilities any
//! more. Map system calls go on working by the descriptors that are open: from Linux 5.19 on, without capabilities.

use std::sync::atomic::{AtomicU8, Ordering};

use rustix::io::Errno;

use super::{give_up, is_given_up};
use crate::carried::running_release;
use crate::error::{Error, ErrorKind, Result};

/// The option, as people give it.
pub(crate) const OPTION: &str = "--drop-after-attach";
/// What to do about what fails afterwards.
pub(crate) const ADVICE: &str = "the capabilities were given up when the module first waited after it had attached: load and attach everything \
    before that, or run the module without `--drop-after-attach`";
/// The first kernel on which element calls take no capability.
const SINCE: (u32, u32) = (5, 19);

const OFF: u8 = 0;
/// Nothing is attached yet.
const WANTED: u8 = 1;
const ATTACHED: u8 = 2;
const DONE: u8 = 3;

/// How far one guest is.
#[derive(Debug, Default)]
pub(crate) struct AfterAttach(AtomicU8);

impl AfterAttach {
    /// Makes the guest's process give up its capabilities at the first wait after an attachment.
    pub(crate) fn want(&self) -> Result<()> {
        let release = running_release();
        let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map(|number| number.parse().unwrap_or(0));
        let running = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        if running < SINCE {
            let error = Error::module(format!("{OPTION} cannot be had on this kernel ({release})"));
            return Err(error.advise(
                "before Linux 5.19 every bpf(2) call takes CAP_BPF, those for elements of open maps included: run the module without it",
            ));
        }
        self.0.store(WANTED, Ordering::SeqCst);
        Ok(())
    }

    /// Whether it was asked for.
    pub(crate) fn is_wanted(&self) -> bool {
        self.0.load(Ordering::SeqCst) != OFF
    }

    /// A program was attached.
    pub(crate) fn attached(&self) {
        let _ = self.0.compare_exchange(WANTED, ATTACHED, Ordering::SeqCst, Ordering::SeqCst);
    }

    /// The guest is about to wait for records, time or input.
    pub(crate) fn before_wait(&self) -> Result<(), Errno> {
        if self.0.load(Ordering::Relaxed) != ATTACHED {
            return Ok(());
        }
        give_up()?;
        self.0.store(DONE, Ordering::SeqCst);
        tracing::debug!("gave up all capabilities: the module has attached ({OPTION})");
        Ok(())
    }
}

/// `error` with the reason, where the kernel refused something because there are no capabilities any more.
pub(crate) fn explain(error: Error) -> Error {
    let refused = matches!(error.kind(), ErrorKind::Kernel(number) if [Errno::PERM, Errno::ACCESS].contains(&Errno::from_raw_os_error(number)));
    if refused && is_given_up() { error.advise(ADVICE) } else { error }
}
