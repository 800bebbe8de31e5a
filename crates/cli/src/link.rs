//! The last step of a build: the guest's objects, the C library and as little else as the guest needs become a module.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::float;
use crate::sysroot::Sysroot;
use crate::toolchain::Toolchain;

/// Bytes of a guest's stack: what Linux gives a program, which some fill with arrays. Pages that are not touched cost nothing. It lies below the
/// data, so that an overflow traps.
const STACK: u32 = 8 * 1024 * 1024;

/// Sources of the SDK that take the place of larger ones in the C library; a guest that has its own keeps them.
const SMALLER: [&str; 2] = ["malloc", "memory"];

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
    let mut floats = false;
    for object in objects {
        let bytes = fs::read(object).with_context(|| format!("cannot read {}", object.display()))?;
        floats |= float::may_print(&bytes).with_context(|| format!("cannot read the code of {}", object.display()))?;
    }
    let library = sysroot.libc().join("lib");
    let mut link = tools.wasm_ld();
    link.args(["--gc-sections", "--stack-first", "-z", &format!("stack-size={STACK}")]);
    // Callbacks of guests are called through the table.
    link.arg("--export-table");
    link.arg(if names { "--strip-debug" } else { "--strip-all" });
    link.arg(library.join("crt1-command.o")).args(objects);
    for name in SMALLER {
        let source = sysroot.lib().join(format!("{name}.c"));
        let object = scratch.join(format!("lib-{name}.o"));
        tools.run(compile(tools, sysroot, &source, &object), &format!("compile the SDK's {name}.c"))?;
        link.arg(object);
    }
    link.arg("-L").arg(&library);
    for name in ["getpid", "mman", "process-clocks", "signal"] {
        link.arg(format!("-lwasi-emulated-{name}"));
    }
    if !floats {
        link.arg("-lc-printscan-no-floating-point");
    }
    link.args(["-lc", "-lclang_rt.builtins-wasm32", "-o"]).arg(output);
    tools.run(link, &format!("link {}", output.display()))
}

fn compile(tools: &Toolchain, sysroot: &Sysroot, source: &Path, object: &Path) -> Command {
    let mut clang = tools.clang();
    // No built-ins: a loop in memcpy() would become a call of memcpy().
    clang.args(["--target=wasm32-wasi", "-Os", "-mbulk-memory", "-fno-builtin", "--sysroot"]).arg(sysroot.libc());
    clang.arg("-c").arg(source).arg("-o").arg(object);
    clang
}
