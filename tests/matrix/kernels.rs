//! The kernels, fetched by `scripts/kernels`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

/// A series, like 6.12, and its newest release.
pub(crate) struct Kernel {
    pub(crate) series: String,
    /// Or why it cannot be had.
    pub(crate) release: Result<Release, String>,
}

/// An unpacked kernel.
pub(crate) struct Release {
    /// What `uname -r` prints.
    pub(crate) name: String,
    /// Holds vmlinuz, config and lib/modules.
    pub(crate) folder: PathBuf,
}

/// Fetches what is not in `folder` yet: the series in `wanted`, or the usual ones.
pub(crate) fn fetch(folder: &Path, wanted: &[&str]) -> Result<Vec<Kernel>> {
    let script = wasm_bpf_tests::workspace().join("scripts/kernels");
    let mut command = Command::new(&script);
    let output = command.arg(folder).args(wanted).stderr(Stdio::piped()).output();
    let output = output.with_context(|| format!("cannot run {}", script.display()))?;
    let messages = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{} failed:\n{messages}", script.display());
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    let kernel = |line: &str| {
        let (series, rest) = line.split_once(' ')?;
        let release = match rest.strip_prefix("- ") {
            Some(reason) => Err(reason.to_owned()),
            None => Ok(Release { name: rest.to_owned(), folder: folder.join(rest) }),
        };
        Some(Kernel { series: series.to_owned(), release })
    };
    lines.lines().map(|line| kernel(line).with_context(|| format!("`{line}` of {}", script.display()))).collect()
}
