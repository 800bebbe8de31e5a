//! The compiler and the linker: the newest clang and wasm-ld that belong together, and how they are run.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs};

use anyhow::{Context, Result, bail};

/// The oldest clang whose BPF and WebAssembly code is good enough.
const OLDEST: u32 = 14;

/// clang and wasm-ld.
#[derive(Debug)]
pub(crate) struct Toolchain {
    clang: PathBuf,
    wasm_ld: PathBuf,
    matching: bool,
    verbose: bool,
}

impl Toolchain {
    /// Takes `$CLANG` and `$WASM_LD` if they are set. Otherwise looks through `$PATH` for the newest version that both have
    /// (`clang-19` or a `clang` that says that it is 19); a linker that is older than the compiler may not know its output.
    ///
    /// # Errors
    /// When one is missing or too old; the message names the packages.
    pub(crate) fn find(verbose: bool) -> Result<Self> {
        let path = env::var_os("PATH").unwrap_or_default();
        let folders: Vec<PathBuf> = env::split_paths(&path).collect();
        let clang = candidates("CLANG", "clang", &folders)?;
        let wasm_ld = candidates("WASM_LD", "wasm-ld", &folders)?;
        let (clang, wasm_ld, matching) = pair(&clang, &wasm_ld);
        Ok(Self { clang, wasm_ld, matching, verbose })
    }

    /// Whether both are of one version, so that the linker knows the compiler's own form of code.
    pub(crate) fn match_in_version(&self) -> bool {
        self.matching
    }

    /// A command line of the compiler, to be completed.
    pub(crate) fn clang(&self) -> Command {
        Command::new(&self.clang)
    }

    /// A command line of the linker, to be completed.
    pub(crate) fn wasm_ld(&self) -> Command {
        Command::new(&self.wasm_ld)
    }

    /// Runs a command that may fail, and returns what it printed.
    ///
    /// # Errors
    /// When there is no such program.
    pub(crate) fn output(&self, mut command: Command) -> Result<Output> {
        let line = command_line(&command);
        if self.verbose {
            eprintln!("{line}");
        }
        command.output().with_context(|| format!("cannot run {line}"))
    }

    /// Runs a command, whose own messages go to standard error.
    ///
    /// # Errors
    /// When it fails; the message has the whole command line, to be tried by hand.
    pub(crate) fn run(&self, mut command: Command, what: &str) -> Result<()> {
        let line = command_line(&command);
        if self.verbose {
            eprintln!("{line}");
        }
        let status = command.status().with_context(|| format!("cannot run {line}"))?;
        if !status.success() {
            bail!("failed to {what} ({status}); the command was\n  {line}");
        }
        Ok(())
    }
}

/// Version to program.
type Versions = BTreeMap<u32, PathBuf>;

/// All versions of the program `name` that are new enough, or the one that the environment variable names.
fn candidates(variable: &str, name: &str, folders: &[PathBuf]) -> Result<Versions> {
    if let Some(chosen) = env::var_os(variable).filter(|value| !value.is_empty()) {
        let path = PathBuf::from(chosen);
        let version = asked_version(&path)
            .with_context(|| format!("{variable} is set to {}, which cannot be run", path.display()))?;
        return Ok(Versions::from([(version, path)]));
    }
    let mut found = Versions::new();
    for folder in folders {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let file = entry.file_name();
            let version = match file.to_str().and_then(|file| file.strip_prefix(name)) {
                Some("") => asked_version(&entry.path()),
                Some(suffix) => suffix.strip_prefix('-').and_then(|number| number.parse().ok()),
                None => None,
            };
            if let Some(version) = version {
                found.entry(version).or_insert_with(|| entry.path());
            }
        }
    }
    let newest = found.last_key_value().map(|(version, _)| *version);
    found.retain(|version, _| *version >= OLDEST);
    if found.is_empty() {
        let have = newest.map_or("is not installed".to_owned(), |version| format!("is too old ({version})"));
        bail!(
            "{name} {have}, and version {OLDEST} or newer is needed: install the packages clang and lld, \
             or set {variable} to the program"
        );
    }
    Ok(found)
}

/// What `PROGRAM --version` says: the first number of `clang version 19.1.7` or `LLD 19.1.7`.
fn asked_version(program: &Path) -> Option<u32> {
    let output = Command::new(program).arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut words = text.split_whitespace().skip_while(|word| !matches!(*word, "version" | "LLD"));
    words.nth(1)?.split('.').next()?.parse().ok()
}

/// The newest version that both have, or else the newest of each; and whether there was one.
fn pair(clang: &Versions, wasm_ld: &Versions) -> (PathBuf, PathBuf, bool) {
    let both = clang.iter().rev().find_map(|(version, clang)| Some((clang, wasm_ld.get(version)?)));
    let newest = || Some((clang.values().next_back()?, wasm_ld.values().next_back()?));
    let (clang, wasm_ld) = both.or_else(newest).expect("candidates() gives at least one of each");
    (clang.clone(), wasm_ld.clone(), both.is_some())
}

/// The command as a line for a shell.
fn command_line(command: &Command) -> String {
    let mut line = quoted(command.get_program());
    for argument in command.get_args() {
        let _ = write!(line, " {}", quoted(argument));
    }
    line
}

fn quoted(argument: &OsStr) -> String {
    let text = argument.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=+,:@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.into_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versions(name: &str, numbers: &[u32]) -> Versions {
        numbers.iter().map(|number| (*number, PathBuf::from(format!("{name}-{number}")))).collect()
    }

    #[test]
    fn compiler_and_linker_of_one_version_go_before_newer_ones() {
        let both = pair(&versions("clang", &[14, 19, 20]), &versions("wasm-ld", &[14, 19, 21]));
        assert_eq!(both, ("clang-19".into(), "wasm-ld-19".into(), true));
        let newest = pair(&versions("clang", &[18]), &versions("wasm-ld", &[15, 17]));
        assert_eq!(newest, ("clang-18".into(), "wasm-ld-17".into(), false));
    }

    #[test]
    fn a_command_line_can_be_pasted_into_a_shell() {
        let mut command = Command::new("clang");
        command.args(["-DNAME=\"a b\"", "it's.c", "", "-O2"]);
        assert_eq!(command_line(&command), r#"clang '-DNAME="a b"' 'it'\''s.c' '' -O2"#);
    }

    #[test]
    fn a_failing_command_is_named_in_the_error() {
        let tools = Toolchain { clang: "false".into(), wasm_ld: "true".into(), matching: true, verbose: false };
        let error = tools.run(tools.clang(), "compile x.c").expect_err("`false` fails");
        assert_eq!(error.to_string(), "failed to compile x.c (exit status: 1); the command was\n  false");
        tools.run(tools.wasm_ld(), "link").expect("`true` succeeds");
    }

    #[test]
    fn no_folder_means_advice() {
        let error = candidates("WASM_BPF_NO_SUCH_VARIABLE", "clang", &[]).expect_err("there is none");
        assert!(error.to_string().contains("install the packages clang and lld"), "{error}");
    }
}
