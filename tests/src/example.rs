//! The modules of `examples/`.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Signal;

use crate::guest::{binary, binary_hash, cached, must_read, workspace};
use crate::kernel::Ids;
use crate::kit::{SHARED, clang, must_output, with_libbpf};
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
        binary_hash().hash(&mut hash);
        let mut files: Vec<PathBuf> = must_list(&sources);
        files.retain(|path| path.extension().is_some_and(|extension| extension != "wasm"));
        files.iter().for_each(|path| (path, must_read(path)).hash(&mut hash));
        let folder = cached(&format!("{name}-{:016x}", hash.finish()), |work| {
            let made = work.join("made");
            let mut build = Command::new(binary());
            build.arg("build").arg(&sources).arg("--keep").arg(&made).arg("--output").arg(work.join("module"));
            must_output(&mut build);
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
        self.must_compile("native", |_| self.folder.clone())
    }

    /// The same with the skeleton that bpftool makes of the same object: nothing of it is this project's. The one of an
    /// arena stays ours: bpftool reads such objects from version 7.5 on, which distributions do not have yet.
    #[track_caller]
    pub fn must_build_pure(&self) -> PathBuf {
        if self.name == "arena" {
            return self.must_build_native();
        }
        self.must_compile("pure", |work| {
            let skeleton = work.join(format!("{}.skel.h", self.name));
            fs::write(skeleton, self.must_generate_skeleton()).expect("a writable target folder");
            work.into()
        })
    }

    /// The skeleton that was built.
    pub fn skeleton(&self) -> PathBuf {
        self.folder.join(format!("{}.skel.h", self.name))
    }

    /// What bpftool makes of the same object.
    #[track_caller]
    pub fn must_generate_skeleton(&self) -> String {
        let object = self.folder.join(format!("{}.bpf.o", self.name));
        let mut generate = Command::new("bpftool");
        generate.args(["gen", "skeleton"]).arg(object).args(["name", &format!("{}_bpf", self.name)]);
        String::from_utf8(must_output(&mut generate).stdout).expect("a header")
    }

    /// The guest for this machine, with the skeleton in the folder that `skeleton` gives.
    #[track_caller]
    fn must_compile(&self, kind: &str, skeleton: impl FnOnce(&Path) -> PathBuf) -> PathBuf {
        let built = self.folder.file_name().expect("a folder in the cache").to_string_lossy();
        cached(&format!("{built}-{kind}"), |work| {
            let program = work.join("program");
            let mut sources = must_list(&workspace().join("examples").join(&self.name));
            sources.retain(|path| {
                let name = path.to_string_lossy();
                name.ends_with(".cpp") || name.ends_with(".c") && !name.ends_with(".bpf.c")
            });
            // Without exceptions, like guests: then C++ needs no library.
            let mut clang = clang(&["-O1", "-fno-exceptions", "-Wall", "-Wextra", "-Werror", "-I"]);
            clang.arg(skeleton(work)).arg("-I").arg(workspace().join(SHARED)).args(sources);
            must_output(with_libbpf(&mut clang).arg("-o").arg(&program));
            program
        })
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
