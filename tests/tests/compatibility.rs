//! docs/compatibility.md: libbpf's public interface, function by function, as the SDK's headers have it.
//!
//! What exists and under which types is libbpf's word (its list of exports and its headers, as vendored); what of it
//! compiles here, and the sentence of what does not, is the compiler's. Only the notes are written by hand.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;
use std::{env, fs};

use wasm_bpf_tests::{Example, Kit, binary, libbpf_map, must_output, workspace};

/// What stands before the tables.
const HEAD: &str = include_str!("compatibility_head.md");
/// `NAME [partly] [since VERSION]: note`, one a line.
const NOTES: &str = include_str!("compatibility_notes.txt");
/// libbpf's public headers.
const HEADERS: [&str; 4] = ["bpf/libbpf.h", "bpf/bpf.h", "bpf/btf.h", "bpf/libbpf_legacy.h"];
/// Includes all of them.
const INCLUDES: &str = "#include <bpf/libbpf.h>\n#include <bpf/bpf.h>\n#include <bpf/btf.h>\n";
/// The first version of this project that has what its notes do not say more of.
const FIRST: &str = "0.1";

static KIT: LazyLock<Kit> = LazyLock::new(Kit::unpack);
static FUNCTIONS: LazyLock<Vec<Function>> = LazyLock::new(functions);

/// A function that libbpf exports.
struct Function {
    name: String,
    header: &'static str,
    /// The version of libbpf that it came with.
    since: String,
    /// Its prototype in that header.
    prototype: String,
    /// What the compiler says of its use here, if it may not be used.
    refusal: Option<String>,
}

/// All that libbpf exports, in the order of their names.
fn functions() -> Vec<Function> {
    let headers = HEADERS.map(|header| (header, without_comments(&native_header(header))));
    let mut version = String::new();
    let mut functions = Vec::new();
    for line in libbpf_map().lines().map(str::trim) {
        if let Some(opened) = line.strip_prefix("LIBBPF_").and_then(|line| line.strip_suffix(" {")) {
            version = opened.strip_suffix(".0").unwrap_or(opened).into();
        } else if let Some(name) = line.strip_suffix(';').filter(|name| name.chars().all(is_of_name)) {
            let found = headers.iter().find_map(|(header, text)| Some((*header, prototype(text, name)?)));
            let (header, prototype) = found.unwrap_or_else(|| panic!("no header declares {name}"));
            functions.push(Function { name: name.into(), header, since: version.clone(), prototype, refusal: None });
        }
    }
    let mut refusals = refusals(&functions);
    functions.iter_mut().for_each(|function| function.refusal = refusals.remove(&function.name));
    functions.sort_by(|one, other| one.name.cmp(&other.name));
    functions
}

fn native_header(header: &str) -> String {
    let path = Path::new(env!("LIBBPF_INCLUDE")).join(header);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn without_comments(text: &str) -> String {
    let (first, rest) = text.split_once("/*").unwrap_or((text, ""));
    let rest = rest.split("/*").map(|part| part.split_once("*/").map_or("", |(_, code)| code));
    rest.fold(first.to_owned(), |all, code| all + code)
}

/// The declaration of the exported function `name`, without what only concerns the library itself.
fn prototype(header: &str, name: &str) -> Option<String> {
    let mut declarations = header.split("LIBBPF_API ").skip(1).filter_map(|text| Some(text.split_once(';')?.0));
    let declares = |text: &&str| {
        text.match_indices(name)
            .any(|(at, _)| text[at + name.len()..].starts_with('(') && !text[..at].ends_with(is_of_name))
    };
    declarations.find(declares).map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// What the compiler says of each of the functions that may not be used in a guest.
fn refusals(functions: &[Function]) -> BTreeMap<String, String> {
    let source = KIT.file("refusals.c");
    fs::write(&source, table(functions.iter())).expect("a writable folder");
    let mut clang = KIT.guest(&["-fsyntax-only", "-ferror-limit=0", "-fno-caret-diagnostics"]);
    let output = clang.arg(source).output().expect("clang");
    let messages = String::from_utf8_lossy(&output.stderr);
    let errors = messages.lines().filter_map(|line| Some(line.split_once(" error: ")?.1));
    let parse = |error: &str| {
        let (name, sentence) = error.strip_prefix('\'')?.split_once("' is unavailable: ")?;
        Some((name.to_owned(), sentence.to_owned()))
    };
    errors.map(|error| parse(error).unwrap_or_else(|| panic!("the SDK knows nothing of it: {error}"))).collect()
}

/// A program that takes the address of each function, by libbpf's own type.
fn table<'f>(functions: impl Iterator<Item = &'f Function>) -> String {
    let pointer = |Function { name, prototype, .. }: &Function| {
        let at = prototype.find(&format!("{name}(")).expect("a prototype has the name");
        let (before, after) = (&prototype[..at], &prototype[at + name.len()..]);
        format!("{before}(*volatile use_{name}){after} = {name};\n")
    };
    let list: String = functions.map(pointer).collect();
    format!("{INCLUDES}{list}int main(void) {{ return 0; }}\n")
}

/// A note on a function.
struct Note {
    partly: bool,
    since: &'static str,
    text: &'static str,
}

fn notes() -> BTreeMap<&'static str, Note> {
    let parse = |line: &'static str| {
        let (names, text) = line.split_once(": ").unwrap_or_else(|| panic!("no note: {line}"));
        let mut words = names.split(' ');
        let name = words.next().expect("a name");
        let rest: Vec<&str> = words.collect();
        let since = rest.iter().skip_while(|word| **word != "since").nth(1).copied().unwrap_or(FIRST);
        (name, Note { partly: rest.first() == Some(&"partly"), since, text })
    };
    let notes: BTreeMap<_, _> = NOTES.lines().map(parse).collect();
    assert_eq!(notes.len(), NOTES.lines().count(), "one note a function");
    notes
}

#[test]
fn what_is_supported_links_and_all_its_imports_are_the_hosts() {
    let supported = FUNCTIONS.iter().filter(|function| function.refusal.is_none());
    let source = KIT.file("supported.c");
    fs::write(&source, table(supported)).expect("a writable folder");
    let module = KIT.must_link(&[&KIT.must_compile(&source, "supported.o")], "supported.wasm");
    must_output(Command::new(binary()).arg(module));
}

#[test]
fn every_function_has_libbpfs_own_type() {
    // A second declaration of another type is an error. Some are macros, too, for types that are narrower in a guest.
    let source = KIT.file("prototypes.c");
    let twice = |function: &Function| format!("#undef {}\n{};\n", function.name, function.prototype);
    let list: String = FUNCTIONS.iter().map(twice).collect();
    fs::write(&source, format!("{INCLUDES}{list}")).expect("a writable folder");
    must_output(KIT.guest(&["-fsyntax-only", "-Wno-visibility"]).arg(source));
}

/// Structs and unions that a program sees after including the headers, with their members.
fn layouts(mut clang: Command) -> BTreeMap<String, Vec<String>> {
    let source = KIT.file("layouts.c");
    fs::write(&source, INCLUDES).expect("a writable folder");
    let output = must_output(clang.arg(source)).stdout;
    let text = String::from_utf8(output).expect("plain characters");
    let record = |block: &str| {
        let mut lines = block.lines().filter_map(|line| line.split_once(" | "));
        let (_, name) = lines.next()?;
        // Not where a struct without a name lies in the headers, which differs.
        let member = |text: &str| text.split(" at /").next().unwrap_or(text).to_owned();
        Some((name.to_owned(), lines.map(|(at, text)| format!("{} {}", at.trim(), member(text))).collect()))
    };
    text.split("*** Dumping AST Record Layout").filter_map(|block| record(block.trim())).collect()
}

#[test]
fn structs_have_libbpfs_own_members() {
    let dump = ["-fsyntax-only", "-Xclang", "-fdump-record-layouts-complete"];
    let (native, ours) = (layouts(KIT.guest_with_libbpf(&dump)), layouts(KIT.guest(&dump)));
    let shared: Vec<&String> = native.keys().filter(|name| ours.contains_key(*name)).collect();
    let options = shared.iter().filter(|name| name.starts_with("struct bpf_") && name.ends_with("_opts"));
    assert!(options.count() > 20, "{shared:?}");
    for name in shared {
        assert_eq!(ours[name], native[name], "{name}");
    }
}

/// The inline functions of libbpf's headers, and the macros that are for programs.
fn inlines_and_macros() -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut inlines, mut macros) = (BTreeSet::new(), BTreeSet::new());
    for header in HEADERS.into_iter().chain(["bpf/libbpf_common.h", "bpf/libbpf_version.h"]) {
        for line in without_comments(&native_header(header)).lines() {
            let words = line.trim_start_matches(['#', ' ']).strip_prefix("define ");
            if let Some(name) = words.and_then(|words| words.trim().split(|c| !is_of_name(c)).next()) {
                macros.insert(name.to_owned());
            } else if let Some((start, _)) = line.strip_prefix("static inline ").and_then(|line| line.split_once('(')) {
                inlines.insert(start.rsplit(|c| !is_of_name(c)).next().expect("a name").to_owned());
            }
        }
    }
    // Guards, what marks the library's own declarations, and the sizes of options that no function takes here.
    let is_own = |name: &str| name.starts_with("__") || name.starts_with("LIBBPF_DEPRECATED") || name == "LIBBPF_API";
    macros.retain(|name| !is_own(name) && !name.ends_with("__last_field"));
    (inlines, macros)
}

#[test]
fn inline_functions_and_macros_are_all_there() {
    let (inlines, macros) = inlines_and_macros();
    assert!(inlines.len() >= 40 && macros.len() >= 20, "{inlines:?} {macros:?}");
    // Some of libbpf's macros stand for enumerators that newer headers of the kernel have.
    let has = |name: &String| format!("#ifndef {name}\nenum {{ has_{name} = {name} }};\n#endif\n");
    let source = KIT.file("macros.c");
    let text: String = macros.iter().map(has).collect();
    let uses: String = inlines.iter().map(|name| format!("void *use_{name} = (void *){name};\n")).collect();
    fs::write(&source, format!("{INCLUDES}{uses}{text}")).expect("a writable folder");
    KIT.must_compile(&source, "macros.o");
}

/// The functions of a skeleton of `minimal` that are for programs: the part of each name after `minimal_bpf__`.
fn skeleton_functions(skeleton: &str) -> BTreeSet<String> {
    let mentions = skeleton.split("minimal_bpf__").skip(1);
    let called = mentions.filter_map(|text| text.split_once('(')).map(|(name, _)| name);
    // The two are the generator's own.
    let names = called.filter(|name| name.chars().all(is_of_name) && !["assert", "create_skeleton"].contains(name));
    names.map(str::to_owned).collect()
}

/// What a skeleton offers a program; ours has all that bpftool's has.
fn shared_skeleton_functions() -> BTreeSet<String> {
    let example = Example::must_build("minimal");
    let native = skeleton_functions(&example.must_generate_skeleton());
    let ours = skeleton_functions(&fs::read_to_string(example.skeleton()).expect("a skeleton"));
    assert!(native.len() >= 7 && native.is_subset(&ours), "bpftool's {native:?}, ours {ours:?}");
    native
}

#[test]
fn the_document_is_what_the_compiler_says() {
    let path = workspace().join("docs/compatibility.md");
    let rendered = render();
    if env::var_os("BLESS").is_some_and(|value| value == "1") {
        fs::write(&path, &rendered).expect("a writable tree");
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == rendered, "docs/compatibility.md is not what the headers say: run this test with BLESS=1");
}

fn render() -> String {
    let notes = notes();
    let is_known = |name: &&&str| !FUNCTIONS.iter().any(|function| function.name == ***name);
    assert_eq!(notes.keys().find(is_known), None, "a note on what libbpf does not export");
    let refused = FUNCTIONS.iter().filter(|function| function.refusal.is_some()).count();
    let partly = notes.values().filter(|note| note.partly).count();
    let mut text = HEAD.to_owned();
    let (all, whole) = (FUNCTIONS.len(), FUNCTIONS.len() - refused - partly);
    writeln!(text, "\nOf {all} functions {whole} are there as in libbpf, {partly} in part, {refused} are not.")
        .unwrap();
    for header in HEADERS {
        writeln!(text, "\n## `{header}`\n\n| function | libbpf | here since | notes |\n|---|---|---|---|").unwrap();
        for function in FUNCTIONS.iter().filter(|function| function.header == header) {
            let Function { name, since, .. } = function;
            let note = notes.get(name.as_str());
            let (here, note) = match (&function.refusal, note) {
                (Some(sentence), None) => ("no".to_owned(), sentence.as_str()),
                (Some(_), Some(_)) => panic!("{name}: the sentence of what is not there is in the header"),
                (None, None) => (FIRST.to_owned(), ""),
                (None, Some(Note { partly: true, since, text })) => (format!("{since}, partly"), *text),
                (None, Some(note)) => (note.since.to_owned(), note.text),
            };
            writeln!(text, "| `{name}` | {since} | {here} | {} |", note.replace('|', "\\|")).unwrap();
        }
    }
    let (inlines, macros) = inlines_and_macros();
    for (title, names) in [
        ("Inline functions", inlines),
        ("Macros", macros),
        ("A skeleton's functions, after `NAME__`", shared_skeleton_functions()),
    ] {
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        writeln!(text, "\n## {title}\n\nAll of libbpf's, since {FIRST}: {}.", names.join(", ")).unwrap();
    }
    text
}
