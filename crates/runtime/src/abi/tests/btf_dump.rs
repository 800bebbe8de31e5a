//! Printing types that no compiler would write: libbpf would follow them for ever, or read where they point.

use rustix::io::Errno;

use super::host::Host;

const INT: u32 = 1;
const PTR: u32 = 2;
const ARRAY: u32 = 3;
const STRUCT: u32 = 4;
const TYPEDEF: u32 = 8;
const CONST: u32 = 10;
const FUNC_PROTO: u32 = 13;
const VAR: u32 = 14;
const DATASEC: u32 = 15;
const DECL_TAG: u32 = 17;
/// Where `\0s\0` has the name `s`.
const NAMED: u32 = 1;

/// Name, kind, members, size or type, and what follows.
type Type<'a> = (u32, u32, u32, u32, &'a [u32]);

/// BTF with these types, the first of which has the id 1.
fn btf(types: &[Type<'_>]) -> Vec<u8> {
    let words: Vec<u32> = types
        .iter()
        .flat_map(|(name, kind, members, size, more)| [&[*name, kind << 24 | members, *size], *more].concat())
        .collect();
    let size = 4 * words.len() as u32;
    let mut data = 0x0001_eb9f_u32.to_le_bytes().to_vec();
    for word in [24, 0, size, size, 3].iter().chain(&words) {
        data.extend(word.to_le_bytes());
    }
    data.extend(b"\0s\0");
    data
}

/// A dump of these types.
#[track_caller]
fn dump(host: &mut Host, types: &[Type<'_>]) -> i64 {
    let data = host.put(&btf(types));
    let types = host.must("btf_from_data", &[data.addr, data.len, 0]);
    let dump = host.must("btf_dump_open", &[types]);
    assert_eq!(host.must("handle_kind", &[dump]), 12);
    host.must("handle_close", &[types]);
    dump
}

/// What was printed.
fn text(host: &mut Host, dump: i64) -> String {
    let mut text = String::new();
    let part = host.room(16);
    loop {
        let length = host.must("btf_dump_read", &[dump, part.addr, part.len]);
        text += std::str::from_utf8(&host.get(part)[..length as usize]).unwrap();
        if length == 0 {
            return text;
        }
    }
}

#[test]
fn types_that_never_end_are_refused() {
    let mut host = Host::new(&[]);
    let cases: [&[Type<'_>]; 8] = [
        &[(0, PTR, 0, 1, &[])],
        &[(0, CONST, 0, 2, &[]), (0, CONST, 0, 1, &[])],
        &[(NAMED, TYPEDEF, 0, 2, &[]), (0, PTR, 0, 1, &[])],
        &[(NAMED, STRUCT, 1, 8, &[0, 1, 0])],
        &[(0, STRUCT, 1, 8, &[NAMED, 2, 0]), (0, PTR, 0, 1, &[])],
        &[(0, ARRAY, 0, 0, &[1, 1, 1])],
        &[(0, FUNC_PROTO, 1, 0, &[NAMED, 2]), (0, PTR, 0, 1, &[])],
        &[(NAMED, DECL_TAG, 0, 1, &[0])],
    ];
    let bytes = host.put(&[0; 64]);
    for types in cases {
        let dump = dump(&mut host, types);
        host.must_fail("btf_dump_type", &[dump, 1], Errno::LOOP);
        host.must_fail("btf_dump_declaration", &[dump, 1, 0, 0, 0, 0], Errno::LOOP);
        host.must_fail("btf_dump_data", &[dump, 1, 0, 0, 0, 0, bytes.addr, bytes.len], Errno::LOOP);
        assert_eq!(text(&mut host, dump), "");
    }
    // A list is none of these.
    let list = dump(&mut host, &[(NAMED, STRUCT, 1, 8, &[NAMED, 2, 0]), (0, PTR, 0, 1, &[])]);
    host.must("btf_dump_type", &[list, 1]);
    assert_eq!(text(&mut host, list), "struct s {\n\tstruct s *s;\n};\n\n");
}

#[test]
fn types_that_grow_without_measure_are_refused() {
    let mut host = Host::new(&[]);
    // Each holds the next one twice, 2^40 of them in all; and 1,000 levels.
    let twice: Vec<[u32; 6]> = (2..42).map(|next| [NAMED, next, 0, NAMED, next, 0]).collect();
    let mut types: Vec<Type<'_>> = twice.iter().map(|members| (0, STRUCT, 2, 0, members.as_slice())).collect();
    types.push((0, STRUCT, 0, 0, &[]));
    let wide = dump(&mut host, &types);
    host.must_fail("btf_dump_type", &[wide, 1], Errno::FBIG);
    host.must_fail("btf_dump_declaration", &[wide, 1, 0, 0, 0, 0], Errno::FBIG);
    host.must("btf_dump_type", &[wide, 35]);
    let mut types: Vec<Type<'_>> = (2..1002).map(|next| (0, PTR, 0, next, [].as_slice())).collect();
    types.push((NAMED, STRUCT, 0, 0, &[]));
    let deep = dump(&mut host, &types);
    host.must_fail("btf_dump_declaration", &[deep, 1, 0, 0, 0, 0], Errno::FBIG);
    host.must("btf_dump_declaration", &[deep, 995, 0, 0, 0, 0]);
    assert_eq!(text(&mut host, deep).matches('*').count(), 6);
    // 2^32 elements of nothing.
    let many = dump(&mut host, &[(0, ARRAY, 0, 0, &[2, 2, u32::MAX]), (NAMED, STRUCT, 0, 0, &[])]);
    host.must_fail("btf_dump_data", &[many, 1, 0, 0, 0, 0, 0, 0], Errno::FBIG);
}

#[test]
fn parts_that_lie_elsewhere_are_refused() {
    let mut host = Host::new(&[]);
    let int = (NAMED, INT, 0, 4, [32].as_slice());
    let cases: [&[Type<'_>]; 6] = [
        &[(NAMED, STRUCT, 1, 4, &[NAMED, 2, 8]), int],
        &[(NAMED, STRUCT, 1, 4, &[NAMED, 2, u32::MAX - 7]), int],
        &[(NAMED, STRUCT, 1, 4, &[NAMED, 3, 0]), int, (0, ARRAY, 0, 0, &[2, 2, 1000])],
        // A bit field, of 16 bits at bit 24.
        &[(NAMED, 1 << 7 | STRUCT, 1, 4, &[NAMED, 2, 16 << 24 | 24]), int],
        &[(NAMED, DATASEC, 1, 4, &[3, 2, 4]), int, (NAMED, VAR, 0, 2, &[0])],
        &[(NAMED, DATASEC, 1, 4, &[2, 0, 4]), int, (NAMED, VAR, 0, 2, &[0])],
    ];
    let bytes = host.put(&[7; 4]);
    for types in cases {
        let dump = dump(&mut host, types);
        host.must_fail("btf_dump_data", &[dump, 1, 0, 0, 0, 0, bytes.addr, bytes.len], Errno::INVAL);
    }
    // What lies in it, or in the half of it that there is.
    let good = dump(&mut host, &[(NAMED, STRUCT, 2, 8, &[NAMED, 2, 0, NAMED, 2, 32]), int]);
    assert_eq!(host.call("btf_dump_data", &[good, 1, 1, 0, 0, 0, bytes.addr, bytes.len]), -7, "E2BIG");
    assert!(text(&mut host, good).starts_with("(struct s){.s = (s)117901063,"));
}

#[test]
fn what_a_dump_is_asked_is_checked() {
    let mut host = Host::new(&[]);
    let dump = dump(&mut host, &[(NAMED, INT, 0, 4, &[32])]);
    let bytes = host.put(&[7; 4]);
    for level in [-1, 65, i64::from(i32::MAX), i64::from(i32::MIN)] {
        host.must_fail("btf_dump_declaration", &[dump, 1, level, 0, 0, 0], Errno::INVAL);
        host.must_fail("btf_dump_data", &[dump, 1, 0, level, 0, 0, bytes.addr, bytes.len], Errno::INVAL);
    }
    host.must_fail("btf_dump_data", &[dump, 1, 16, 0, 0, 0, bytes.addr, bytes.len], Errno::INVAL);
    host.must_fail("btf_dump_type", &[dump, 2], Errno::INVAL);
    host.must_fail("btf_dump_declaration", &[dump, 2, 0, 0, 0, 0], Errno::INVAL);
    host.must_fail("btf_dump_data", &[dump, 2, 0, 0, 0, 0, bytes.addr, bytes.len], Errno::NOENT);
    let name = host.put(b"%s%n");
    host.must("btf_dump_declaration", &[dump, 1, 0, 0, name.addr, name.len]);
    assert_eq!(text(&mut host, dump), "s %s%n");
    let wrong = host.put(b"this is no BTF, and too short at that");
    host.must_fail("btf_from_data", &[wrong.addr, wrong.len, 0], Errno::INVAL);
    host.must_fail("btf_from_data", &[wrong.addr, wrong.len, dump], Errno::BADF);
}
