//! How much memory a guest may use: its own, and what it makes the kernel allocate for it.
//!
//! ```text
//!   memory.grow, table.grow ──(the engine asks)──┐
//!                                                v
//!   arenas ──> Charge, given back when dropped ──> Budget: used <= limit
//! ```

use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rustix::io::Errno;
use wasmtime::ResourceLimiter;

/// The option that limits a guest's own memory.
const OPTION: &str = "max-memory-size";

/// One guest's account, in bytes. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    account: Arc<Account>,
}

#[derive(Debug)]
struct Account {
    limit: usize,
    used: AtomicUsize,
    /// The option that sets another limit.
    option: &'static str,
    warned: AtomicBool,
}

/// Memory that was allocated for the guest; given back when dropped.
#[derive(Debug)]
pub(crate) struct Charge {
    account: Arc<Account>,
    bytes: usize,
}

impl Budget {
    /// A guest that may use `limit` bytes in all.
    pub(crate) fn new(limit: usize) -> Self {
        Self::with_option(limit, OPTION)
    }

    /// The same for what another option limits.
    pub(crate) fn with_option(limit: usize, option: &'static str) -> Self {
        let account = Account { limit, used: AtomicUsize::new(0), option, warned: AtomicBool::new(false) };
        Self { account: Arc::new(account) }
    }

    /// Allows `bytes` more, as long as the charge lives. ENOMEM beyond the limit.
    pub(crate) fn charge(&self, bytes: usize) -> Result<Charge, Errno> {
        let Account { limit, used, option, warned } = &*self.account;
        let add = |used: usize| used.checked_add(bytes).filter(|used| used <= limit);
        match used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add) {
            Ok(_) => Ok(Charge { account: Arc::clone(&self.account), bytes }),
            Err(_) => {
                if !warned.swap(true, Ordering::Relaxed) {
                    tracing::warn!("the module reached its limit of {limit} bytes; `-W {option}=...` sets another");
                }
                Err(Errno::NOMEM)
            }
        }
    }

    /// The bytes that the guest may use yet.
    #[cfg(test)]
    pub(crate) fn left(&self) -> usize {
        self.account.limit - self.account.used.load(Ordering::Relaxed)
    }

    /// Allows growth from `current` to `desired` bytes, which is never taken back: memories and tables live as long as
    /// their guest. Growth beyond `maximum` fails anyway and is not charged.
    fn grow(&self, current: usize, desired: usize, maximum: Option<usize>) -> bool {
        let fits = maximum.is_none_or(|maximum| desired <= maximum);
        fits && self.charge(desired.saturating_sub(current)).map(mem::forget).is_ok()
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.account.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl ResourceLimiter for Budget {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(self.grow(current, desired, maximum))
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        let bytes = |entries: usize| entries.saturating_mul(size_of::<usize>());
        Ok(self.grow(bytes(current), bytes(desired), maximum.map(bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_charge_counts_until_it_is_dropped() {
        let budget = Budget::new(100);
        let first = budget.charge(60).unwrap();
        let second = budget.charge(40).unwrap();
        assert_eq!(budget.charge(1).err(), Some(Errno::NOMEM));
        assert_eq!(budget.charge(usize::MAX).err(), Some(Errno::NOMEM));
        drop(first);
        assert!(budget.charge(61).is_err() && budget.charge(60).is_ok());
        drop(second);
        assert!(budget.charge(100).is_ok());
    }

    #[test]
    fn memory_and_what_the_kernel_allocates_share_one_limit() {
        let mut budget = Budget::new(10 << 16);
        assert!(budget.memory_growing(0, 4 << 16, None).unwrap());
        let arena = budget.charge(5 << 16).unwrap();
        assert!(!budget.memory_growing(4 << 16, 6 << 16, None).unwrap());
        drop(arena);
        assert!(budget.memory_growing(4 << 16, 6 << 16, None).unwrap());
        // It would fail beyond its own maximum, so it costs nothing.
        assert!(!budget.memory_growing(6 << 16, 8 << 16, Some(7 << 16)).unwrap());
        assert!(budget.table_growing(0, (4 << 16) / 8, None).unwrap());
        assert!(!budget.table_growing((4 << 16) / 8, (4 << 16) / 8 + 1, None).unwrap());
    }
}
