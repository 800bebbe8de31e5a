//! What tests build with compilers, built before they run where there are none.

use std::fs;
use std::path::{Path, PathBuf};

use crate::example::Example;
use crate::guest::{Build, must_build_native, requested, vmlinux, workspace};
use crate::kinds::must_build_folder;

/// Set where there are no compilers: the vmlinux.h that all was built with, whatever kernel runs.
pub(crate) const VMLINUX: &str = "WASM_BPF_TESTS_VMLINUX";

/// Guests with another's object, or with macros.
const VARIANTS: [(&str, &str, &[&str]); 10] = [
    ("attach", "egress", &[]),
    ("attach", "no_hook", &[]),
    ("attach", "refused", &[]),
    ("attach", "sockops", &[]),
    ("attach", "sockops", &["BY_DESCRIPTOR"]),
    ("attach", "xdp", &[]),
    ("foreign", "polling", &[]),
    ("foreign", "polling", &["WRAPPER=\"host\"", "CALLBACK=\"on-record\""]),
    ("echo", "no_hook", &[]),
    ("maps", "bloom", &[]),
];

/// All that the suites which touch the kernel need from compilers.
pub struct Prebuilt {
    /// Files and folders in the cache: a test finds them there.
    pub files: Vec<PathBuf>,
    /// The types that they were built with.
    pub vmlinux: PathBuf,
}

impl Prebuilt {
    /// Builds it, as the tests do.
    #[track_caller]
    pub fn build() -> Self {
        let guests = workspace().join("tests/guests");
        let own = stems(&guests, ".bpf.c").into_iter().filter(|name| guests.join(format!("{name}.c")).is_file());
        own.for_each(|name| drop(Build::of(&name).must_build()));
        for (guest, object, defines) in VARIANTS {
            let build = Build::of(guest).object(object);
            defines.iter().fold(build, |build, define| build.define(define)).must_build();
        }
        ["kinds", "map_types"].iter().for_each(|name| drop(must_build_folder(name)));
        Example::names().iter().for_each(|name| drop(Example::must_build(name)));
        stems(&workspace().join("tests/native"), ".c").iter().for_each(|name| drop(must_build_native(name)));
        Self { files: requested(), vmlinux: vmlinux() }
    }
}

/// The names of the files in a folder that end with `end`, without it.
fn stems(folder: &Path, end: &str) -> Vec<String> {
    let files = fs::read_dir(folder).unwrap_or_else(|error| panic!("cannot list {}: {error}", folder.display()));
    let name = |file: fs::DirEntry| file.file_name().to_string_lossy().strip_suffix(end).map(str::to_owned);
    files.flatten().filter_map(name).collect()
}
