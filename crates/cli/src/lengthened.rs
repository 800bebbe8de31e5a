//! A `long` of 64 bits for guests, as natively, where their sources compile with it.

use std::collections::BTreeMap;
use std::env::consts::ARCH;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use wasm_bpf_codegen::{Variadic, lengthen, variadic};

use crate::build::Job;
use crate::overlay::Overlay;
use crate::project::Project;
use crate::widened::read;

/// Pointers that are another type's than natively, which the compiler only warns of: memory would be read and written beside them.
const MISTAKES: [&str; 3] = ["incompatible-pointer-types", "incompatible-function-pointer-types", "int-conversion"];
/// What it warns of though it is right natively, and here as well: formats are corrected to the arguments.
const NO_MISTAKES: [&str; 4] =
    ["format", "int-to-pointer-cast", "int-to-void-pointer-cast", "compare-distinct-pointer-types"];

/// The guest's files in other words.
#[derive(Debug)]
pub(crate) struct Lengthened {
    overlay: Overlay,
    texts: BTreeMap<PathBuf, String>,
    /// Whether functions of its own take any arguments.
    variadic: bool,
    /// Whether what it chooses by the processor is chosen for the one that this program runs on, as its BPF object is.
    processor: bool,
}

impl Lengthened {
    /// Makes a compiler see them.
    pub(crate) fn apply(&self, clang: &mut Command) {
        self.overlay.apply(clang);
        clang.arg("-DWASM_BPF_LONG_64").args(NO_MISTAKES.map(|name| format!("-Wno-{name}")));
        if self.variadic {
            clang.arg("-DWASM_BPF_LISTS_64");
        }
        if self.processor {
            clang.arg(format!("-D{}", processor()));
        }
    }
}

/// What sources choose by for the processor that this program runs on.
fn processor() -> String {
    format!("WASM_BPF_{}", ARCH.to_uppercase())
}

impl Job<'_> {
    /// Gives the guest a `long` of 64 bits, unless it passes pointers to one to the C library, or is written in C++.
    pub(crate) fn lengthen(&self, project: &Project) -> Result<()> {
        if let Some(other) = project.guest.iter().find(|source| source.extension().is_none_or(|is| is != "c")) {
            self.keep_short(&format!("{} is not in C", other.display()));
            return Ok(());
        }
        let mut texts = BTreeMap::new();
        for path in project.guest_files()? {
            let text = read(&path)?;
            texts.insert(path, text);
        }
        let mut functions = Variadic::new();
        texts.values().for_each(|text| variadic(text, &mut functions));
        texts = texts
            .into_iter()
            .map(|(path, text)| (path, lengthen(&text, &functions), text))
            .filter_map(|(path, long, text)| (long != text).then_some((path, long)))
            .collect();
        if texts.is_empty() {
            return Ok(());
        }
        let files: Vec<(&PathBuf, &String)> = texts.iter().collect();
        let overlay = Overlay::of(&self.scratch.join("long"), &project.folder, &files)?;
        let (variadic, processor) = (!functions.is_empty(), texts.values().any(|text| text.contains(&processor())));
        *self.long.borrow_mut() = Some(Lengthened { overlay, texts, variadic, processor });
        let mut mistake = self.mistake(&project.guest)?;
        if let Some(why) = mistake.as_ref().filter(|_| processor) {
            // Code for a processor cannot be had, only tables.
            self.tell(&format!("The guest's sources choose nothing by the processor: there would be: {why}"));
            self.long.borrow_mut().as_mut().expect("set above").processor = false;
            mistake = self.mistake(&project.guest)?;
        }
        if let Some(why) = mistake {
            self.keep_short(&format!("with 64 there would be: {why}"));
            *self.long.borrow_mut() = None;
        }
        Ok(())
    }

    /// The first error in the guest's sources, as they are compiled now.
    fn mistake(&self, sources: &[PathBuf]) -> Result<Option<String>> {
        for source in sources {
            let mut clang = self.clang_guest(source, Path::new("/dev/null"));
            clang.args(["-fsyntax-only", "-Wno-everything"]);
            clang.args(MISTAKES.map(|name| format!("-Werror={name}")));
            let output = self.tools.output(clang)?;
            if !output.status.success() {
                let said = String::from_utf8_lossy(&output.stderr);
                return Ok(Some(said.lines().find(|line| line.contains("error:")).unwrap_or_default().to_owned()));
            }
        }
        Ok(None)
    }

    fn keep_short(&self, why: &str) {
        self.tell(&format!("The guest's `long` keeps 32 bits: {why}"));
    }

    fn tell(&self, what: &str) {
        if self.args.verbose {
            eprintln!("{what}");
        }
    }

    /// The text of one of the guest's files, as its compiler sees it but for shared structs.
    pub(crate) fn text(&self, path: &Path) -> Result<String> {
        match &*self.long.borrow() {
            Some(Lengthened { texts, .. }) if texts.contains_key(path) => Ok(texts[path].clone()),
            _ => read(path),
        }
    }
}
