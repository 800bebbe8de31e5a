//! The part of the kernel's types that objects are relocated with: the same programs as with all types.

use std::ffi::CString;
use std::fs;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempDir};

use super::object::{compile, compile_source, require_root};
use crate::bpf::account::MapAccount;
use crate::bpf::log::Log;
use crate::bpf::object::{Object, OpenOptions};
use crate::bpf::types::Types;
use crate::budget::Budget;
use crate::cache::Cache;
use crate::policy::{Grant, Policy};
use crate::run::Runtime;

/// A load of a number, and the meanings of it that are descriptors: of a map, of a map's value.
const LD_IMM64: u8 = 0x18;
const DESCRIPTOR: [u8; 2] = [1, 2];
/// More than the part of any object here has.
const MAX_PART: usize = 32 << 10;

fn kernel() -> Vec<u8> {
    fs::read("/sys/kernel/btf/vmlinux").unwrap()
}

#[track_caller]
fn open(elf: &[u8], options: OpenOptions, types: &mut Types) -> Object {
    Object::open(elf, options, types, &Policy::new([Grant::All]), &Budget::new(4 << 30), &mut Log::new()).unwrap()
}

fn account() -> MapAccount {
    MapAccount::new(1 << 30, 256 << 20)
}

/// The programs as libbpf would hand them to the kernel, without the numbers of descriptors.
#[track_caller]
fn relocated(elf: &[u8], part: Option<&[u8]>) -> Vec<(String, Vec<String>)> {
    let mut file = NamedTempFile::new().unwrap();
    let mut options = OpenOptions::default();
    if let Some(part) = part {
        file.write_all(part).unwrap();
        options.btf_path = Some(CString::new(file.path().as_os_str().as_bytes()).unwrap());
    }
    let object = open(elf, options, &mut Types::default());
    object.prepare(&Policy::new([Grant::All]), &account(), &mut Log::new()).unwrap();
    let programs = object.programs().map(|program| {
        let shown = program.instructions().iter().map(|insn| {
            let imm = if insn.code == LD_IMM64 && DESCRIPTOR.contains(&insn.src_reg()) { 0 } else { insn.imm };
            format!("{:#x} {} {} {} {imm}", insn.code, insn.dst_reg(), insn.src_reg(), insn.off)
        });
        (program.name(), shown.collect())
    });
    programs.collect()
}

/// Compares both ways to relocate; the size of the part in bytes, if a part is enough.
#[track_caller]
fn must_relocate_alike(elf: &[u8], kernel: &[u8]) -> Option<usize> {
    let part = wasm_bpf_codegen::kernel_types(elf, kernel).unwrap()?;
    let [all, few] = [None, Some(&*part)].map(|part| relocated(elf, part));
    assert!(!all.is_empty(), "no programs");
    assert_eq!(all, few);
    Some(part.len())
}

/// All BPF sources below a folder of the repository.
#[track_caller]
fn sources(folder: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut work = vec![root.join(folder)];
    let mut found = Vec::new();
    while let Some(path) = work.pop() {
        if path.is_dir() {
            work.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.to_string_lossy().ends_with(".bpf.c") {
            found.push(path);
        }
    }
    assert!(!found.is_empty(), "no BPF sources in {folder}");
    found
}

#[test]
fn every_kind_relocates_alike() {
    require_root();
    let size = must_relocate_alike(&compile("relocations"), &kernel()).expect("a part is enough");
    assert!(size < MAX_PART, "{size} bytes");
}

#[test]
fn objects_relocate_alike() {
    require_root();
    let kernel = kernel();
    let mut parts = Vec::new();
    for source in ["examples", "crates/runtime/src/abi/tests/bpf"].iter().flat_map(|folder| sources(folder)) {
        let name = source.file_name().unwrap().to_string_lossy().into_owned();
        if let Some(size) = must_relocate_alike(&compile_source(&source), &kernel) {
            assert!(size < MAX_PART, "{name}: {size} bytes");
            parts.push(name);
        }
    }
    for name in ["bootstrap.bpf.c", "opensnoop.bpf.c", "runqlat.bpf.c", "tcpconnlat.bpf.c"] {
        assert!(parts.iter().any(|part| part == name), "{name} is relocated with all types: {parts:?}");
    }
}

#[test]
fn types_of_modules_are_looked_for_in_all() {
    assert_eq!(wasm_bpf_codegen::kernel_types(&compile("whole"), &kernel()).unwrap(), None);
}

/// A cache of its own.
fn cache(folder: &TempDir) -> Cache {
    Cache::open(&folder.path().join("cache")).unwrap().expect("a folder of our own")
}

/// Opens and loads an object as a guest of its own would; whether it was given a part of the types.
#[track_caller]
fn start(cache: &Cache, elf: &[u8]) -> bool {
    let mut types = Types::new(Some(cache.clone()));
    let mut options = OpenOptions::default();
    types.offer(elf, &mut options);
    let given = options.btf_path.is_some();
    let object = open(elf, options, &mut types);
    object.load(&Policy::new([Grant::All]), &account(), &mut Log::new()).unwrap();
    given
}

/// The entries of a cache.
fn entries(folder: &TempDir) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder.path().join("cache")).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn the_part_is_made_once() {
    require_root();
    let folder = tempfile::tempdir().unwrap();
    let (cache, elf) = (cache(&folder), compile("relocations"));
    assert!(start(&cache, &elf));
    let [entry] = &*entries(&folder) else { panic!("one entry") };
    let made = entry.metadata().unwrap().ino();
    assert!(start(&cache, &elf));
    assert_eq!(entry.metadata().unwrap().ino(), made);
    // Another object has another entry.
    assert!(!start(&cache, &compile("whole")));
    assert_eq!(entries(&folder).len(), 2);
}

#[test]
fn the_parts_of_a_module_s_objects_are_made_while_it_is_compiled() {
    let folder = tempfile::tempdir().unwrap();
    let (cache, elf) = (cache(&folder), compile("relocations"));
    let data: String = elf.iter().map(|byte| format!("\\{byte:02x}")).collect();
    let wasm = wat::parse_str(format!(r#"(module (memory 4) (data (i32.const 16) "{data}"))"#)).unwrap();
    Runtime::new().unwrap().compile(&wasm, Some(&cache)).unwrap();

    let part = wasm_bpf_codegen::kernel_types(&elf, &kernel()).unwrap().expect("a part is enough");
    let is_part = |entry: &PathBuf| fs::read(entry).unwrap().starts_with(&part);
    assert!(entries(&folder).iter().any(is_part), "{:?}", entries(&folder));
}

#[test]
fn what_needs_all_types_is_given_none() {
    require_root();
    let folder = tempfile::tempdir().unwrap();
    let cache = cache(&folder);
    for name in ["whole", "maps"] {
        let elf = compile(name);
        assert!(!start(&cache, &elf), "{name}");
        assert!(!start(&cache, &elf), "{name}");
    }
    assert_eq!(entries(&folder).len(), 2);
}

#[test]
fn parts_are_made_for_as_many_objects_as_a_guest_has() {
    let folder = tempfile::tempdir().unwrap();
    let (mut types, elf) = (Types::new(Some(cache(&folder))), compile("relocations"));
    for more in 0..40 {
        let mut options = OpenOptions::default();
        types.offer(&[&elf[..], &vec![0; more]].concat(), &mut options);
        assert_eq!(options.btf_path.is_some(), more < 16, "{more}");
    }
    assert_eq!(entries(&folder).len(), 16);
}

#[test]
fn a_guest_s_own_types_come_first() {
    require_root();
    let folder = tempfile::tempdir().unwrap();
    let (cache, elf) = (cache(&folder), compile("relocations"));
    start(&cache, &elf);
    let own = CString::new("/sys/kernel/btf/vmlinux").unwrap();
    let mut options = OpenOptions { btf_path: Some(own.clone()), ..OpenOptions::default() };
    Types::new(Some(cache)).offer(&elf, &mut options);
    assert_eq!(options.btf_path, Some(own));
}

#[test]
fn a_damaged_part_is_replaced() {
    require_root();
    let folder = tempfile::tempdir().unwrap();
    let (cache, elf) = (cache(&folder), compile("relocations"));
    start(&cache, &elf);
    let [entry] = &*entries(&folder) else { panic!("one entry") };
    let good = fs::read(entry).unwrap();
    fs::write(entry, &good[..good.len() - 1]).unwrap();
    assert!(start(&cache, &elf));
    assert_eq!(fs::read(entry).unwrap(), good);
}
