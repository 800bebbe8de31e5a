//! Bindings from BTF.
