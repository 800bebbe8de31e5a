//! The modules of `examples/`.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Signal;

use crate::guest::{binary, cached, clang, must_read, must_succeed, workspace};
use crate::kernel::Ids;
use crate::run::{Ended, Run, Running};

/// One folder of `examples/`, built with `wasm-bpf build`.
#[derive(Clone, Debug)]
pub struct Example {
    name: String,
    /// Generated headers and the module.
    folder: PathBuf,
}

impl Example {
    /// Builds `examples/NAME`, unless that was done since its sources or the binary changed.
    #[track_caller]
    pub fn must_build(name: &str) -> Self {
        let sources = workspace().join("examples").join(name);
        let mut hash = DefaultHasher::new();
        must_read(&binary()).hash(&mut hash);
        let mut files: Vec<PathBuf> = must_list(&sources);
        files.retain(|path| path.extension().is_some_and(|extension| extension != "wasm"));
        files.iter().for_each(|path| (path, must_read(path)).hash(&mut hash));
        let folder = cached(&format!("{name}-{:016x}", hash.finish()), |work| {
            let made = work.join("made");
            let mut build = Command::new(binary());
            build.arg("build").arg(&sources).arg("--keep").arg(&made).arg("--output").arg(work.join("module"));
            must_succeed(&mut build);
            fs::rename(work.join("module"), made.join(format!("{name}.wasm"))).expect("a rename in one folder");
            // Of no use any more, and large.
            fs::remove_dir_all(made.join("vmlinux")).expect("the build wrote it");
            made
        });
        Self { name: name.into(), folder }
    }

    /// Every example.
    pub fn names() -> Vec<String> {
        let name = |path: &PathBuf| path.file_name().expect("a folder").to_string_lossy().into_owned();
        must_list(&workspace().join("examples")).iter().map(name).collect()
    }

    /// The module.
    pub fn module(&self) -> PathBuf {
        self.folder.join(format!("{}.wasm", self.name))
    }

    /// `wasm-bpf MODULE`.
    pub fn run(&self) -> Run {
        Run::module(&self.module())
    }

    /// `wasm-bpf OPTIONS MODULE`.
    pub fn run_with(&self, options: &[&str]) -> Run {
        Run::bare().args(options).arg(self.module())
    }

    /// Compiles the guest for this machine, against the libbpf that the runtime is linked with; the program.
    #[track_caller]
    pub fn must_build_native(&self) -> PathBuf {
        let include = Path::new(env!("LIBBPF_INCLUDE"));
        let libraries = include.parent().expect("beside the libraries");
        let program = self.folder.join("native");
        let mut sources = must_list(&workspace().join("examples").join(&self.name));
        sources.retain(|path| {
            let name = path.to_string_lossy();
            name.ends_with(".cpp") || name.ends_with(".c") && !name.ends_with(".bpf.c")
        });
        // Without exceptions, like guests: then C++ needs no library.
        let mut command = clang();
        command.args(["-O1", "-fno-exceptions", "-Wall", "-Wextra", "-Werror", "-I"]).arg(&self.folder);
        command.arg("-isystem").arg(include).args(sources).arg("-o").arg(&program);
        must_succeed(command.args(["libbpf.a", "libelf.a", "libz.a"].map(|name| libraries.join(name))));
        program
    }
}

impl Running {
    /// Presses Ctrl-C: it must end by itself, with 0, and nothing of it may stay in the kernel.
    #[track_caller]
    pub fn must_stop(self) -> Ended {
        let ids = Ids::of(self.pid());
        assert!(!ids.programs.is_empty() && ids.left() == ids, "it has programs while it runs: {ids:?}");
        self.signal(Signal::INT);
        let ended = self.must_end().must_exit(0);
        ids.must_vanish();
        ended
    }
}

fn must_list(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("cannot list {}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    paths.sort();
    paths
}
