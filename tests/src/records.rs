//! What `guests/records.bpf.c` makes, and the sums that its guests print.

use crate::run::Ended;

/// Records that the ring of 4096 bytes has room for: 16 bytes each, and 8 of header.
pub const RING_HOLDS: u32 = 4096 / 24;

/// Checks the sums that hold whatever happens; returns what was delivered and what failed.
#[track_caller]
pub fn must_add_up(ended: &Ended, count: u32) -> (u64, u64) {
    let [attempts, sent, failed, delivered, disordered, misread] =
        ["attempts", "sent", "failed", "delivered", "disordered", "misread"].map(|name| ended.number(name));
    assert_eq!(attempts, u64::from(count), "the kernel's count is the producer's");
    assert_eq!(sent + failed, attempts);
    assert_eq!(delivered, sent, "each record that was sent arrives once:\n{}", ended.stdout);
    assert_eq!((disordered, misread), (0, 0));
    (delivered, failed)
}
