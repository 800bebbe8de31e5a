//! Which imports a module has: to offer only these takes a part of the time.

use std::collections::HashSet;

use wasmtime::Module;

/// The names that a module imports from one other.
pub(crate) struct Wanted<'m>(HashSet<&'m str>);

impl<'m> Wanted<'m> {
    /// What `module` imports from the module called `from`.
    pub(crate) fn new(module: &'m Module, from: &str) -> Self {
        Self(module.imports().filter(|import| import.module() == from).map(|import| import.name()).collect())
    }

    /// Whether the import called `name` is to be offered.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }
}
