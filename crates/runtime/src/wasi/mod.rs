//! WASI preview 1.

/// What a guest was given: arguments, environment, descriptors.
pub(crate) struct Ctx {}
