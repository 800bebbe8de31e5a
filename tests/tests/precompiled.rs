//! `wasm-bpf compile`, and who runs what it makes.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;
use wasm_bpf_tests::{Build, Run, binary};

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn echo() -> PathBuf {
    Build::of("echo").object("no_hook").must_build()
}

/// Compiles `module` into `to`.
#[track_caller]
fn must_compile(module: &Path, to: &Path) {
    Run::bare().arg("compile").arg(module).arg("-o").arg(to).must_end().must_have_printed(&[]);
}

#[test]
fn a_precompiled_module_runs_as_the_module_does() {
    let folder = folder();
    let code = folder.path().join("echo.cwasm");
    must_compile(&echo(), &code);
    assert_eq!(fs::metadata(&code).expect("the output").permissions().mode() & 0o777, 0o644);
    let direct = Run::bare().args(["--argv0", "echo"]).arg(echo()).args(["a", "b"]).must_end().must_exit(0);
    let options = ["--allow-precompiled", "--argv0", "echo"];
    let precompiled = Run::bare().args(options).arg(&code).args(["a", "b"]).must_end().must_exit(0);
    assert!(direct.stdout.contains("argument b"), "{}", direct.stdout);
    assert_eq!(precompiled.stdout, direct.stdout);
}

#[test]
fn native_code_runs_only_where_its_user_says_so() {
    let folder = folder();
    let code = folder.path().join("echo.cwasm");
    must_compile(&echo(), &code);
    Run::module(&code).must_end().must_exit(1).must_say("native code").must_say("--allow-precompiled");
}

#[test]
fn the_output_lies_beside_the_module() {
    let folder = folder();
    let module = folder.path().join("echo.wasm");
    fs::copy(echo(), &module).expect("a copy");
    Run::bare().arg("compile").arg(&module).must_end().must_exit(0);
    let code = folder.path().join("echo.cwasm");
    assert!(code.exists());
    Run::bare().arg("compile").arg(&code).must_end().must_exit(1).must_say("compiled already");
}

#[test]
fn code_for_another_engine_is_refused() {
    let folder = folder();
    let code = folder.path().join("echo.cwasm");
    must_compile(&echo(), &code);
    let good = fs::read(&code).expect("the output");
    // The engine's version, in the section that it keeps for such facts: a byte that counts, its length, the text.
    let version = good.windows(4).position(|bytes| bytes == b"\0\x0248").expect("the engine's version");
    let mut other = good;
    other[version + 2..version + 4].copy_from_slice(b"11");
    fs::write(&code, other).expect("our own file");
    let ended = Run::bare().arg("--allow-precompiled").arg(&code).must_end().must_exit(1);
    ended.must_say("not for this engine").must_say("version '11'").must_say("wasm-bpf compile");
}

#[test]
fn what_is_no_module_is_not_compiled() {
    let folder = folder();
    let text = folder.path().join("text.wasm");
    fs::write(&text, "no module").expect("our own file");
    Run::bare().arg("compile").arg(&text).must_end().must_exit(1).must_say("no WebAssembly module");
    assert!(!folder.path().join("text.cwasm").exists());
}

/// A module that takes seconds to compile, on any number of CPUs, and nothing to run.
fn large_module() -> Vec<u8> {
    let body = "i64.const 3 i64.mul local.get 0 i64.xor ".repeat(150_000);
    let function = format!("(func (export \"large\") (param i64) (result i64) local.get 0 {body})");
    wat::parse_str(format!("(module (memory (export \"memory\") 1) {function} (func (export \"_start\")))"))
        .expect("text")
}

#[test]
fn long_compiling_shows_on_a_terminal_and_leaves_nothing() {
    let folder = folder();
    let module = folder.path().join("large.wasm");
    fs::write(&module, large_module()).expect("our own file");
    let command = format!("{} --no-cache {}", binary().display(), module.display());

    let terminal = Command::new("script").args(["-qec", &command, "/dev/null"]).stdin(Stdio::null()).output();
    let terminal = terminal.expect("script, of util-linux");
    let shown = String::from_utf8_lossy(&terminal.stdout);
    assert!(terminal.status.success(), "{shown}");
    let (_, left) = shown.rsplit_once("Compiling the module").unwrap_or_else(|| panic!("no sign of life: {shown}"));
    let erase_line = "\x1b[2K";
    assert!(left.contains(erase_line), "{left:?}");
    assert!(left.replace(erase_line, "").trim().is_empty(), "{left:?}");
}
