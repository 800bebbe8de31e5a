//! Run eBPF applications whose user-space half is a WebAssembly module.
//!
//! ```text
//!            guest.wasm
//!               | imports
//!   abi/        v            decode, check the policy, encode      wasi/  arguments, files, clocks
//!   bpf/   object program map link ring perf     (libbpf)
//!   shm/   guest memory and kernel pages         (the unsafe room)
//!               v
//!             kernel
//! ```
//!
//! ```
//! use wasm_bpf_runtime::{Options, Outcome, Runtime};
//!
//! // (module (func (export "_start")))
//! let wasm = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x07\x0a\x01\x06_start\0\0\x0a\x04\x01\x02\0\x0b";
//! let runtime = Runtime::new()?;
//! let module = runtime.compile(wasm, None)?;
//! let guest = runtime.guest(&module, Options::default())?;
//! assert!(matches!(guest.run()?, Outcome::Exited(0)));
//! # Ok::<(), wasm_bpf_runtime::Error>(())
//! ```
//!
//! - A [`Runtime`] compiles a [`Module`]; a [`Guest`] is one run of it, with its own memory, handles and descriptors.
//! - [`Options`] say what a guest is given; without a [`Grant`] it may observe the system, not change it.
//! - A [`Stop`] ends or signals a guest from any thread.
//! - When a guest ends, however it ends, everything that it attached is detached.

mod abi;
mod attention;
mod bpf;
mod budget;
mod cache;
mod call;
mod capability;
mod carried;
mod descriptors;
#[cfg(feature = "compiler")]
pub mod doctor;
mod error;
mod handle;
#[cfg(feature = "compiler")]
pub mod inspect;
mod interrupt;
#[cfg(feature = "compiler")]
mod interruptible;
mod limits;
mod local_time;
mod module;
#[cfg(feature = "compiler")]
mod places;
mod policy;
mod privilege;
mod run;
mod shm;
mod state;
mod stop;
mod symbol;
mod text;
#[cfg(feature = "compiler")]
mod tier;
mod wanted;
mod wasi;

pub use abi::v0::CallbackNames;
pub use cache::{Cache, private_folder};
pub use carried::KernelTypes;
#[cfg(feature = "compiler")]
pub use carried::carry;
pub use descriptors::leave_descriptors;
pub use error::{Error, ErrorKind, Result};
pub use limits::Limits;
pub use module::Module;
#[cfg(all(feature = "compiler", any(test, fuzzing)))]
#[doc(hidden)]
pub use policy::fuzzing;
pub use policy::{Grant, Policy, Question, Symbols};
pub use privilege::Privileges;
pub use run::{Guest, Options, Outcome, Runtime};
pub use stop::{Exit, Stop};
pub use text::{printable, printable_lines};
pub use wasi::{Config as WasiConfig, PreopenedDir};
