//! Copies of shared headers, with the BPF side's layout for the guest, and their way to the compiler.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use wasm_bpf_codegen::{shift, widen};

use crate::build::Job;
use crate::overlay::Overlay;
use crate::project::Project;
use crate::shared::Pair;

/// What is to be widened: of each header, types as the objects of the pairs with these indices have them.
pub(crate) type Wide = BTreeMap<PathBuf, Vec<(usize, String)>>;

impl Job<'_> {
    /// Puts widened headers in the places of the folder's own.
    pub(crate) fn overlay_with(&self, project: &Project, pairs: &[Pair<'_>], wide: &Wide) -> Result<()> {
        let mut files = Vec::new();
        for (header, types) in wide.iter().filter(|(_, types)| !types.is_empty()) {
            let original = self.text(header)?;
            let widened = |text: &str, (index, name): &(usize, String), arrays| {
                widen(text, &pairs[*index].elf, std::slice::from_ref(name), arrays)
                    .with_context(|| format!("failed to lay out {name} of {} for the guest", header.display()))
            };
            let mut text = original.clone();
            for each in types {
                // Whatever a program does with these arrays is for pointers that are further apart.
                let arrays = match widened(&original, each, true)?.probe {
                    Some(probe) => self.all_compile_with(project, header, &probe)?,
                    None => true,
                };
                text = widened(&text, each, arrays)?.text;
            }
            files.push((header, text));
        }
        let files: Vec<(&PathBuf, &String)> = files.iter().map(|(header, text)| (*header, text)).collect();
        let overlay = Overlay::of(&self.scratch.join("shared"), &project.folder, &files)?;
        *self.overlay.borrow_mut() = Some(overlay);
        Ok(())
    }

    /// The headers as the guest has them, but for another layout of one type.
    pub(crate) fn overlay_shifted(&self, headers: &[PathBuf], name: &str) -> Result<Overlay> {
        let mut files = Vec::new();
        for header in headers {
            let copy = self.scratch.join("shared").join(header.file_name().unwrap_or_default());
            let has_copy = self.overlay.borrow().is_some() && copy.is_file();
            files.push((header, shift(&if has_copy { read(&copy)? } else { self.text(header)? }, name)));
        }
        let files: Vec<(&PathBuf, &String)> = files.iter().map(|(header, text)| (*header, text)).collect();
        Overlay::of(&self.scratch.join("shifted"), &self.args.folder, &files)
    }

    /// Whether all BPF programs compile with another text of the header.
    fn all_compile_with(&self, project: &Project, header: &PathBuf, text: &String) -> Result<bool> {
        let overlay = Overlay::of(&self.scratch.join("probe"), &project.folder, &[(header, text)])?;
        for object in &project.objects {
            let mut clang = self.clang_bpf(&object.source, Path::new("/dev/null"));
            clang.args(["-fsyntax-only", "-w"]);
            overlay.apply(&mut clang);
            if !self.tools.output(clang)?.status.success() {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// The text of a header.
pub(crate) fn read(path: &Path) -> Result<String> {
    let text = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}
