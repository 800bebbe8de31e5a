//! What a guest's maps may take in the kernel.

use std::cell::Cell;

use libbpf_sys as ffi;
use rustix::io::Errno;

use super::possible_cpus;
use super::sys::map::Definition;
use crate::budget::{Budget, Charge};
use crate::error::{Error, Result};
use crate::limits::reached;

/// The account of one guest.
pub(crate) struct MapAccount {
    memory: Budget,
    ring: u32,
    warned: Cell<bool>,
}

impl MapAccount {
    /// Maps of `memory` bytes in all, rings of `ring` bytes each.
    pub(crate) fn new(memory: usize, ring: u32) -> Self {
        Self { memory: Budget::with_option(memory, "max-map-memory"), ring, warned: Cell::new(false) }
    }

    /// Memory for a map. E2BIG for a ring that is too large, ENOMEM where the maps take too much together.
    pub(crate) fn charge(&self, name: &str, definition: &Definition) -> Result<Charge> {
        let fail = |errno, option| {
            let error = Error::kernel(format!("failed to create map `{name}`: the module's limit is reached"), errno);
            error.advise(format!("`-W {option}=...` sets another"))
        };
        let is_ring = matches!(definition.kind, ffi::BPF_MAP_TYPE_RINGBUF | ffi::BPF_MAP_TYPE_USER_RINGBUF);
        if is_ring && definition.max_entries > self.ring {
            let option = "max-ring-size";
            return Err(fail(reached(&self.warned, Errno::TOOBIG, self.ring, "bytes of a ring", option), option));
        }
        let copies = match definition.kind {
            ffi::BPF_MAP_TYPE_PERCPU_HASH
            | ffi::BPF_MAP_TYPE_PERCPU_ARRAY
            | ffi::BPF_MAP_TYPE_LRU_PERCPU_HASH
            | ffi::BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE => possible_cpus().unwrap_or(1),
            // Its pages are allocated one by one.
            ffi::BPF_MAP_TYPE_ARENA => 0,
            _ => 1,
        };
        let bytes = usize::try_from(definition.bytes()).unwrap_or(usize::MAX).saturating_mul(copies);
        self.memory.charge(bytes).map_err(|errno| fail(errno, "max-map-memory"))
    }
}
