//! A first start that does not wait for good code.
//!
//! ```text
//!   wasm ──> baseline: compiled in half the time, and started
//!     │          its functions ask at their entry whether they have been replaced
//!     │
//!     └─[background]─> the module as it is, for the cache
//!            └───────> optimized: the same functions over the baseline's memories, tables and globals
//!                          the guest's thread takes it up in a host call: calls reach it from then on
//! ```
//!
//! What is running at that moment goes on in baseline code until it returns: `main()`, as a rule. All that it calls is
//! optimized. A later start finds the module in the cache, and nothing of this happens.

mod background;
mod backtrace;
mod baseline;
mod body;
mod layout;
mod optimized;
#[cfg(test)]
mod tests;
mod up;

pub(crate) use background::Background;
pub(crate) use baseline::compile;
pub(crate) use up::{Pending, up};

/// The module that an optimized one imports what it shares from.
const MODULE: &str = "wasm-bpf:baseline";
/// The global that says whether functions have been replaced.
const REPLACED: &str = "wasm-bpf:replaced";
/// The table of the functions that replace the baseline's, in their order.
const FUNCTIONS: &str = "wasm-bpf:functions";
