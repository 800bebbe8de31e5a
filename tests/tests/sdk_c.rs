//! The C SDK: its headers compile, its imports are the host's, and programs do with it what they do with native libbpf.
//!
//! The programs under `sdk/c/tests` are compiled twice from one source, natively with the libbpf that the runtime is
//! built on and for WebAssembly as `wasm-bpf build` does it. What they print must be the same.

use std::ffi::OsStr;
use std::fs;
use std::net::UdpSocket;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;
use wasm_bpf_tests::{
    KIT, Run, Signal, Skeleton, binary, both_with_skeleton, clang, for_each, must_agree, must_count_runs, must_output,
    workspace,
};
use wasmparser::{Parser, Payload};

/// Where the SDK's headers are: the guest's, and those that BPF programs and native ones include too.
const SDK: [&str; 2] = ["sdk/c/include", "sdk/c/shared"];
/// The headers that programs include; the others in `wasm_bpf/` are parts of them.
const PUBLIC: &[&str] = &[
    "argp.h",
    "arpa/inet.h",
    "asm/unistd.h",
    "bpf/bpf.h",
    "bpf/btf.h",
    "bpf/libbpf.h",
    "blazesym.h",
    "bpf_arena.h",
    "errno.h",
    "err.h",
    "error.h",
    "elf.h",
    "fcntl.h",
    "gelf.h",
    "getopt.h",
    "libelf.h",
    "linux/if_packet.h",
    "linux/in.h",
    "linux/in6.h",
    "net/ethernet.h",
    "net/if.h",
    "netinet/if_ether.h",
    "netinet/in.h",
    "poll.h",
    "sched.h",
    "setjmp.h",
    "signal.h",
    "stdio.h",
    "stdlib.h",
    "string.h",
    "sys/epoll.h",
    "sys/eventfd.h",
    "sys/ioctl.h",
    "sys/mman.h",
    "sys/resource.h",
    "sys/signalfd.h",
    "sys/socket.h",
    "sys/stat.h",
    "sys/syscall.h",
    "sys/sysinfo.h",
    "sys/timerfd.h",
    "sys/utsname.h",
    "sys/wait.h",
    "time.h",
    "unistd.h",
    "wasm_bpf/symbols.h",
    "zlib.h",
];

/// All headers of the SDK, as they are included.
fn headers() -> Vec<String> {
    let mut headers: Vec<String> = SDK.iter().flat_map(|folder| headers_below(&workspace().join(folder))).collect();
    headers.sort();
    headers
}

/// The headers in a folder, relative to it.
fn headers_below(root: &Path) -> Vec<String> {
    let mut folders = vec![root.to_owned()];
    let mut headers = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a readable folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                headers.push(path.strip_prefix(root).expect("below the root").display().to_string());
            }
        }
    }
    headers
}

#[test]
fn every_header_compiles_alone_as_c11_and_cpp17() {
    let headers = headers();
    // Of the kernel's headers the SDK wraps what they share, and no more.
    let mine = |header: &str| headers.iter().any(|have| have == header) || header.starts_with("linux/");
    assert!(PUBLIC.iter().all(|header| mine(header)));
    for_each(&headers, |header| {
        let source = KIT.file(&format!("alone-{}.c", header.replace('/', "-")));
        // Alone, and in C also where ssize_t has 64 bits already.
        for (before, language) in [
            ("", ["-xc", "-std=c11"]),
            ("", ["-xc++", "-std=c++17"]),
            ("#include <bpf/libbpf.h>\n", ["-xc", "-std=c11"]),
        ] {
            let text = format!("{before}#include <{header}>\n#include <{header}>\nint main(void) {{ return 0; }}\n");
            fs::write(&source, text).unwrap();
            must_output(KIT.guest(&language).arg("-fsyntax-only").arg(&source));
        }
    });
}

#[test]
fn units_in_c_and_cpp_share_one_copy_of_everything() {
    let includes: String = PUBLIC.iter().map(|header| format!("#include <{header}>\n")).collect();
    let first = KIT.file("first.c");
    let second = KIT.file("second.cc");
    fs::write(
        &first,
        format!("{includes}void other(void);\nint main(void) {{ other(); signal(SIGINT, SIG_IGN); return wasm_bpf_actions[SIGINT].handler != WASM_BPF_IGNORE; }}\n"),
    )
    .unwrap();
    fs::write(
        &second,
        format!(
            "{includes}extern \"C\" void other(void) {{ libbpf_set_print(NULL); if (wasm_bpf_printer) abort(); }}\n"
        ),
    )
    .unwrap();
    let objects = [KIT.must_compile(&first, "first.o"), KIT.must_compile(&second, "second.o")];
    let module = KIT.must_link(&[&objects[0], &objects[1]], "shared.wasm");
    must_output(Command::new(binary()).arg(module));
}

/// The names that a module imports from the host.
fn imports(module: &Path) -> Vec<String> {
    let bytes = fs::read(module).expect("a module");
    let mut names = Vec::new();
    for payload in Parser::new(0).parse_all(&bytes) {
        if let Payload::ImportSection(section) = payload.expect("a valid module") {
            for import in section.into_imports() {
                let import = import.expect("a valid import");
                if import.module == "wasm_bpf_v1" {
                    names.push(import.name.to_owned());
                }
            }
        }
    }
    names.sort();
    names
}

#[test]
fn the_host_offers_every_import_with_the_type_that_the_sdk_declares() {
    let declarations = fs::read_to_string(workspace().join("sdk/c/include/wasm_bpf/import.h")).unwrap();
    let mut names: Vec<String> = declarations
        .lines()
        .filter_map(|line| Some(line.strip_prefix("WASM_BPF_IMPORT(")?.split_once(')')?.0.to_owned()))
        .collect();
    let table: String = names.iter().map(|name| format!("(void *)wasm_bpf_v1_{name},\n")).collect();
    let source = KIT.file("imports.c");
    let text = format!(
        "#include <wasm_bpf/import.h>\nvoid *volatile table[] = {{\n{table}}};\nint main(void) {{ return !table[0]; }}\n"
    );
    fs::write(&source, text).unwrap();
    let module = KIT.must_link(&[&KIT.must_compile(&source, "imports.o")], "imports.wasm");
    names.sort();
    assert_eq!(imports(&module), names);
    must_output(Command::new(binary()).arg(module));
}

#[test]
fn unused_parts_are_left_out() {
    let source = KIT.file("small.c");
    let includes: String = PUBLIC.iter().map(|header| format!("#include <{header}>\n")).collect();
    let text = format!(
        "{includes}static int on_event(void *ctx, void *data, size_t size)\n{{\n(void)ctx;\nreturn write(1, data, size) < 0;\n}}\n\
         int main(void)\n{{\nstruct ring_buffer *ring = ring_buffer__new(bpf_obj_get(\"/x\"), on_event, NULL, NULL);\n\
         while (ring && ring_buffer__poll(ring, -1) >= 0)\n;\nring_buffer__free(ring);\nreturn 0;\n}}\n"
    );
    fs::write(&source, text).unwrap();
    let module = KIT.must_link(&[&KIT.must_compile(&source, "small.o")], "small.wasm");
    let wanted = [
        "error_text",
        "handle_close",
        "link_open",
        "log_read",
        "map_info",
        "map_open",
        "ring_open",
        "ring_window",
        "signal_handle",
        "signal_take",
        "wait",
    ];
    assert_eq!(imports(&module), wanted);
    let size = module.metadata().unwrap().len();
    assert!(size < 45_000, "{size} bytes, of which printf() takes half");
}

#[test]
fn what_the_host_lacks_is_an_error_with_advice() {
    let source = KIT.file("lacking.c");
    fs::write(&source, "#include <bpf/libbpf.h>\nint main(void) { return !bpf_linker__new(0, 0); }\n").unwrap();
    let output = KIT.guest(&["-fsyntax-only"]).arg(source).output().expect("clang");
    let messages = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && messages.contains("link BPF objects before the guest is built"), "{messages}");
}

/// Builds the program in a folder of `sdk/c/tests/programs` in both ways and compares them.
#[track_caller]
fn must_behave_as_natively(name: &str, arguments: &[&str]) {
    let (program, module) = both_with_skeleton(name, &Skeleton::Bpftool);
    must_agree(&program, &module, arguments, None);
}

#[test]
fn a_ring_buffer_and_global_variables_behave_as_natively() {
    must_behave_as_natively("ring", &[]);
}

#[test]
fn every_record_of_a_ring_buffer_is_seen_as_natively() {
    must_behave_as_natively("ring_walk", &[]);
}

#[test]
fn a_perf_buffer_and_signals_behave_as_natively() {
    must_behave_as_natively("perf", &[]);
}

#[test]
fn every_record_of_a_perf_buffer_is_seen_as_natively() {
    must_behave_as_natively("perf_walk", &[]);
}

#[test]
fn a_user_ring_buffer_behaves_as_natively() {
    must_behave_as_natively("user_ring", &[]);
    // Where the ring is full and nothing drains it, a signal ends the wait for room.
    let mut guest = Run::module(&KIT.file("user_ring.wasm")).arg("wait").must_start();
    guest.must_print("waiting");
    guest.signal(Signal::INT);
    assert_eq!(guest.must_end().must_exit(0).stdout, "waiting\ninterrupted: 1 1\n");
}

#[test]
fn mapped_arrays_behave_as_natively() {
    must_behave_as_natively("mapping", &[]);
}

#[test]
fn maps_behave_as_natively() {
    must_behave_as_natively("maps", &[]);
}

#[test]
fn an_arena_behaves_as_natively() {
    // The installed bpftool may not know arenas yet.
    let (program, module) = both_with_skeleton("arena", &Skeleton::Ours);
    must_agree(&program, &module, &[], None);
}

#[test]
fn links_made_by_hand_behave_as_natively() {
    must_behave_as_natively("attach", &[]);
}

#[test]
fn a_table_of_kernel_operations_behaves_as_natively() {
    // The skeleton is ours on both sides: that member is younger than the bpftools of many distributions.
    let (program, module) = both_with_skeleton("struct_ops", &Skeleton::Ours);
    must_agree(&program, &module, &[], None);

    let available = || fs::read_to_string("/proc/sys/net/ipv4/tcp_available_congestion_control").expect("TCP");
    let mut guest = Run::bare().args(["--allow", "struct-ops"]).arg(&module).arg("wait").must_start();
    guest.must_print("in the kernel: flags 1, program 1");
    assert!(available().contains("wb_sdk_control"), "{}", available());
    guest.signal(Signal::INT);
    guest.must_end().must_exit(0);
    assert!(!available().contains("wb_sdk_control"));
    let ended = Run::module(&module).must_end().must_exit(1);
    assert!(ended.stdout.contains("cannot be registered: "), "{}", ended.stdout);
}

#[test]
fn counts_of_runs_and_misses_behave_as_natively() {
    let _counting = must_count_runs();
    must_behave_as_natively("misses", &[]);
}

#[test]
fn an_iterator_behaves_as_natively() {
    must_behave_as_natively("iter", &[]);
}

#[test]
fn xdp_and_tc_behave_as_natively() {
    must_behave_as_natively("net", &[]);
}

#[test]
fn packet_sockets_behave_as_natively() {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let to = socket.local_addr().expect("an address");
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        // For both programs, from before they listen: which of the datagrams they see does not matter.
        let sender = scope.spawn(|| {
            while !ended.load(Ordering::Relaxed) {
                socket.send_to(b"hello", to).expect("room");
                thread::sleep(Duration::from_millis(5));
            }
        });
        let end = End(&ended);
        must_behave_as_natively("socket", &[&to.port().to_string()]);
        drop(end);
        sender.join().expect("a sender");
    });
}

/// Says so when it is dropped, also by a test that fails.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_refusal_of_the_runtime_reaches_libbpf_set_print() {
    let module = KIT.file("refused.wasm");
    let folder = workspace().join("sdk/c/tests/programs/net");
    must_output(
        Command::new(binary()).arg("build").arg(folder).arg("-o").arg(&module).env("XDG_CACHE_HOME", KIT.folder()),
    );
    let ended = Run::module(&module).must_end().must_exit(1);
    assert!(ended.stderr.contains("wasm-bpf: ") && ended.stderr.contains("--allow"), "{}", ended.stderr);
}

#[test]
fn values_of_long_behave_as_natively() {
    must_behave_as_natively("longs", &[]);
}

#[test]
fn pins_behave_as_natively() {
    let folder = format!("/sys/fs/bpf/sdk-c-{}", std::process::id());
    must_behave_as_natively("pin", &[&folder]);
    fs::remove_dir(folder).expect("the folder is there, and empty");
}

#[test]
fn types_names_and_probes_are_the_native_ones() {
    must_behave_as_natively("types", &[]);
}

#[test]
fn a_signal_ends_each_kind_of_wait_and_runs_its_handler() {
    let source = workspace().join("sdk/c/tests/signals/signals.c");
    let object = KIT.file("signals.o");
    must_output(KIT.guest(&["-c", "-Wno-missing-field-initializers"]).arg(&source).arg("-o").arg(&object));
    let module = KIT.must_link(&[&object], "signals.wasm");
    let alone = "blocked: 1\npending: 1\nunblocked: 1\nbefore: 1\nignored: 1\nonce: 1 1\nno such signal: 1\nwaiting\n";
    for (way, ended) in [
        ("sleep", "left: 1\n"),
        ("nanosleep", "interrupted: 1\nleft: 1\n"),
        ("usleep", "interrupted: 1\n"),
        ("pause", "interrupted: 1\n"),
    ] {
        let mut guest = Run::module(&module).arg(way).must_start();
        guest.must_print("waiting");
        guest.signal(Signal::INT);
        let ended_as = guest.must_end().must_exit(3);
        assert_eq!(ended_as.stdout, format!("{alone}{ended}handled: 2\n"));
    }
    let ended = Run::module(&module).arg("none").must_end().must_exit(128 + 15);
    assert_eq!(ended.stdout, alone, "without a handler SIGTERM ends the program");
    let native = KIT.must_compile_natively(&source, "signals.native");
    let output = Command::new(native).arg("none").output().expect("the native program");
    assert_eq!(String::from_utf8_lossy(&output.stdout), alone);
}

#[test]
fn an_event_loop_behaves_as_natively() {
    let (program, module) = both_with_skeleton("event_loop", &Skeleton::Bpftool);
    must_agree(&program, &module, &[], None);
    // By nobody: it dies of the signal.
    for way in ["descriptor", "handler", "nobody"] {
        let [guest, native] = [Run::module(&module), Run::program(&program, "event_loop")].map(|run| {
            let mut running = run.arg(way).must_start();
            running.must_print("waiting");
            running.signal(Signal::TERM);
            let ended = running.must_end();
            (ended.code, ended.stdout)
        });
        assert_eq!(guest, native, "the guest's on the left");
        assert_eq!(guest.0, (way != "nobody").then_some(0));
    }
}

#[test]
fn btf_files_and_strings_behave_as_natively() {
    let object = KIT.file("btf.kept/btf.bpf.o");
    must_behave_as_natively("btf", &[object.to_str().expect("a plain path")]);
}

#[test]
fn the_verifiers_log_is_kept_as_natively() {
    must_behave_as_natively("log", &[]);
}

#[test]
fn a_perf_buffer_wakes_when_it_has_as_many_records_as_natively() {
    must_behave_as_natively("period", &[]);
}

#[test]
fn types_and_data_are_printed_as_natively() {
    let object = KIT.file("btf_dump.kept/btf_dump.bpf.o");
    must_behave_as_natively("btf_dump", &[object.to_str().expect("a plain path")]);
}

#[test]
fn headers_hide_nothing_from_system_folders() {
    // Programs are compiled with the SDK as a system folder: the wrappers must find the C library's headers there too.
    let source = KIT.file("system.c");
    let includes: String = PUBLIC.iter().map(|header| format!("#include <{header}>\n")).collect();
    fs::write(&source, format!("{includes}int main(void) {{ return INT_MAX == PATH_MAX; }}\n")).unwrap();
    let mut clang = clang(&["--target=wasm32-wasi", "-fsyntax-only", "-Werror"]);
    clang.arg("--sysroot").arg(KIT.unpacked().join("sysroot")).arg("-isystem").arg(KIT.unpacked().join("sdk"));
    must_output(clang.arg(OsStr::new("-idirafter")).arg(KIT.unpacked().join("uapi")).arg(source));
}

#[test]
fn a_compiler_that_is_too_old_for_arenas_is_told_so() {
    let source = TempDir::new().expect("a temporary folder");
    let file = source.path().join("old.bpf.c");
    fs::write(&file, "#include <bpf_arena.h>\n").expect("a writable folder");
    // What older versions do not define.
    let mut clang = clang(&["--target=bpf", "-U__BPF_FEATURE_ADDR_SPACE_CAST", "-fsyntax-only", "-I"]);
    let output = clang.arg(workspace().join("sdk/c/shared")).arg(file).output().expect("a compiler");
    let messages = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && messages.contains("arenas need clang 19 or newer"), "{messages}");
}
