//! Single C sources in both ways: for guests with the SDK's headers from the tree, and for this machine.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs, thread};

use tempfile::TempDir;

use crate::environment::require_root;
use crate::guest::{binary, workspace};
use crate::prebuilt::VMLINUX;

/// What guests are compiled with, unpacked once, and a place for what the tests make.
pub struct Kit {
    folder: TempDir,
    unpacked: PathBuf,
}

impl Kit {
    /// Lets the binary unpack what it carries for guests.
    #[track_caller]
    pub fn unpack() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let ring = workspace().join("sdk/c/tests/programs/ring");
        let mut build = Command::new(binary());
        build.arg("build").arg(ring).arg("-o").arg(folder.path().join("first.wasm")).arg("--keep").arg(folder.path());
        must_output(build.env("XDG_CACHE_HOME", folder.path()));
        let unpacked = fs::read_dir(folder.path().join("wasm-bpf")).expect("the unpacked files").flatten();
        let unpacked = unpacked.map(|entry| entry.path()).find(|path| path.join("sysroot").is_dir());
        Self { unpacked: unpacked.expect("a sysroot"), folder }
    }

    /// The folder for what the tests make, removed in the end. It is also the binary's cache.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A file in that folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What the binary has unpacked: `sdk`, `sysroot`, `uapi`.
    pub fn unpacked(&self) -> &Path {
        &self.unpacked
    }

    /// clang for guests. The SDK is not a system folder here, so that its own warnings count.
    pub fn guest(&self, arguments: &[&str]) -> Command {
        self.for_guests(&workspace().join("sdk/c/include"), arguments)
    }

    /// The same with libbpf's own headers: types and names as a guest would see them there.
    pub fn guest_with_libbpf(&self, arguments: &[&str]) -> Command {
        self.for_guests(Path::new(LIBBPF), arguments)
    }

    fn for_guests(&self, include: &Path, arguments: &[&str]) -> Command {
        let mut clang = clang(&["--target=wasm32-wasi", "-Wall", "-Wextra", "-Werror", "-O2", "-fno-exceptions"]);
        clang.arg("--sysroot").arg(self.unpacked.join("sysroot")).args(arguments);
        for folder in [include, &workspace().join(SHARED)] {
            clang.arg("-I").arg(folder);
        }
        clang.arg("-idirafter").arg(self.unpacked.join("uapi"));
        clang
    }

    /// A guest module from object files or sources, linked as `wasm-bpf build` links.
    #[track_caller]
    pub fn must_link(&self, inputs: &[&Path], name: &str) -> PathBuf {
        let module = self.file(name);
        let mut link = Command::new("wasm-ld-19");
        let library = self.unpacked.join("sysroot/lib");
        link.args(["--gc-sections", "--strip-all", "--export-table"]).arg(library.join("crt1-command.o"));
        // What takes the place of parts of the C library, as the first build left it.
        let smaller = fs::read_dir(self.unpacked.join("lib")).expect("the SDK's sources").flatten();
        link.args(
            smaller.map(|source| self.file(&format!("lib-{}", source.file_name().display())).with_extension("o")),
        );
        link.args(inputs).arg("-L").arg(library).args(["-lc", "-lclang_rt.builtins-wasm32", "-o"]).arg(&module);
        must_output(&mut link);
        module
    }

    /// The object file of a guest's source.
    #[track_caller]
    pub fn must_compile(&self, source: &Path, name: &str) -> PathBuf {
        let object = self.file(name);
        must_output(self.guest(&["-c"]).arg(source).arg("-o").arg(&object));
        object
    }

    /// The program of `source` for this machine.
    #[track_caller]
    pub fn must_compile_natively(&self, source: &Path, name: &str) -> PathBuf {
        let program = self.file(name);
        let mut clang =
            clang(&["-Wall", "-Wextra", "-Werror", "-Wno-missing-field-initializers", "-D_GNU_SOURCE", "-O2"]);
        clang.arg("-isystem").arg(self.unpacked.join("uapi"));
        clang.arg("-I").arg(workspace().join(SHARED)).arg("-I").arg(self.folder.path());
        must_output(with_libbpf(clang.arg(source)).arg("-o").arg(&program));
        program
    }
}

/// The kit, unpacked once.
pub static KIT: LazyLock<Kit> = LazyLock::new(Kit::unpack);

/// The SDK's headers that BPF programs and native ones include too.
pub(crate) const SHARED: &str = "sdk/c/shared";
/// libbpf's own headers; its libraries are beside them.
const LIBBPF: &str = env!("LIBBPF_INCLUDE");

/// Makes `cc` use the libbpf that the runtime is linked with, its headers and its static libraries.
pub fn with_libbpf(cc: &mut Command) -> &mut Command {
    let libraries = Path::new(LIBBPF).parent().expect("beside the headers");
    cc.arg("-isystem").arg(LIBBPF).args(["libbpf.a", "libelf.a", "libz.a"].map(|name| libraries.join(name)))
}

/// That libbpf's list of what it exports, with the version that each name came with.
///
/// # Panics
/// Where cargo has not kept what the build of libbpf said of its sources.
#[track_caller]
pub fn libbpf_map() -> String {
    let said = Path::new(LIBBPF).ancestors().nth(2).expect("a build script's folder").join("output");
    let said = fs::read_to_string(&said).unwrap_or_else(|error| panic!("cannot read {}: {error}", said.display()));
    let is_list = |line: &&str| line.ends_with("/libbpf.map");
    let (_, path) = said.lines().find(is_list).and_then(|line| line.split_once('=')).expect("libbpf's sources");
    fs::read_to_string(path).unwrap_or_else(|error| panic!("cannot read {path}: {error}"))
}

/// clang, or what CLANG in the environment names.
///
/// # Panics
/// Where there is none, since all that needs one was built before.
#[track_caller]
pub fn clang(arguments: &[&str]) -> Command {
    assert!(env::var_os(VMLINUX).is_none(), "this was not built before: tests/src/prebuilt.rs has to list it");
    let mut clang = Command::new(env::var_os("CLANG").unwrap_or_else(|| "clang-19".into()));
    clang.args(arguments);
    clang
}

/// Runs a tool to its successful end; what it printed.
#[track_caller]
pub fn must_output(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
    assert!(output.status.success(), "{command:?} failed:\n{}", String::from_utf8_lossy(&output.stderr));
    output
}

/// Runs `program` natively and its module, and compares what they print and how they end.
#[track_caller]
pub fn must_agree(program: &Path, module: &Path, arguments: &[&str], variable: Option<(&str, &str)>) {
    must_agree_with(&[], program, module, arguments, variable);
}

/// The same with more options of the runtime's.
#[track_caller]
pub fn must_agree_with(
    options: &[&str],
    program: &Path,
    module: &Path,
    arguments: &[&str],
    variable: Option<(&str, &str)>,
) {
    let name = "./tool";
    let mut native = Command::new(program);
    native.arg0(name).args(arguments);
    let mut guest = Command::new(binary());
    guest.args(["run", "--allow-all", "--argv0", name]).args(options).arg("--dir").arg(KIT.folder());
    if let Some((key, value)) = variable {
        native.env(key, value);
        guest.env(key, value).arg("--env").arg(format!("{key}={value}"));
    }
    guest.arg(module).args(arguments);
    let [native, guest] = [native, guest].map(|mut command| {
        let output = command.output().unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        format!(
            "{}\n{}\n-- errors --\n{}",
            output.status.code().unwrap_or(-1),
            text(&output.stdout),
            text(&output.stderr)
        )
    });
    assert_eq!(guest, native, "{arguments:?}, {variable:?}: the guest's on the left");
}

/// Builds a program of one source below `sdk/c/tests`, without BPF, in both ways.
#[track_caller]
pub fn both_ways(folder: &str, name: &str) -> (PathBuf, PathBuf) {
    let source = workspace().join("sdk/c/tests").join(folder).join(format!("{name}.c"));
    let object = KIT.file(&format!("{name}.o"));
    must_output(KIT.guest(&["-c", "-Wno-missing-field-initializers"]).arg(&source).arg("-o").arg(&object));
    let module = KIT.must_link(&[&object], &format!("{name}.wasm"));
    (KIT.must_compile_natively(&source, &format!("{name}.native")), module)
}

/// Who writes the native program's skeleton.
#[derive(PartialEq, Eq)]
pub enum Skeleton {
    /// bpftool, as installed.
    Bpftool,
    /// `wasm-bpf gen`.
    Ours,
}

/// Builds the program in a folder of `sdk/c/tests/programs` in both ways.
#[track_caller]
pub fn both_with_skeleton(name: &str, skeleton: &Skeleton) -> (PathBuf, PathBuf) {
    require_root();
    let folder = workspace().join("sdk/c/tests/programs").join(name);
    let module = KIT.file(&format!("{name}.wasm"));
    let kept = KIT.file(&format!("{name}.kept"));
    let mut build = Command::new(binary());
    build.arg("build").arg(&folder).arg("-o").arg(&module).arg("--keep").arg(&kept);
    must_output(build.env("XDG_CACHE_HOME", KIT.folder()));
    let header = format!("{name}.skel.h");
    let text = if *skeleton == Skeleton::Ours {
        fs::read(kept.join(&header)).expect("the build keeps it")
    } else {
        let mut generate = Command::new("bpftool");
        let object = kept.join(format!("{name}.bpf.o"));
        must_output(generate.args(["gen", "skeleton"]).arg(object).args(["name", &format!("{name}_bpf")])).stdout
    };
    fs::write(KIT.file(&header), text).unwrap();
    let source = folder.join(format!("{name}.c"));
    (KIT.must_compile_natively(&source, &format!("{name}.native")), module)
}

/// Calls `check` for each item, on as many threads as there are processors.
pub fn for_each<T: Sync>(items: &[T], check: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    check(item);
                }
            });
        }
    });
}
