//! Slim objects against the objects they were made of: libbpf makes the same programs and maps of both, and the kernel takes both.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use libbpf_rs::{ErrorKind, MapCore as _, Object, ObjectBuilder};
use object::{Object as _, ObjectSection as _};
use tempfile::TempDir;
use wasm_bpf_codegen::slim;

use crate::support::*;

fn must_prepare() -> TempDir {
    let dir = tempfile::tempdir().expect("temporary directory");
    let btf = fs::read(KERNEL).expect("kernel with BTF");
    let header = wasm_bpf_codegen::vmlinux(&btf).expect("vmlinux.h");
    fs::write(dir.path().join("vmlinux.h"), header).expect("write header");
    dir
}

/// An example of the repository, as it is.
fn must_build_example(name: &str, dir: &Path) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name);
    let object = dir.join(format!("{name}.bpf.o"));
    let includes = [format!("-I{}", dir.display()), format!("-I{}", folder.display())];
    let [vmlinux, own] = includes.each_ref().map(|include| &**include);
    let output = format!("-o{}", object.display());
    must_compile(
        &[&["-target", "bpf", "-g", "-O2", "-mcpu=v3", "-c", vmlinux, own, &output, "-idirafter", &multiarch()]],
        &[&folder.join(format!("{name}.bpf.c"))],
    );
    object
}

#[track_caller]
fn must_load(elf: &[u8]) -> Object {
    load(elf).expect("the kernel loads the object")
}

fn load(elf: &[u8]) -> libbpf_rs::Result<Object> {
    ObjectBuilder::default().name("object").expect("a name").open_memory(elf).expect("libbpf opens the object").load()
}

/// The programs as libbpf hands them to the kernel, with relocations done: a line for each and its instructions. Numbers that differ between
/// two runs or two objects are left out: descriptors, and `own`, the id of the object's own type that the program makes objects of.
fn programs(object: &Object, own: Option<i32>) -> Vec<(String, Vec<String>)> {
    /// A load of a number, and the meanings of it that are descriptors: of a map, of a map's value.
    const LD_IMM64: u8 = 0x18;
    const DESCRIPTOR: [u8; 2] = [1, 2];

    let mut programs: Vec<_> = object
        .progs()
        .map(|program| {
            let insns = program.insns().iter().map(|insn| {
                let number = match (insn.code, insn.src_reg()) {
                    (LD_IMM64, meaning) if DESCRIPTOR.contains(&meaning) => "descriptor".to_owned(),
                    (LD_IMM64, 0) if Some(insn.imm) == own => "own type".to_owned(),
                    _ => insn.imm.to_string(),
                };
                format!("{:#x} {} {} {} {number}", insn.code, insn.dst_reg(), insn.src_reg(), insn.off)
            });
            let insns = insns.collect();
            (format!("{:?} {:?} {:?}", program.name(), program.section(), program.prog_type()), insns)
        })
        .collect();
    programs.sort();
    programs
}

/// The id of struct `name` in the BTF of `elf`, as bpftool numbers it.
fn type_id(elf: &[u8], name: &str) -> i32 {
    let file = tempfile::NamedTempFile::new().expect("temporary file");
    fs::write(file.path(), elf).expect("write object");
    let dump = must_run(Command::new("bpftool").args(["btf", "dump", "file"]).arg(file.path()));
    let line = dump.lines().find(|line| line.contains(&format!("STRUCT '{name}' "))).expect("the struct");
    line.trim_start_matches('[').split(']').next().and_then(|id| id.parse().ok()).expect("an id")
}

/// The maps as the kernel has them; with types of keys and values or without.
fn maps(object: &Object) -> Vec<String> {
    let mut maps: Vec<_> = object
        .maps()
        .map(|map| {
            let info = map.info().expect("the kernel knows the map").info;
            let typed = (info.btf_key_type_id != 0, info.btf_value_type_id != 0, info.btf_vmlinux_value_type_id);
            let sizes = (info.key_size, info.value_size, info.max_entries, info.map_flags);
            format!("{:?} {:?} {sizes:?} {typed:?}", map.name(), map.map_type())
        })
        .collect();
    maps.sort();
    maps
}

/// The declarations of an object's skeleton: its maps, programs and variables with their types.
fn declarations(elf: &[u8]) -> String {
    let skeleton = wasm_bpf_codegen::skeleton(elf, "object").expect("skeleton");
    let is_bytes = |line: &&str| line.trim_start().starts_with(|first: char| first == '"' || first.is_ascii_digit());
    skeleton
        .lines()
        .filter(|line| !is_bytes(line) && !line.contains(&elf.len().to_string()))
        .collect::<Vec<_>>()
        .join("\n")
}

fn section_size(elf: &[u8], name: &str) -> u64 {
    let file = object::File::parse(elf).expect("an ELF object");
    file.section_by_name(name).map_or(0, |section| section.size())
}

/// Slims an object and requires that nothing else changes; returns both.
#[track_caller]
fn must_slim(object: &Path) -> (Vec<u8>, Vec<u8>) {
    let full = fs::read(object).expect("object");
    let small = slim(&full).expect("a slim object");
    let name = object.file_name().expect("name").to_string_lossy();
    println!(
        "{name}: {} -> {} bytes, BTF {} -> {}, BTF.ext {} -> {}",
        full.len(),
        small.len(),
        section_size(&full, ".BTF"),
        section_size(&small, ".BTF"),
        section_size(&full, ".BTF.ext"),
        section_size(&small, ".BTF.ext")
    );
    assert_eq!(declarations(&full), declarations(&small), "{name}");
    assert_eq!(slim(&small).expect("slim again"), small, "{name} has nothing left to remove");
    (full, small)
}

#[track_caller]
fn require_same_in_kernel((full, small): &(Vec<u8>, Vec<u8>), own: Option<&str>) {
    let [full, small] = [full, small].map(|elf| {
        let object = must_load(elf);
        (programs(&object, own.map(|name| type_id(elf, name))), maps(&object))
    });
    assert!(!full.0.is_empty(), "no programs");
    assert_eq!(full, small);
}

#[test]
fn fields_types_and_values_relocate_alike() {
    let dir = must_prepare();
    let objects = must_slim(&must_build_object("fields.bpf.c", dir.path()));
    require_same_in_kernel(&objects, None);
    assert!(section_size(&objects.1, ".BTF") * 4 < section_size(&objects.0, ".BTF"));
}

#[test]
fn maps_and_externs_stay_typed() {
    let dir = must_prepare();
    let objects = must_slim(&must_build_object("maps.bpf.c", dir.path()));
    require_same_in_kernel(&objects, Some("leaf"));
    for name in ["value", "place", "point", "leaf"] {
        let [full, small] = [&objects.0, &objects.1].map(|elf| wasm_bpf_codegen::types(elf, &[name]).expect("type"));
        assert_eq!(full, small, "{name}");
    }
}

#[test]
fn kernel_operations_and_arenas_stay() {
    let dir = must_prepare();
    require_same_in_kernel(&must_slim(&must_build_object("special.bpf.c", dir.path())), None);
}

#[test]
fn variables_stay() {
    let dir = must_prepare();
    require_same_in_kernel(&must_slim(&must_build_object("globals.bpf.c", dir.path())), None);
}

#[test]
fn examples_become_small() {
    let dir = must_prepare();
    for example in ["bootstrap", "runqlat"] {
        let objects = must_slim(&must_build_example(example, dir.path()));
        require_same_in_kernel(&objects, None);
        assert!(objects.1.len() < 14_000, "{example} has {} bytes", objects.1.len());
    }
}

/// What becomes of one program of an object alone.
fn outcome(elf: &[u8], name: &str) -> Result<Vec<(String, Vec<String>)>, ErrorKind> {
    let mut open = ObjectBuilder::default().open_memory(elf).expect("libbpf opens the object");
    for mut program in open.progs_mut() {
        let wanted = program.name() == name;
        program.set_autoload(wanted);
    }
    match open.load() {
        Ok(object) => Ok(programs(&object, None)),
        Err(error) => Err(error.kind()),
    }
}

#[test]
fn hooks_fare_alike() {
    let dir = must_prepare();
    let (full, small) = must_slim(&must_build_object("hooks.bpf.c", dir.path()));
    for name in ["per_cpu", "entry", "leave", "probe"] {
        let [full, small] = [&full, &small].map(|elf| outcome(elf, name));
        assert_eq!(full, small, "{name}");
        // Kernels may lack the symbol or forbid the hook. What libbpf refuses is another matter.
        let refusals = [ErrorKind::NotFound, ErrorKind::PermissionDenied];
        assert!(!full.as_ref().is_err_and(|kind| !refusals.contains(kind)), "{name}: {full:?}");
    }
}
