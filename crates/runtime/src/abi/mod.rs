//! The imports that guests call: decode, check the policy, call [`crate::bpf`], encode. wasmtime here, never libbpf.
//!
//! ```text
//!   table.rs   every import of v1 with its documentation; docs/abi.md is written from it
//!   v0.rs      the frozen imports of existing modules
//!   one file a noun: system, probe, object, program, attach, link, map, batch, pin, ring, event, btf, btf_dump,
//!   symbol, net, socket, window, arena, perf, user_ring
//! ```

mod arena;
mod attach;
mod attach_multi;
mod attach_net;
mod batch;
mod btf;
mod btf_dump;
mod create;
mod entry;
mod event;
mod link;
mod map;
mod net;
mod object;
mod perf;
mod pin;
mod probe;
mod program;
mod ring;
mod socket;
mod symbol;
mod system;
pub(crate) mod table;
mod test_run;
#[cfg(test)]
mod tests;
mod user_ring;
pub(crate) mod v0;
mod v0_poll;
mod window;

use rustix::io::Errno;
use wasmtime::Caller;

use crate::bpf::log::Log;
use crate::bpf::net::Filters;
use crate::bpf::types::Types;
use crate::budget::Budget;
use crate::call::Call;
use crate::error::Error;
use crate::handle;
use crate::policy::Policy;
use crate::shm::window::Windows;
use crate::state::State;
use crate::stop::Exit;
use crate::symbol::Symbols;

pub(crate) use entry::Entry;

/// What the BPF imports keep for one guest.
pub(crate) struct Ctx {
    /// Objects, programs, maps, links, rings by handle.
    pub(crate) handles: handle::Table<Entry>,
    /// The kernel's types, as far as objects need them.
    pub(crate) types: Types,
    /// What this guest may do.
    pub(crate) policy: Policy,
    /// How much memory it may use, the kernel's for it included.
    pub(crate) budget: Budget,
    /// libbpf's lines.
    pub(crate) log: Log,
    /// Filters of traffic control, removed with the guest.
    pub(crate) filters: Filters,
    /// Kernel pages in the guest's memory.
    pub(crate) windows: Windows,
    /// Names of the kernel's and of processes' functions.
    pub(crate) symbols: Symbols,
    /// The text of the last import that failed.
    pub(crate) error: String,
    /// The names that v0 guests without function pointers use.
    pub(crate) callback: v0::CallbackNames,
}

impl Ctx {
    /// Nothing open yet.
    pub(crate) fn new(policy: Policy, callback: v0::CallbackNames) -> Self {
        Self {
            handles: handle::Table::default(),
            types: Types::default(),
            policy,
            budget: Budget::default(),
            log: Log::new(),
            filters: Filters::default(),
            windows: Windows::default(),
            symbols: Symbols::default(),
            error: String::new(),
            callback,
        }
    }
}

/// Why an import failed: a number that says it all, an error with a text, or the guest's end.
pub(crate) enum Failure {
    Errno(Errno),
    Error(Error),
    Trap(wasmtime::Error),
}

impl From<Errno> for Failure {
    fn from(errno: Errno) -> Self {
        Self::Errno(errno)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<Exit> for Failure {
    fn from(exit: Exit) -> Self {
        Self::Trap(exit.into())
    }
}

/// Runs an import of v1: its result as the guest gets it, -errno with the text kept for `error_text`.
pub(crate) fn answer<'a>(
    caller: Caller<'a, State>,
    import: &str,
    body: impl FnOnce(&mut Call<'a>) -> Result<i32, Failure>,
) -> wasmtime::Result<i32> {
    let mut call = Call::new(caller);
    let error = match body(&mut call) {
        Ok(result) => return Ok(result),
        Err(Failure::Trap(trap)) => return Err(trap),
        Err(Failure::Errno(errno)) => Error::kernel(import, errno),
        Err(Failure::Error(error)) => error,
    };
    tracing::debug!("{error}");
    let errno = error.errno().raw_os_error();
    call.state().bpf.error = error.to_string();
    Ok(-errno)
}
