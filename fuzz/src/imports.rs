//! Call sequences: a guest's imports called in any order with anything, in a host of which nothing may be left afterwards.

use std::sync::OnceLock;
use std::time::{Duration, Instant};
use std::{fs, thread};

use wasm_bpf_runtime::{Grant, Limits, Module, Options, Outcome, Policy, PreopenedDir, Runtime, WasiConfig};

use super::OBJECT;
use super::guest::{self, Import};
use super::sequence::Decoder;

/// How long the kernel may take to let go of what was released.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is made once: compiling the guest takes longer than a thousand inputs.
struct Host {
    runtime: Runtime,
    module: Module,
    imports: Vec<Import>,
}

fn host() -> &'static Host {
    static HOST: OnceLock<Host> = OnceLock::new();
    HOST.get_or_init(|| {
        let runtime = Runtime::new().expect("a machine that runs the engine");
        let imports = guest::imports();
        let wasm = guest::module(&imports, OBJECT);
        let module = runtime.compile(&wasm, None).unwrap_or_else(|error| panic!("{error}"));
        Host { runtime, module, imports }
    })
}

/// Against a double of the kernel, with every grant: each system call of BPF's may succeed or fail.
pub fn imports_double(data: &[u8]) {
    run(data, Policy::new([Grant::All]), &[]);
}

/// Against the kernel, observing only. What would attach to all functions, or to every process's, takes too long.
pub fn imports_kernel(data: &[u8]) {
    let left_out =
        ["program_attach_kprobe_multi", "program_attach_uprobe_multi", "program_attach_uprobe", "btf_vmlinux"];
    run(data, Policy::default(), &left_out);
}

fn run(data: &[u8], policy: Policy, left_out: &[&str]) {
    let Host { runtime, module, imports } = host();
    let calls = Decoder { imports, left_out }.decode(data);
    // The first run leaves open what is opened once for the process.
    static WARM: OnceLock<()> = OnceLock::new();
    if WARM.get().is_none() {
        let _ = WARM.set(());
        run(&[1], Policy::default(), &[]);
    }
    let before = descriptors();
    let limits = Limits {
        memory: 8 << 20,
        map_memory: 4 << 20,
        ring: 1 << 20,
        objects: 8,
        programs: 64,
        links: 16,
        handles: 256,
        files: 16,
        log: 64 << 10,
        time: Some(Duration::from_secs(2)),
        ..Limits::default()
    };
    let directory = PreopenedDir { host: "/sys/fs/cgroup".into(), guest: "/cgroup".into(), read_only: true };
    let wasi = WasiConfig { args: vec![guest::argument(&calls)], dirs: vec![directory], ..WasiConfig::default() };
    let options = Options { wasi, policy, limits, ..Options::default() };
    let guest = runtime.guest(module, options).unwrap_or_else(|error| panic!("{error}"));
    match guest.run().unwrap_or_else(|error| panic!("{error}")) {
        Outcome::Exited(_) | Outcome::Trapped(_) => {}
    }
    let start = Instant::now();
    while descriptors() != before {
        assert!(start.elapsed() < PATIENCE, "before: {before:#?}, after: {:#?}", descriptors());
        thread::sleep(Duration::from_millis(1));
    }
}

/// What this process has open, sorted; with the kernel's ids, so that a program or map is never taken for another one.
fn descriptors() -> Vec<String> {
    let entries = fs::read_dir("/proc/self/fd").expect("/proc is mounted");
    let mut open: Vec<String> = entries
        .flatten()
        .filter_map(|entry| Some(fs::read_link(entry.path()).ok()?.to_string_lossy().into_owned()))
        .filter(|target| !target.starts_with("/proc/"))
        .collect();
    open.sort();
    open
}
