//! The imports, called from a guest that does what a test says, on this machine's kernel.

mod arena;
mod attach;
mod btf_dump;
mod docs;
mod every;
mod host;
mod limits;
mod maps;
mod net;
pub(crate) mod object;
mod perf;
mod policy;
mod socket;
mod symbol;
mod target;
mod types;
