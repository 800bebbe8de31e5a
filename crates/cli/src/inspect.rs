//! `wasm-bpf inspect`: what a module holds and needs, without running it.

use std::fmt::Write as _;
use std::io::{self, ErrorKind, Write as _};
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use wasm_bpf_runtime::inspect::{MapReport, ObjectReport, ProgramReport, Report, inspect};
use wasm_bpf_runtime::{Privileges, printable, printable_lines};

#[derive(Args)]
pub(crate) struct Inspect {
    /// Print the smallest policy file that allows what the module needs.
    #[arg(long, conflicts_with = "json")]
    policy: bool,
    /// Print everything for machines.
    #[arg(long)]
    json: bool,
    /// The module.
    module: PathBuf,
}

impl Inspect {
    pub(crate) fn execute(self) -> anyhow::Result<()> {
        let path = self.module.display();
        let wasm = std::fs::read(&self.module).with_context(|| format!("failed to read `{path}`"))?;
        // From here on the bytes are a stranger's, and nothing is asked of the kernel.
        Privileges::none().keep()?;
        let report = inspect(&wasm).with_context(|| format!("failed to inspect `{path}`"))?;
        let text = if self.policy {
            report.policy
        } else if self.json {
            serde_json::to_string_pretty(&report)? + "\n"
        } else {
            describe(&report)
        };
        match io::stdout().write_all(text.as_bytes()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("failed to print"),
            _ => Ok(()),
        }
    }
}

/// The report for people. All names in it are the module's.
fn describe(report: &Report) -> String {
    let mut text = String::new();
    for object in &report.objects {
        describe_object(&mut text, object);
    }
    if report.opaque {
        text += "opaque: the module makes its BPF objects when it runs; the policy judges them then\n";
    } else if report.objects.is_empty() {
        text += "no BPF object\n";
    }
    let _ = writeln!(text, "imports: {}", list(&report.imports));
    match report.grants.as_slice() {
        [] => text += "needs: nothing beyond observing\n",
        grants if grants.iter().any(|grant| grant == "all") => text += "needs: --allow-all\n",
        grants => text += &format!("needs: --allow {}\n", grants.join(",")),
    }
    text
}

fn describe_object(text: &mut String, object: &ObjectReport) {
    let ObjectReport { offset, size, error, license, btf, relocatable, programs, maps, .. } = object;
    let license = if license.is_empty() { "no license".into() } else { format!("license {}", printable(license)) };
    let types = match (btf, relocatable) {
        (true, true) => "BTF, CO-RE",
        (true, false) => "BTF",
        _ => "no BTF",
    };
    let _ = writeln!(text, "object of {size} bytes at {offset}: {license}, {types}");
    if let Some(error) = error {
        let _ = writeln!(text, "  cannot be opened: {}", printable_lines(error));
    }
    for program in programs {
        describe_program(text, program);
    }
    for MapReport { name, kind, key_size, value_size, max_entries, bytes, pin, .. } in maps {
        let name = printable(name);
        let _ = write!(text, "  map {name}: {kind}, ");
        let _ = match (key_size, value_size) {
            (0, 0) => write!(text, "{bytes} bytes"),
            _ => write!(text, "{max_entries} x ({key_size} + {value_size}) bytes"),
        };
        let _ = match pin {
            Some(path) => writeln!(text, ", pinned at {}", printable(path)),
            None => writeln!(text),
        };
    }
}

fn describe_program(text: &mut String, program: &ProgramReport) {
    let ProgramReport { name, section, kind, hook, autoload, helpers, kfuncs, grants, .. } = program;
    let (name, section) = (printable(name), printable(section));
    let hook = hook.as_deref().map_or_else(String::new, |hook| format!(", {}", printable(hook)));
    let off = if *autoload { "" } else { ", off unless the module loads it" };
    let _ = writeln!(text, "  program {name} (section {section}): {kind}{hook}{off}");
    for (what, names) in [("helpers", helpers), ("kfuncs", kfuncs), ("needs", grants)] {
        if !names.is_empty() {
            let _ = writeln!(text, "    {what}: {}", list(names));
        }
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() {
        return "none".into();
    }
    let names: Vec<_> = names.iter().map(|name| printable(name)).collect();
    names.join(", ")
}
