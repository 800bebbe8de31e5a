//! Where compiled modules and unpacked headers are kept between runs.

use std::env;
use std::path::PathBuf;

/// `$XDG_CACHE_HOME/wasm-bpf`, or the same below `~/.cache`. It may not exist, and may not be this user's.
pub(crate) fn folder() -> Option<PathBuf> {
    let absolute = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
    Some(base.join("wasm-bpf"))
}
