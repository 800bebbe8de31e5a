//! The kernel's user-space headers: those that are listed and everything that they include.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::Entries;

/// Adds the headers listed in `roots`, and those that they include, under `uapi/`. The first of `folders` that has a header wins.
///
/// A listed header that none has is left out: kernels differ, and whoever includes it hears from the compiler.
pub(crate) fn add(entries: &mut Entries, roots: &str, folders: &[PathBuf]) -> Result<()> {
    let listed = roots.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut pending: Vec<String> = listed.map(str::to_owned).collect();
    while let Some(header) = pending.pop() {
        let name = format!("uapi/{header}");
        if entries.contains_key(&name) {
            continue;
        }
        let Some(path) = folders.iter().map(|folder| folder.join(&header)).find(|path| path.is_file()) else {
            continue;
        };
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        pending.extend(text.lines().filter_map(|line| included(line, &header)));
        entries.insert(name, path);
    }
    Ok(())
}

/// The header that a line of `header` includes, if it is one of the kernel's.
fn included(line: &str, header: &str) -> Option<String> {
    let target = line.trim_start().strip_prefix('#')?.trim_start().strip_prefix("include")?.trim();
    if let Some(quoted) = target.strip_prefix('"') {
        let beside = Path::new(header).parent()?.join(quoted.split('"').next()?);
        return beside.to_str().map(str::to_owned);
    }
    let name = target.strip_prefix('<')?.split('>').next()?;
    let kernels = ["linux/", "asm/", "asm-generic/"].iter().any(|folder| name.starts_with(folder));
    kernels.then(|| name.to_owned())
}
