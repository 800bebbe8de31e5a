//! Headers that guest and BPF programs share: the structs of theirs that the guest looks at mean the same to both sides.
//!
//! ```text
//!   as they are? --no--> which does the guest lay out, and which of these differ?
//!                          --> copies of the headers in their places, with the BPF side's layout --> again
//! ```

use std::cell::Cell;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use wasm_bpf_codegen::{LayoutCheck, defined_types, layout_checks, together};

use crate::build::Job;
use crate::project::{Object, Project};
use crate::widened::{Wide, read};

/// Widened structs of one header are seen in others, and what a skeleton asserts hides what comes after it.
const ROUNDS: usize = 4;

/// A guest's source and a BPF program with headers in common.
pub(crate) struct Pair<'a> {
    source: &'a Path,
    headers: Vec<PathBuf>,
    /// The BPF program's object, with the types of the headers.
    pub(crate) elf: Vec<u8>,
    checks: Vec<LayoutCheck>,
    /// Nothing differs that anybody looks at.
    agrees: Cell<bool>,
}

impl Pair<'_> {
    fn names(&self) -> Vec<String> {
        self.checks.iter().map(|check| check.name.clone()).collect()
    }
}

impl Job<'_> {
    /// Sees to it that shared structs have one layout, as far as that can be had; for [`Job::check_shared`].
    pub(crate) fn unify<'p>(&self, project: &'p Project) -> Result<Vec<Pair<'p>>> {
        let pairs = self.pairs(project)?;
        let mut wide = Wide::new();
        for _ in 0..ROUNDS {
            let mut more = false;
            for (index, pair) in pairs.iter().enumerate() {
                let differing = if pair.agrees.get() { Vec::new() } else { self.differing(pair)? };
                if differing.is_empty() {
                    continue;
                }
                let names = together(&pair.elf, &differing, &pair.names())?;
                for header in &pair.headers {
                    let known = wide.entry(header.clone()).or_default();
                    for name in defined_types(&read(header)?).into_iter().filter(|name| names.contains(name)) {
                        if known.iter().all(|(_, known)| *known != name) {
                            known.push((index, name));
                            more = true;
                        }
                    }
                }
            }
            if !more {
                break;
            }
            self.overlay_with(project, &pairs, &wide)?;
        }
        Ok(pairs)
    }

    /// Fails where the guest looks at a struct that still has two layouts.
    pub(crate) fn check_shared(&self, pairs: &[Pair<'_>]) -> Result<()> {
        for pair in pairs.iter().filter(|pair| !pair.agrees.get()) {
            let mut checks = String::new();
            for name in self.failing(pair, |check| &check.accepted)?.1 {
                if self.depends_on(pair, &name)? {
                    checks.extend(pair.checks.iter().filter(|check| check.name == name).map(|check| &*check.accepted));
                }
            }
            if checks.is_empty() {
                continue;
            }
            let mut clang = self.checking(pair.source, &checks)?;
            clang.arg("-Wfatal-errors");
            let what = format!("agree on the structs that {} shares with its BPF program", pair.source.display());
            self.tools.run(clang, &what)?;
        }
        Ok(())
    }

    /// Whether the guest's code would be another if this type had another layout: compilers lay out what is part of other
    /// structs, too, though the code does not look at any.
    fn depends_on(&self, pair: &Pair<'_>, name: &str) -> Result<bool> {
        let mut codes = Vec::new();
        for shifted in [false, true] {
            let mut clang = self.clang_guest(pair.source, Path::new("-"));
            clang.args(["-O0", "-emit-llvm", "-S", "-w"]);
            if shifted {
                self.overlay_shifted(&pair.headers, name)?.apply(&mut clang);
            }
            let output = self.tools.output(clang)?;
            codes.push(output.status.success().then_some(output.stdout));
        }
        Ok(codes[0].is_none() || codes[0] != codes[1])
    }

    fn pairs<'p>(&self, project: &'p Project) -> Result<Vec<Pair<'p>>> {
        let mut pairs = Vec::new();
        for source in &project.guest {
            for object in &project.objects {
                let headers = project.shared_headers(source, &object.source)?;
                let mut types = Vec::new();
                for header in &headers {
                    types.extend(defined_types(&read(header)?));
                }
                if types.is_empty() {
                    continue;
                }
                let elf = self.with_types(object, &types)?;
                let checks = layout_checks(&elf, &types)
                    .with_context(|| format!("failed to read the types of {}", object.source.display()))?;
                pairs.push(Pair { source, headers, elf, checks, agrees: Cell::new(false) });
            }
        }
        Ok(pairs)
    }

    /// The types that the guest's source lays out in another way than is wanted.
    fn differing(&self, pair: &Pair<'_>) -> Result<Vec<String>> {
        let all: String = pair.checks.iter().map(|check| check.wanted.as_str()).collect();
        if self.tools.output(self.checking(pair.source, &all)?)?.status.success() {
            pair.agrees.set(true);
            return Ok(Vec::new());
        }
        let (agrees, names) = self.failing(pair, |check| &check.wanted)?;
        pair.agrees.set(agrees);
        Ok(names)
    }

    /// The types that the guest's source lays out and whose assertions fail; and whether the source compiles with all of them.
    fn failing(&self, pair: &Pair<'_>, of: impl Fn(&LayoutCheck) -> &String) -> Result<(bool, Vec<String>)> {
        let laid_out = self.laid_out(pair.source)?;
        let seen: Vec<&LayoutCheck> = pair.checks.iter().filter(|check| laid_out.contains(&check.name)).collect();
        let checks: String = seen.iter().map(|check| of(check).as_str()).collect();
        let output = self.tools.output(self.checking(pair.source, &checks)?)?;
        let said = String::from_utf8_lossy(&output.stderr);
        let fails = |check: &&LayoutCheck| said.contains(&format!("`{}`", check.name));
        Ok((output.status.success(), seen.into_iter().filter(fails).map(|check| check.name.clone()).collect()))
    }

    /// The structs, unions and typedefs of such that the compiler lays out for a guest's source, be it with errors.
    fn laid_out(&self, source: &Path) -> Result<HashSet<String>> {
        let mut clang = self.clang_guest(source, Path::new("/dev/null"));
        // As the code first is: what the optimizer drops was looked at, too.
        clang.args(["-O0", "-emit-llvm", "-w", "-Xclang", "-fdump-record-layouts-simple"]);
        let output = self.tools.output(clang)?;
        let printed = String::from_utf8_lossy(&output.stdout);
        Ok(printed.lines().filter_map(|line| line.strip_prefix("Type: ")).map(str::to_owned).collect())
    }

    /// Compiles a guest's source with assertions after it.
    fn checking(&self, source: &Path, checks: &str) -> Result<Command> {
        let check = self.write_with(source, checks)?;
        let mut clang = self.clang_guest(&check, Path::new("/dev/null"));
        // Warnings come when the source itself is compiled.
        clang.args(["-fsyntax-only", "-w", "-fno-caret-diagnostics", "-ferror-limit=0"]);
        Ok(clang)
    }

    /// The object of a BPF program with all of `types` in its BTF: by itself it has those of maps and functions only.
    fn with_types(&self, object: &Object, types: &[String]) -> Result<Vec<u8>> {
        let compiled = self.scratch.join("check.bpf.o");
        let probe = |types: &mut dyn Iterator<Item = &String>| {
            let pointers = types.zip(0..).map(|(name, index)| format!("{name} *wasm_bpf_shared_{index};\n"));
            let probe = self.write_with(&object.source, &pointers.collect::<String>())?;
            let mut clang = self.clang_bpf(&probe, &compiled);
            clang.arg("-w");
            Ok::<_, anyhow::Error>(clang)
        };
        // A typedef may be the guest's only.
        if !self.tools.output(probe(&mut types.iter())?)?.status.success() {
            let clang = probe(&mut types.iter().filter(|name| name.contains(' ')))?;
            self.tools.run(clang, &format!("compile {} for its types", object.source.display()))?;
        }
        std::fs::read(&compiled).with_context(|| format!("cannot read {}", compiled.display()))
    }

    /// A source that is `source` with `more` after it.
    fn write_with(&self, source: &Path, more: &str) -> Result<PathBuf> {
        // Not resolved: headers beside a link are not those beside its target.
        let path = std::path::absolute(source).with_context(|| format!("cannot resolve {}", source.display()))?;
        let name = source.file_name().unwrap_or_default().to_string_lossy();
        let check = self.scratch.join(format!("check-{name}"));
        self.write(&check, format!("#include \"{}\"\n{more}", path.display()))?;
        Ok(check)
    }
}
