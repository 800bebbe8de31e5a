//! Packs what `wasm-bpf build` compiles guests with into one archive, so that users need no more than clang and lld.
//!
//! | folder in the archive | what | from |
//! |---|---|---|
//! | `sdk/` | the guest's libbpf | this project's `sdk/c/include`, `sdk/c/shared` |
//! | `lib/` | sources that guests are linked with | `sdk/c/lib` |
//! | `bpf/` | headers of BPF programs | libbpf's sources in the crate libbpf-sys, `bpf-include`, `sdk/c/shared` |
//! | `uapi/` | the kernel's headers that `uapi-headers.txt` lists | linux-libc-dev; libbpf's own, newer ones win |
//! | `sysroot/` | C library, start-up code, compiler builtins | wasi-libc, libclang-rt |

mod archive;
mod find;
mod strip;
mod uapi;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context, Result};

/// Path in the archive to the file that goes there.
type Entries = BTreeMap<String, PathBuf>;

/// The headers of libbpf that are for BPF programs; the others are for user space, where the SDK has its own.
const BPF_HEADERS: [&str; 6] =
    ["bpf_core_read.h", "bpf_endian.h", "bpf_helper_defs.h", "bpf_helpers.h", "bpf_tracing.h", "usdt.bpf.h"];

/// Libraries and start-up code that a guest can be linked with. Others of wasi-libc's are empty or replace parts of libc.a.
const LIBRARIES: [&str; 7] = [
    "crt1-command.o",
    "libc.a",
    "libc-printscan-no-floating-point.a",
    "libwasi-emulated-getpid.a",
    "libwasi-emulated-mman.a",
    "libwasi-emulated-process-clocks.a",
    "libwasi-emulated-signal.a",
];

fn main() {
    // The small build neither has the SDK nor an unwinder: see src/no_unwind.rs.
    let full = env::var_os("CARGO_FEATURE_FULL").is_some();
    if let Err(error) = if full { link_unwinder().and_then(|()| pack()) } else { Ok(()) } {
        println!("cargo::error={}", format!("{error:#}").replace('\n', " "));
    }
}

/// Links Rust's unwinder statically, so that the binary needs nothing but libc. Where there is no static one, the
/// shared library is taken as usual.
fn link_unwinder() -> Result<()> {
    let found = Command::new("gcc").arg("-print-file-name=libgcc_eh.a").output().context("cannot run gcc")?;
    let library = PathBuf::from(String::from_utf8(found.stdout)?.trim());
    if let Some(folder) = library.parent().filter(|_| library.is_absolute()) {
        println!("cargo::rustc-link-search=native={}", folder.display());
        println!("cargo::rustc-link-lib=static:-bundle=gcc_eh");
    }
    Ok(())
}

fn pack() -> Result<()> {
    let package = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let workspace = package.join("../..").canonicalize()?;
    let sdk = workspace.join("sdk/c");
    for watched in ["build", "bpf-include", "uapi-headers.txt"] {
        println!("cargo::rerun-if-changed={}", package.join(watched).display());
    }
    for part in ["include", "lib", "shared"] {
        println!("cargo::rerun-if-changed={}", sdk.join(part).display());
    }
    println!("cargo::rerun-if-changed={}", workspace.join("Cargo.lock").display());
    println!("cargo::rerun-if-env-changed={}", find::WASI_SDK);

    let mut entries = Entries::new();
    add_tree(&mut entries, "sdk", &sdk.join("include"))?;
    add_tree(&mut entries, "sdk", &sdk.join("shared"))?;
    add_tree(&mut entries, "lib", &sdk.join("lib"))?;
    add_tree(&mut entries, "bpf", &sdk.join("shared"))?;
    add_tree(&mut entries, "bpf", &package.join("bpf-include"))?;

    let libbpf = find::libbpf(&package)?;
    for header in BPF_HEADERS {
        entries.insert(format!("bpf/bpf/{header}"), libbpf.join("src").join(header));
    }
    let roots = fs::read_to_string(package.join("uapi-headers.txt"))?;
    uapi::add(&mut entries, &roots, &find::uapi(&libbpf)?)?;

    let wasi = find::wasi_libc()?;
    println!("cargo::rerun-if-changed={}", wasi.library.join("libc.a").display());
    add_tree(&mut entries, "sysroot/include", &wasi.include)?;
    for name in LIBRARIES {
        entries.insert(format!("sysroot/lib/{name}"), wasi.library.join(name));
    }
    let builtins = find::builtins()?;
    println!("cargo::rerun-if-changed={}", builtins.display());
    entries.insert("sysroot/lib/libclang_rt.builtins-wasm32.a".into(), builtins);

    let out = PathBuf::from(env::var("OUT_DIR")?).join("sdk.tar.gz");
    let hash = archive::write(&entries, &out)?;
    println!("cargo::rustc-env=WASM_BPF_SDK={}", out.display());
    println!("cargo::rustc-env=WASM_BPF_SDK_HASH={hash}");
    Ok(())
}

/// Adds every file below `from`, under `to`.
fn add_tree(entries: &mut Entries, to: &str, from: &Path) -> Result<()> {
    for entry in fs::read_dir(from).with_context(|| format!("cannot read the folder {}", from.display()))? {
        let path = entry?.path();
        let name = path.file_name().expect("a directory entry has a name").to_string_lossy().into_owned();
        let to = format!("{to}/{name}");
        if path.is_dir() {
            add_tree(entries, &to, &path)?;
        } else {
            entries.insert(to, path);
        }
    }
    Ok(())
}
