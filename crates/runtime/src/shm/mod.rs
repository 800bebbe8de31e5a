//! The one room where host code touches the guest's memory by address.
//!
//! The kernel may write to parts of that memory at any time, so no Rust slice or reference to it is ever
//! formed: everything is copied in and out here, or handed to the kernel as an address.

pub(crate) mod arena;
pub(crate) mod fault;
pub(crate) mod guest;
#[cfg(feature = "user-symbols")]
pub(crate) mod mapped;
pub(crate) mod memory;
pub(crate) mod ring;
pub(crate) mod window;
