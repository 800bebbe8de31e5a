//! `wasm-bpf compile`: compile a module ahead of its first run.

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use wasm_bpf_runtime::{Cache, Module, Runtime};

use crate::launch::Result;
use crate::progress::Progress;

/// What is shown while a module is compiled.
const MESSAGE: &str = "Compiling the module";

#[derive(Args)]
pub(crate) struct Compile {
    /// The module.
    #[arg(value_name = "MODULE")]
    module: PathBuf,
    /// Where the code goes [default: MODULE with the extension `cwasm`]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Compile {
    /// Writes native code for this processor and this version of wasm-bpf, which `run --allow-precompiled` and
    /// `wasm-bpf-mini` run.
    pub(crate) fn execute(self) -> anyhow::Result<()> {
        let path = self.module;
        let wasm = fs::read(&path).with_context(|| format!("failed to read `{}`", path.display()))?;
        if Runtime::is_precompiled(&wasm) {
            bail!("`{}` is compiled already", path.display());
        }
        let output = self.output.unwrap_or_else(|| path.with_extension("cwasm"));
        let progress = Progress::start(MESSAGE);
        let code = Runtime::new()?.precompile(&wasm);
        drop(progress);
        let code = code.with_context(|| format!("failed to compile `{}`", path.display()))?;
        write(&output, &code).with_context(|| format!("failed to write `{}`", output.display()))
    }
}

/// Compiles for a run; a large module takes seconds.
pub(crate) fn with_progress(runtime: &Runtime, wasm: &[u8], cache: Option<&Cache>) -> Result<Module> {
    let _progress = Progress::start(MESSAGE);
    Ok(runtime.compile(wasm, cache)?)
}

/// Whole or not at all: who runs the old file meanwhile has it mapped.
fn write(output: &Path, code: &[u8]) -> anyhow::Result<()> {
    let folder = output.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mode = Permissions::from_mode(0o644);
    let mut file = tempfile::Builder::new().permissions(mode).tempfile_in(folder)?;
    file.write_all(code)?;
    file.persist(output)?;
    Ok(())
}
