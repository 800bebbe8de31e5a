//! Run eBPF applications whose user-space half is a WebAssembly module.

mod call;
mod shm;
mod state;
mod stop;
mod wasi;

pub use stop::{Exit, Stop};
