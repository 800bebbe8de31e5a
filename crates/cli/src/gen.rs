//! `wasm-bpf gen`: headers from BTF and BPF objects, and small BTF.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};

use crate::min_btf::MinBtf;

/// The running kernel's own types, since Linux 5.4 with CONFIG_DEBUG_INFO_BTF.
pub(crate) const KERNEL_BTF: &str = "/sys/kernel/btf/vmlinux";

/// Generate C headers (skeletons, types for guests, vmlinux.h), and the types that modules need of other kernels
#[derive(Args)]
pub(crate) struct Gen {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Write NAME.skel.h for a BPF object, as `bpftool gen skeleton` does
    Skeleton {
        /// The object, compiled with -g
        #[arg(value_name = "FILE.bpf.o")]
        file: PathBuf,
        /// Name of the struct and prefix of its functions [default: the file's name without .o, with underscores]
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        output: Output,
    },
    /// Write types for guests, in the layout of the BPF side
    Types {
        /// A BPF object, a file of raw BTF, or `vmlinux` for the running kernel
        #[arg(value_name = "FILE|vmlinux")]
        file: PathBuf,
        /// Structs, unions, enums and typedefs to write with all that they contain [default: all]
        #[arg(value_name = "TYPE")]
        types: Vec<String>,
        #[command(flatten)]
        output: Output,
    },
    /// Give a module, or an object, the few types that it needs of kernels that show none [docs/kernels-without-btf.md]
    MinBtf(MinBtf),
    /// Write vmlinux.h, the kernel's types for BPF programs
    Vmlinux {
        /// Take the types from here
        #[arg(long, value_name = "PATH", default_value = KERNEL_BTF)]
        btf: PathBuf,
        #[command(flatten)]
        output: Output,
    },
}

#[derive(Args)]
struct Output {
    /// Write to this file, not to the standard output
    #[arg(short = 'o', long = "output", value_name = "OUT")]
    path: Option<PathBuf>,
}

impl Gen {
    pub(crate) fn execute(self) -> Result<()> {
        match self.what {
            What::Skeleton { file, name, output } => {
                let name = name.unwrap_or_else(|| default_name(&file));
                let text = wasm_bpf_codegen::skeleton(&read(&file)?, &name);
                output.write(&text.with_context(|| failed("a skeleton", &file))?)
            }
            What::Types { file, types, output } => {
                let file =
                    if file == Path::new("vmlinux") && !file.exists() { PathBuf::from(KERNEL_BTF) } else { file };
                let types: Vec<&str> = types.iter().map(String::as_str).collect();
                let text = wasm_bpf_codegen::types(&read(&file)?, &types);
                output.write(&text.with_context(|| failed("types", &file))?)
            }
            What::MinBtf(min_btf) => min_btf.execute(),
            What::Vmlinux { btf, output } => {
                let text = wasm_bpf_codegen::vmlinux(&read(&btf)?);
                output.write(&text.with_context(|| failed("vmlinux.h", &btf))?)
            }
        }
    }
}

impl Output {
    fn write(&self, text: &str) -> Result<()> {
        match &self.path {
            Some(path) => fs::write(path, text).with_context(|| format!("failed to write `{}`", path.display())),
            None => match io::stdout().write_all(text.as_bytes()) {
                // Whoever reads has seen enough.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
                result => result.context("failed to write to the standard output"),
            },
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let advice =
        if path == Path::new(KERNEL_BTF) { " (this kernel has no BTF: name a file of another kernel's)" } else { "" };
    fs::read(path).with_context(|| format!("failed to read `{}`{advice}", path.display()))
}

fn failed(what: &str, path: &Path) -> String {
    format!("failed to generate {what} from `{}`", path.display())
}

/// The name that bpftool would choose.
fn default_name(file: &Path) -> String {
    let name = file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    name.strip_suffix(".o").unwrap_or(&name).replace(|c: char| !c.is_ascii_alphanumeric(), "_")
}
