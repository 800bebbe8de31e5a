//! The guest of the import targets: it runs a sequence of calls that it is given as its first argument.
//!
//! ```text
//!   4096   PLACES  256 places of 256 bytes, with words in the first ones
//!   256 K  the object          512 K  the calls, decoded          768 K  the argument
//! ```

use std::fmt::Write as _;

/// Where the places that calls read and write begin.
pub(super) const PLACES: u32 = 4096;
/// The size of a place.
pub(super) const PLACE: u32 = 256;
/// Where the object is.
pub(super) const OBJECT_AT: u32 = 256 << 10;
/// Where the calls are, and how many bytes of them there is room for.
pub(super) const CALLS_AT: u32 = 512 << 10;
pub(super) const CALLS_ROOM: usize = 120 << 10;
/// Where the argument is put.
const ARGUMENT_AT: u32 = 768 << 10;
/// The size of the memory at the start, in pages.
pub(super) const PAGES: u32 = 16;
/// Operations beside the imports: the end, copying bytes of the calls to a place, growing memory.
pub(super) const OWN_OPERATIONS: u32 = 3;

/// What is in the first places.
pub(super) const WORDS: [&str; 29] = [
    "events",
    "numbers",
    "cells",
    "each",
    "samples",
    "programs",
    ".bss",
    ".data",
    "packet",
    "on_call",
    "at_function",
    "syscalls",
    "sys_enter_getpgid",
    "sys_enter",
    "do_unlinkat",
    "/proc/self/exe",
    "main",
    "lo",
    "object",
    "int",
    "task_struct",
    "vmlinux",
    "/sys/fs/bpf/wasm-bpf-fuzz",
    "getpgid",
    "*",
    "libc.so.6",
    "",
    "\u{1b}[2J%s%n\u{7f}",
    "../../../../etc/passwd\u{0}x",
];

/// An import: its module, its name, its parameters by name, each with whether it is 64 bits wide.
#[derive(Clone, Debug)]
pub(super) struct Import {
    pub(super) module: &'static str,
    pub(super) name: String,
    pub(super) parameters: Vec<(String, bool)>,
    /// Whether the result is 64 bits wide.
    pub(super) wide: bool,
}

/// The imports of both ABIs, read from docs/abi.md, which the runtime writes from the table that it registers; and WASI's.
pub(super) fn imports() -> Vec<Import> {
    let mut imports = Vec::new();
    for row in include_str!("../../docs/abi.md").lines().filter_map(|line| line.strip_prefix("| `")) {
        let (cell, rest) = row.split_once('`').expect("a closed cell");
        if let Some((name, parameters)) = cell.split_once('(') {
            let parameters = list(parameters.trim_end_matches(')')).map(|text| match text.strip_suffix(": i64") {
                Some(name) => (name.to_owned(), true),
                None => (text.to_owned(), false),
            });
            let parameters = parameters.collect();
            imports.push(Import { module: "wasm_bpf_v1", name: name.into(), parameters, wide: false });
        } else if let Some(ty) = rest.strip_prefix(" | `(") {
            let (parameters, result) = ty.split_once(") -> ").expect("a function's type");
            let parameters = list(parameters).map(|text| {
                let (ty, name) = text.split_once(' ').expect("a type and a name");
                // v0 has an object, not its handle, in 64 bits.
                (name.to_owned(), ty == "i64")
            });
            let parameters = parameters.collect();
            imports.push(Import { module: "wasm_bpf", name: cell.into(), parameters, wide: result.starts_with("i64") });
        }
    }
    imports.extend(WASI.iter().map(|text| {
        let (name, parameters) = text.split_once(' ').expect("a name and parameters");
        let parameters = list(parameters).map(|text| match text.strip_suffix(": i64") {
            Some(name) => (name.to_owned(), true),
            None => (text.to_owned(), false),
        });
        let parameters = parameters.collect();
        Import { module: "wasi_snapshot_preview1", name: name.into(), parameters, wide: false }
    }));
    imports
}

fn list(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.split(", ").filter(|text| !text.is_empty())
}

/// What BPF guests call of WASI's descriptors; writing to the standard streams would only fill the fuzzer's log.
const WASI: [&str; 20] = [
    "args_sizes_get out, out",
    "clock_time_get plain, plain: i64, out",
    "fd_close fd",
    "fd_fdstat_get fd, out",
    "fd_fdstat_set_flags fd, plain",
    "fd_filestat_get fd, out",
    "fd_pread fd, iovs, plain, plain: i64, out",
    "fd_prestat_dir_name fd, buf, len",
    "fd_prestat_get fd, out",
    "fd_read fd, iovs, plain, out",
    "fd_readdir fd, buf, len, plain: i64, out",
    "fd_renumber fd, fd",
    "fd_seek fd, plain: i64, plain, out",
    "path_filestat_get fd, plain, path, len, out",
    "path_open fd, plain, path, len, plain, plain: i64, plain: i64, plain, out",
    "path_readlink fd, path, path_len, buf, len, out",
    "random_get buf, len",
    "sched_yield ",
    "sock_recv fd, iovs, plain, plain, out, out",
    "sock_shutdown fd, plain",
];

/// The guest's module. Each of its steps reads an operation: its number, how many arguments it has, and for each a kind (1:
/// the result with this number, of the last 16) and a value. Its table has nothing at 0, a callback that takes the next
/// step at 1, one that answers -1 at 2, and one that traps at 3.
pub(super) fn module(imports: &[Import], object: &[u8]) -> Vec<u8> {
    let (mut declared, mut steps, mut labels) = (String::new(), String::new(), String::from("$end $copy $grow"));
    for (index, import) in imports.iter().enumerate() {
        let types: String = import.parameters.iter().map(|(_, wide)| if *wide { "i64 " } else { "i32 " }).collect();
        let (result, widened) = if import.wide { ("i64", "") } else { ("i32", "(i64.extend_i32_s ") };
        let (module, name) = (import.module, &import.name);
        let mut call = String::new();
        for (number, (_, wide)) in import.parameters.iter().enumerate() {
            let argument = format!("(call $argument (i32.const {number}))");
            call += &if *wide { argument } else { format!("(i32.wrap_i64 {argument})") };
        }
        let _ =
            writeln!(declared, "(import \"{module}\" \"{name}\" (func $f{index} (param {types}) (result {result})))");
        let _ = write!(labels, " $l{index}");
        let close = if import.wide { "" } else { ")" };
        // The label before this code is the operation's.
        steps = format!(
            "(block $l{index} {steps}) (call $keep {widened}(call $f{index} {call}){close}) (return (i32.const 1))\n"
        );
        if index == 0 {
            let inner = "(block $end (block $copy (block $grow LABELS)
                (call $keep (i64.extend_i32_s (memory.grow (i32.wrap_i64 (call $argument (i32.const 0))))))
                (return (i32.const 1)))
                (memory.copy (i32.wrap_i64 (call $argument (i32.const 0))) (i32.wrap_i64 (call $argument (i32.const 1)))
                    (i32.wrap_i64 (call $argument (i32.const 2))))
                (return (i32.const 1)))
                (return (i32.const 0))";
            steps = steps.replacen("(block $l0 )", &format!("(block $l0 {inner})"), 1);
        }
    }
    let table = format!("(br_table {labels} $end (local.get $operation))");
    let steps = steps.replace("LABELS", &table);
    let words: String =
        WORDS.iter().enumerate().map(|(index, word)| data(PLACES + index as u32 * PLACE, word.as_bytes())).collect();
    let text = format!(
        r#"(module {declared}
        (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
        (memory (export "memory") {PAGES} 64)
        (table (export "__indirect_function_table") 4 funcref)
        (elem (i32.const 1) $next $refuse $trap)
        (global $next_call (mut i32) (i32.const {CALLS_AT}))
        (global $arguments (mut i32) (i32.const 0))
        (global $results (mut i32) (i32.const 0))
        {words} {object}
        (func $argument (param $number i32) (result i64) (local $at i32)
            (local.set $at (i32.add (global.get $arguments) (i32.mul (local.get $number) (i32.const 12))))
            (if (result i64) (i32.load (local.get $at))
                (then (i64.load (i32.mul (i32.and (i32.load offset=4 (local.get $at)) (i32.const 15)) (i32.const 8))))
                (else (i64.load offset=4 (local.get $at)))))
        (func $keep (param $result i64)
            (i64.store (i32.mul (i32.and (global.get $results) (i32.const 15)) (i32.const 8)) (local.get $result))
            (global.set $results (i32.add (global.get $results) (i32.const 1))))
        (func $step (result i32) (local $operation i32) (local $at i32)
            (local.set $at (global.get $next_call))
            (local.set $operation (i32.load (local.get $at)))
            (global.set $arguments (i32.add (local.get $at) (i32.const 8)))
            (global.set $next_call (i32.add (global.get $arguments)
                (i32.mul (i32.load offset=4 (local.get $at)) (i32.const 12))))
            {steps}
            (unreachable))
        (func $next (param i32 i32 i32) (result i32) (drop (call $step)) (i32.const 0))
        (func $refuse (param i32 i32 i32) (result i32) (i32.const -1))
        (func $trap (param i32 i32 i32) (result i32) (unreachable))
        (func (export "_start") (local $from i32) (local $to i32)
            (drop (call $args_get (i32.const {ARGUMENT_AT}) (i32.const {text_at})))
            (local.set $from (i32.const {text_at}))
            (local.set $to (i32.const {CALLS_AT}))
            ;; Two letters from `A` on are a byte.
            (block $decoded (loop $decode
                (br_if $decoded (i32.eqz (i32.load8_u (local.get $from))))
                (i32.store8 (local.get $to) (i32.or
                    (i32.shl (i32.sub (i32.load8_u (local.get $from)) (i32.const 65)) (i32.const 4))
                    (i32.sub (i32.load8_u offset=1 (local.get $from)) (i32.const 65))))
                (local.set $from (i32.add (local.get $from) (i32.const 2)))
                (local.set $to (i32.add (local.get $to) (i32.const 1)))
                (br $decode)))
            (loop $again (br_if $again (call $step)))))"#,
        object = data(OBJECT_AT, object),
        text_at = ARGUMENT_AT + 16,
    );
    wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}"))
}

fn data(at: u32, bytes: &[u8]) -> String {
    let bytes: String = bytes.iter().map(|byte| format!("\\{byte:02x}")).collect();
    format!("(data (i32.const {at}) \"{bytes}\")\n")
}

/// Bytes as the guest's argument has them.
pub(super) fn argument(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| char::from(b'A' + digit)).collect()
}
