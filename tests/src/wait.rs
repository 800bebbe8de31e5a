//! Waiting for what is to happen.

use std::sync::LazyLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::environment::is_emulated;

/// How long anything may take before a test gives up: far more than it ever should, for machines under load, and ten
/// times that where the processor is emulated.
pub static PATIENCE: LazyLock<Duration> = LazyLock::new(|| Duration::from_secs(if is_emulated() { 600 } else { 60 }));

/// How often a condition is looked at.
const INTERVAL: Duration = Duration::from_millis(5);

/// Waits until `condition` holds; panics with `what` where it does not come to.
#[track_caller]
pub fn must_become(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < *PATIENCE, "waited {:?} in vain: {what}", *PATIENCE);
        sleep(INTERVAL);
    }
}
