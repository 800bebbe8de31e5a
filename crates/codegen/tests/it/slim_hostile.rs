//! Objects that were made to do harm: an error that says why, in bounded time.

use std::fs;

use object::build::elf::{Builder, SectionData};
use object::elf::{EM_BPF, ET_REL, SHT_PROGBITS, SHT_STRTAB};
use wasm_bpf_codegen::{ErrorKind, Result, kernel_types, slim};

use crate::maker::*;
use crate::support::*;

/// An object with nothing but types and what belongs to them.
fn object(btf: &[u8], ext: &[u8]) -> Vec<u8> {
    let mut object = Builder::new(object::Endianness::Little, true);
    object.header.e_type = ET_REL;
    object.header.e_machine = EM_BPF;
    for (name, data) in [(".BTF", btf), (".BTF.ext", ext)] {
        let section = object.sections.add();
        section.name = name.into();
        section.sh_type = SHT_PROGBITS;
        section.sh_addralign = 4;
        section.data = SectionData::Data(data.into());
    }
    let names = object.sections.add();
    names.name = ".shstrtab".into();
    names.sh_type = SHT_STRTAB;
    names.sh_addralign = 1;
    names.data = SectionData::SectionString;
    let mut bytes = Vec::new();
    object.write(&mut bytes).expect("an object");
    bytes
}

/// The same, with its types at a multiple of `align`.
fn aligned_object(align: u64, btf: &[u8], ext: &[u8]) -> Vec<u8> {
    let mut bytes = object(btf, ext);
    // The second header of 64 bytes; the alignment is at 48.
    let headers = u64::from_le_bytes(bytes[40..48].try_into().expect("eight bytes")) as usize;
    bytes[headers + 64 + 48..][..8].copy_from_slice(&align.to_le_bytes());
    bytes
}

/// `.BTF.ext` with CO-RE relocations: type, access string, kind.
fn relocations(section: u32, list: &[[u32; 3]]) -> Vec<u8> {
    let mut table = vec![16, section, list.len() as u32];
    for [ty, access, kind] in list {
        table.extend([0, *ty, *access, *kind]);
    }
    let header = [0x0001_eb9f, 32, 0, 0, 0, 0, 0, 4 * table.len() as u32];
    header.iter().chain(&table).flat_map(|word| word.to_le_bytes()).collect()
}

/// Slims an object with one relocation against `struct record { int first; struct record *next; }`.
fn relocate(ty: u32, access: &str, kind: u32) -> Result<Vec<u8>> {
    let mut maker = Maker::new();
    let [int, record, first, next, section] = ["int", "record", "first", "next", "tc"].map(|name| maker.name(name));
    let access = maker.name(access);
    maker.ty(int, INT, 0, 4, &[32]);
    maker.ty(record, STRUCT, 2, 16, &[first, 1, 0, next, 3, 64]);
    maker.ty(0, POINTER, 0, 2, &[]);
    let btf = maker.bytes();
    let object = object(&btf, &relocations(section, &[[ty, access, kind]]));
    let slim = slim(&object);
    // With the object's own types in place of the kernel's: refused alike.
    assert_eq!(kernel_types(&object, &btf).err(), slim.clone().err());
    slim
}

#[track_caller]
fn require_refusal(result: Result<Vec<u8>>, kind: ErrorKind, reason: &str) {
    let error = result.expect_err(reason);
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains(reason), "{error}");
}

#[test]
fn relocations_are_not_believed() {
    const OFFSET: u32 = 0;
    const VALUE: u32 = 11;

    relocate(2, "0:1", OFFSET).expect("a field that is there");
    for access in ["0:2", "0:1:0", "0:0:0", "0:4294967296", "0:18446744073709551615"] {
        require_refusal(relocate(2, access, OFFSET), ErrorKind::Btf, "leads out of type 2 `record`");
    }
    let long = vec!["0"; 100_000].join(":");
    for access in ["", ":", "0:", "x", "0:-1", "99999999999999999999", &long] {
        require_refusal(relocate(2, access, OFFSET), ErrorKind::Btf, "is no list of positions");
    }
    require_refusal(relocate(99, "0", OFFSET), ErrorKind::Btf, "type 99, which does not exist");
    require_refusal(relocate(2, "0", VALUE), ErrorKind::Btf, "no value of an enum");
    require_refusal(relocate(2, "0", 13), ErrorKind::Unsupported, "unknown kind 13");
}

#[test]
fn members_that_no_relocation_names_go() {
    let has = |object: &[u8], name: &str| object.windows(name.len()).any(|bytes| bytes == name.as_bytes());
    let slim = relocate(2, "0:1", 0).expect("slim object");
    assert!(has(&slim, "record\0") && has(&slim, "next\0") && has(&slim, "0:0\0"));
    assert!(!has(&slim, "first\0") && !has(&slim, "int\0") && !has(&slim, "0:1\0"));
}

#[test]
fn tables_are_not_believed() {
    let mut maker = Maker::new();
    let [name, access] = ["int", "0"].map(|name| maker.name(name));
    maker.ty(name, INT, 0, 4, &[32]);
    let btf = maker.bytes();
    let ext = relocations(name, &[[1, access, 8]]);
    for (at, value, what) in
        [(28, u32::MAX, "CO-RE"), (24, 4, "CO-RE"), (40, 2, "CO-RE"), (32, 17, "CO-RE"), (12, 3, "functions")]
    {
        let mut damaged = ext.clone();
        damaged[at..at + 4].copy_from_slice(&value.to_le_bytes());
        require_refusal(slim(&object(&btf, &damaged)), ErrorKind::Btf, what);
    }
    require_refusal(slim(&object(&btf, &[])), ErrorKind::Unsupported, ".BTF.ext is not");
    require_refusal(slim(&object(&btf[..20], &ext)), ErrorKind::Btf, "shorter than its header");
    for align in [3, 1 << 40] {
        let reason = format!("section .BTF is aligned to {align} bytes");
        require_refusal(slim(&aligned_object(align, &btf, &ext)), ErrorKind::Elf, &reason);
    }
    slim(&aligned_object(0, &btf, &ext)).expect("no alignment");
    require_refusal(slim(b"\x7fELF"), ErrorKind::Elf, "failed to read the object");
    let own = fs::read(std::env::current_exe().expect("path of the test")).expect("the test itself");
    require_refusal(slim(&own), ErrorKind::Elf, "not a relocatable BPF object");
}

#[test]
fn large_tables_take_little_time() {
    // Each relocation names another of 60,000 members, and each tag asks for a struct of the same name.
    let mut maker = Maker::new();
    let [int, record, list] = ["int", "record", "contains:record:m"].map(|name| maker.name(name));
    let count = 60_000;
    maker.ty(int, INT, 0, 4, &[32]);
    let members: Vec<_> = (0..count).flat_map(|at| [int, 1, 32 * at]).collect();
    maker.ty(record, STRUCT, count, 4 * count, &members);
    for _ in 0..count {
        maker.ty(record, STRUCT, 0, 0, &[]);
    }
    for _ in 0..count {
        maker.ty(list, TAG, 0, 2, &[u32::MAX]);
    }
    let list: Vec<_> = (0..count).map(|at| [2, maker.name(&format!("0:{at}")), 0]).collect();
    let object = object(&maker.bytes(), &relocations(int, &list));
    let start = std::time::Instant::now();
    slim(&object).expect("slim object");
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

#[test]
fn damaged_objects_are_an_error_at_most() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let elf = fs::read(must_build_object("types.bpf.c", dir.path())).expect("object");
    let small = slim(&elf).expect("slim object");
    for len in 0..small.len() {
        let _ = slim(&small[..len]);
    }
    // A fixed sequence of damages: the same in each run.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let mut refused = 0;
    for round in 0..20_000 {
        let mut damaged = if round % 8 == 0 { elf.clone() } else { small.clone() };
        for _ in 0..=random(4) {
            let at = random(damaged.len());
            damaged[at] = [0, 1, 0x7f, 0x80, 0xff, damaged[at] ^ (1 << random(8))][random(6)];
        }
        refused += u32::from(slim(&damaged).is_err());
    }
    assert!(refused > 1000, "{refused} damages were noticed");
}
