//! Types that would send a reader around in circles are refused; the kernel's are not.

use wasm_bpf_codegen::{ErrorKind, check_btf};

use crate::maker::*;

#[track_caller]
fn require_refusal(maker: &Maker, reason: &str) {
    let error = check_btf(&maker.bytes()).expect_err(reason);
    assert_eq!(error.kind(), ErrorKind::Btf, "{error}");
    assert!(error.to_string().contains(reason), "{error}");
}

#[test]
fn types_do_not_contain_themselves() {
    let mut typedef = Maker::new();
    let name = typedef.name("loop");
    typedef.ty(name, TYPEDEF, 0, 2, &[]);
    typedef.ty(name, TYPEDEF, 0, 1, &[]);
    require_refusal(&typedef, "`loop` contains itself");

    let mut record = Maker::new();
    let name = record.name("record");
    record.ty(name, STRUCT, 1, 8, &[0, 1, 0]);
    require_refusal(&record, "`record` contains itself");

    let mut pointer = Maker::new();
    pointer.ty(0, POINTER, 0, 1, &[]);
    require_refusal(&pointer, "contains itself");

    let mut list = Maker::new();
    let [name, next] = ["list", "next"].map(|name| list.name(name));
    list.ty(name, STRUCT, 1, 8, &[next, 2, 0]);
    list.ty(0, POINTER, 0, 1, &[]);
    check_btf(&list.bytes()).expect("a list as kernels have them");
}

#[test]
fn types_are_not_too_deep_or_too_wide() {
    let mut chain = Maker::new();
    let name = chain.name("chain");
    (2..=100_000).for_each(|to| chain.ty(name, TYPEDEF, 0, to, &[]));
    chain.ty(0, INT, 0, 4, &[32]);
    require_refusal(&chain, "nests too deep");

    // Each level has the one below twice: forty levels are a million millions of steps.
    let mut tree = Maker::new();
    let name = tree.name("tree");
    (2..=40).for_each(|to| tree.ty(name, STRUCT, 2, 8, &[0, to, 0, 0, to, 0]));
    tree.ty(0, INT, 0, 4, &[32]);
    require_refusal(&tree, "has too many parts");
}

#[test]
fn the_kernels_own_types_pass() {
    check_btf(&std::fs::read(crate::support::KERNEL).expect("the kernel's types")).expect("types in order");
}
