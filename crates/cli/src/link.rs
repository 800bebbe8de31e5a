//! The last step of a build: the guest's objects, the C library and as little else as the guest needs become a module.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::float;
use crate::scale::scale;
use crate::sysroot::Sysroot;
use crate::toolchain::Toolchain;

/// Bytes of a guest's stack: what Linux gives a program, which some fill with arrays. Pages that are not touched cost nothing. It lies below the
/// data, so that an overflow traps.
const STACK: u32 = 8 * 1024 * 1024;

/// Sources of the SDK that take the place of larger ones in the C library; a guest that has its own keeps them.
const SMALLER: [&str; 5] = ["malloc", "memory", "number", "text", "time"];

/// Links `objects` into `output`; what is compiled for it goes to `scratch`. With `names`, the module keeps those of its functions.
///
/// # Errors
/// When an object cannot be read, or the compiler or the linker fails.
pub(crate) fn link(
    tools: &Toolchain,
    sysroot: &Sysroot,
    scratch: &Path,
    objects: &[PathBuf],
    output: &Path,
    names: bool,
) -> Result<()> {
    let linker = Linker { tools, sysroot, scratch, names };
    let smaller = linker.smaller()?;
    let merged;
    let objects = if tools.match_in_version() {
        merged = [linker.merge(objects, &smaller, output)?];
        &merged
    } else {
        objects
    };
    let mut floats = false;
    for object in objects {
        let bytes = fs::read(object).with_context(|| format!("cannot read {}", object.display()))?;
        floats |= float::may_print(&bytes).with_context(|| format!("cannot read the code of {}", object.display()))?;
    }
    let mut link = linker.command(objects, &smaller, floats, output);
    // Numbers of functions and the like take the bytes that they need, not five.
    link.arg("--compress-relocations");
    tools.run(link, &format!("link {}", output.display()))?;
    let module = fs::read(output).with_context(|| format!("cannot read {}", output.display()))?;
    fs::write(output, scale(&module)?).with_context(|| format!("cannot write {}", output.display()))
}

struct Linker<'a> {
    tools: &'a Toolchain,
    sysroot: &'a Sysroot,
    scratch: &'a Path,
    names: bool,
}

impl Linker<'_> {
    /// Compiles the sources of [`SMALLER`].
    fn smaller(&self) -> Result<Vec<PathBuf>> {
        let compile_one = |name: &str| {
            let source = self.sysroot.lib().join(format!("{name}.c"));
            let object = self.scratch.join(format!("lib-{name}.o"));
            let command = compile(self.tools, self.sysroot, &source, &object);
            self.tools.run(command, &format!("compile the SDK's {name}.c"))?;
            Ok(object)
        };
        SMALLER.into_iter().map(compile_one).collect()
    }

    /// Makes one object of all of the guest's. Its sources were compiled to what the linker optimizes as a whole: functions
    /// of the SDK, weak until now, can only then be inlined. What it makes of them before it links is kept on request.
    fn merge(&self, objects: &[PathBuf], smaller: &[PathBuf], output: &Path) -> Result<PathBuf> {
        let whole = self.scratch.join("whole.wasm");
        let mut link = self.command(objects, smaller, false, &whole);
        link.arg("--save-temps");
        // What the compiler found worth it is inlined already. Here, much of the SDK would go into `main`, which grows, and
        // its loops with it, since the engine has few registers for all of it.
        link.args(["-mllvm", "-inline-threshold=25"]);
        // Short loops eight times in a row and not four: the engine neither aligns loops nor folds additions into addresses.
        link.args(["-mllvm", "-unroll-partial-threshold=40"]);
        self.tools.run(link, &format!("link {}", output.display()))?;
        Ok(self.scratch.join("whole.wasm.lto.o"))
    }

    fn command(&self, objects: &[PathBuf], smaller: &[PathBuf], floats: bool, output: &Path) -> Command {
        let library = self.sysroot.libc().join("lib");
        let mut link = self.tools.wasm_ld();
        link.args(["--gc-sections", "--stack-first", "-z", &format!("stack-size={STACK}")]);
        // Callbacks of guests are called through the table.
        link.arg("--export-table");
        link.arg(if self.names { "--strip-debug" } else { "--strip-all" });
        link.arg(library.join("crt1-command.o")).args(objects).args(smaller);
        link.arg("-L").arg(&library);
        for name in ["getpid", "mman", "process-clocks", "signal"] {
            link.arg(format!("-lwasi-emulated-{name}"));
        }
        if !floats {
            link.arg("-lc-printscan-no-floating-point");
        }
        link.args(["-lc", "-lclang_rt.builtins-wasm32", "-o"]).arg(output);
        link
    }
}

fn compile(tools: &Toolchain, sysroot: &Sysroot, source: &Path, object: &Path) -> Command {
    let mut clang = tools.clang();
    // No built-ins: a loop in memcpy() would become a call of memcpy().
    clang.args(["--target=wasm32-wasi", "-Os", "-mbulk-memory", "-fno-builtin", "--sysroot"]).arg(sysroot.libc());
    clang.arg("-c").arg(source).arg("-o").arg(object);
    clang
}
