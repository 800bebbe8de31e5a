//! `wasm-bpf doctor`: what this kernel and this process can do.

use std::fmt::Write as _;
use std::io::{self, ErrorKind, IsTerminal, Write as _};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use wasm_bpf_runtime::doctor::{Check, Report, Status, examine};
use wasm_bpf_runtime::printable;

/// The groups of checks with their titles, in the order in which they are shown.
const GROUPS: [(&str, &str); 6] = [
    ("kernel", "kernel"),
    ("mount", "mounts"),
    ("capability", "capabilities of this process"),
    ("attach", "ways to attach, each tried"),
    ("program_type", "program types"),
    ("map_type", "map types"),
];
/// The groups of which only the number and what is missing is shown.
const COUNTED: [&str; 2] = ["program_type", "map_type"];

#[derive(Args)]
pub(crate) struct Doctor {
    /// Print everything for machines [docs/doctor.md].
    #[arg(long)]
    json: bool,
    /// Show all types, and each helper that program types lack.
    #[arg(short, long)]
    verbose: bool,
}

impl Doctor {
    /// Exits with 0 if modules can run here, with 1 otherwise.
    pub(crate) fn execute(self) -> anyhow::Result<ExitCode> {
        let report = examine(true);
        let text = if self.json {
            serde_json::to_string_pretty(&report)? + "\n"
        } else {
            Page { text: String::new(), colour: io::stdout().is_terminal(), verbose: self.verbose }.write(&report)
        };
        match io::stdout().write_all(text.as_bytes()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => return Err(error).context("failed to print"),
            _ => {}
        }
        Ok(if report.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// The report for people.
struct Page {
    text: String,
    colour: bool,
    verbose: bool,
}

impl Page {
    fn write(mut self, report: &Report) -> String {
        for (group, title) in GROUPS {
            let checks: Vec<&Check> = report.checks.iter().filter(|check| check.group == group).collect();
            let _ = if COUNTED.contains(&group) {
                let there = checks.iter().filter(|check| check.status == Status::Ok).count();
                writeln!(self.text, "{title}: {there} of {}", checks.len())
            } else {
                writeln!(self.text, "{title}")
            };
            let hidden = COUNTED.contains(&group) && !self.verbose;
            if hidden {
                self.missing(&checks);
            } else {
                self.checks(&checks);
            }
        }
        self.text += "helpers\n";
        for (kind, helpers) in &report.helpers {
            let (there, all) = (helpers.available.len(), helpers.available.len() + helpers.missing.len());
            let _ = writeln!(self.text, "  {kind}: {there} of {all}");
            if self.verbose && !helpers.missing.is_empty() {
                let _ = writeln!(self.text, "    not for it: {}", helpers.missing.join(" "));
            }
        }
        self.text += if report.ok {
            "modules can run here\n"
        } else {
            "modules cannot run here: maps or tracing programs cannot be made\n"
        };
        self.text
    }

    /// What is missing, by reason.
    fn missing(&mut self, checks: &[&Check]) {
        let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
        for check in checks.iter().filter(|check| check.status == Status::Missing) {
            match reasons.iter_mut().find(|(why, _)| *why == check.why) {
                Some((_, names)) => names.push(&check.name),
                None => reasons.push((&check.why, vec![&check.name])),
            }
        }
        for (why, names) in reasons {
            let names = if names.len() == checks.len() { "all".into() } else { names.join(", ") };
            let status = self.status(Status::Missing);
            let _ = writeln!(self.text, "  {status}  {names}: {}", printable(why));
        }
    }

    fn status(&self, status: Status) -> String {
        let (word, colour) = match status {
            Status::Ok => ("ok", "32"),
            Status::Missing => ("missing", "31"),
            _ => ("unknown", "33"),
        };
        let padded = format!("{word:<7}");
        if self.colour { format!("\x1b[{colour}m{padded}\x1b[0m") } else { padded }
    }

    fn checks(&mut self, checks: &[&Check]) {
        let width = checks.iter().map(|check| check.name.len()).max().unwrap_or(0);
        let mut last = "";
        for check in checks {
            let status = self.status(check.status);
            let said = [&check.value, &check.why].map(|text| printable(text));
            let said: Vec<&str> = said.iter().map(|text| &**text).filter(|text| !text.is_empty()).collect();
            let line = format!("  {status}  {:<width$}  {}", check.name, said.join(": "));
            self.text += line.trim_end();
            self.text.push('\n');
            // The same advice for many is given once.
            if !check.advice.is_empty() && check.advice != last {
                let _ = writeln!(self.text, "           {:<width$}  -> {}", "", printable(&check.advice));
            }
            last = &check.advice;
        }
    }
}
