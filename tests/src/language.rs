//! Guests in languages with a standard library of their own: `guests/languages`, once per language.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use crate::guest::{binary, cached, must_build_object, must_read, target, workspace};
use crate::kit::must_output;

/// A language that guests are written in.
#[derive(Clone, Copy, Debug, Hash)]
pub enum Language {
    /// `main.rs` and `records.rs`.
    Rust,
    /// `main.go` and `records_wasip1.go`.
    Go,
}

impl Language {
    /// True where its compiler cannot be had, which the test says. On Debian it can, so there the test fails instead.
    ///
    /// # Panics
    /// On Debian, where the compilers are not in TARGET/toolchains.
    #[track_caller]
    pub fn skip_without_compiler(self) -> bool {
        if toolchains().join("done").is_file() {
            return false;
        }
        let system = String::from_utf8_lossy(&must_read("/etc/os-release".as_ref())).into_owned();
        let debian = system.lines().any(|line| line == "ID=debian");
        assert!(!debian, "the compilers are missing: run `scripts/guest-toolchains {}`", toolchains().display());
        eprintln!("skipped: the compiler of {self:?} for guests is a package of Debian's");
        true
    }

    /// The module, with the BPF object of `guests/records.bpf.c` in it.
    #[track_caller]
    pub fn must_build(self) -> PathBuf {
        let object = must_build_object("records");
        self.cached("wasm", &object, |work| {
            let module = work.join("guest.wasm");
            match self {
                Self::Rust => {
                    let mut rustc = rustc_for_guests();
                    rustc.args(["--target=wasm32-wasip1", "-Clinker=wasm-ld-19", "-Clinker-flavor=wasm-ld"]);
                    // Callbacks are indices into the table.
                    rustc.args(["-Clink-arg=--export-table", "-Cstrip=debuginfo"]).env("OBJECT", &object);
                    must_output(rustc_flags(&mut rustc, &module));
                }
                Self::Go => {
                    fs::copy(&object, work.join("object.o")).expect("a writable target folder");
                    must_output(go(work, &module).env("GOOS", "wasip1").env("GOARCH", "wasm"));
                }
            }
            // The engine takes long to compile what Go makes: here nobody waits for it, later it is in the cache.
            must_output(Command::new(binary()).arg(&module));
            module
        })
    }

    /// The same program for this machine, without the parts over BPF.
    #[track_caller]
    pub fn must_build_native(self) -> PathBuf {
        self.cached("native", "/dev/null".as_ref(), |work| {
            let program = work.join("program");
            match self {
                Self::Rust => must_output(rustc_flags(&mut Command::new("rustc"), &program)),
                Self::Go => must_output(&mut go(work, &program)),
            };
            program
        })
    }

    fn cached(self, what: &str, object: &Path, make: impl FnOnce(&Path) -> PathBuf) -> PathBuf {
        let mut hash = DefaultHasher::new();
        let mut sources: Vec<PathBuf> = sources().collect();
        sources.sort();
        (self, sources.iter().map(|path| must_read(path)).collect::<Vec<_>>()).hash(&mut hash);
        (must_read(object), must_read(&toolchains().join("done"))).hash(&mut hash);
        // One at a time: two tests want the same.
        static BUILDING: Mutex<()> = Mutex::new(());
        let _building = BUILDING.lock().unwrap_or_else(PoisonError::into_inner);
        cached(&format!("{self:?}-{:016x}.{what}", hash.finish()), make)
    }
}

/// Where `make test` puts the compilers.
fn toolchains() -> PathBuf {
    target().join("toolchains")
}

fn folder() -> PathBuf {
    workspace().join("tests/guests/languages")
}

fn sources() -> impl Iterator<Item = PathBuf> {
    fs::read_dir(folder()).expect("the guests' sources").flatten().map(|file| file.path())
}

/// Debian's compiler on the C library that it was built for, which may be newer than this system's.
fn rustc_for_guests() -> Command {
    let usr = toolchains().join("usr");
    let libraries = usr.join(format!("lib/{}-linux-gnu", std::env::consts::ARCH));
    let files = fs::read_dir(&libraries).expect("the compiler's libraries").flatten().map(|file| file.path());
    let is_loader =
        |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("ld-linux"));
    let mut loader = Command::new(files.into_iter().find(is_loader).expect("a loader"));
    loader.arg("--library-path").arg(&libraries).arg(usr.join("bin/rustc")).arg("--sysroot").arg(&usr);
    loader
}

fn rustc_flags<'c>(rustc: &'c mut Command, output: &Path) -> &'c mut Command {
    rustc.args(["--edition=2021", "-O", "-o"]).arg(output).arg(folder().join("main.rs"))
}

/// `go build` of a copy of the sources in `work`, without a network.
fn go(work: &Path, output: &Path) -> Command {
    for source in sources() {
        fs::copy(&source, work.join(source.file_name().expect("a file"))).expect("a writable target folder");
    }
    let mut go = Command::new(toolchains().join("usr/lib/go-1.24/bin/go"));
    go.current_dir(work).args(["build", "-trimpath", "-o"]).arg(output);
    go.env("GOCACHE", toolchains().join("go-cache")).env("GOPATH", toolchains().join("go-path"));
    go.envs([("GOTOOLCHAIN", "local"), ("GOPROXY", "off"), ("GOFLAGS", ""), ("CGO_ENABLED", "0")]);
    go
}
