//! WASI's functions, given addresses outside the guest's memory and descriptors that are none: each answers with the error
//! that says so, and writes nothing.

use wasm_bpf_runtime::{Options, Outcome, PreopenedDir, Runtime, WasiConfig};
use wasm_bpf_tests::hostile::must_leave_nothing;

/// WASI's numbers.
const BADF: i32 = 8;
const FAULT: i32 = 21;
const NOTSOCK: i32 = 57;

/// Functions with addresses. `h`: a descriptor, `p`: an address, `n`: a length or count, `i` and `l`: a number of 32 or 64 bits.
const WITH_ADDRESSES: [(&str, &str); 30] = [
    ("args_sizes_get", "pp"),
    ("environ_sizes_get", "pp"),
    ("clock_res_get", "ip"),
    ("clock_time_get", "ilp"),
    ("poll_oneoff", "ppnp"),
    ("random_get", "pn"),
    ("fd_fdstat_get", "hp"),
    ("fd_filestat_get", "hp"),
    ("fd_pread", "hpnlp"),
    ("fd_prestat_get", "hp"),
    ("fd_prestat_dir_name", "hpn"),
    ("fd_pwrite", "hpnlp"),
    ("fd_read", "hpnp"),
    ("fd_readdir", "hpnlp"),
    ("fd_seek", "hlip"),
    ("fd_tell", "hp"),
    ("fd_write", "hpnp"),
    ("path_create_directory", "hpn"),
    ("path_filestat_get", "hipnp"),
    ("path_filestat_set_times", "hipnlli"),
    ("path_link", "hipnhpn"),
    ("path_open", "hipnillip"),
    ("path_readlink", "hpnpnp"),
    ("path_remove_directory", "hpn"),
    ("path_rename", "hpnhpn"),
    ("path_symlink", "pnhpn"),
    ("path_unlink_file", "hpn"),
    ("sock_accept", "hip"),
    ("sock_recv", "hpnipp"),
    ("sock_send", "hpnip"),
];
/// Functions with a descriptor and no address.
const WITH_DESCRIPTORS: [(&str, &str); 11] = [
    ("fd_advise", "hlli"),
    ("fd_allocate", "hll"),
    ("fd_close", "h"),
    ("fd_datasync", "h"),
    ("fd_fdstat_set_flags", "hi"),
    ("fd_fdstat_set_rights", "hll"),
    ("fd_filestat_set_size", "hl"),
    ("fd_filestat_set_times", "hlli"),
    ("fd_renumber", "hh"),
    ("fd_sync", "h"),
    ("sock_shutdown", "hi"),
];

/// What a function answers to these arguments; the guest has one directory, descriptor 3. All of its memory stays as it was.
#[track_caller]
fn answer(runtime: &Runtime, name: &str, types: &str, descriptor: i64, address: i64) -> i32 {
    let params: String = types.chars().map(|kind| if kind == 'l' { "i64 " } else { "i32 " }).collect();
    let args: String = types
        .chars()
        .map(|kind| match kind {
            'h' => format!("(i32.const {descriptor})"),
            'p' => format!("(i32.const {address})"),
            'n' => "(i32.const 8)".into(),
            'l' => "(i64.const 0)".into(),
            _ => "(i32.const 0)".into(),
        })
        .collect();
    let text = format!(
        "(module
            (import \"wasi_snapshot_preview1\" \"{name}\" (func $f (param {params}) (result i32)))
            (import \"wasi_snapshot_preview1\" \"proc_exit\" (func $exit (param i32)))
            (memory (export \"memory\") 1)
            (func (export \"_start\") (local $at i32) (local $answer i32)
                (memory.fill (i32.const 0) (i32.const 0x41) (i32.const 0x10000))
                (local.set $answer (call $f {args}))
                (loop $again
                    (if (i64.ne (i64.load (local.get $at)) (i64.const 0x4141414141414141))
                        (then (call $exit (i32.const 100))))
                    (br_if $again (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (i32.const 0x10000))))
                (call $exit (local.get $answer))))"
    );
    let wasm = wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}"));
    let module = runtime.compile(&wasm, None).unwrap_or_else(|error| panic!("{error}"));
    let directory = PreopenedDir { host: "/sys/kernel/btf".into(), guest: "/types".into(), read_only: true };
    let wasi = WasiConfig { args: vec!["guest".into()], env: Vec::new(), dirs: vec![directory], raw_output: false };
    let guest =
        runtime.guest(&module, Options { wasi, ..Options::default() }).unwrap_or_else(|error| panic!("{error}"));
    match guest.run().unwrap_or_else(|error| panic!("{error}")) {
        Outcome::Exited(100) => panic!("{name} wrote to memory that it was not given"),
        Outcome::Exited(code) => code,
        Outcome::Trapped(text) => panic!("{name}: {text}"),
    }
}

#[test]
fn an_address_outside_of_memory_is_a_fault() {
    must_leave_nothing(|runtime| {
        let mut wrong = Vec::new();
        for (name, types) in WITH_ADDRESSES.iter() {
            for address in [0xffff, 0x1_0000, 0x7fff_ffff, 0xffff_fff0, 0xffff_ffff] {
                let answered = answer(runtime, name, types, 3, address);
                // What the descriptor cannot do comes first: a directory has no place to seek to, and is no socket.
                let wanted = match *name {
                    "fd_seek" | "fd_tell" => BADF,
                    "sock_accept" | "sock_recv" | "sock_send" => NOTSOCK,
                    _ => FAULT,
                };
                if answered != wanted {
                    wrong.push(format!("{name} at {address:#x}: {answered}"));
                }
            }
        }
        assert_eq!(wrong, [""; 0]);
    });
}

#[test]
fn a_number_that_is_no_descriptor_is_told_so() {
    must_leave_nothing(|runtime| {
        let mut wrong = Vec::new();
        let all = WITH_ADDRESSES.iter().chain(&WITH_DESCRIPTORS).filter(|(_, types)| types.contains('h'));
        for (name, types) in all {
            for descriptor in [4, 1000, 0x4000_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff] {
                // At an address of its own, filled with `A`: a path that is nowhere, vectors that are outside.
                let answered = answer(runtime, name, types, descriptor, 0x100);
                if answered != BADF {
                    wrong.push(format!("{name} of {descriptor:#x}: {answered}"));
                }
            }
        }
        assert_eq!(wrong, [""; 0]);
    });
}
