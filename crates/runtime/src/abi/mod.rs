//! The imports that guests call: decode, check the policy, call [`crate::bpf`], encode. wasmtime here, never libbpf.
//!
//! ```text
//!   table.rs   every import of v1 with its documentation; docs/abi.md is written from it
//!   v0.rs      the frozen imports of existing modules
//!   one file a noun: system, probe, object, program, attach, link, map, batch, pin, ring, event, btf, btf_dump,
//!   symbol, net, socket, window, arena, perf, user_ring, wait, epoll, counter
//! ```

mod arena;
mod attach;
mod attach_multi;
mod attach_net;
mod attach_socket;
mod batch;
mod btf;
mod btf_dump;
mod counter;
mod create;
mod doctor;
mod entry;
mod epoll;
mod event;
mod link;
mod map;
mod net;
mod object;
mod perf;
mod pin;
mod probe;
mod program;
mod refusal;
mod ring;
mod socket;
mod symbol;
mod system;
pub(crate) mod table;
mod test_run;
#[cfg(test)]
pub(crate) mod tests;
mod user_ring;
pub(crate) mod v0;
mod v0_poll;
mod wait;
mod window;

use std::cell::Cell;
use std::rc::Rc;

use rustix::io::Errno;
use wasmtime::Caller;

use crate::bpf::account::MapAccount;
use crate::bpf::log::Log;
use crate::bpf::map::Shape;
use crate::bpf::net::Filters;
use crate::bpf::token::Token;
use crate::bpf::types::Types;
use crate::budget::Budget;
use crate::call::Call;
use crate::error::Error;
use crate::handle::{self, Handle};
use crate::limits::{Limits, reached};
use crate::policy::Policy;
use crate::privilege::after_attach;
use crate::shm::window::Windows;
use crate::state::State;
use crate::stop::Exit;
use crate::symbol::Symbols;

pub(crate) use entry::Entry;
use refusal::Refusal;

/// What the BPF imports keep for one guest.
pub(crate) struct Ctx {
    /// Objects, programs, maps, links, rings by handle.
    pub(crate) handles: handle::Table<Entry>,
    /// The map whose elements were moved last, and its shape: most guests move many of one map.
    recent: Option<(Handle, Shape)>,
    /// The kernel's types, as far as objects need them.
    pub(crate) types: Types,
    /// What takes the place of capabilities.
    pub(crate) token: Option<Rc<Token>>,
    /// What this guest may do.
    pub(crate) policy: Policy,
    /// How much it may use.
    pub(crate) limits: Limits,
    /// The memory of the guest itself, arenas included.
    pub(crate) budget: Budget,
    /// The memory of its maps.
    pub(crate) maps: MapAccount,
    /// Whether a warning about too many objects, programs or links was given.
    warned: Cell<bool>,
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
    /// Whether that was a refusal nobody has heard of.
    pub(crate) refusal: Refusal,
    /// The names that v0 guests without function pointers use.
    pub(crate) callback: v0::CallbackNames,
}

impl Ctx {
    /// Nothing open yet.
    pub(crate) fn new(policy: Policy, limits: Limits, callback: v0::CallbackNames) -> Self {
        let (mut handles, mut log) = (handle::Table::default(), Log::new());
        handles.set_limit(limits.handles);
        log.set_limit(limits.log);
        Self {
            handles,
            recent: None,
            types: Types::default(),
            token: None,
            policy,
            budget: Budget::new(limits.memory),
            maps: MapAccount::new(limits.map_memory, limits.ring),
            limits,
            warned: Cell::new(false),
            log,
            filters: Filters::default(),
            windows: Windows::default(),
            symbols: Symbols::default(),
            error: String::new(),
            refusal: Refusal::default(),
            callback,
        }
    }
}

impl Ctx {
    /// EMFILE where the guest has as many links as it may.
    pub(crate) fn room_for_link(&self) -> Result<(), Errno> {
        let links = self.handles.entries().map(|entry| match entry {
            Entry::Link(_) => 1,
            Entry::Object(object) => object.links.len(),
            _ => 0,
        });
        self.room(links.sum::<usize>() + 1, self.limits.links, "links", "max-links")
    }

    /// EMFILE where an object with so many programs is one too many.
    pub(crate) fn room_for_object(&self, programs: usize) -> Result<(), Errno> {
        let count = |is: fn(&Entry) -> bool| self.handles.entries().filter(|entry| is(entry)).count();
        let objects = count(|entry| matches!(entry, Entry::Object(_)));
        self.room(objects + 1, self.limits.objects, "objects", "max-objects")?;
        let open = count(|entry| matches!(entry, Entry::Program(_)));
        self.room(open + programs, self.limits.programs, "programs", "max-programs")
    }

    fn room(&self, wanted: usize, limit: usize, what: &str, option: &str) -> Result<(), Errno> {
        if wanted <= limit { Ok(()) } else { Err(reached(&self.warned, Errno::MFILE, limit, what, option)) }
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
#[inline(always)]
pub(crate) fn answer<'a>(
    mut caller: Caller<'a, State>,
    import: &str,
    body: impl FnOnce(&mut Call<'_, 'a>) -> Result<i32, Failure>,
) -> wasmtime::Result<i32> {
    let mut call = Call::new(&mut caller);
    call.state().bpf.refusal.tell_before(import);
    body(&mut call).or_else(|failure| fail(&mut call, import, failure))
}

/// What the guest gets for a failure. Out of line: it is the same for all imports.
#[cold]
#[inline(never)]
fn fail(call: &mut Call<'_, '_>, import: &str, failure: Failure) -> wasmtime::Result<i32> {
    let error = match failure {
        Failure::Trap(trap) => return Err(trap),
        Failure::Errno(errno) => Error::kernel(import, errno),
        Failure::Error(error) => error,
    };
    let error = after_attach::explain(error);
    tracing::debug!("{error}");
    let errno = error.errno().raw_os_error();
    let bpf = &mut call.state().bpf;
    bpf.refusal.keep(&error);
    bpf.error = error.to_string();
    Ok(-errno)
}
