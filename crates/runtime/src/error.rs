//! What went wrong: the operation and its subject, the cause by name, and what to do about it.

use std::fmt;

use rustix::io::Errno;

use crate::text::{printable, printable_lines};

/// The result of this crate's operations.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of failure an [`Error`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The module is not WebAssembly, or asks for what this runtime does not offer.
    Module,
    /// The module asks for more than it was granted.
    Policy,
    /// The kernel or libbpf refused; the error number is Linux's.
    Kernel(i32),
}

/// A failure, displayed as one line: "failed to VERB `NAME`: ERRNO (meaning): advice".
#[derive(Clone, Debug)]
pub struct Error {
    kind: ErrorKind,
    what: String,
    advice: Option<String>,
}

impl Error {
    /// A module that cannot run.
    pub(crate) fn module(what: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Module, what: what.into(), advice: None }
    }

    /// A refusal by policy; `what` names program, hook and reason.
    pub(crate) fn policy(what: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Policy, what: what.into(), advice: None }
    }

    /// A refusal by the kernel or libbpf of what `what` names.
    pub(crate) fn kernel(what: impl Into<String>, errno: Errno) -> Self {
        Self { kind: ErrorKind::Kernel(errno.raw_os_error()), what: what.into(), advice: None }
    }

    /// Adds what to do about it.
    pub(crate) fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    /// What kind of failure this is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What to do about it, where that is known.
    pub fn advice(&self) -> Option<&str> {
        self.advice.as_deref()
    }

    /// The number that a guest gets for it: Linux's errno, EPERM for a refusal by policy.
    pub(crate) fn errno(&self) -> Errno {
        match self.kind {
            ErrorKind::Module => Errno::NOEXEC,
            ErrorKind::Policy => Errno::PERM,
            ErrorKind::Kernel(errno) => Errno::from_raw_os_error(errno),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Names in it are the guest's; what the engine says of a module may have lines.
        let is_module = self.kind == ErrorKind::Module;
        f.write_str(&if is_module { printable_lines(&self.what) } else { printable(&self.what) })?;
        if let ErrorKind::Kernel(errno) = self.kind {
            let errno = nix::errno::Errno::from_raw(errno);
            write!(f, ": {errno:?} ({})", errno.desc())?;
        }
        if let Some(advice) = &self.advice {
            write!(f, "\n  {}", printable_lines(advice))?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
