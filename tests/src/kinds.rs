//! `guests/kinds`: one guest that attaches any of its programs in any way.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::Command;

use crate::guest::{binary, binary_hash, cached, must_read, workspace};
use crate::kit::must_output;
use crate::run::{Ended, Run, Running, number};

/// A program of the guest's, attached; [`Kind::must_stop`] detaches it.
pub struct Kind {
    running: Running,
    hits: u64,
}

/// How to start one.
pub struct Attach {
    program: (String, String),
    thread: String,
    value: u32,
    way: Vec<String>,
    options: Vec<String>,
    namespace: Option<PathBuf>,
    socket: Option<OwnedFd>,
}

impl Attach {
    /// `OBJECT.bpf.c`'s `PROGRAM` (several have commas between them), where its section says, for the calling thread.
    pub fn of(object: &str, program: &str) -> Self {
        Self {
            program: (object.into(), program.into()),
            thread: rustix::thread::gettid().as_raw_nonzero().to_string(),
            value: 0,
            way: Vec::new(),
            options: Vec::new(),
            namespace: None,
            socket: None,
        }
    }

    /// The thread that the program looks at: an id, or `self` for the guest's own.
    pub fn thread(mut self, id: &dyn ToString) -> Self {
        self.thread = id.to_string();
        self
    }

    /// A number that the program is for.
    pub fn value(mut self, value: u32) -> Self {
        self.value = value;
        self
    }

    /// The way to attach, and its arguments, instead of the section's.
    pub fn way(mut self, way: &[&str]) -> Self {
        self.way = way.iter().map(|&word| word.into()).collect();
        self
    }

    /// Options of `wasm-bpf`'s.
    pub fn with(mut self, options: &[&str]) -> Self {
        self.options.extend(options.iter().map(|&option| option.into()));
        self
    }

    /// In the network namespace of this file.
    pub fn inside(mut self, namespace: PathBuf) -> Self {
        self.namespace = Some(namespace);
        self
    }

    /// With a socket as its standard input.
    pub fn socket(mut self, socket: impl Into<OwnedFd>) -> Self {
        self.socket = Some(socket.into());
        self
    }

    fn run(self) -> Run {
        let run = match &self.namespace {
            None => Run::bare(),
            Some(namespace) => Run::within(namespace),
        };
        let run = match self.socket {
            None => run,
            Some(socket) => run.input(socket),
        };
        let (object, program) = &self.program;
        let run = run.args(&self.options).arg(must_build_folder("kinds")).args([object, program, &self.thread]);
        run.arg(self.value.to_string()).args(&self.way)
    }

    /// Attaches it.
    #[track_caller]
    pub fn must_start(self) -> Kind {
        let mut running = self.run().must_start();
        running.must_print("ready");
        Kind { running, hits: 0 }
    }

    /// Runs what ends by itself.
    #[track_caller]
    pub fn must_end(self) -> Ended {
        self.run().must_end().must_exit(0)
    }
}

impl Kind {
    /// Waits until the program has done what it is for `hits` times, the last time with `seen`.
    #[track_caller]
    pub fn must_hit(&mut self, hits: u64, seen: u64) {
        let expected = format!("hits {hits} seen {seen}");
        self.running.must_print_where(&format!("`{expected}`"), |line| line == expected);
        self.hits = hits;
    }

    /// Waits until it has done it once more, with `seen`.
    #[track_caller]
    pub fn must_hit_again(&mut self, seen: u64) {
        self.must_hit(self.hits + 1, seen);
    }

    /// Waits until it has done it again; what it has seen.
    #[track_caller]
    pub fn must_hit_more(&mut self) -> u64 {
        let known = self.hits;
        let more = |line: &str| number(line, "hits").filter(|hits| *hits > known);
        let line = self.running.must_print_where("another hit", |line| more(line).is_some());
        self.hits = more(&line).expect("a line with more");
        number(&line, "seen").expect("`hits N seen N`")
    }

    /// Waits for a line of the guest's.
    #[track_caller]
    pub fn must_print(&mut self, line: &str) {
        self.running.must_print(line);
    }

    /// Detaches it, and looks that nothing stays.
    #[track_caller]
    pub fn must_stop(self) -> Ended {
        self.running.must_stop()
    }
}

/// The module of a folder of `guests/`, written with the SDK as applications are.
#[track_caller]
pub fn must_build_folder(name: &str) -> PathBuf {
    let folder = workspace().join("tests/guests").join(name);
    let mut hash = DefaultHasher::new();
    binary_hash().hash(&mut hash);
    let mut files: Vec<PathBuf> =
        folder.read_dir().expect("the guest's sources").flatten().map(|file| file.path()).collect();
    files.sort();
    files.iter().for_each(|path| (path, must_read(path)).hash(&mut hash));
    cached(&format!("{name}-{:016x}.wasm", hash.finish()), |work| {
        let module = work.join("guest.wasm");
        must_output(Command::new(binary()).arg("build").arg(&folder).arg("--output").arg(&module));
        module
    })
}
