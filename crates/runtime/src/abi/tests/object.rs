//! BPF objects for tests, compiled when they are asked for.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, OnceLock};
use std::{env, fs};

use tempfile::TempDir;

use super::host::Host;

/// Where libbpf's headers for BPF programs are.
const LIBBPF: &str = env!("LIBBPF_INCLUDE");

/// Fails the test where it does not run as root: the kernel would refuse everything.
#[track_caller]
pub(super) fn require_root() {
    assert!(rustix::process::geteuid().is_root(), "this test loads BPF programs: run it as root");
}

/// The object of `bpf/NAME.bpf.c`.
#[track_caller]
pub(crate) fn compile(name: &str) -> Vec<u8> {
    static COMPILED: Mutex<Option<HashMap<String, Vec<u8>>>> = Mutex::new(None);
    let mut compiled = COMPILED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let compiled = compiled.get_or_insert_default();
    if let Some(object) = compiled.get(name) {
        return object.clone();
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/abi/tests/bpf/{name}.bpf.c"));
    let object = compile_source(&source);
    compiled.insert(name.to_owned(), object.clone());
    object
}

/// The object of a source, with headers beside it.
#[track_caller]
pub(super) fn compile_source(source: &Path) -> Vec<u8> {
    let work = tempfile::tempdir().unwrap();
    let object = work.path().join("object.o");
    let mut clang = Command::new(env::var_os("CLANG").unwrap_or_else(|| "clang-19".into()));
    clang.args(["--target=bpf", "-mcpu=v3", "-O2", "-g", "-Wall", "-Werror", "-D__TARGET_ARCH_x86", "-nostdlibinc"]);
    // usdt.bpf.h includes linux/errno.h.
    clang.arg(format!("-idirafter/usr/include/{}-linux-gnu", env::consts::ARCH)).arg("-idirafter/usr/include");
    // What BPF programs and guests share.
    clang.arg("-I").arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sdk/c/shared"));
    clang.arg("-isystem").arg(LIBBPF).arg("-I").arg(headers().path()).arg("-c").arg(source).arg("-o").arg(&object);
    let output = clang.output().expect("clang-19 (or what CLANG names) is needed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::read(object).unwrap()
}

/// A folder with the running kernel's vmlinux.h.
fn headers() -> &'static TempDir {
    static HEADERS: OnceLock<TempDir> = OnceLock::new();
    HEADERS.get_or_init(|| {
        let types = fs::read("/sys/kernel/btf/vmlinux").expect("this kernel has BTF");
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("vmlinux.h"), wasm_bpf_codegen::vmlinux(&types).unwrap()).unwrap();
        folder
    })
}

impl Host {
    /// Opens the object of `bpf/NAME.bpf.c`.
    #[track_caller]
    pub(super) fn open(&mut self, name: &str) -> i64 {
        require_root();
        let elf = self.put(&compile(name));
        self.must("object_open", &[elf.addr, elf.len, 0, 0])
    }

    /// Opens and loads it.
    #[track_caller]
    pub(super) fn load(&mut self, name: &str) -> i64 {
        let object = self.open(name);
        self.must("object_load", &[object]);
        object
    }

    /// The map of an object.
    #[track_caller]
    pub(super) fn map(&mut self, object: i64, name: &str) -> i64 {
        let name = self.put(name.as_bytes());
        self.must("object_find_map", &[object, name.addr, name.len])
    }

    /// The program of an object.
    #[track_caller]
    pub(super) fn program(&mut self, object: i64, name: &str) -> i64 {
        let name = self.put(name.as_bytes());
        self.must("object_find_program", &[object, name.addr, name.len])
    }
}

/// One handle of each kind.
#[track_caller]
pub(super) fn open_everything(host: &mut Host) -> Vec<i64> {
    let object = host.load("tracing");
    let unloaded = host.open("tracing");
    let (map, ring) = (host.map(object, "numbers"), host.map(object, "events"));
    let tracepoint = host.program(object, "on_getpid");
    let iterator = host.program(object, "tasks");
    let link = host.must("program_attach", &[iterator]);
    let mut handles = vec![object, unloaded, map, tracepoint, link];
    handles.push(host.must("ring_open", &[ring]));
    handles.push(host.must("iterator_create", &[link]));
    let types = host.must("btf_of_object", &[object]);
    handles.extend([types, host.must("btf_dump_open", &[types])]);
    handles.push(host.map(unloaded, "numbers"));
    handles.push(host.program(unloaded, "on_getpid"));
    let perf = host.map(object, "samples");
    handles.push(host.must("perf_open", &[perf, 1]));
    handles.push(host.software_event());
    // AF_PACKET; SOCK_RAW and SOCK_NONBLOCK.
    handles.push(host.must("socket_open", &[17, 3 | 2048, 0]));
    // EFD_NONBLOCK, CLOCK_MONOTONIC, TFD_NONBLOCK.
    handles.extend([
        host.must("epoll_create", &[]),
        host.must("eventfd_create", &[0, 2048]),
        host.must("timerfd_create", &[1, 2048]),
    ]);
    let name = host.put(b"made");
    handles.push(host.must("map_create", &[1, name.addr, name.len, 4, 8, 16, 0, 0, 0, 0]));
    handles
}

impl Host {
    /// A perf event that counts this process's CPU time.
    #[track_caller]
    pub(super) fn software_event(&mut self) -> i64 {
        let mut attr = [0; 64];
        attr[0] = 1; // PERF_TYPE_SOFTWARE
        attr[4] = 64; // size
        attr[8] = 1; // PERF_COUNT_SW_TASK_CLOCK
        attr[16..20].copy_from_slice(&1_000_000u32.to_le_bytes());
        let attr = self.put(&attr);
        self.must("perf_event_open", &[attr.addr, attr.len, 0, -1, -1, 0])
    }
}
