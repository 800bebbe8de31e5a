//! Skeletons against bpftool's, and against libbpf itself.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use wasm_bpf_codegen::ErrorKind;

use crate::support::*;

/// A directory with vmlinux.h, globals.bpf.o and globals.skel.h, all of our making.
fn must_prepare() -> (TempDir, PathBuf, String) {
    let dir = tempfile::tempdir().expect("temporary directory");
    let btf = fs::read(KERNEL).expect("kernel with BTF");
    let header = wasm_bpf_codegen::vmlinux(&btf).expect("vmlinux.h");
    fs::write(dir.path().join("vmlinux.h"), header).expect("write header");
    let object = must_build_object("globals.bpf.c", dir.path());
    let elf = fs::read(&object).expect("object");
    let skeleton = wasm_bpf_codegen::skeleton(&elf, "globals").expect("skeleton");
    fs::write(dir.path().join("globals.skel.h"), &skeleton).expect("write skeleton");
    (dir, object, skeleton)
}

fn include(dir: &Path) -> [String; 2] {
    [format!("-I{}", dir.display()), format!("-I{}", object_source("").display())]
}

/// Members that are maps, programs and links, and each variable of a data section with its size.
fn names(skeleton: &str) -> Vec<&str> {
    let member = |line: &str| {
        ["bpf_map", "bpf_program", "bpf_link"].iter().any(|ty| line.starts_with(&format!("struct {ty} *")))
    };
    skeleton
        .lines()
        .map(str::trim)
        .filter_map(|line| match line.split_once("sizeof(s->") {
            Some((_, variable)) => variable.split(',').next(),
            None => member(line).then_some(line),
        })
        .filter(|line| !line.starts_with("maps)") && !line.starts_with("progs)"))
        .collect()
}

#[test]
fn names_and_sizes_are_bpftool_s() {
    let (_dir, object, skeleton) = must_prepare();
    let theirs = must_run(Command::new("bpftool").args(["gen", "skeleton"]).arg(object).args(["name", "globals"]));
    // A pointer among the constants has a number beside it, which is as wide everywhere.
    let skeleton = skeleton.replace("__number)", ")");
    let ours = names(&skeleton);
    assert!(ours.len() > 25, "{ours:?}");
    let mut theirs = names(&theirs);
    // libbpf takes hidden variables as internal; the one in older bpftools did not.
    theirs.retain(|name| !name.starts_with("data->hidden)"));
    assert_eq!(ours, theirs);
}

#[test]
fn a_program_for_libbpf_runs_unchanged() {
    let (dir, ..) = must_prepare();
    let [own, objects] = include(dir.path());
    let program = dir.path().join("user");
    let output = format!("-o{}", program.display());
    for language in [C11, CXX17] {
        let flags: &[&str] = &["-D_GNU_SOURCE", "-O1", &own, &objects, &output];
        let libbpf: &[&str] = &["-lbpf"];
        must_compile(&[language, STRICT, flags, libbpf], &[&object_source("user.c")]);
        // 20 calls in steps of 3 until the limit of 10 is passed.
        assert_eq!(must_run(&mut Command::new(&program)), "count 12\n");
    }
}

#[test]
fn one_source_compiles_with_both_skeletons() {
    let (dir, object, _) = must_prepare();
    let [own, objects] = include(dir.path());
    let source = object_source("user.c");
    let sdk = object_source("../../../../sdk/c/include");
    let sdk = format!("-I{}", sdk.display());
    let multiarch = multiarch();
    let headers: &[&str] = &[
        "-isystem",
        "/usr/include/wasm32-wasi",
        "-idirafter",
        "/usr/include",
        "-idirafter",
        &multiarch,
        "-DSYS_getppid=0",
    ];
    must_compile(&[WASM, C11, STRICT, &["-fsyntax-only", &own, &objects, &sdk], headers], &[&source]);
    let theirs = must_run(Command::new("bpftool").args(["gen", "skeleton"]).arg(object).args(["name", "globals"]));
    fs::write(dir.path().join("globals.skel.h"), theirs).expect("write skeleton");
    // bpftool's names the kernel's integers, which its users define.
    let integers: &[&str] = &["-Du8=unsigned char", "-Du64=unsigned long long"];
    must_compile(&[C11, STRICT, &["-D_GNU_SOURCE", "-fsyntax-only", &own, &objects], integers], &[&source]);
}

#[test]
fn names_that_cpp_forbids_are_kept_in_c() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let btf = fs::read(KERNEL).expect("kernel with BTF");
    fs::write(dir.path().join("vmlinux.h"), wasm_bpf_codegen::vmlinux(&btf).expect("vmlinux.h")).expect("write header");
    let object = must_build_object("keywords.bpf.c", dir.path());
    let elf = fs::read(&object).expect("object");
    let skeleton = wasm_bpf_codegen::skeleton(&elf, "keywords").expect("skeleton");
    fs::write(dir.path().join("keywords.skel.h"), &skeleton).expect("write skeleton");
    let [own, objects] = include(dir.path());
    let program = dir.path().join("user");
    let output = format!("-o{}", program.display());
    for language in [C11, CXX17] {
        let flags: &[&str] = &["-D_GNU_SOURCE", "-O1", &own, &objects, &output];
        must_compile(&[language, STRICT, flags, &["-lbpf"]], &[&object_source("keywords.c")]);
        must_run(&mut Command::new(&program));
    }
}

#[test]
fn guests_see_the_same_layout() {
    let (dir, ..) = must_prepare();
    let [own, objects] = include(dir.path());
    let source = dir.path().join("guest.c");
    let text = "#include \"globals.h\"\n#include \"globals.skel.h\"\n";
    fs::write(&source, text).expect("write source");
    let multiarch = multiarch();
    // The kernel's headers come with libbpf's, behind those of wasi-libc.
    let headers: &[&str] =
        &["-isystem", "/usr/include/wasm32-wasi", "-idirafter", "/usr/include", "-idirafter", &multiarch];
    let flags: &[&str] = &["-fsyntax-only", &own, &objects];
    for language in [C11, CXX17] {
        must_compile(&[WASM, language, STRICT, flags, headers], &[&source]);
    }
}

#[test]
fn a_struct_of_another_size_is_refused() {
    let (dir, _, skeleton) = must_prepare();
    let source = dir.path().join("wrong.c");
    let header = fs::read_to_string(object_source("globals.h")).expect("header");
    let wrong = header.replace("long long y", "int y");
    assert_ne!(wrong, header);
    fs::write(&source, wrong + &skeleton).expect("write source");
    let output = Command::new("clang-19").args(["-fsyntax-only"]).arg(source).output().expect("clang-19");
    assert!(!output.status.success());
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(message.contains("unexpected size of 'pair'"), "{message}");
}

#[test]
fn a_bad_name_is_refused() {
    let (_dir, object, _) = must_prepare();
    let elf = fs::read(object).expect("object");
    for name in ["", "two words", "1st", "a;b"] {
        let error = wasm_bpf_codegen::skeleton(&elf, name).expect_err("error");
        assert_eq!(error.kind(), ErrorKind::Name, "{name}");
    }
}

#[test]
fn arenas_and_kernel_operations_have_members() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let btf = fs::read(KERNEL).expect("kernel with BTF");
    let header = wasm_bpf_codegen::vmlinux(&btf).expect("vmlinux.h");
    fs::write(dir.path().join("vmlinux.h"), header).expect("write header");
    let object = must_build_object("special.bpf.c", dir.path());
    let elf = fs::read(&object).expect("object");
    let skeleton = wasm_bpf_codegen::skeleton(&elf, "special").expect("skeleton");
    for text in [
        "\t\tstruct bpf_map *pages;\n\t\tstruct bpf_map *bss;\n\t\tstruct bpf_map *operations;\n\t} maps;",
        "\t\tstruct bpf_link *cong_avoid;\n\t\tstruct bpf_link *operations;\n\t} links;",
        "\tstruct special__arena {\n\t\tunsigned int list[4];\n\t\tunsigned long long count;\n\t} *arena;",
        "s->maps[0].mmaped = (void **)&obj->arena;",
        "s->maps[2].link = &obj->links.operations;",
        "\tstruct {\n\t\tstruct special__operations__tcp_congestion_ops {\n\t\t\t",
        "union { struct bpf_program *ssthresh; unsigned long long __slot_ssthresh; };\n",
        "\t\t\tunsigned int flags;\n",
        "\t\t} *operations;\n\t} struct_ops;\n\tstruct {\n\t\tstruct bpf_program *fill;",
        "\tobj->struct_ops.operations = (",
        // A pointer into the arena is a number of the arena's.
        "\t\tunsigned long long head; /* u32 * */",
    ] {
        assert!(skeleton.contains(text), "no {text}");
    }
}
