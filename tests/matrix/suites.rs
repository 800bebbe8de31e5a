//! The test binaries that run in the machines.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// The suites that stay on the host, and why.
const NOT_FOR_KERNELS: [(&str, &str); 31] = [
    ("btf", "compiles"),
    ("build", "compiles"),
    ("build_shared", "compiles"),
    ("command_line", "does not touch the kernel"),
    ("compatibility", "compiles"),
    ("containers", "needs what makes containers"),
    ("doctor", "compares with programs of the host"),
    ("either_buffer", "compiles"),
    ("errors", "does not touch the kernel"),
    ("example_all", "compiles"),
    ("hostile_bombs", "is about what never reaches the kernel"),
    ("hostile_double", "has no kernel"),
    ("hostile_kept", "reads the corpora"),
    ("hostile_wasi", "does not touch BPF"),
    ("inspect", "does not touch the kernel"),
    ("kernels_doc", "does not touch the kernel"),
    ("kinds_list", "reads sources"),
    ("languages", "compiles"),
    ("mini", "needs another binary"),
    ("parity_answers", "compiles"),
    ("parity_events", "compiles"),
    ("parity_net", "compiles"),
    ("parity_tools", "compares with programs of the host"),
    ("policy", "is about what never reaches the kernel"),
    ("precompiled", "does not touch the kernel"),
    ("sdk_c", "compiles"),
    ("sdk_c_libc", "compiles"),
    ("sdk_c_stacks", "compiles"),
    ("sdk_c_tools", "compiles"),
    ("terminal", "does not touch BPF"),
    ("walls", "reads sources"),
];

/// A test binary.
pub(crate) struct Suite {
    pub(crate) name: String,
    pub(crate) binary: PathBuf,
    /// Only tests whose names contain this run.
    pub(crate) filter: String,
}

/// Builds them; `only` is a part of a suite's name, or of a test's.
pub(crate) fn build(only: Option<&str>) -> Result<Vec<Suite>> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["test", "--release", "--workspace", "--test", "*", "--no-run"]);
    cargo.arg("--message-format=json-render-diagnostics");
    let output = cargo.current_dir(wasm_bpf_tests::workspace()).stderr(Stdio::inherit()).output();
    let output = output.context("cannot run cargo")?;
    ensure!(output.status.success(), "the tests do not build");
    let mut suites = Vec::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let message: Value = serde_json::from_str(line).context("cargo prints JSON")?;
        let Some(binary) = message["executable"].as_str() else { continue };
        let name = message["target"]["name"].as_str().context("a target has a name")?;
        let package = message["package_id"].as_str().unwrap_or_default();
        let is_suite = package.contains("wasm-bpf-tests@") && message["target"]["kind"][0] == "test";
        if !is_suite || NOT_FOR_KERNELS.iter().any(|(other, _)| *other == name) {
            continue;
        }
        let filter = only.filter(|word| !name.contains(word)).unwrap_or_default();
        suites.push(Suite { name: name.to_owned(), binary: binary.into(), filter: filter.to_owned() });
    }
    ensure!(!suites.is_empty(), "no suite");
    suites.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(suites)
}
