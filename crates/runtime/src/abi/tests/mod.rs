//! The imports, called from a guest that does what a test says, on this machine's kernel.

mod docs;
mod every;
mod host;
mod object;
