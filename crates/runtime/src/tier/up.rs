//! From baseline code to optimized code, while the guest runs.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wasmtime::{Caller, Extern, Instance, Linker, Module, Val};

use super::{Background, MODULE, REPLACED};
use crate::attention;
use crate::state::State;

/// The optimized module, once it is compiled.
#[derive(Default)]
pub(super) struct Replacement(Mutex<Progress>);

#[derive(Default)]
struct Progress {
    module: Option<Module>,
    /// Guests that wait for it.
    waiting: usize,
}

impl Replacement {
    /// The module, if it is compiled.
    pub(super) fn module(&self) -> Option<Module> {
        self.progress().module.clone()
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands it to whoever waits.
    pub(super) fn set(&self, module: Module) {
        let mut progress = self.progress();
        progress.module = Some(module);
        attention::want(progress.waiting);
    }
}

/// A guest that runs baseline code.
pub(crate) struct Pending {
    /// What the guest's imports are.
    linker: Linker<State>,
    replacement: Arc<Replacement>,
}

impl Pending {
    /// A guest whose imports `linker` knows.
    pub(crate) fn new(linker: Linker<State>, background: &Background) -> Self {
        let replacement = Arc::clone(&background.replacement);
        let mut progress = replacement.progress();
        progress.waiting += 1;
        if progress.module.is_some() {
            attention::want(1);
        }
        drop(progress);
        Self { linker, replacement }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        let mut progress = self.replacement.progress();
        progress.waiting -= 1;
        if progress.module.is_some() {
            attention::seen();
        }
    }
}

/// Lets the calling guest go on in optimized code, if there is any for it.
pub(crate) fn up(caller: &mut Caller<'_, State>) {
    let Some(module) = caller.data().pending.as_ref().and_then(|pending| pending.replacement.module()) else { return };
    let Some(pending) = caller.data_mut().pending.take() else { return };
    if let Err(error) = replace(caller, &pending.linker, &module) {
        tracing::debug!("the guest goes on in baseline code: {error:#}");
    }
}

fn replace(caller: &mut Caller<'_, State>, linker: &Linker<State>, module: &Module) -> wasmtime::Result<()> {
    let mut imports = Vec::new();
    for import in module.imports() {
        let found = match import.module() {
            MODULE => caller.get_export(import.name()),
            _ => linker.get_by_import(&mut *caller, &import),
        };
        imports.push(found.ok_or_else(|| wasmtime::Error::msg(format!("there is no `{}`", import.name())))?);
    }
    let replaced = caller.get_export(REPLACED).and_then(Extern::into_global);
    let replaced = replaced.ok_or_else(|| wasmtime::Error::msg("the guest was not made for it"))?;
    // Whoever is ending the guest has to know all of its code.
    if !caller.data().stop.interrupt.also_runs(module) {
        return Ok(());
    }
    Instance::new(&mut *caller, module, &imports)?;
    replaced.set(&mut *caller, Val::I32(1))?;
    tracing::debug!("the guest goes on in optimized code");
    Ok(())
}
