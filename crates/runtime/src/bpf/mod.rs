//! Kernel objects by their libbpf names: object, program, map, link, ring, perf. libbpf here, never wasmtime.
//!
//! ```text
//!   Object::open ──> tune programs and maps ──> policy ──> Object::load ──> Link::attach ──> Map, Ring, Perf
//! ```

pub(crate) mod account;
mod advice;
pub(crate) mod arena;
#[cfg(feature = "compiler")]
pub(crate) mod attach_kinds;
pub(crate) mod btf;
pub(crate) mod btf_dump;
pub(crate) mod event;
mod hook;
mod kfunc;
pub(crate) mod link;
pub(crate) mod log;
pub(crate) mod map;
pub(crate) mod names;
pub(crate) mod net;
pub(crate) mod object;
pub(crate) mod perf;
pub(crate) mod pin;
pub(crate) mod probe;
pub(crate) mod program;
pub(crate) mod reader;
pub(crate) mod socket;
pub(crate) mod sockets;
mod sys;
pub(crate) mod token;
pub(crate) mod types;
pub(crate) mod verifier;

pub(crate) use sys::log::{Level, Line};
pub(crate) use sys::possible_cpus;
