//! Hostile guests for the suites `hostile_*`, written as WebAssembly text and run in this process: the host has to live on.

use std::fs;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use wasm_bpf_runtime::{Limits, Module, Options, Outcome, Runtime};

use crate::environment::require_root;
use crate::kernel::Ids;
use crate::wait::must_become;

/// What guests embed: maps, a program that sends records, programs that observe.
pub const OBJECT: &[u8] = include_bytes!("../../fuzz/objects/observe.o");

/// Time for guests that are to end by themselves: more than a busy or emulated machine takes.
pub const PATIENCE: Duration = Duration::from_secs(900);

/// Runs `test` while no other one of this program runs. Afterwards the process has the descriptors and kernel objects
/// that it had before.
#[track_caller]
pub fn must_leave_nothing(test: impl FnOnce(&Runtime)) {
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    require_root();
    let runtime = Runtime::new().expect("a machine that runs the engine");
    // What is opened once for a process is open from then on.
    must_exit(&runtime, "(call $setup)", "", Limits::default(), 0);
    let (descriptors, ids) = (descriptors(), Ids::of(std::process::id()));
    test(&runtime);
    must_become(&format!("the descriptors are {descriptors:?}, now {:?}", self::descriptors()), || {
        self::descriptors() == descriptors
    });
    assert_eq!(Ids::of(std::process::id()), ids);
}

/// What this process has open, by what it is, sorted.
pub fn descriptors() -> Vec<String> {
    let entries = fs::read_dir("/proc/self/fd").expect("/proc is mounted");
    let targets = entries.flatten().filter_map(|entry| fs::read_link(entry.path()).ok());
    let mut open: Vec<String> = targets.map(|target| target.to_string_lossy().into_owned()).collect();
    // The folder that is being read.
    open.retain(|target| !target.ends_with("/fd"));
    open.sort();
    open
}

/// The imports, the object and the functions that hostile guests begin with.
pub fn prelude() -> String {
    let object: String = OBJECT.iter().map(|byte| format!("\\{byte:02x}")).collect();
    let text = include_str!("../guests/hostile/prelude.wat").replace("OBJECT_SIZE", &OBJECT.len().to_string());
    text.replace("OBJECT\"", &format!("{object}\""))
}

/// A guest whose `_start` does `body`; `rest` are functions and a table.
#[track_caller]
pub fn must_compile(runtime: &Runtime, body: &str, rest: &str) -> Module {
    let prelude = prelude();
    let table = if rest.contains("(table") { "" } else { "(table (export \"__indirect_function_table\") 1 funcref)" };
    let text = format!("(module {prelude} {table} {rest} (func (export \"_start\") {body}))");
    let wasm = wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}"));
    runtime.compile(&wasm, None).unwrap_or_else(|error| panic!("{error}"))
}

/// Runs a guest to its end.
#[track_caller]
pub fn must_end(runtime: &Runtime, module: &Module, limits: Limits) -> Outcome {
    let options = Options { limits, grace: PATIENCE, ..Options::default() };
    let guest = runtime.guest(module, options).unwrap_or_else(|error| panic!("{error}"));
    guest.run().unwrap_or_else(|error| panic!("{error}"))
}

/// Runs `body`; the guest must end with `code`.
#[track_caller]
pub fn must_exit(runtime: &Runtime, body: &str, rest: &str, limits: Limits, code: i32) {
    let outcome = must_end(runtime, &must_compile(runtime, body, rest), limits);
    assert!(matches!(outcome, Outcome::Exited(ended) if ended == code), "not {code}: {outcome:?}");
}

/// Runs `body`; the guest must end with a trap whose text has `reason` in it.
#[track_caller]
pub fn must_trap(runtime: &Runtime, body: &str, rest: &str, reason: &str) {
    let limits = Limits { time: Some(PATIENCE), ..Limits::default() };
    let outcome = must_end(runtime, &must_compile(runtime, body, rest), limits);
    assert!(matches!(&outcome, Outcome::Trapped(text) if text.contains(reason)), "no `{reason}`: {outcome:?}");
}

/// Runs `body`, which does not end by itself, and sends the guest SIGINT, as Ctrl-C does: it must end with 130.
#[track_caller]
pub fn must_be_stopped(runtime: &Runtime, body: &str, rest: &str) {
    let module = must_compile(runtime, body, rest);
    let options = Options { grace: PATIENCE, ..Options::default() };
    let guest = runtime.guest(&module, options).unwrap_or_else(|error| panic!("{error}"));
    let stop = guest.stop();
    let interrupter = thread::spawn(move || {
        thread::sleep(Duration::from_millis(30));
        stop.signal(2);
    });
    let outcome = guest.run().unwrap_or_else(|error| panic!("{error}"));
    interrupter.join().expect("it only sleeps");
    assert!(matches!(outcome, Outcome::Exited(130)), "{outcome:?}");
}

/// The memory that this process has, in bytes.
///
/// # Panics
/// Where /proc does not say it.
pub fn resident() -> usize {
    let text = fs::read_to_string("/proc/self/statm").expect("/proc is mounted");
    let pages = text.split_whitespace().nth(1).and_then(|pages| pages.parse::<usize>().ok());
    pages.expect("a number of pages") * rustix::param::page_size()
}
