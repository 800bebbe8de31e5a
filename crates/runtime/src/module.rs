//! From bytes to a module that can be run.

use std::fs::File;
#[cfg(feature = "compiler")]
use std::sync::Arc;
#[cfg(feature = "compiler")]
use std::thread;

use wasmtime::Engine;
#[cfg(feature = "compiler")]
use wasmtime::{OptLevel, RegallocAlgorithm};

use crate::cache::{Cache, trusted};
use crate::carried::Carried;
use crate::error::{Error, Result};
use crate::interrupt::can_end;
#[cfg(feature = "compiler")]
use crate::limits::Limits;
#[cfg(feature = "compiler")]
use crate::places;
use crate::run::{Runtime, chain};
#[cfg(feature = "compiler")]
use crate::run::{config, engine};
#[cfg(feature = "compiler")]
use crate::tier::Background;

/// A compiled module.
pub struct Module {
    pub(crate) module: wasmtime::Module,
    /// The running kernel's types, if the kernel does not show them and the module has them.
    pub(crate) carried: Carried,
    /// What is compiled while this one runs already.
    #[cfg(feature = "compiler")]
    pub(crate) background: Option<Arc<Background>>,
}

impl Module {
    pub(crate) fn new(module: wasmtime::Module, carried: Carried) -> Self {
        Self {
            module,
            carried,
            #[cfg(feature = "compiler")]
            background: None,
        }
    }
}

impl Runtime {
    /// Takes what [`compile`](Self::compile) kept of this WebAssembly binary from `cache`.
    pub fn cached(&self, wasm: &[u8], cache: &Cache) -> Option<Module> {
        cache.module(&self.engine, wasm).map(|module| Module::new(module, Carried::of_module(wasm)))
    }

    /// Takes code that was compiled before (`wasm-bpf compile`) from `file`. It is native code, free to do what this process
    /// may do, whatever the guest was granted: let only files in that you trust like a program that you start.
    pub fn precompiled(&self, mut file: File) -> Result<Module> {
        let carried = Carried::of_file(&mut file);
        let module = trusted(&self.engine, file).map_err(|error| {
            let error = Error::module(format!("this precompiled module is not for this engine: {}", chain(&error)));
            error.advise("compile the module again with `wasm-bpf compile` of this version, for this processor")
        })?;
        if !can_end(&module) {
            let error =
                Error::module("this precompiled module could not be stopped: it was not made by `wasm-bpf compile`");
            return Err(error.advise("compile the module with `wasm-bpf compile`"));
        }
        Ok(Module::new(module, carried))
    }

    /// Whether these bytes are what [`precompile`](Self::precompile) returns, of any version.
    pub fn is_precompiled(bytes: &[u8]) -> bool {
        Engine::detect_precompiled(bytes).is_some()
    }
}

#[cfg(feature = "compiler")]
impl Runtime {
    /// Compiles a module given as WebAssembly binary, and keeps the result in `cache`, with what else its start will need.
    ///
    /// A small module is compiled quickly, to be run at once, and compiled well by a thread of its own meanwhile: its guests go
    /// on in that code then. When the module and its guests are dropped, that waits for the cache to have it.
    pub fn compile(&self, wasm: &[u8], cache: Option<&Cache>) -> Result<Module> {
        check(wasm)?;
        thread::scope(|scope| {
            if let Some(cache) = cache {
                // Where it is not done, it is when an object is opened.
                places::apart(scope, || prepare_types(wasm, cache));
            }
            let compiler = Compiler::Baseline.engine()?;
            let baseline = places::on_all(|| crate::tier::compile(&compiler, wasm)).and_then(|(code, origin)| {
                let module = crate::cache::compiled(&self.engine, &code).ok().filter(can_end)?;
                Some((module, Background::start(origin, &self.engine, wasm, cache)?))
            });
            if let Some((module, background)) = baseline {
                return Ok(Module { module, carried: Carried::of_module(wasm), background: Some(background) });
            }
            let code = code_of(wasm, Compiler::Parallel)?;
            if let Some(cache) = cache {
                cache.keep_module(wasm, &code);
            }
            let module = crate::cache::compiled(&self.engine, &code)
                .map_err(|error| Error::module(format!("failed to take the compiled module: {}", chain(&error))))?;
            Ok(Module::new(module, Carried::of_module(wasm)))
        })
    }

    /// Compiles a module to code for [`precompiled`](Self::precompiled).
    pub fn precompile(&self, wasm: &[u8]) -> Result<Vec<u8>> {
        check(wasm)?;
        code_of(wasm, Compiler::Parallel)
    }
}

/// A way to compile.
#[cfg(feature = "compiler")]
#[derive(Clone, Copy)]
pub(crate) enum Compiler {
    /// Quickly, on all processors.
    Baseline,
    /// Well, on all processors.
    Parallel,
    /// Well, on the current thread.
    Single,
}

#[cfg(feature = "compiler")]
impl Compiler {
    /// An engine that compiles so.
    pub(crate) fn engine(self) -> Result<Engine> {
        let mut config = config(Limits::default().stack);
        config.enable_compiler(true).parallel_compilation(!matches!(self, Self::Single));
        if matches!(self, Self::Baseline) {
            config.cranelift_opt_level(OptLevel::None).cranelift_regalloc_algorithm(RegallocAlgorithm::SinglePass);
        }
        engine(&config)
    }
}

/// The code of a module, with the types that it carries.
#[cfg(feature = "compiler")]
pub(crate) fn code_of(wasm: &[u8], compiler: Compiler) -> Result<Vec<u8>> {
    let module = crate::interruptible::compile(&compiler.engine()?, wasm).map_err(|error| {
        Error::module(format!("the module is damaged or uses what this engine lacks: {}", chain(&error)))
    })?;
    let fail = |error| Error::module(format!("failed to write the compiled module: {}", chain(&error)));
    let mut code = module.serialize().map_err(fail)?;
    code.extend(crate::carried::trailer_of(wasm));
    Ok(code)
}

/// An error for what is no core module.
#[cfg(feature = "compiler")]
fn check(wasm: &[u8]) -> Result<()> {
    check_magic(wasm)?;
    if wasm.get(4..8) == Some(&[0x0d, 0, 1, 0]) {
        return Err(Error::module("this is a WebAssembly component; only core modules can be run"));
    }
    Ok(())
}

/// Chooses the types for the objects that can be seen in a module.
#[cfg(feature = "compiler")]
fn prepare_types(wasm: &[u8], cache: &Cache) {
    if let Ok(objects) = crate::inspect::objects(wasm) {
        crate::bpf::types::prepare(cache, &objects);
    }
}

/// An error for what does not begin as a WebAssembly module does.
#[cfg(feature = "compiler")]
pub(crate) fn check_magic(wasm: &[u8]) -> Result<()> {
    if wasm.starts_with(b"\0asm") {
        return Ok(());
    }
    let error = Error::module("this is no WebAssembly module: it does not start with `\\0asm`");
    Err(match wasm {
        [0x7f, b'E', b'L', b'F', ..] => {
            error.advise("it is an ELF file: a BPF object runs inside a module that `wasm-bpf build` makes")
        }
        _ => error,
    })
}
