//! What the host keeps for one running guest.

use std::sync::Arc;

use crate::abi;
use crate::shm::guest::GuestMemory;
use crate::stop::Stop;
use crate::wasi;

/// The store's data: one per running guest, shared with no other.
pub(crate) struct State {
    /// The guest's exported memory, once a call has seen it.
    pub(crate) memory: Option<GuestMemory>,
    /// Ends or interrupts the guest.
    pub(crate) stop: Arc<Stop>,
    /// Arguments, environment, descriptors, clocks.
    pub(crate) wasi: wasi::Ctx,
    /// Objects, programs, maps, links.
    pub(crate) bpf: abi::Ctx,
}
