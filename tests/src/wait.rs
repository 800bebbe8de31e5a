//! Waiting for what is to happen.

use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long anything may take before a test gives up: far more than it ever should, for machines under load.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// How often a condition is looked at.
const INTERVAL: Duration = Duration::from_millis(5);

/// Waits until `condition` holds; panics with `what` where it does not come to.
#[track_caller]
pub fn must_become(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE, "waited {PATIENCE:?} in vain: {what}");
        sleep(INTERVAL);
    }
}
