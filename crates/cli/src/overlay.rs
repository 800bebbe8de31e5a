//! Files that take the places of others for the compiler, which goes on naming the others.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::{Value, json};

/// An overlay of clang's virtual file system.
#[derive(Debug)]
pub(crate) struct Overlay {
    list: PathBuf,
}

impl Overlay {
    /// Writes `files`, which belong to the folder `of`, and the list of them, to the folder `to`.
    ///
    /// # Errors
    /// When that cannot be written.
    pub(crate) fn of(to: &Path, of: &Path, files: &[(&PathBuf, &String)]) -> Result<Self> {
        let to = std::path::absolute(to).with_context(|| format!("cannot resolve {}", to.display()))?;
        fs::create_dir_all(&to).with_context(|| format!("cannot create {}", to.display()))?;
        let mut contents = Vec::new();
        for (original, text) in files {
            let name = original.file_name().unwrap_or_default();
            write(&to.join(name), text)?;
            let (name, copy) = (name.to_string_lossy(), to.join(name));
            contents.push(json!({"name": name, "type": "file", "external-contents": copy.to_string_lossy()}));
        }
        let resolve = || format!("cannot resolve {}", of.display());
        // The compiler goes by the letters of a path: as the folder was given, and as a link to it is resolved.
        let given = plain(&std::path::absolute(of).with_context(resolve)?);
        let places = BTreeSet::from([given, of.canonicalize().with_context(resolve)?]);
        let folder = |place: &PathBuf| -> Value {
            json!({"name": place.to_string_lossy(), "type": "directory", "contents": contents})
        };
        let roots: Vec<Value> = places.iter().map(folder).collect();
        let list = to.join("overlay.json");
        let text = json!({"version": 0, "case-sensitive": "true", "use-external-names": "false", "roots": roots});
        write(&list, &text.to_string())?;
        Ok(Self { list })
    }

    /// Makes a compiler see the files.
    pub(crate) fn apply(&self, clang: &mut Command) {
        // Relative paths are from the working folder: by its true name, not by the shell's.
        clang.arg("-ivfsoverlay").arg(&self.list).env_remove("PWD");
    }
}

/// The path without `..`, taken back letter by letter, as the compiler does.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => _ = plain.pop(),
            other => plain.push(other),
        }
    }
    plain
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_taken_back_by_their_letters() {
        assert_eq!(plain(Path::new("/a/b/../c")), Path::new("/a/c"));
        assert_eq!(plain(Path::new("/../a/c/..")), Path::new("/a"));
    }
}
