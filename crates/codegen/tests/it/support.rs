//! Compilers, and two accounts of layouts: clang's, of what was generated, and bpftool's, of what BTF says.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) const KERNEL: &str = "/sys/kernel/btf/vmlinux";

/// Flags for guests: wasi-libc only, never the host's C library.
pub(crate) const WASM: &[&str] = &["--target=wasm32-wasi", "--sysroot=/nonexistent"];
pub(crate) const C11: &[&str] = &["-std=c11", "-xc"];
pub(crate) const CXX17: &[&str] = &["-std=c++17", "-xc++"];
pub(crate) const STRICT: &[&str] = &["-Wall", "-Wextra", "-Werror"];
pub(crate) const CHECK: &[&str] = &["-fsyntax-only", "-ffreestanding"];

/// Runs a program and returns what it printed; its errors fail the test.
#[track_caller]
pub(crate) fn must_run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| {
        panic!("cannot run {command:?}: {error} (is it installed?)");
    });
    assert!(output.status.success(), "{command:?} failed:\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text on standard output")
}

#[track_caller]
pub(crate) fn must_compile(flags: &[&[&str]], files: &[&Path]) -> String {
    must_run(Command::new("clang-19").args(flags.concat()).args(files))
}

pub(crate) fn object_source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/objects").join(name)
}

/// Compiles one of `tests/objects` for BPF, with headers from `include` as well.
pub(crate) fn must_build_object(source: &str, include: &Path) -> PathBuf {
    let object = include.join(source.replace(".c", ".o"));
    let include = format!("-I{}", include.display());
    let output = format!("-o{}", object.display());
    must_compile(
        &[&["-target", "bpf", "-g", "-O2", "-mcpu=v3", "-c"], &[&include, &output, "-idirafter", &multiarch()]],
        &[&object_source(source)],
    );
    object
}

/// Where Debian keeps headers of the machine's own architecture.
pub(crate) fn multiarch() -> String {
    format!("/usr/include/{}-linux-gnu", std::env::consts::ARCH)
}

/// Each named record by `struct NAME`: its size in bytes and its members as (bit offset, width of a bit-field, name), nested ones after
/// the member that contains them. Names of padding and the underscores after reserved words are left out.
pub(crate) type Layouts = BTreeMap<String, (u64, Vec<(u64, Option<u64>, String)>)>;

/// What clang prints with `-fdump-record-layouts-complete`.
pub(crate) fn clang_layouts(dump: &str) -> Layouts {
    let mut layouts = Layouts::new();
    for record in dump.split("*** Dumping AST Record Layout\n").skip(1) {
        let mut lines = record.lines();
        let Some(name) = lines.next().and_then(|line| line.split_once("| ")) else {
            continue;
        };
        let name = name.1;
        if name.contains('(') || !name.contains(' ') || name.contains("__NSConstantString") {
            continue;
        }
        let mut members = Vec::new();
        let mut size = 0;
        for line in lines {
            let Some((place, text)) = line.split_once("| ") else {
                break;
            };
            if let Some((_, tail)) = text.split_once("[sizeof=") {
                size = tail.split(',').next().map_or(0, parse);
                break;
            }
            // Without a name, it ends in the space after its type.
            let member = text.rsplit(' ').next().unwrap_or_default();
            if member.is_empty() || member.starts_with("__bpf_pad") || member == "__empty" {
                continue;
            }
            members.push(clang_member(place, member));
        }
        layouts.insert(name.to_owned(), (size, sorted(members)));
    }
    layouts
}

fn clang_member(place: &str, name: &str) -> (u64, Option<u64>, String) {
    let name = name.trim_end_matches('_').to_owned();
    match place.trim().split_once(':') {
        None => (parse(place) * 8, None, name),
        Some((byte, bits)) => {
            let (first, last) = bits.split_once('-').expect("first and last bit");
            let (first, last) = (parse(first), parse(last));
            (parse(byte) * 8 + first, Some(last - first + 1), name)
        }
    }
}

#[derive(Default)]
struct RawType {
    kind: String,
    name: String,
    size: u64,
    to: usize,
    members: Vec<(String, usize, u64, Option<u64>)>,
}

/// What `bpftool btf dump` says of `file`.
pub(crate) fn btf_layouts(file: &Path) -> Layouts {
    let dump = must_run(Command::new("bpftool").args(["btf", "dump", "file"]).arg(file));
    let types = raw_types(&dump);
    let mut seen: HashMap<&str, u32> = HashMap::new();
    let mut layouts = Layouts::new();
    for ty in &types {
        if !matches!(&*ty.kind, "STRUCT" | "UNION" | "ENUM" | "ENUM64") || ty.name == "(anon)" {
            continue;
        }
        let count = seen.entry(&ty.name).or_default();
        *count += 1;
        let suffix = if *count > 1 { format!("___{count}") } else { String::new() };
        if ty.kind.starts_with("ENUM") {
            continue;
        }
        let mut members = Vec::new();
        flatten(&types, ty, 0, &mut members);
        let name = format!("{} {}{suffix}", ty.kind.to_lowercase(), ty.name);
        layouts.insert(name, (ty.size, sorted(members)));
    }
    layouts
}

fn raw_types(dump: &str) -> Vec<RawType> {
    let mut types = vec![RawType::default()];
    for line in dump.lines() {
        let (head, tail) = line.split_once('\'').unwrap_or((line, ""));
        let (name, rest) = tail.split_once("' ").unwrap_or((tail, ""));
        let field = |key: &str| {
            rest.split(' ')
                .find_map(|field| field.trim_end_matches(',').strip_prefix(key)?.strip_prefix('='))
                .map(parse)
        };
        if let Some(head) = head.strip_prefix('[') {
            let kind = head.split_once("] ").map_or("", |(_, kind)| kind.trim());
            types.push(RawType {
                kind: kind.to_owned(),
                name: name.to_owned(),
                size: field("size").unwrap_or(0),
                to: field("type_id").unwrap_or(0) as usize,
                members: Vec::new(),
            });
        } else if let (Some(ty), Some(offset)) = (field("type_id"), field("bits_offset")) {
            let record = types.last_mut().expect("a member belongs to a type");
            let member = (name.to_owned(), ty as usize, offset, field("bitfield_size"));
            record.members.push(member);
        }
    }
    types
}

fn flatten(types: &[RawType], record: &RawType, base: u64, members: &mut Vec<(u64, Option<u64>, String)>) {
    for (name, ty, offset, bits) in &record.members {
        if name != "(anon)" {
            let name = name.trim_end_matches('_').to_owned();
            members.push((base + offset, *bits, name));
        }
        let mut ty = &types[*ty];
        while matches!(&*ty.kind, "TYPEDEF" | "CONST" | "VOLATILE" | "TYPE_TAG") {
            ty = &types[ty.to];
        }
        if matches!(&*ty.kind, "STRUCT" | "UNION") {
            flatten(types, ty, base + offset, members);
        }
    }
}

fn sorted<T: Ord>(mut list: Vec<T>) -> Vec<T> {
    list.sort();
    list
}

fn parse(number: &str) -> u64 {
    number.trim().parse().expect("a number")
}

/// Requires that clang lays out everything that BTF describes as BTF describes it.
#[track_caller]
pub(crate) fn require_same(truth: &Layouts, made: &Layouts) {
    for (name, layout) in truth {
        let (record, tag) = name.split_once(' ').expect("keyword and tag");
        let made = made
            .get(name)
            .or_else(|| made.get(&format!("{record} {tag}_")))
            .unwrap_or_else(|| panic!("{name} is missing"));
        assert_eq!(layout, made, "{name}");
    }
}
