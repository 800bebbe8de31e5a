//! Types of an object: the hard cases one by one.

use std::fs;
use std::path::Path;

use wasm_bpf_codegen::ErrorKind;

use crate::maker::{INT, Maker, STRUCT};
use crate::support::*;

const DUMP: &[&str] = &["-Xclang", "-fdump-record-layouts-complete"];

/// Compiles `text` everywhere and requires the layouts of `object`.
#[track_caller]
fn require_layouts(dir: &Path, text: &str, object: &Path) {
    let source = dir.join("types.c");
    fs::write(dir.join("generated.h"), text).expect("write header");
    fs::write(&source, "#include \"generated.h\"\n").expect("write source");
    let truth = btf_layouts(object);
    for target in [WASM, &[]] {
        let dump = must_compile(&[target, C11, STRICT, CHECK, DUMP], &[&source]);
        require_same(&truth, &clang_layouts(&dump));
        must_compile(&[target, CXX17, STRICT, CHECK], &[&source]);
    }
}

#[test]
fn hard_layouts_are_kept() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let object = must_build_object("types.bpf.c", dir.path());
    let elf = fs::read(&object).expect("object");
    let text = wasm_bpf_codegen::types(&elf, &[]).expect("types");
    require_layouts(dir.path(), &text, &object);

    for line in [
        "\tint class_;",
        "\tint class__;",
        "struct template_ {",
        "\tunsigned long long pointer; /* long * */",
        "\tunsigned long long lists[4];",
        "WASM_BPF_ASSERT(__builtin_offsetof(struct everything, anonymous.inner.deeper) ==",
    ] {
        assert!(text.contains(line), "`{line}` is not in\n{text}");
    }
}

#[test]
fn a_type_brings_what_it_contains_and_no_more() {
    let btf = fs::read(KERNEL).expect("kernel with BTF");
    let text = wasm_bpf_codegen::types(&btf, &["list_head", "pid_t"]).expect("types");
    assert_eq!(text.matches("struct list_head {").count(), 1);
    assert!(text.contains("typedef int pid_t;"));
    assert_eq!(text.matches(" {\n").count(), 1, "{text}");

    let nested = wasm_bpf_codegen::types(&btf, &["wait_queue_head"]).expect("types");
    let inner = nested.find("struct list_head {").expect("contained type");
    assert!(inner < nested.find("struct wait_queue_head {").expect("type"));
}

#[test]
fn an_unknown_type_is_named() {
    let btf = fs::read(KERNEL).expect("kernel with BTF");
    let error = wasm_bpf_codegen::types(&btf, &["list_head", "no_such_type"]).expect_err("error");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("no_such_type"));
}

#[test]
fn bit_fields_of_old_compilers_are_in_the_integer() {
    let mut maker = Maker::new();
    let (int, a, b, top) = (maker.name("int"), maker.name("a"), maker.name("b"), maker.name("top"));
    // 3 bits wide, 2 bits into the place that the member names; 32 bits wide.
    maker.ty(int, INT, 0, 4, &[2 << 16 | 3]);
    maker.ty(int, INT, 0, 4, &[32]);
    maker.ty(top, STRUCT, 2, 8, &[a, 1, 8, b, 2, 32]);
    let text = wasm_bpf_codegen::types(&maker.bytes(), &[]).expect("types");
    let body = "\tunsigned char: 8; unsigned char: 2;\n\tunsigned int a: 3;\n\tunsigned int b;\n}";
    assert!(text.contains(body), "{text}");
}

#[test]
fn members_in_random_order_are_sorted() {
    let mut maker = Maker::new();
    let (int, a, b, top) = (maker.name("int"), maker.name("a"), maker.name("b"), maker.name("top"));
    maker.ty(int, INT, 0, 4, &[1 << 24 | 32]);
    maker.ty(top, STRUCT, 2, 8, &[a, 1, 32, b, 1, 0]);
    let text = wasm_bpf_codegen::types(&maker.bytes(), &[]).expect("types");
    assert!(text.contains("{\n\tint b;\n\tint a;\n}"), "{text}");
}
