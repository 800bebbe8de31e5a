//! The running kernel's types: some ten thousand records in one header.

use std::fs;
use std::path::Path;

use crate::support::*;

const DUMP: &[&str] = &["-Xclang", "-fdump-record-layouts-complete"];

#[test]
fn all_types_have_the_same_layout_in_a_guest() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let header = dir.path().join("kernel.h");
    let btf = fs::read(KERNEL).expect("kernel with BTF");
    let text = wasm_bpf_codegen::types(&btf, &[]).expect("types");
    assert!(!text.contains("unsigned char __opaque"), "a record cannot be declared");
    fs::write(&header, text).expect("write header");

    let source = dir.path().join("all.c");
    fs::write(&source, "#include \"kernel.h\"\n").expect("write source");
    let dump = must_compile(&[WASM, C11, STRICT, CHECK, DUMP], &[&source]);
    must_compile(&[WASM, CXX17, STRICT, CHECK], &[&source]);

    let truth = btf_layouts(Path::new(KERNEL));
    assert!(truth.len() > 5000, "only {} records", truth.len());
    require_same(&truth, &clang_layouts(&dump));
}

#[test]
fn vmlinux_h_has_the_kernel_s_layout_for_bpf() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let btf = fs::read(KERNEL).expect("kernel with BTF");
    let header = wasm_bpf_codegen::vmlinux(&btf).expect("vmlinux.h");
    fs::write(dir.path().join("vmlinux.h"), header).expect("write header");
    let source = dir.path().join("all.bpf.c");
    fs::write(&source, "#include \"vmlinux.h\"\n").expect("write source");

    for standard in ["-std=gnu11", "-std=gnu23"] {
        let flags: &[&str] = &["-target", "bpf", standard];
        let dump = must_compile(&[flags, STRICT, CHECK, DUMP], &[&source]);
        require_same(&btf_layouts(Path::new(KERNEL)), &clang_layouts(&dump));
    }
}
