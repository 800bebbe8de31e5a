//! The one table of v1's imports: registered from it, documented from it.

use wasmtime::Linker;

use super::{link, map, object, program, ring, system, window};
use crate::state::State;

/// The module that v1's imports come from. An import never changes its meaning; new ones are added.
pub(crate) const MODULE: &str = "wasm_bpf_v1";

/// One import.
pub(crate) struct Import {
    /// Its name in [`MODULE`].
    pub(crate) name: &'static str,
    /// Its parameters in order, `i32` where nothing else is said.
    pub(crate) parameters: &'static str,
    /// What it does, its result, units and particular errors.
    pub(crate) text: &'static str,
    /// The release that added it.
    pub(crate) since: &'static str,
    /// Registers it under (module, name).
    pub(crate) add: fn(&mut Linker<State>, &str, &str) -> wasmtime::Result<()>,
}

/// The imports of one noun.
pub(crate) type Group = (&'static str, &'static [Import]);

/// All imports, by noun.
pub(crate) const GROUPS: [Group; 7] = [
    ("system", system::IMPORTS),
    ("object", object::IMPORTS),
    ("program", program::IMPORTS),
    ("link", link::IMPORTS),
    ("map", map::IMPORTS),
    ("ring", ring::IMPORTS),
    ("window", window::IMPORTS),
];

/// Offers all imports of v1.
pub(crate) fn add_to_linker(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    GROUPS.iter().flat_map(|(_, imports)| *imports).try_for_each(|import| (import.add)(linker, MODULE, import.name))
}
