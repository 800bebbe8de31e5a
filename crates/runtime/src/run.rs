//! From bytes to a running guest.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use wasmtime::{Config, Engine, ExternType, Linker, Store, Trap, WasmBacktrace, WasmBacktraceDetails};

use crate::abi;
use crate::abi::v0::CallbackNames;
use crate::bpf::token::Token;
use crate::bpf::types::Types;
use crate::cache::Cache;
use crate::error::{Error, Result};
use crate::limits::{Limits, Watch};
use crate::module::Module;
use crate::policy::Policy;
use crate::shm::fault;
use crate::shm::memory::Aligned;
use crate::state::State;
use crate::stop::{Exit, Stop};
use crate::wanted::Wanted;
use crate::wasi;

/// Compiles and runs modules. One per process is enough; guests share nothing but compiled code.
pub struct Runtime {
    pub(crate) engine: Engine,
}

/// What a guest is given.
#[derive(Clone, Debug)]
pub struct Options {
    /// Arguments, environment, directories.
    pub wasi: wasi::Config,
    /// What it may do beyond observing.
    pub policy: Policy,
    /// How much it may use of everything.
    pub limits: Limits,
    /// How long a guest may take to stop after a signal that it handles.
    pub grace: Duration,
    /// The names that v0 guests without function pointers use.
    pub callback: CallbackNames,
    /// A file with the types of the running kernel, raw BTF or ELF, which objects are relocated with in place of those that the kernel
    /// shows, unless the guest names others.
    pub btf: Option<PathBuf>,
    /// The BPF file system from which the rights to use BPF are taken in place of capabilities. Minimum kernel: 6.9.
    pub bpf_token: Option<PathBuf>,
    /// Where the part of the kernel's types that an object needs is kept, so that only its first start reads all of them.
    pub cache: Option<Cache>,
    /// Gives up all capabilities of this process, in every thread, when the guest first waits after an attachment. It
    /// concerns every guest of the process. Minimum kernel: 5.19.
    pub drop_after_attach: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            wasi: wasi::Config::default(),
            policy: Policy::default(),
            limits: Limits::default(),
            grace: Duration::from_secs(5),
            callback: CallbackNames::default(),
            btf: None,
            bpf_token: None,
            cache: None,
            drop_after_attach: false,
        }
    }
}

/// A guest that is ready to run.
pub struct Guest {
    pub(crate) store: Store<State>,
    pub(crate) module: wasmtime::Module,
    pub(crate) instance: wasmtime::InstancePre<State>,
    /// Behind the store: what is attached does not wait for the compiler.
    #[cfg(feature = "compiler")]
    pub(crate) background: Option<Arc<crate::tier::Background>>,
}

/// How a guest ended.
#[derive(Debug)]
pub enum Outcome {
    /// By itself, or by a signal: the process's exit code.
    Exited(i32),
    /// By a trap: what happened and where, as text of several lines.
    Trapped(String),
}

impl Runtime {
    /// Starts the engine. An error says that this machine cannot run it.
    pub fn new() -> Result<Self> {
        Self::with_stack(Limits::default().stack)
    }

    /// The same for guests whose functions may use `stack` bytes ([`Limits::stack`]) of the thread's own.
    pub fn with_stack(stack: usize) -> Result<Self> {
        fault::install();
        Ok(Self { engine: engine(&config(stack))? })
    }

    /// Links `module` with its imports. Nothing of it has run yet.
    pub fn guest(&self, module: &Module, options: Options) -> Result<Guest> {
        let mut linker = Linker::new(&self.engine);
        let callback = options.callback.clone();
        add_imports(&mut linker, &module.module, &callback)
            .map_err(|error| Error::module(format!("failed to offer the imports: {error:#}")))?;
        let stop = Stop::new(options.grace).map_err(|errno| Error::kernel("failed to create an eventfd", errno))?;
        if options.drop_after_attach {
            stop.after_attach.want()?;
        }
        let mut wasi = wasi::Ctx::new(options.wasi)?;
        wasi.limit_files(options.limits.files);
        let mut bpf = abi::Ctx::new(options.policy, options.limits, options.callback);
        bpf.token = options.bpf_token.as_deref().map(Token::take).transpose()?;
        bpf.types = Types::new(options.cache);
        bpf.types.give(options.btf.as_deref(), &module.carried)?;
        let mut store = Store::new(&self.engine, State::new(stop, wasi, bpf));
        store.limiter(|state| &mut state.bpf.budget);
        check_imports(&mut store, &linker, &module.module)?;
        let instance = linker
            .instantiate_pre(&module.module)
            .map_err(|error| Error::module(format!("the module cannot be linked: {}", chain(&error))))?;
        #[cfg(feature = "compiler")]
        if let Some(background) = &module.background {
            store.data_mut().pending = Some(Box::new(crate::tier::Pending::new(linker, background)));
        }
        Ok(Guest {
            store,
            module: module.module.clone(),
            instance,
            #[cfg(feature = "compiler")]
            background: module.background.clone(),
        })
    }
}

/// How an engine is set up for guests whose functions may use `stack` bytes.
pub(crate) fn config(stack: usize) -> Config {
    let mut config = Config::new();
    // Guest memory never moves and has room to grow: its address may be handed to the kernel. It cannot be initialized
    // by mapping a file, which the engine does in memories of its own only.
    config.memory_reservation(4 << 30).memory_may_move(false).memory_init_cow(false);
    config.with_host_memory(Arc::new(Aligned));
    // Callbacks are called through tables: filled at the start, a call needs no check.
    config.table_lazy_init(false);
    config.max_wasm_stack(stack).wasm_backtrace_details(WasmBacktraceDetails::Enable);
    // It takes longer to start: only what compiles has it.
    #[cfg(feature = "compiler")]
    config.enable_compiler(false);
    config
}

/// Starts an engine.
pub(crate) fn engine(config: &Config) -> Result<Engine> {
    Engine::new(config).map_err(|error| Error::module(format!("failed to start the engine: {error:#}")))
}

/// Offers what `module` imports, as far as it is known.
fn add_imports(
    linker: &mut Linker<State>,
    module: &wasmtime::Module,
    callback: &CallbackNames,
) -> wasmtime::Result<()> {
    let (preview1, v1) = (Wanted::new(module, wasi::MODULE), Wanted::new(module, abi::table::MODULE));
    wasi::add_to_linker(linker, &|name| preview1.has(name))?;
    abi::v0::add_to_linker(linker, module, callback)?;
    abi::table::add_to_linker(linker, &|name| v1.has(name))
}

impl Guest {
    /// What stops this guest, from any thread.
    pub fn stop(&self) -> Arc<Stop> {
        Arc::clone(&self.store.data().stop)
    }

    /// Runs `_start` to its end; afterwards nothing of the guest's stays attached or open.
    pub fn run(mut self) -> Result<Outcome> {
        let stop = self.stop();
        let _watch = Watch::start(&self.store.data().bpf.limits, &stop);
        let entered = stop.interrupt.enter(&self.module);
        // Whoever ended the guest before it was entered could not reach it.
        let result = stop.check().map_err(Into::into).and_then(|()| self.start());
        drop(entered);
        let Err(error) = result else { return Ok(Outcome::Exited(0)) };
        let own = error.downcast_ref::<Exit>().map(|exit| exit.0);
        // Whoever ended it has the last word: the import that was cut short may have come back, and the guest have left.
        Ok(match stop.exit_code().or(own) {
            Some(code) => Outcome::Exited(code),
            None => Outcome::Trapped(self.describe(&error)),
        })
    }

    /// A trap for people: the reason, then the guest's calls, innermost first.
    fn describe(&self, error: &wasmtime::Error) -> String {
        let reason = match error.downcast_ref::<Trap>() {
            Some(Trap::StackOverflow) => format!("{}; `-W max-wasm-stack=...` sets another limit", Trap::StackOverflow),
            Some(trap) => trap.to_string(),
            None => error.root_cause().to_string(),
        };
        let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() else { return reason };
        #[cfg(feature = "compiler")]
        if let Some(background) = &self.background {
            return format!("{reason}\n{}", background.origin.describe(backtrace, &self.module));
        }
        format!("{reason}\n{backtrace}")
    }

    fn start(&mut self) -> wasmtime::Result<()> {
        let instance = self.instance.instantiate(&mut self.store)?;
        instance.get_typed_func::<(), ()>(&mut self.store, "_start")?.call(&mut self.store, ())
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        // Before the memory that they lie in.
        self.store.data_mut().bpf.windows.close_all();
    }
}

/// Says what is missing, all of it at once and by name.
fn check_imports(store: &mut Store<State>, linker: &Linker<State>, module: &wasmtime::Module) -> Result<()> {
    if !matches!(module.get_export("_start"), Some(ExternType::Func(_))) {
        let error = Error::module("the module has no function `_start` to run");
        return Err(error.advise("build it as a WASI command: with a `main`, not as a library or reactor"));
    }
    let unknown: Vec<String> = module
        .imports()
        .filter(|import| linker.get_by_import(&mut *store, import).is_none())
        .map(|import| format!("`{}::{}`", import.module(), import.name()))
        .collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let error = Error::module(format!("the module imports what this runtime does not offer: {}", unknown.join(", ")));
    Err(error.advise("docs/abi.md lists what it offers; a newer module may need a newer wasm-bpf"))
}

/// An engine error as one line.
pub(crate) fn chain(error: &wasmtime::Error) -> String {
    error.chain().map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
