//! Names for addresses: the kernel's own list, and what the files that processes run say of themselves.
//!
//! ```text
//!   kernel.rs    /proc/kallsyms, read once and kept
//!   user.rs      one thread a guest answers for processes, so that no file can hold up the guest or end it
//!     maps.rs      which file an address of a process lies in
//!     object.rs    what that file says: blazesym, with bounds
//!     demangle.rs  names of C++ and Rust as people write them, with bounds
//! ```

#[cfg(feature = "user-symbols")]
mod demangle;
pub(crate) mod kernel;
#[cfg(feature = "user-symbols")]
mod maps;
#[cfg(feature = "user-symbols")]
mod object;
#[cfg(feature = "user-symbols")]
pub(crate) mod user;

use kernel::Kernel;

/// The symbols that one guest has asked for, kept for its next question.
#[derive(Default)]
pub(crate) struct Symbols {
    /// The kernel's, once asked for.
    pub(crate) kernel: Option<Kernel>,
    /// Those of processes.
    #[cfg(feature = "user-symbols")]
    pub(crate) user: user::Symbolizer,
}

/// What is known of an address; empty texts for what is not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Symbol {
    /// The function that the address lies in.
    pub(crate) name: String,
    /// How far into the function, in bytes.
    pub(crate) offset: u64,
    /// A file's path, or the kernel module's name.
    pub(crate) object: String,
    /// Where in that file; 0 for the kernel's.
    pub(crate) object_offset: u64,
    /// The source file.
    pub(crate) file: String,
    /// The line in it, from 1; 0: not known.
    pub(crate) line: u32,
}
