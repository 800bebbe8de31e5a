//! The walls of the house: what may be where in the sources.

use std::path::{Path, PathBuf};
use std::{env, fs};

use wasm_bpf_tests::workspace;

/// Folders that are made, not written.
const MADE: [&str; 4] = [".git", "target", "node_modules", ".cache"];
/// Files that tools write: their length is not ours to choose.
const WRITTEN_BY_TOOLS: [&str; 2] = ["Cargo.lock", "fuzz/Cargo.lock"];
/// The rooms for unsafe code: memory, libbpf, native code from the cache and its interruption, descriptors and capabilities of
/// threads, the C library's local time, the small build's lack of an unwinder, the tests' view of the kernel, a guest that declares
/// its imports itself, and the double of the kernel for fuzzing.
const UNSAFE_ROOMS: [&str; 11] = [
    "crates/runtime/src/shm/",
    "crates/runtime/src/bpf/sys/",
    "crates/runtime/src/cache.rs",
    "crates/runtime/src/interrupt.rs",
    "crates/runtime/src/descriptors.rs",
    "crates/runtime/src/local_time.rs",
    "crates/runtime/src/privilege/everywhere.rs",
    "crates/cli/src/no_unwind.rs",
    "tests/src/kernel.rs",
    "tests/guests/languages/records.rs",
    "fuzz/src/double.rs",
];
const MAX_LINES: usize = 500;

/// A text file of the project, by its path in it.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// Its lines with their numbers, comments left out.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let is_code = |line: &str| !line.trim_start().starts_with("//");
        self.text.lines().enumerate().filter(move |(_, line)| is_code(line)).map(|(index, line)| (index + 1, line))
    }
}

/// The project's text files whose paths start with `under` and end with `extension`; there are some.
#[track_caller]
fn must_find(under: &str, extension: &str) -> Vec<Source> {
    let root = workspace();
    let mut sources = Vec::new();
    collect(&root, &root, &mut sources);
    sources.retain(|source| source.path.starts_with(under) && source.path.ends_with(extension));
    assert!(!sources.is_empty(), "no {extension} below {under}");
    sources
}

fn collect(root: &Path, folder: &Path, sources: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).expect("a readable folder").flatten() {
        let path: PathBuf = entry.path();
        let kind = entry.file_type().expect("a file type");
        if kind.is_dir() && !MADE.contains(&entry.file_name().to_string_lossy().as_ref()) {
            collect(root, &path, sources);
        } else if kind.is_file()
            && let Ok(text) = fs::read_to_string(&path)
        {
            let path = path.strip_prefix(root).expect("below the root").to_string_lossy().into_owned();
            sources.push(Source { path, text });
        }
    }
}

/// Panics with every line of code in `sources` that has one of `words`.
#[track_caller]
fn must_lack(sources: &[Source], words: &[&str]) {
    let mut found = String::new();
    for source in sources {
        for (number, line) in source.code().filter(|(_, line)| words.iter().any(|word| line.contains(word))) {
            found += &format!("{}:{number}: {}\n", source.path, line.trim());
        }
    }
    assert!(found.is_empty(), "none of {words:?} belongs here:\n{found}");
}

#[test]
fn the_engine_stays_out_of_bpf() {
    must_lack(&must_find("crates/runtime/src/bpf/", ".rs"), &["wasmtime"]);
}

#[test]
fn libbpf_stays_out_of_the_imports() {
    must_lack(&must_find("crates/runtime/src/abi/", ".rs"), &["libbpf_sys", "libbpf_rs"]);
}

#[test]
fn unsafe_code_has_its_rooms() {
    let mut sources = must_find("", ".rs");
    sources.retain(|source| !UNSAFE_ROOMS.iter().any(|room| source.path.starts_with(room)));
    // In parts, so that this file does not find itself.
    let [block, lint] = [concat!("unsa", "fe "), concat!("unsa", "fe_code)")];
    let words = ["{", "fn", "impl", "extern"].map(|after| format!("{block}{after}"));
    must_lack(&sources, &[&words[0], &words[1], &words[2], &words[3], lint]);
}

#[test]
fn no_file_is_too_long_to_read() {
    let too_long: Vec<String> = must_find("", "")
        .iter()
        .filter(|source| !WRITTEN_BY_TOOLS.contains(&source.path.as_str()))
        .map(|source| (source.text.lines().count(), &source.path))
        .filter(|(lines, _)| *lines > MAX_LINES)
        .map(|(lines, path)| format!("{path}: {lines} lines"))
        .collect();
    assert!(too_long.is_empty(), "more than {MAX_LINES} lines: {too_long:?}");
}

#[test]
fn no_path_of_this_machine_is_left() {
    let home = env::var("HOME").ok().filter(|home| home.len() > 1).map(|home| format!("{home}/"));
    let workspace = workspace().to_string_lossy().into_owned();
    let paths: Vec<String> = home.into_iter().chain([workspace]).collect();
    for source in must_find("", "") {
        for path in &paths {
            assert!(!source.text.contains(path.as_str()), "{} has the path {path}", source.path);
        }
    }
}
