//! WASI against real guests: C programs built with the installed wasi-libc, and single calls with chosen arguments.

mod calls;
mod errno;
mod files;
mod process;
mod rights;
mod waits;

use std::fs::{self, File};
use std::os::fd::OwnedFd;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::pipe::{PipeFlags, pipe_with};
use rustix::thread::gettid;
use wasmtime::{Engine, Linker, Module, Store};

use super::descriptor::{Descriptor, Source};
use super::types::rights::ALL;
use super::{Config, Ctx, PreopenedDir, add_to_linker};
use crate::abi;
use crate::abi::v0::CallbackNames;
use crate::policy::Policy;
use crate::state::State;
use crate::stop::{Exit, Stop};

/// Longer than anything here takes, shorter than anyone's patience.
const PATIENCE: Duration = Duration::from_secs(60);

/// Compiles `tests/wasi/NAME.c` with the installed clang and wasi-libc into `to`.
#[track_caller]
fn must_compile(name: &str, to: &Path) -> PathBuf {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wasi");
    // Only wasi-libc in the sysroot: with /usr the host's headers would leak in.
    let sysroot = to.join("sysroot");
    if !sysroot.exists() {
        fs::create_dir_all(sysroot.join("lib")).unwrap();
        symlink("/usr/include/wasm32-wasi", sysroot.join("include")).unwrap();
        symlink("/usr/lib/wasm32-wasi", sysroot.join("lib/wasm32-wasi")).unwrap();
    }
    let module = to.join(name).with_extension("wasm");
    let status = Command::new("clang-19")
        .args(["--target=wasm32-wasi", "-O1", "-Wall", "-Wextra", "-Werror", "--sysroot"])
        .args([&sysroot, Path::new("-o"), &module, &sources.join(name).with_extension("c")])
        .status()
        .expect("these tests need clang-19, lld-19, wasi-libc and libclang-rt-19-dev-wasm32");
    assert!(status.success(), "clang-19 failed on {name}.c");
    module
}

/// A pipe, reader first, that no process started meanwhile inherits: it would keep an end open.
fn pipe() -> (OwnedFd, OwnedFd) {
    pipe_with(PipeFlags::CLOEXEC).unwrap()
}

/// A guest to be run.
struct Guest {
    module: Vec<u8>,
    config: Config,
    files: Vec<OwnedFd>,
    _folder: tempfile::TempDir,
}

impl Guest {
    /// The C program `tests/wasi/NAME.c`.
    #[track_caller]
    fn new(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let module = fs::read(must_compile(name, folder.path())).unwrap();
        Self {
            module,
            config: Config { args: vec![name.into()], ..Config::default() },
            files: Vec::new(),
            _folder: folder,
        }
    }

    fn arg(mut self, arg: &str) -> Self {
        self.config.args.push(arg.to_string());
        self
    }

    fn dir(mut self, host: &Path, guest: &str, read_only: bool) -> Self {
        self.config.dirs.push(PreopenedDir { host: host.into(), guest: guest.into(), read_only });
        self
    }

    /// Takes the place of the next of standard input, output and error.
    fn stdio(mut self, file: impl Into<OwnedFd>) -> Self {
        self.files.push(file.into());
        self
    }

    /// Runs it to its end; what it writes comes with its exit code.
    fn output(self) -> (i32, String) {
        let mut file = tempfile::tempfile().unwrap();
        let code = self.stdio(File::open("/dev/null").unwrap()).stdio(file.try_clone().unwrap()).start().join();
        let mut text = String::new();
        std::io::Seek::rewind(&mut file).unwrap();
        std::io::Read::read_to_string(&mut file, &mut text).unwrap();
        (code, text)
    }

    /// Runs it to its end.
    fn run(self) -> i32 {
        self.start().join()
    }

    /// Starts it in a thread of its own.
    fn start(self) -> Running {
        let engine = Engine::default();
        let stop = Stop::new(PATIENCE).unwrap();
        let (started, thread_id) = mpsc::channel();
        let guests = stop.clone();
        let thread = thread::spawn(move || {
            started.send(gettid().as_raw_nonzero().get()).unwrap();
            let mut ctx = Ctx::new(self.config).unwrap();
            for (fd, file) in self.files.into_iter().enumerate() {
                ctx.table.close(fd as u32).unwrap();
                ctx.table.insert(Descriptor::new(Source::File(file), ALL, 0, false).unwrap()).unwrap();
            }
            let module = Module::new(&engine, &self.module).unwrap();
            call_start(&engine, &module, ctx, guests)
        });
        Running { stop, thread, thread_id: thread_id.recv().unwrap() }
    }
}

/// A running guest.
struct Running {
    stop: Arc<Stop>,
    thread: JoinHandle<i32>,
    thread_id: i32,
}

impl Running {
    /// Returns once the guest's thread sleeps in `ppoll`, which is how [`Stop::wait`] waits.
    #[track_caller]
    fn must_wait(&self) {
        let path = format!("/proc/self/task/{}/syscall", self.thread_id);
        let ppoll = format!("{} ", libc::SYS_ppoll);
        let began = Instant::now();
        while !fs::read_to_string(&path).unwrap().starts_with(&ppoll) {
            assert!(began.elapsed() < PATIENCE && !self.thread.is_finished(), "the guest never waited");
            thread::sleep(Duration::from_millis(1));
        }
    }

    fn join(self) -> i32 {
        self.thread.join().unwrap()
    }
}

fn state(wasi: Ctx, stop: Arc<Stop>) -> State {
    State::new(stop, wasi, abi::Ctx::new(Policy::default(), crate::Limits::default(), CallbackNames::default()))
}

fn call_start(engine: &Engine, module: &Module, wasi: Ctx, stop: Arc<Stop>) -> i32 {
    let mut store = Store::new(engine, state(wasi, stop));
    let mut linker = Linker::new(engine);
    add_to_linker(&mut linker, &|_| true).unwrap();
    let instance = linker.instantiate(&mut store, module).unwrap();
    match instance.get_typed_func::<(), ()>(&mut store, "_start").unwrap().call(&mut store, ()) {
        Ok(()) => 0,
        Err(error) => error.downcast_ref::<Exit>().unwrap_or_else(|| panic!("the guest failed: {error:?}")).0,
    }
}
