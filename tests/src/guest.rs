//! Building guests, once for all test binaries that run at the same time.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{LazyLock, Mutex};
use std::{env, fs};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use tempfile::TempDir;

use crate::kit::{clang, must_output};
use crate::prebuilt::VMLINUX;

/// libbpf's headers for BPF programs.
const LIBBPF: &str = env!("LIBBPF_INCLUDE");
/// The running kernel's types.
const BTF: &str = "/sys/kernel/btf/vmlinux";
/// What every BPF program is compiled with.
const BPF_FLAGS: [&str; 7] =
    ["--target=bpf", "-mcpu=v3", "-O2", "-g", "-Werror", "-D__TARGET_ARCH_x86", "-fdebug-prefix-map=/=."];
/// What every guest is compiled with, as an author of a v0 module would: a WASI command with an exported table.
const GUEST_FLAGS: [&str; 9] = [
    "--target=wasm32-wasi",
    "--sysroot=/usr",
    "-nostdlibinc",
    "-isystem/usr/include/wasm32-wasi",
    "-O2",
    "-Wall",
    "-Werror",
    "-Wl,--export-table",
    "-Wl,--strip-debug",
];

/// A module to build from `tests/guests`.
#[derive(Clone, Debug)]
pub struct Build {
    guest: String,
    object: String,
    defines: Vec<String>,
}

impl Build {
    /// `GUEST.c` with the BPF object of `GUEST.bpf.c` in it.
    pub fn of(guest: &str) -> Self {
        Self { guest: guest.into(), object: guest.into(), defines: Vec::new() }
    }

    /// Embeds the object of `OBJECT.bpf.c` instead.
    pub fn object(mut self, object: &str) -> Self {
        self.object = object.into();
        self
    }

    /// Defines a macro for the guest, `NAME=VALUE`.
    pub fn define(mut self, define: &str) -> Self {
        self.defines.push(format!("-D{define}"));
        self
    }

    /// The module; panics with the compiler's messages where it does not compile.
    #[track_caller]
    pub fn must_build(self) -> PathBuf {
        let folder = workspace().join("tests/guests");
        let source = folder.join(format!("{}.c", self.guest));
        let object = must_build_object(&self.object);
        let mut hash = DefaultHasher::new();
        let sources = [&source, &folder.join("v0.h"), &folder.join("hits.h"), &object];
        sources.map(|path| must_read(path)).hash(&mut hash);
        (GUEST_FLAGS, &self.defines).hash(&mut hash);
        let name = format!("{}-{}-{:016x}.wasm", self.guest, self.object, hash.finish());
        cached(&name, |work| {
            fs::write(work.join("object.h"), as_array(&must_read(&object))).expect("a writable target folder");
            let mut guest = clang(&[]);
            guest.args(GUEST_FLAGS).args(&self.defines).arg("-I").arg(work).arg("-I").arg(&folder);
            let module = work.join("guest.wasm");
            must_output(guest.arg(source).arg("-o").arg(&module));
            module
        })
    }
}

/// The BPF object of `guests/NAME.bpf.c`.
#[track_caller]
pub(crate) fn must_build_object(name: &str) -> PathBuf {
    let folder = workspace().join("tests/guests");
    let source = folder.join(format!("{name}.bpf.c"));
    let mut hash = DefaultHasher::new();
    [&source, &folder.join("hits.h"), &vmlinux()].map(|path| must_read(path)).hash(&mut hash);
    (BPF_FLAGS, LIBBPF).hash(&mut hash);
    cached(&format!("{name}-{:016x}.o", hash.finish()), |work| {
        let object = work.join("object.o");
        let mut bpf = clang(&[]);
        bpf.args(BPF_FLAGS).arg("-nostdlibinc").arg("-isystem").arg(LIBBPF);
        bpf.arg("-c").arg(&source).arg("-o").arg(&object);
        must_output(bpf.arg("-I").arg(vmlinux().parent().expect("a folder")));
        object
    })
}

/// The module of `guests/NAME.c` and `guests/NAME.bpf.c`.
#[track_caller]
pub fn must_build(name: &str) -> PathBuf {
    Build::of(name).must_build()
}

/// The program of `native/NAME.c`, compiled for this machine.
#[track_caller]
pub fn must_build_native(name: &str) -> PathBuf {
    let source = workspace().join("tests/native").join(format!("{name}.c"));
    let mut hash = DefaultHasher::new();
    must_read(&source).hash(&mut hash);
    cached(&format!("{name}-{:016x}", hash.finish()), |work| {
        let program = work.join("program");
        let options = ["-O1", "-g", "-fno-omit-frame-pointer", "-Wall", "-Werror", "-o"];
        must_output(clang(&options).arg(&program).arg(&source));
        program
    })
}

/// A module from WebAssembly text; `name` is for people.
#[track_caller]
pub fn must_build_wat(name: &str, text: &str) -> PathBuf {
    let mut hash = DefaultHasher::new();
    text.hash(&mut hash);
    cached(&format!("{name}-{:016x}.wasm", hash.finish()), |work| {
        let module = work.join("guest.wasm");
        fs::write(&module, wat::parse_str(text).expect("valid text")).expect("a writable target folder");
        module
    })
}

/// The release binary beside the running test.
///
/// # Panics
/// Where it was not built.
#[track_caller]
pub fn binary() -> PathBuf {
    let binary = target().join("release/wasm-bpf");
    assert!(binary.is_file(), "{} is missing: run `cargo build --release` first", binary.display());
    binary
}

/// The small build, which `make mini` makes.
#[track_caller]
pub fn mini() -> PathBuf {
    let binary = target().join("mini/wasm-bpf-mini");
    assert!(binary.is_file(), "{} is missing: run `make mini` first", binary.display());
    binary
}

/// A number that changes with the release binary.
pub(crate) fn binary_hash() -> u64 {
    static HASH: LazyLock<u64> = LazyLock::new(|| {
        let mut hash = DefaultHasher::new();
        must_read(&binary()).hash(&mut hash);
        hash.finish()
    });
    *HASH
}

/// The folder with the project's sources.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the workspace").into()
}

/// The target folder: test binaries are TARGET/release/deps/NAME, other programs TARGET/release/NAME.
pub(crate) fn target() -> PathBuf {
    let program = env::current_exe().expect("a running program");
    let release = program.ancestors().find(|folder| folder.ends_with("release")).expect("a release build");
    release.parent().expect("below the target folder").into()
}

/// A folder with the running kernel's vmlinux.h; the header's path.
pub(crate) fn vmlinux() -> PathBuf {
    if let Some(header) = env::var_os(VMLINUX) {
        return header.into();
    }
    let binary = binary();
    let made = binary.metadata().and_then(|metadata| metadata.modified()).expect("a readable binary");
    let mut hash = DefaultHasher::new();
    (made, must_read(Path::new(BTF))).hash(&mut hash);
    let folder = target().join(format!("guests/kernel-{:016x}", hash.finish()));
    let header = folder.join("vmlinux.h");
    if !header.is_file() {
        fs::create_dir_all(&folder).expect("a writable target folder");
        let work = must_make_work();
        let fresh = work.path().join("vmlinux.h");
        must_output(Command::new(binary).args(["gen", "vmlinux", "--output"]).arg(&fresh));
        fs::rename(fresh, &header).expect("a rename within the target folder");
    }
    header
}

/// What the cache was asked for by this process.
static REQUESTED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// The files and folders that this process has had from the cache.
pub(crate) fn requested() -> Vec<PathBuf> {
    REQUESTED.lock().expect("no panic").iter().cloned().collect()
}

/// The file or folder called `name` in the cache, made by `make` in a folder of its own where it is not there yet. Nobody
/// ever sees half of it, and who comes second takes the first one's: a probe in a file is not in its copies.
#[track_caller]
pub(crate) fn cached(name: &str, make: impl FnOnce(&Path) -> PathBuf) -> PathBuf {
    let path = target().join("guests").join(name);
    REQUESTED.lock().expect("no panic").insert(path.clone());
    if !path.exists() {
        let work = must_make_work();
        let made = make(work.path());
        match renameat_with(CWD, made, CWD, &path, RenameFlags::NOREPLACE) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => panic!("cannot put {} into its place: {error}", path.display()),
        }
    }
    path
}

/// A temporary folder on the cache's file system.
fn must_make_work() -> TempDir {
    let cache = target().join("guests");
    fs::create_dir_all(&cache).expect("a writable target folder");
    TempDir::new_in(cache).expect("a writable target folder")
}

#[track_caller]
pub(crate) fn must_read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
}

/// A C header that defines the bytes as `object`.
fn as_array(bytes: &[u8]) -> String {
    let list: Vec<String> = bytes.iter().map(u8::to_string).collect();
    format!("static const unsigned char object[] __attribute__((aligned(8))) = {{{}}};\n", list.join(","))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn who_makes_it_second_takes_the_first() {
        let name = format!("twice-{}", std::process::id());
        let make = |work: &Path| {
            fs::write(work.join("file"), "equal").expect("a writable target folder");
            work.join("file")
        };
        let inode = |path: &Path| fs::metadata(path).expect("a file").ino();
        let mut first = 0;
        let path = cached(&name, |work| {
            first = inode(&cached(&name, make));
            make(work)
        });
        assert_eq!(inode(&path), first);
        fs::remove_file(path).expect("a writable target folder");
    }
}
