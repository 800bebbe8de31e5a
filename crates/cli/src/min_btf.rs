//! `wasm-bpf gen min-btf`: the few types of kernels that objects need, into the module that is to run on them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use wasm_bpf_runtime::{KernelTypes, carry, inspect};

#[derive(Args)]
pub(crate) struct MinBtf {
    /// A module, or a BPF object
    #[arg(value_name = "MODULE.wasm|FILE.bpf.o")]
    file: PathBuf,
    /// All types of a kernel, as raw BTF or ELF; its name says the release (RELEASE.btf, vmlinux-RELEASE), or RELEASE=FILE does.
    /// A folder stands for its files *.btf
    #[arg(long = "btf", value_name = "[RELEASE=]FILE", required = true)]
    kernels: Vec<String>,
    /// Where to write: for a module the module that has the types; for an object raw BTF, or a folder to write RELEASE.btf to
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,
}

impl MinBtf {
    pub(crate) fn execute(self) -> Result<()> {
        let shown = self.file.display();
        let content = fs::read(&self.file).with_context(|| format!("failed to read `{shown}`"))?;
        if !content.starts_with(b"\x7fELF") {
            let module =
                with_types(&content, &self.kernels).with_context(|| format!("failed to give `{shown}` types"))?;
            return write(&self.output, &module);
        }
        let types =
            minimal(&[content], &self.kernels).with_context(|| format!("failed to choose types for `{shown}`"))?;
        match types.as_slice() {
            [only] if !self.output.is_dir() => write(&self.output, &only.btf),
            _ => {
                let failed = || format!("failed to make the folder `{}`", self.output.display());
                fs::create_dir_all(&self.output).with_context(failed)?;
                types
                    .iter()
                    .try_for_each(|kernel| write(&self.output.join(format!("{}.btf", kernel.release)), &kernel.btf))
            }
        }
    }
}

/// `module` with the types that its objects need of each of `kernels`, as the command line names them.
pub(crate) fn with_types(module: &[u8], kernels: &[String]) -> Result<Vec<u8>> {
    let objects = inspect::objects(module)?;
    ensure!(!objects.is_empty(), "no BPF object can be seen in it: give the types to its objects' runs with --btf");
    Ok(carry(module, &minimal(&objects, kernels)?))
}

/// What the objects need of each kernel.
fn minimal(objects: &[Vec<u8>], kernels: &[String]) -> Result<Vec<KernelTypes>> {
    let objects: Vec<&[u8]> = objects.iter().map(Vec::as_slice).collect();
    let mut types: Vec<KernelTypes> = Vec::new();
    for (release, path) in files(kernels)? {
        let shown = path.display();
        let content = fs::read(&path).with_context(|| format!("failed to read `{shown}`"))?;
        let identified = KernelTypes::identify(&path, &content);
        let (release, build_id) = match (release, identified) {
            (Some(release), identified) => (release, identified.map(|(_, build_id)| build_id).unwrap_or_default()),
            (None, Some(identified)) => identified,
            (None, None) => bail!("the name of `{shown}` says no kernel's release: write --btf RELEASE={shown}"),
        };
        ensure!(
            !release.is_empty() && release.chars().all(|c| c.is_ascii_graphic() && c != '/'),
            "`{release}` is no kernel's release"
        );
        ensure!(
            !types.iter().any(|other| other.release == release && other.build_id == build_id),
            "two files are for the kernel {release}: `{shown}` is the second"
        );
        let part = wasm_bpf_codegen::min_btf(&objects, &content)
            .with_context(|| format!("failed to choose types from `{shown}`"))?;
        let Some(btf) = part else { bail!("the BPF programs need no types: they run on every kernel as they are") };
        types.push(KernelTypes { release, build_id, btf });
    }
    Ok(types)
}

/// The files that `kernels` name, with their releases where those are given.
fn files(kernels: &[String]) -> Result<Vec<(Option<String>, PathBuf)>> {
    let mut files = Vec::new();
    for text in kernels {
        let path = Path::new(text);
        if path.is_dir() {
            let before = files.len();
            for entry in fs::read_dir(path).with_context(|| format!("failed to read the folder `{text}`"))? {
                let file = entry.with_context(|| format!("failed to read the folder `{text}`"))?.path();
                if file.extension().is_some_and(|extension| extension == "btf") {
                    files.push((None, file));
                }
            }
            ensure!(files.len() > before, "the folder `{text}` has no file *.btf");
            files[before..].sort();
        } else {
            match text.split_once('=') {
                Some((release, file)) if !path.exists() => files.push((Some(release.to_owned()), file.into())),
                _ => files.push((None, path.to_owned())),
            }
        }
    }
    Ok(files)
}

fn write(path: &Path, content: &[u8]) -> Result<()> {
    fs::write(path, content).with_context(|| format!("failed to write `{}`", path.display()))?;
    println!("{} ({} bytes)", path.display(), content.len());
    Ok(())
}
