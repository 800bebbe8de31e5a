//! What the fuzz targets run, and the tests with the inputs that were kept: one function a target, which panics where
//! the code under it does not hold what it promises.

mod guest;
pub mod imports;
mod sequence;

use std::fs;
use std::path::PathBuf;

use wasm_bpf_runtime::{Grant, Policy};

/// Codegen on any bytes: what it makes of broken BTF is an error; what it makes of good BTF, it makes again.
pub fn codegen_btf(data: &[u8]) {
    let headers = [
        wasm_bpf_codegen::vmlinux(data),
        wasm_bpf_codegen::types(data, &[]),
        wasm_bpf_codegen::skeleton(data, "object"),
    ];
    for header in headers.iter().flatten() {
        assert!(header.is_ascii(), "a header for compilers is ASCII");
    }
    let names: Vec<String> = headers.iter().flatten().flat_map(|text| wasm_bpf_codegen::defined_types(text)).collect();
    let _ = wasm_bpf_codegen::layout_checks(data, &names);
    for header in headers.iter().flatten() {
        let _ = wasm_bpf_codegen::widen(header, data, &names, true);
    }
    let _ = wasm_bpf_codegen::widen(&String::from_utf8_lossy(data), OBJECT, &names, true);
    if let Ok(slim) = wasm_bpf_codegen::slim(data) {
        assert_eq!(
            wasm_bpf_codegen::slim(&slim).expect("what was slimmed is an object"),
            slim,
            "slim changes it again"
        );
    }
    // The kernel's types are as long as what is left of the bytes.
    let (elf, kernel) = data.split_at(data.len() / 2);
    let _ = wasm_bpf_codegen::kernel_types(elf, kernel);
    let _ = wasm_bpf_codegen::kernel_types(OBJECT, data);
    let _ = wasm_bpf_codegen::kernel_types(data, data);
}

/// A small object: maps of each kind that guests read, programs that observe.
pub const OBJECT: &[u8] = include_bytes!("../objects/observe.o");

/// Inspect on any bytes: as a module, and as a BPF object within one. The policy that it proposes is valid.
pub fn inspect(data: &[u8]) {
    for module in [data, &*module_with(data)] {
        let Ok(report) = wasm_bpf_runtime::inspect::inspect(module) else { continue };
        let path = scratch_file("inspected.toml");
        fs::write(&path, &report.policy).expect("a writable folder for temporary files");
        if let Err(error) = Policy::default().with_file(&path) {
            panic!("{error}\n{}", report.policy);
        }
    }
}

/// Policy files: any text is rules or an error with its place; the rules for what a module needs allow that, and are the
/// same when they are made again. The text ends at a NUL, what follows are needs.
pub fn policy(data: &[u8]) {
    let end = data.iter().position(|byte| *byte == 0).unwrap_or(data.len());
    let (text, _needs) = data.split_at(end);
    let path = scratch_file("policy.toml");
    fs::write(&path, text).expect("a writable folder for temporary files");
    if let Ok(policy) = Policy::default().with_file(&path) {
        let _ = policy.dirs();
        for name in Grant::names() {
            policy.allows(name.parse().expect("its own name"));
        }
    }
    // The other half looks at what the runtime shows nobody; its own tests run that.
    #[cfg(fuzzing)]
    wasm_bpf_runtime::fuzzing::policy(&String::from_utf8_lossy(text), _needs);
}

/// A module that has `data` in its memory, at an address that objects like.
fn module_with(data: &[u8]) -> Vec<u8> {
    let mut module = b"\0asm\x01\0\0\0".to_vec();
    let pages = data.len().div_ceil(1 << 16) as u64 + 1;
    let mut memory = vec![1, 0];
    number(&mut memory, pages);
    // At (i32.const 16).
    let mut segment = vec![1, 0, 0x41, 16, 0x0b];
    number(&mut segment, data.len() as u64);
    segment.extend_from_slice(data);
    for (section, content) in [(5, memory), (11, segment)] {
        module.push(section);
        number(&mut module, content.len() as u64);
        module.extend_from_slice(&content);
    }
    module
}

/// A number as WebAssembly writes it (LEB128).
fn number(to: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        to.push(value as u8 | 0x80);
        value >>= 7;
    }
    to.push(value as u8);
}

/// A file of this thread's own, in memory where the machine has a place for such.
fn scratch_file(name: &str) -> PathBuf {
    let folder = PathBuf::from("/dev/shm");
    let folder = if folder.is_dir() { folder } else { std::env::temp_dir() };
    let thread = std::thread::current().id();
    folder.join(format!("wasm-bpf-fuzz-{}-{thread:?}-{name}", std::process::id()))
}
