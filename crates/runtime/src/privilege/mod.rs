//! What this process may still do to the system while it runs a stranger's module: the capabilities that the module's
//! hooks need, and no more.
//!
//! ```text
//!   start ── the policy is known ──> Privileges::keep: the rest goes, in every thread
//!     kept: in effect          reserve: only while the kernel looks at an object or an attachment (with_reserve)
//!   attached, first wait ──> give_up: nothing is left (after_attach)
//! ```

pub(crate) mod after_attach;
mod everywhere;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CapabilitySet, CapabilitySets, capabilities, set_capabilities};

use crate::capability::{self, Kept, Wants};
use crate::error::{Error, Result};
use crate::policy::{Grant, Policy};

/// In effect between the moments in which the reserve is, too. Both are empty where nothing was given up.
static IN_EFFECT: AtomicU64 = AtomicU64::new(0);
static RESERVE: AtomicU64 = AtomicU64::new(0);
/// What the process had before it gave something up; all where it has not.
static AT_START: AtomicU64 = AtomicU64::new(u64::MAX);
static NOTHING_LEFT: AtomicBool = AtomicBool::new(false);

/// The capabilities that a process which runs one module needs; docs/security.md has the table with reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Privileges {
    in_effect: u64,
    reserve: u64,
}

impl Privileges {
    /// What a module needs that `policy` holds back. `asked`: grants that may still be given while it runs; `files`: whether
    /// it was given files or directories of the host's.
    pub fn of(policy: &Policy, asked: &[Grant], files: bool) -> Self {
        let locked = !lift_limit();
        let wants = Wants { policy, files, locked };
        let extended = policy.clone().with_grants(asked);
        let possible = Wants { policy: &extended, files, locked };
        let in_effect = wants.set(Kept::Yes);
        let reserve = wants.set(Kept::Reserve) | possible.set(Kept::Yes) | possible.set(Kept::Reserve);
        Self { in_effect, reserve: reserve & !in_effect }
    }

    /// None at all, for work that asks nothing of the kernel.
    pub fn none() -> Self {
        Self { in_effect: 0, reserve: 0 }
    }

    /// Gives up all other capabilities of this process, in every thread, for good, and the way to new ones by executing
    /// programs. What is not there to begin with stays away. Call it once, before anything of a module runs.
    ///
    /// # Errors
    /// Where the kernel does not say that every thread has done so.
    pub fn keep(self) -> Result<()> {
        let fail = |errno| Error::kernel("failed to give up the capabilities that the module does not need", errno);
        let now = capabilities(None).map_err(fail)?;
        AT_START.store(now.effective.bits(), Ordering::SeqCst);
        let permitted = (self.in_effect | self.reserve) & now.permitted.bits();
        let in_effect = self.in_effect & permitted & now.effective.bits();
        everywhere::set(sets(in_effect, permitted), false).map_err(fail)?;
        IN_EFFECT.store(in_effect, Ordering::SeqCst);
        RESERVE.store(permitted & !in_effect & now.effective.bits(), Ordering::SeqCst);
        Ok(())
    }
}

/// Lifts the limit of locked memory, which maps (before 5.11) and perf buffers are; whether there is none. Afterwards
/// nobody could any more.
fn lift_limit() -> bool {
    setrlimit(Resource::Memlock, Rlimit { current: None, maximum: None }).is_ok()
        || getrlimit(Resource::Memlock).current.is_none()
}

/// Gives up all capabilities of this process, in every thread, for good.
pub(crate) fn give_up() -> Result<(), Errno> {
    RESERVE.store(0, Ordering::SeqCst);
    IN_EFFECT.store(0, Ordering::SeqCst);
    everywhere::set(sets(0, 0), true)?;
    NOTHING_LEFT.store(true, Ordering::SeqCst);
    Ok(())
}

/// Whether [`give_up`] was called.
pub(crate) fn is_given_up() -> bool {
    NOTHING_LEFT.load(Ordering::SeqCst)
}

/// Those of the three that modules run with which this process was started without.
pub(crate) fn missing_at_start() -> Vec<&'static str> {
    capability::missing(AT_START.load(Ordering::SeqCst) & capability_set())
}

/// What was in effect at the start, or now where nothing was given up.
fn capability_set() -> u64 {
    if AT_START.load(Ordering::SeqCst) == u64::MAX { capability::effective() } else { u64::MAX }
}

/// Whether the process was started with `CAP_NET_ADMIN` and has not kept it.
pub(crate) fn gave_up_network() -> bool {
    let at_start = AT_START.load(Ordering::SeqCst);
    let kept = IN_EFFECT.load(Ordering::SeqCst) | RESERVE.load(Ordering::SeqCst);
    at_start != u64::MAX && (at_start & !kept) & CapabilitySet::NET_ADMIN.bits() != 0
}

/// Runs `call`, in which the kernel looks at an object, an attachment or an event, with the reserve in effect on this thread.
pub(crate) fn with_reserve<R>(call: impl FnOnce() -> R) -> R {
    let reserve = RESERVE.load(Ordering::SeqCst);
    if reserve == 0 {
        return call();
    }
    let in_effect = IN_EFFECT.load(Ordering::SeqCst);
    // Within another such call they are in effect already, and stay so.
    if capabilities(None).is_ok_and(|now| now.effective.bits() & reserve == reserve) {
        return call();
    }
    let _lowered = Lowered(sets(in_effect, in_effect | reserve));
    // Where the kernel refuses, it refuses what needs them, too, and says so.
    let _ = set_capabilities(None, sets(in_effect | reserve, in_effect | reserve));
    call()
}

/// Takes the reserve out of effect when dropped.
struct Lowered(CapabilitySets);

impl Drop for Lowered {
    fn drop(&mut self) {
        let _ = set_capabilities(None, self.0);
    }
}

/// Nothing of them is inherited by programs.
fn sets(effective: u64, permitted: u64) -> CapabilitySets {
    CapabilitySets {
        effective: CapabilitySet::from_bits_retain(effective),
        permitted: CapabilitySet::from_bits_retain(permitted),
        inheritable: CapabilitySet::empty(),
    }
}
