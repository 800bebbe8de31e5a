//! Compiling well while the guest runs: for the next start, and for this guest.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::process::setpriority_process;
use rustix::thread::gettid;
use wasmtime::Engine;

use super::backtrace::Origin;
use super::optimized;
use super::up::Replacement;
use crate::cache::Cache;
use crate::interrupt::can_end;
use crate::module::{Compiler, code_of};

/// How long the guest has the processors for itself.
const DELAY: Duration = Duration::from_millis(100);
/// The thread's niceness: it takes what nobody else needs.
const NICE: i32 = 10;

/// The work on one module, as long as it or a guest of it is there. Dropping it waits for the cache to have the module.
pub(crate) struct Background {
    pub(super) replacement: Arc<Replacement>,
    pub(crate) origin: Origin,
    ended: Option<Sender<()>>,
    kept: Mutex<Receiver<()>>,
}

impl Background {
    /// Starts to compile `wasm`: for `cache`, then for guests that are run by `engine`, now in a baseline with this `origin`.
    /// `None`: there is no thread for it.
    pub(crate) fn start(origin: Origin, engine: &Engine, wasm: &[u8], cache: Option<&Cache>) -> Option<Arc<Self>> {
        let (ended, end) = channel();
        let (keeps, kept) = channel();
        let replacement = Arc::<Replacement>::default();
        let result = Arc::clone(&replacement);
        let (engine, wasm, cache) = (engine.clone(), wasm.to_vec(), cache.cloned());
        let work = move || {
            let running = || matches!(end.try_recv(), Err(TryRecvError::Empty));
            let lives = end.recv_timeout(DELAY) == Err(RecvTimeoutError::Timeout);
            // Whoever ends early waits for this thread.
            let compiler = if lives { Compiler::Single } else { Compiler::Parallel };
            if lives {
                let _ = setpriority_process(Some(gettid()), NICE);
            }
            if let Some(cache) = cache {
                keep(&cache, &wasm, compiler);
            }
            drop(keeps);
            if running()
                && let Some(module) = compile(&engine, &wasm)
            {
                result.set(module);
            }
        };
        thread::Builder::new().name("compiler".into()).spawn(work).ok()?;
        Some(Arc::new(Self { replacement, origin, ended: Some(ended), kept: Mutex::new(kept) }))
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.ended = None;
        // Nothing is ever sent: it returns when the other end is gone.
        let _ = self.kept.get_mut().unwrap_or_else(PoisonError::into_inner).recv();
    }
}

/// Compiles the module as it is, for the next start.
fn keep(cache: &Cache, wasm: &[u8], compiler: Compiler) {
    match code_of(wasm, compiler) {
        Ok(code) => cache.keep_module(wasm, &code),
        Err(error) => tracing::debug!("the module cannot be compiled for the next start: {error}"),
    }
}

/// Compiles the module that takes over, to be run by `engine`.
fn compile(engine: &Engine, wasm: &[u8]) -> Option<wasmtime::Module> {
    let compiler = Compiler::Single.engine().ok()?;
    let code = wasmtime::Module::new(&compiler, optimized::module(wasm)?).and_then(|module| module.serialize());
    let module = code.and_then(|code| crate::cache::compiled(engine, &code));
    module.inspect_err(|error| tracing::debug!("the module cannot take over: {error}")).ok().filter(can_end)
}
