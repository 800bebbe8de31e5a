//! The one error type of the crate.

use std::fmt;

/// What kind of thing went wrong; see [`Error::kind`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The bytes are no ELF object, or one that its own tables contradict.
    Elf,
    /// The BTF is truncated, points outside itself or nests without end.
    Btf,
    /// Valid, but not something that can be expressed (big-endian objects, split BTF).
    Unsupported,
    /// A type that was asked for by name is not in the BTF.
    NotFound,
    /// The name given for the generated code is not a C identifier.
    Name,
}

/// Why nothing was generated: the message names the section, the type or the variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    message: String,
}

/// Result of everything that generates.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// The class of the failure, for callers that act on it.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    pub(crate) fn elf(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Elf, message)
    }

    pub(crate) fn btf(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Btf, message)
    }

    pub(crate) fn unsupported(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unsupported, message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotFound, message)
    }

    pub(crate) fn name(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Name, message)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
