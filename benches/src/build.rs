//! Each source twice: as a guest and as a native program.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use wasm_bpf_tests::with_libbpf;

use crate::process;

/// The programs that measure themselves: folders of benches/.
pub(crate) const BENCHMARKS: &[&str] =
    &["benches/ring", "benches/latency", "benches/perf", "benches/map", "benches/global", "benches/arena"];
/// The one that needs a producer on another CPU.
pub(crate) const FLOOD: &str = "benches/flood";
/// The application whose start, memory and size are measured.
pub(crate) const APPLICATION: &str = "examples/bootstrap";

/// One program, built in both ways.
#[derive(Debug)]
pub(crate) struct Pair {
    /// `wasm-bpf MODULE`
    pub(crate) runtime: PathBuf,
    pub(crate) module: PathBuf,
    pub(crate) native: PathBuf,
}

/// The small build, and the application compiled for it.
#[derive(Debug)]
pub(crate) struct Mini {
    /// `wasm-bpf-mini MODULE`
    pub(crate) runtime: PathBuf,
    pub(crate) module: PathBuf,
    cache: PathBuf,
}

impl Mini {
    /// A cache folder with nothing in it, for a first start.
    pub(crate) fn empty_cache(&self) -> Result<&Path> {
        if self.cache.exists() {
            std::fs::remove_dir_all(&self.cache).with_context(|| format!("cannot empty {}", self.cache.display()))?;
        }
        DirBuilder::new()
            .mode(0o700)
            .create(&self.cache)
            .with_context(|| format!("cannot create {}", self.cache.display()))?;
        Ok(&self.cache)
    }
}

/// Builds below target/bench.
pub(crate) struct Builder {
    root: PathBuf,
    output: PathBuf,
    runtime: PathBuf,
    mini: PathBuf,
}

impl Builder {
    /// `short`: with the build for all work in place of the one that is shipped, which takes minutes to make.
    pub(crate) fn new(target: &Path, short: bool) -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("benches/ lies in the workspace")?;
        let profile = if short { "release" } else { "dist" };
        let runtime = target.join(profile).join("wasm-bpf");
        if !runtime.is_file() {
            bail!("{} is not there: run `make {}`", runtime.display(), if short { "build" } else { "dist" });
        }
        let mini = target.join("mini/wasm-bpf-mini");
        if !mini.is_file() {
            bail!("{} is not there: run `make mini`", mini.display());
        }
        Ok(Self { root: root.to_owned(), output: target.join("bench"), runtime, mini })
    }

    /// The runtime, stripped of all symbols.
    pub(crate) fn stripped_runtime(&self) -> Result<PathBuf> {
        let stripped = self.output.join("wasm-bpf");
        process::must(Command::new("strip").arg("-o").arg(&stripped).arg(&self.runtime))?;
        Ok(stripped)
    }

    /// Compiles the module of `pair` for the small build.
    pub(crate) fn mini(&self, pair: &Pair) -> Result<Mini> {
        let module = pair.module.with_extension("cwasm");
        process::must(Command::new(&self.runtime).arg("compile").arg(&pair.module).arg("-o").arg(&module))?;
        Ok(Mini { runtime: self.mini.clone(), module, cache: self.output.join("cache") })
    }

    /// Builds the sources in `folder`, which is relative to the workspace.
    pub(crate) fn build(&self, folder: &str) -> Result<Pair> {
        let source = self.root.join(folder);
        let name = source.file_name().context("a folder with a name")?.to_owned();
        let scratch = self.output.join(&name);
        std::fs::create_dir_all(&scratch).with_context(|| format!("cannot create {}", scratch.display()))?;
        let pair = Pair {
            runtime: self.runtime.clone(),
            module: scratch.join(&name).with_extension("wasm"),
            native: scratch.join(&name),
        };
        self.guest(&source, &scratch, &pair.module)?;
        self.native(&source, &scratch, &pair.native)?;
        Ok(pair)
    }

    /// Leaves the skeleton, which holds the BPF object, in `scratch`.
    fn guest(&self, source: &Path, scratch: &Path, module: &Path) -> Result<()> {
        let mut build = Command::new(&self.runtime);
        build.arg("build").arg(source).arg("-I").arg(self.headers()).arg("--keep").arg(scratch);
        process::must(build.arg("--output").arg(module))
    }

    /// Takes the skeleton from `scratch`. CC in the environment chooses the compiler.
    fn native(&self, source: &Path, scratch: &Path, program: &Path) -> Result<()> {
        let mut cc = Command::new(std::env::var_os("CC").unwrap_or_else(|| "cc".into()));
        cc.args(["-std=gnu11", "-O2", "-D_GNU_SOURCE", "-s"]);
        for folder in [source, scratch, &self.headers(), &self.root.join("sdk/c/shared")] {
            cc.arg("-I").arg(folder);
        }
        let mut main = source.join(source.file_name().unwrap_or_default());
        main.set_extension("c");
        process::must(with_libbpf(cc.arg(main)).arg("-o").arg(program))
    }

    fn headers(&self) -> PathBuf {
        self.root.join("benches/include")
    }
}
