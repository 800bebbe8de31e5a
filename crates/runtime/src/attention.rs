//! Whether host calls have to look up from what they are for: one load answers it for all reasons, in every call.

use std::sync::atomic::{AtomicUsize, Ordering};

/// How many reasons there are in this process.
static REASONS: AtomicUsize = AtomicUsize::new(0);

/// Whether there is any reason, for whichever guest.
#[inline]
pub(crate) fn wanted() -> bool {
    REASONS.load(Ordering::Relaxed) != 0
}

/// There are `reasons` more. Async-signal-safe.
pub(crate) fn want(reasons: usize) {
    REASONS.fetch_add(reasons, Ordering::Relaxed);
}

/// One reason has been seen to.
#[cfg(feature = "compiler")]
pub(crate) fn seen() {
    REASONS.fetch_sub(1, Ordering::Relaxed);
}
