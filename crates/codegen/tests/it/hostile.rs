//! Input that was made to do harm: an error at most, in bounded time.

use std::fs;

use wasm_bpf_codegen::ErrorKind;

use crate::maker::*;
use crate::support::must_build_object;

/// Runs all generators; returns the errors' kinds (types, vmlinux.h).
fn kinds(btf: &[u8]) -> [Option<ErrorKind>; 2] {
    [wasm_bpf_codegen::types(btf, &[]).err().map(|e| e.kind()), wasm_bpf_codegen::vmlinux(btf).err().map(|e| e.kind())]
}

const BROKEN: [Option<ErrorKind>; 2] = [Some(ErrorKind::Btf); 2];
#[test]
fn cycles_end() {
    for kind in [TYPEDEF, CONST] {
        let mut maker = Maker::new();
        let name = maker.name("loop");
        maker.ty(name, kind, 0, 2, &[]);
        maker.ty(name, kind, 0, 1, &[]);
        maker.ty(name, STRUCT, 1, 8, &[name, 1, 0]);
        assert_eq!(kinds(&maker.bytes()), BROKEN, "kind {kind}");
    }
    let mut maker = Maker::new();
    let name = maker.name("own");
    maker.ty(name, STRUCT, 1, 8, &[name, 2, 0]);
    maker.ty(0, ARRAY, 0, 0, &[1, 1, 1]);
    assert_eq!(kinds(&maker.bytes()), BROKEN, "struct of itself");

    let mut maker = Maker::new();
    let name = maker.name("own");
    maker.ty(0, STRUCT, 1, 8, &[name, 1, 0]);
    maker.ty(name, STRUCT, 1, 8, &[name, 1, 0]);
    assert_eq!(kinds(&maker.bytes()), BROKEN, "anonymous struct of itself");
}

#[test]
fn doubling_types_are_bounded() {
    // Each anonymous struct has two members of the one before: 2^60 of them, written out.
    let mut maker = Maker::new();
    let (a, b, name) = (maker.name("a"), maker.name("b"), maker.name("top"));
    maker.ty(a, INT, 0, 1, &[8]);
    for depth in 1..=60 {
        maker.ty(0, STRUCT, 2, 0, &[a, depth, 0, b, depth, 0]);
    }
    maker.ty(name, STRUCT, 1, 0, &[a, 61, 0]);
    for kind in kinds(&maker.bytes()).into_iter().flatten() {
        assert_eq!(kind, ErrorKind::Btf);
    }

    // The same with functions that take two functions.
    let mut maker = Maker::new();
    let name = maker.name("top");
    maker.ty(0, PROTOTYPE, 0, 0, &[]);
    for depth in 0..40 {
        maker.ty(0, POINTER, 0, 2 * depth + 1, &[]);
        maker.ty(0, PROTOTYPE, 2, 0, &[0, 2 * depth + 2, 0, 2 * depth + 2]);
    }
    maker.ty(name, TYPEDEF, 0, 80, &[]);
    let error = wasm_bpf_codegen::vmlinux(&maker.bytes()).expect_err("error");
    assert_eq!(error.kind(), ErrorKind::Btf);
}

#[test]
fn doubling_members_are_bounded() {
    let mut maker = Maker::new();
    let (a, b, name) = (maker.name("a"), maker.name("b"), maker.name("top"));
    maker.ty(a, INT, 0, 1, &[8]);
    let mut size = 1;
    for depth in 1..=28 {
        maker.ty(0, STRUCT, 2, size * 2, &[a, depth, 0, b, depth, size * 8]);
        size *= 2;
    }
    maker.ty(name, STRUCT, 1, size, &[a, 29, 0]);
    assert_eq!(kinds(&maker.bytes()), BROKEN);
}

#[test]
fn long_chains_do_not_exhaust_the_stack() {
    for link in [POINTER, ARRAY, STRUCT, PROTOTYPE] {
        let mut maker = Maker::new();
        let (a, top) = (maker.name("a"), maker.name("top"));
        maker.ty(a, INT, 0, 1, &[8]);
        for to in 1..50_000 {
            match link {
                STRUCT => maker.ty(0, STRUCT, 1, 1, &[a, to, 0]),
                ARRAY => maker.ty(0, ARRAY, 0, 0, &[to, 1, 1]),
                _ => maker.ty(0, link, 0, to, &[]),
            }
        }
        maker.ty(top, TYPEDEF, 0, 50_000, &[]);
        maker.ty(top, STRUCT, 1, 1, &[a, 50_000, 0]);
        let [_, vmlinux] = kinds(&maker.bytes());
        assert_eq!(vmlinux, Some(ErrorKind::Btf), "kind {link}");
    }
}

#[test]
fn counts_are_not_believed() {
    let mut maker = Maker::new();
    let name = maker.name("huge");
    maker.ty(name, STRUCT, 0xffff, 8, &[]);
    assert_eq!(kinds(&maker.bytes()), BROKEN, "members that are not there");

    let mut maker = Maker::new();
    let name = maker.name("huge");
    maker.ty(name, INT, 0, 8, &[64]);
    for inner in 1..=40 {
        maker.ty(0, ARRAY, 0, 0, &[inner, 1, u32::MAX]);
    }
    maker.ty(name, STRUCT, 1, 8, &[name, 41, 0]);
    assert_eq!(kinds(&maker.bytes()), BROKEN, "an array of arrays");

    let mut maker = Maker::new();
    let name = maker.name("loose");
    maker.ty(name, POINTER, 0, 99, &[]);
    assert_eq!(kinds(&maker.bytes()), BROKEN, "a type that is not there");
}

#[test]
fn what_c_cannot_say_becomes_bytes() {
    let mut maker = Maker::new();
    let (a, b, name) = (maker.name("a"), maker.name("b"), maker.name("top"));
    maker.ty(a, INT, 0, 8, &[64]);
    maker.ty(name, STRUCT, 2, 12, &[a, 1, 0, b, 1, 32]);
    let text = wasm_bpf_codegen::types(&maker.bytes(), &[]).expect("types");
    assert!(text.contains("unsigned char __opaque[12];"), "{text}");
    assert!(text.contains("sizeof(struct top) == 12"), "{text}");
}

#[test]
fn names_cannot_leave_their_place() {
    let mut maker = Maker::new();
    let evil = maker.name("x; } */ #error \"\n");
    maker.ty(evil, INT, 0, 8, &[64]);
    maker.ty(0, POINTER, 0, 3, &[]);
    maker.ty(evil, STRUCT, 2, 16, &[evil, 1, 0, evil, 2, 64]);
    for text in [
        wasm_bpf_codegen::types(&maker.bytes(), &[]).expect("types"),
        wasm_bpf_codegen::vmlinux(&maker.bytes()).expect("vmlinux.h"),
    ] {
        assert!(text.contains("struct x________error___"), "{text}");
        assert!(!text.contains("#error"), "{text}");
    }
}

#[test]
fn damaged_input_is_an_error_at_most() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let object = must_build_object("types.bpf.c", dir.path());
    let elf = fs::read(object).expect("object");
    let start = elf.windows(4).position(|bytes| bytes == [0x9f, 0xeb, 1, 0]).expect("BTF in the object");
    for len in 0..elf.len() {
        let _ = wasm_bpf_codegen::skeleton(&elf[..len], "cut");
        let _ = wasm_bpf_codegen::types(&elf[start..start + len.min(elf.len() - start)], &[]);
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
    for _ in 0..4000 {
        let mut damaged = elf.clone();
        for _ in 0..=random(4) {
            let at = random(elf.len());
            damaged[at] = [0, 1, 0x7f, 0x80, 0xff, damaged[at] ^ (1 << random(8))][random(6)];
        }
        refused += u32::from(wasm_bpf_codegen::skeleton(&damaged, "damaged").is_err());
        refused += u32::from(wasm_bpf_codegen::types(&damaged[start..], &[]).is_err());
        let _ = wasm_bpf_codegen::vmlinux(&damaged);
    }
    assert!(refused > 0, "no damage was noticed");
}
