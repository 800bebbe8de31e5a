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
    /// What it waits for while it runs baseline code. Boxed: what each call looks at stays close together.
    #[cfg(feature = "compiler")]
    pub(crate) pending: Option<Box<crate::tier::Pending>>,
}

impl State {
    /// The state of a guest that has not run yet.
    pub(crate) fn new(stop: Arc<Stop>, wasi: wasi::Ctx, bpf: abi::Ctx) -> Self {
        Self {
            memory: None,
            stop,
            wasi,
            bpf,
            #[cfg(feature = "compiler")]
            pending: None,
        }
    }
}
