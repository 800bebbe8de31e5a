//! `wasm-bpf build`: from the sources of an application to one module.
//!
//! ```text
//!   kernel BTF -> vmlinux.h
//!                    |
//!   NAME.bpf.c --clang--> object --codegen--> NAME.skel.h (holds the object)
//!                                                 |
//!                         other .c, .cpp files --clang--> wasm-ld --> NAME.wasm
//! ```

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;

use crate::r#gen::KERNEL_BTF;
use crate::lengthened::Lengthened;
use crate::link::link;
use crate::min_btf;
use crate::overlay::Overlay;
use crate::project::{self, Object, Project};
use crate::sysroot::Sysroot;
use crate::toolchain::Toolchain;

/// How often `--watch` looks for changes.
const WATCH: Duration = Duration::from_millis(200);

/// Compile an application, its BPF programs and its guest, into one module.
///
/// DIR holds NAME.bpf.c, compiled for BPF and embedded by the generated NAME.skel.h, and the guest: all other C and C++ files. The module is
/// DIR/NAME.wasm; if there are several .bpf.c files, each has its skeleton, and the module is named after the folder.
/// Only clang and lld, of version 14 or newer, have to be installed; CLANG and WASM_LD in the environment choose others than the newest.
#[derive(Debug, Args)]
pub(crate) struct Build {
    /// The folder with the sources
    #[arg(value_name = "DIR", default_value = ".")]
    pub(crate) folder: PathBuf,

    /// Where to write the module [default: DIR/NAME.wasm]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Kernel types to make vmlinux.h from: raw BTF, or an ELF file with BTF
    #[arg(long, value_name = "FILE", default_value = KERNEL_BTF)]
    vmlinux: PathBuf,

    /// All types of a kernel that does not show them itself: the module carries the part that it needs. A folder stands for its files *.btf
    #[arg(long = "btf", value_name = "[RELEASE=]FILE")]
    kernels: Vec<String>,

    /// A folder to look for headers in, for BPF programs and guest
    #[arg(short = 'I', long = "include", value_name = "DIR")]
    includes: Vec<PathBuf>,

    /// Define a macro, for BPF programs and guest
    #[arg(short = 'D', long = "define", value_name = "NAME[=VALUE]")]
    defines: Vec<String>,

    /// The instruction set of BPF programs (v1 to v4) [default: clang's own]
    #[arg(long, value_name = "VERSION")]
    mcpu: Option<String>,

    /// Keep the names of functions in the module, for readable backtraces
    #[arg(short = 'g', long)]
    debug: bool,

    /// Leave all intermediate files in this folder
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,

    /// Build again whenever a source in DIR changes, until Ctrl-C
    #[arg(long)]
    watch: bool,

    /// Print each command
    #[arg(short, long)]
    pub(crate) verbose: bool,
}

impl Build {
    pub(crate) fn execute(self) -> Result<()> {
        if !self.watch {
            return self.build();
        }
        loop {
            let seen = project::snapshot(&self.folder)?;
            if let Err(error) = self.build() {
                eprintln!("wasm-bpf: {error:#}");
            }
            while project::snapshot(&self.folder)? == seen {
                std::thread::sleep(WATCH);
            }
        }
    }

    fn build(&self) -> Result<()> {
        let project = Project::open(&self.folder)?;
        let tools = Toolchain::find(self.verbose)?;
        let temporary =
            tempfile::Builder::new().prefix("wasm-bpf-").tempdir().context("cannot create a temporary folder")?;
        let scratch = self.keep.as_deref().unwrap_or(temporary.path());
        fs::create_dir_all(scratch).with_context(|| format!("cannot create {}", scratch.display()))?;
        let job = Job {
            args: self,
            tools,
            sysroot: Sysroot::unpack(temporary.path())?,
            scratch,
            overlay: RefCell::default(),
            long: RefCell::default(),
        };

        if project.needs_vmlinux()? {
            job.write_vmlinux()?;
        }
        for object in &project.objects {
            job.write_skeleton(object)?;
        }
        let default = || project.folder.join(format!("{}.wasm", project.name));
        let output = self.output.clone().unwrap_or_else(default);
        job.write_module(&project, &output)?;
        if !self.kernels.is_empty() {
            let shown = output.display();
            let module = fs::read(&output).with_context(|| format!("cannot read {shown}"))?;
            let module = min_btf::with_types(&module, &self.kernels)
                .with_context(|| format!("failed to give {shown} types of kernels"))?;
            fs::write(&output, module).with_context(|| format!("cannot write {shown}"))?;
        }

        let size = output.metadata().with_context(|| format!("cannot read {}", output.display()))?.len();
        println!("{} ({size} bytes)", output.display());
        Ok(())
    }
}

/// One run: what all steps share.
pub(crate) struct Job<'a> {
    pub(crate) args: &'a Build,
    pub(crate) tools: Toolchain,
    sysroot: Sysroot,
    pub(crate) scratch: &'a Path,
    /// Headers that the guest has in other words.
    pub(crate) overlay: RefCell<Option<Overlay>>,
    /// Files that the guest has in other words, the headers among them as they are before that.
    pub(crate) long: RefCell<Option<Lengthened>>,
}

impl Job<'_> {
    fn write_vmlinux(&self) -> Result<()> {
        let path = &self.args.vmlinux;
        let shown = path.display();
        let btf = fs::read(path).with_context(|| {
            format!("cannot read the kernel's types from {shown}: give BTF with --vmlinux, or put a vmlinux.h beside the sources")
        })?;
        let header =
            wasm_bpf_codegen::vmlinux(&btf).with_context(|| format!("failed to make vmlinux.h from {shown}"))?;
        self.write(&self.types().join("vmlinux.h"), header)
    }

    fn write_skeleton(&self, object: &Object) -> Result<()> {
        let source = object.source.display();
        let compiled = self.scratch.join(format!("{}.bpf.o", object.stem));
        self.tools.run(self.clang_bpf(&object.source, &compiled), &format!("compile {source}"))?;

        let elf = fs::read(&compiled).with_context(|| format!("cannot read {}", compiled.display()))?;
        let elf =
            wasm_bpf_codegen::slim(&elf).with_context(|| format!("failed to make the object of {source} smaller"))?;
        self.write(&compiled, &elf)?;
        let header = wasm_bpf_codegen::skeleton(&elf, &object.skeleton())
            .with_context(|| format!("failed to make the skeleton of {source}"))?;
        self.write(&self.scratch.join(format!("{}.skel.h", object.stem)), header)
    }

    fn write_module(&self, project: &Project, output: &Path) -> Result<()> {
        self.lengthen(project)?;
        let shared = self.unify(project)?;
        let mut compiled = Vec::new();
        for source in &project.guest {
            // The whole name: a.c and a.cpp may be side by side.
            let name = source.file_name().unwrap_or_default().to_string_lossy();
            let object = self.scratch.join(format!("{name}.o"));
            self.tools.run(self.clang_guest(source, &object), &format!("compile {}", source.display()))?;
            compiled.push(object);
        }
        self.check_shared(&shared)?;
        link(&self.tools, &self.sysroot, self.scratch, &compiled, output, self.args.debug)
    }

    pub(crate) fn clang_bpf(&self, source: &Path, output: &Path) -> Command {
        let mut clang = self.tools.clang();
        // Nothing of the host's headers: they are for another processor, and the module would depend on the machine that made it.
        clang.args(["--target=bpf", "-O2", "-g", "-fno-addrsig", "-nostdlibinc"]);
        // Unless told otherwise as the Makefiles of such programs do: what the verifier understands depends on it.
        clang.args(self.args.mcpu.iter().map(|version| format!("-mcpu={version}")));
        clang.arg(format!("-D__TARGET_ARCH_{}", target_arch()));
        self.common(&mut clang);
        for folder in [self.sysroot.bpf(), self.types(), self.sysroot.uapi()] {
            clang.arg("-isystem").arg(folder);
        }
        clang.arg("-c").arg(source).arg("-o").arg(output);
        clang
    }

    pub(crate) fn clang_guest(&self, source: &Path, output: &Path) -> Command {
        let mut clang = self.tools.clang();
        clang.args(["--target=wasm32-wasi", "-O2", "-fno-exceptions"]).arg("--sysroot").arg(self.sysroot.libc());
        if self.tools.match_in_version() {
            clang.arg("-flto");
        }
        if source.extension().is_some_and(|extension| extension != "c") {
            clang.args(["-fno-rtti", "-fno-threadsafe-statics"]);
        }
        clang.arg("-I").arg(self.scratch);
        self.common(&mut clang);
        clang.arg("-isystem").arg(self.sysroot.sdk());
        clang.arg("-idirafter").arg(self.sysroot.uapi());
        if let Some(long) = &*self.long.borrow() {
            long.apply(&mut clang);
        }
        // The later one goes before.
        if let Some(overlay) = &*self.overlay.borrow() {
            overlay.apply(&mut clang);
        }
        clang.arg("-c").arg(source).arg("-o").arg(output);
        clang
    }

    /// Options of both compilers: the user's, and those that keep this machine's paths out of BTF, which names the source files.
    fn common(&self, clang: &mut Command) {
        clang.arg("-I").arg(&self.args.folder);
        for folder in &self.args.includes {
            clang.arg("-I").arg(folder);
        }
        for define in &self.args.defines {
            clang.arg(format!("-D{define}"));
        }
        // Not the sources' folder: clang could no longer find the lines that it copies into BTF, for the verifier's messages.
        clang.arg("-fdebug-compilation-dir=.");
        for (from, to) in [(self.sysroot.root(), "sdk"), (self.scratch, "build")] {
            clang.arg(format!("-ffile-prefix-map={}={to}", from.display()));
        }
    }

    /// Where vmlinux.h is: apart from the skeletons, since it is not for the guest.
    fn types(&self) -> PathBuf {
        self.scratch.join("vmlinux")
    }

    pub(crate) fn write(&self, path: &Path, content: impl AsRef<[u8]>) -> Result<()> {
        let cannot = || format!("cannot write {}", path.display());
        fs::create_dir_all(path.parent().unwrap_or(self.scratch)).with_context(cannot)?;
        fs::write(path, content).with_context(cannot)
    }
}

/// What bpf_tracing.h calls the processor that this program runs on.
fn target_arch() -> &'static str {
    match std::env::consts::ARCH {
        "x86" | "x86_64" => "x86",
        "aarch64" => "arm64",
        "powerpc" | "powerpc64" => "powerpc",
        "riscv32" | "riscv64" => "riscv",
        "loongarch64" => "loongarch",
        same => same,
    }
}
