//! Where the parts of the archive are on this machine.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context, Result, anyhow, ensure};

/// Environment variable with the folder of an unpacked wasi-sdk, for systems without packages of wasi-libc.
pub(crate) const WASI_SDK: &str = "WASI_SDK_PATH";

/// wasi-libc's headers and libraries.
pub(crate) struct WasiLibc {
    pub(crate) include: PathBuf,
    pub(crate) library: PathBuf,
}

/// Finds wasi-libc in the wasi-sdk that the environment names, or where Debian, Ubuntu and Fedora put it.
pub(crate) fn wasi_libc() -> Result<WasiLibc> {
    let mut places = Vec::new();
    for target in ["wasm32-wasi", "wasm32-wasip1"] {
        if let Some(sdk) = env::var_os(WASI_SDK) {
            let sysroot = Path::new(&sdk).join("share/wasi-sysroot");
            places.push((sysroot.join("include").join(target), sysroot.join("lib").join(target)));
        }
        places.push((format!("/usr/include/{target}").into(), format!("/usr/lib/{target}").into()));
        let root = Path::new("/usr").join(target);
        places.push((root.join("include").join(target), root.join("lib").join(target)));
        places.push((root.join("include"), root.join("lib").join(target)));
    }
    places
        .into_iter()
        .find(|(include, library)| include.join("stdio.h").is_file() && library.join("libc.a").is_file())
        .map(|(include, library)| WasiLibc { include, library })
        .ok_or_else(|| missing("the C library for WebAssembly", "wasi-libc", "wasi-libc-devel and wasi-libc-static"))
}

/// Finds the newest clang's builtins for wasm32 (128-bit arithmetic and the like, which printf needs).
pub(crate) fn builtins() -> Result<PathBuf> {
    let mut roots = vec![PathBuf::from("/usr/lib/clang"), PathBuf::from("/usr/lib64/clang")];
    roots.extend(env::var_os(WASI_SDK).map(|sdk| Path::new(&sdk).join("lib/clang")));
    roots.extend(children(Path::new("/usr/lib")).into_iter().map(|path| path.join("lib/clang")));

    let versions = roots.iter().flat_map(|root| children(root));
    let targets =
        versions.flat_map(|version| children(&version.join("lib")).into_iter().map(move |dir| (number(&version), dir)));
    let found = targets.filter_map(|(version, dir)| {
        let name = dir.file_name()?.to_str()?;
        let file = match name {
            "wasi" | "wasip1" => "libclang_rt.builtins-wasm32.a",
            _ if name.starts_with("wasm32") => "libclang_rt.builtins.a",
            _ => return None,
        };
        let path = dir.join(file);
        path.is_file().then_some((version, path))
    });
    found
        .max()
        .map(|(_, path)| path)
        .ok_or_else(|| missing("clang's builtins for WebAssembly", "libclang-rt-19-dev-wasm32", "a wasi-sdk"))
}

/// The folders with the kernel's headers for user space, the best first: libbpf's are newer than most distributions'.
pub(crate) fn uapi(libbpf: &Path) -> Result<Vec<PathBuf>> {
    let system = Path::new("/usr/include");
    ensure!(
        system.join("linux/types.h").is_file(),
        missing("the kernel's headers for user space", "linux-libc-dev", "kernel-headers")
    );
    let arch = env::var("CARGO_CFG_TARGET_ARCH")?;
    Ok(vec![libbpf.join("include/uapi"), system.join(format!("{arch}-linux-gnu")), system.into()])
}

/// The sources of libbpf that the crate libbpf-sys brings along: asked of cargo, since only headers for user space are exported by its build.
pub(crate) fn libbpf(package: &Path) -> Result<PathBuf> {
    // Offline first: then it is quick and certain. What it lacks (dependencies of tests) may have to be fetched.
    let metadata = metadata(package, &["--offline"]).or_else(|_| metadata(package, &[]))?;
    let packages = metadata["packages"].as_array().context("`cargo metadata` lists no packages")?;
    let crate_ = packages.iter().find(|package| package["name"] == "libbpf-sys");
    let manifest = crate_
        .and_then(|package| package["manifest_path"].as_str())
        .context("the crate libbpf-sys is not among the dependencies")?;
    Ok(Path::new(manifest).with_file_name("libbpf"))
}

fn metadata(package: &Path, more: &[&str]) -> Result<serde_json::Value> {
    let output = Command::new(env::var_os("CARGO").context("CARGO is not set")?)
        .args(["metadata", "--format-version=1", "--filter-platform", &env::var("TARGET")?])
        .args(more)
        .current_dir(package)
        .output()
        .context("cannot run `cargo metadata`")?;
    ensure!(output.status.success(), "`cargo metadata` failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn children(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

/// The leading number of a folder's name: 19 for `19.1.7`.
fn number(folder: &Path) -> u32 {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    name.split('.').next().and_then(|major| major.parse().ok()).unwrap_or(0)
}

fn missing(what: &str, debian: &str, fedora: &str) -> anyhow::Error {
    anyhow!(
        "{what} is not installed, and wasm-bpf carries it for its users: install {debian} (Debian, Ubuntu) or {fedora} (Fedora) \
         with scripts/install-deps, or set {WASI_SDK} to the folder of an unpacked wasi-sdk"
    )
}
