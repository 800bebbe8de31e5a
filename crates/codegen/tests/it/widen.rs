//! Shared headers for guests, as clang lays them out: the BPF side's places, and sources that compile unchanged.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use wasm_bpf_codegen::{LayoutCheck, defined_types, layout_checks, shift, together, widen};

use crate::support::*;

/// What is in front of a header that both sides include.
const PRELUDE: &str = "typedef unsigned int u32; typedef unsigned long size_t; typedef void (*handler)(void);\n";

/// The object of a BPF program with these definitions, all of whose records it has, and `more`.
fn must_have(folder: &TempDir, header: &str, more: &str) -> Vec<u8> {
    let names = defined_types(header);
    let keep: String = names.iter().zip(0..).map(|(name, index)| format!("{name} *keep_{index};\n")).collect();
    let source = folder.path().join("program.c");
    fs::write(&source, format!("{PRELUDE}{header}\n{keep}{more}")).expect("a writable folder");
    let object = folder.path().join("program.o");
    let output = format!("-o{}", object.display());
    must_compile(&[&["-target", "bpf", "-g", "-O2", "-c", "-w", &output]], &[&source]);
    fs::read(object).expect("an object")
}

fn guest(folder: &Path, source: &str) -> bool {
    let file = folder.join("guest.c");
    fs::write(&file, source).expect("a writable folder");
    let flags = [WASM, CHECK, &["-w", "-xc"]].concat();
    std::process::Command::new("clang-19").args(flags).arg(file).output().expect("clang-19").status.success()
}

fn wanted(checks: &[LayoutCheck]) -> String {
    checks.iter().map(|check| check.wanted.as_str()).collect()
}

/// Widens every record of the header; the text, which has the BPF side's layout and lets `uses` compile.
#[track_caller]
fn must_widen(header: &str, uses: &str) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let elf = must_have(&folder, header, "");
    let names = defined_types(header);
    let checks = layout_checks(&elf, &names).expect("assertions");
    assert_eq!(checks.len(), names.len(), "each has its own: {checks:?}");
    let checks = wanted(&checks);
    assert!(!guest(folder.path(), &format!("{PRELUDE}{header}\n{checks}")), "they differ before");
    let text = widen(header, &elf, &names, true).expect("a header").text;
    assert_eq!(text.lines().count(), header.lines().count(), "{text}");
    assert!(guest(folder.path(), &format!("{PRELUDE}{text}\n{checks}{uses}")), "{text}");
    text
}

#[test]
fn pointers_are_followed_by_the_bytes_that_they_lack() {
    let text = must_widen(
        "struct a {\n\tchar c; // ; {\n\tvoid *p; /* int *q; */\n\tu32 after;\n\tconst char *const *last;\n};",
        "int f(struct a *a) { struct a b = {1, 0, 2, 0}; return a->p == b.p && b.after; }",
    );
    assert!(text.contains("\tvoid *p __attribute__((aligned(8))); unsigned : 32; /* int *q; */\n"), "{text}");
}

#[test]
fn several_in_one_declaration_and_of_functions() {
    let uses =
        "int g(void *); void f(struct a *a) { a->f = g; a->b = a->a[3]; *a->c = &a->n; a->h(); a->l = 1ull << 40; }";
    must_widen(
        "struct a { int *a,\n *b, n, **c; int (*f)(void *n); char x; handler h; u32 y; long *q, l; char z; };",
        &uses.replace("a->a[3]", "a->a + 3").replace("*a->c = &a->n", "*a->c = a->a"),
    );
}

#[test]
fn long_is_long_long_by_any_name() {
    let text = must_widen(
        "struct a { unsigned long int one; int x; const volatile size_t two, three[2]; char c; long\nfour; unsigned long f : 3, g : 40; char d; };",
        "int f(struct a *a) { return a->two >> 40 == a->three[1] && sizeof(a->four) == 8; }",
    );
    assert!(text.contains("const volatile unsigned long long two, three[2];"), "{text}");
    // Nothing moves here, but half of the number would be missing.
    must_widen("struct a { long one; unsigned long long two; long more[]; };", "");
}

#[test]
fn records_in_records_and_without_tags() {
    must_widen(
        "struct in { void *p; char c; };
         struct a { int x; struct { long l; union { char *u; int k; }; int z; } n[2], *m; struct in in;
                    struct tag { u32 *q; int r; } t; enum { A, B } e; union { struct in i; char b; } un; int last; };
         union u { void *p; int x; };
         typedef struct { long l; int x; } named;",
        "int f(struct a *a, named *n) { a->n[1].u = 0; return a->t.q == 0 && a->un.i.p && n->l; }",
    );
}

#[test]
fn packed_records_stay_packed() {
    must_widen(
        "struct __attribute__((packed)) a { char c; void *p; short s; long l; };
         struct b { char c; void *p; } __attribute__((packed));",
        "",
    );
}

#[test]
fn lines_of_the_preprocessor_are_not_members() {
    must_widen(
        "#define MEMBERS(x) struct { long x; }\nstruct a {\n#ifdef UNKNOWN\n\tint *q;\n#endif\n\tint *p;\n#if 1\n\tint x;\n#else\n\tlong x[4];\n#endif\n};",
        "",
    );
}

#[test]
fn arrays_of_pointers_get_room_at_their_end() {
    let header = "struct a { u32 x; void *all[3]; u32 y; const char *names[2][2]; u32 z; };";
    must_widen(header, "void *f(struct a *a) { struct a b = {1, {0, a}, 2}; a->all[2] = a; return b.all[1]; }");

    let folder = tempfile::tempdir().expect("a temporary folder");
    let elf = must_have(&folder, header, "");
    let names = ["struct a".to_owned()];
    let probe = widen(header, &elf, &names, true).expect("a header").probe.expect("it has arrays");
    assert!(probe.contains("void *wasm_bpf_of_the_guest_all[3]; u32 y;"), "{probe}");
    let without = widen(header, &elf, &names, false).expect("a header");
    assert_eq!((without.text.as_str(), without.probe), (header, None));
}

#[test]
fn what_a_macro_made_as_wide_stays() {
    let header = "#ifdef __bpf__\n#define WIDE(type) type *\n#else\n#define WIDE(type) unsigned long long\n#endif\n";
    must_widen(&format!("{header}struct a {{ WIDE(void) p; long l; }};"), "");
}

#[test]
fn keys_and_values_are_translated_unless_records_are_sent() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let header = "struct key { char *p; int x; }; struct value { long l; int x; }; struct kept { void *p; long l; };";
    let map = |name: &str, members: &str| {
        format!("struct {{ int (*type)[{name}]; {members} }} map_{name} __attribute__((section(\".maps\"), used));\n")
    };
    let hash = map("1", "struct key *key; struct value *value;") + &map("9", "int *key; struct kept *value;");
    let suffices = |more: &str| -> Vec<bool> {
        let elf = must_have(&folder, header, more);
        let checks = layout_checks(&elf, &defined_types(header)).expect("assertions");
        assert!(checks.iter().all(|check| check.accepted.contains("||") == (check.name != "struct kept")));
        let mut checks: Vec<_> = checks.into_iter().map(|check| (check.name, check.wanted == check.accepted)).collect();
        checks.sort();
        checks.into_iter().map(|(_, same)| same).collect()
    };
    // Kept, key, value.
    assert_eq!(suffices(&hash), [false, true, true]);
    assert_eq!(suffices(&(hash.clone() + &map("27", ""))), [false, true, false]);
    assert_eq!(suffices(&(hash + "struct key shown;")), [false, false, true]);
}

#[test]
fn what_contains_one_another_is_widened_together() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let header = "struct in { long l; }; struct plain { int x; }; struct mid { struct in in[2]; struct plain p; };
                  struct out { struct mid m; }; struct other { long l; struct plain *p; };";
    let elf = must_have(&folder, header, "");
    let names = defined_types(header);
    for one in ["struct in", "struct mid", "struct out"] {
        let mut found = together(&elf, &[one.to_owned()], &names).expect("names");
        found.sort();
        assert_eq!(found, ["struct in", "struct mid", "struct out"]);
    }
    assert_eq!(together(&elf, &["struct other".to_owned()], &names).expect("names"), ["struct other"]);
}

#[test]
fn a_shifted_record_is_another_in_all_of_its_parts() {
    let header = "struct a { union { int x; struct { int y; } z; }; enum { A } e; }; struct b { struct a a; };";
    let pad = " char wasm_bpf_shift[4096];";
    let shifted = shift(header, "struct a");
    assert_eq!(shifted.matches(pad).count(), 3, "{shifted}");
    assert_eq!(shifted.replace(pad, ""), header);
    assert_eq!(shift(header, "struct c"), header);
}

#[test]
fn broken_and_foreign_headers_are_survived() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let header = "struct __attribute__((packed)) a { long x; enum { A } *y; void *(*z)(int), *w[2]; union { long k; struct { int *u; } v; } b; };";
    let elf = must_have(&folder, header, "");
    let names = ["struct a".to_owned()];
    let foreign =
        "struct a { struct { int *u; } x; struct a { struct { long k; } y, *w; long x, *x; } b; int x, 'y; };";
    for text in [header, foreign] {
        for (at, c) in text.char_indices() {
            let without = format!("{}{}", &text[..at], &text[at + c.len_utf8()..]);
            for broken in [&text[..at], &text[at..], &without, &without.replace(' ', "\n#é\\\n")] {
                let _ = widen(broken, &elf, &names, true).expect("some header");
                let _ = (shift(broken, &names[0]), defined_types(broken));
            }
        }
    }
}
