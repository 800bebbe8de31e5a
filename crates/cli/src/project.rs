//! A folder with an application: the BPF programs (`*.bpf.c`) and the guest (all other C and C++ files).

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result, bail, ensure};

/// The sources of one module.
#[derive(Debug)]
pub(crate) struct Project {
    /// The folder.
    pub(crate) folder: PathBuf,
    /// The module's name: that of the only `*.bpf.c`, or the folder's if there are several.
    pub(crate) name: String,
    /// The BPF programs, in the order of their names.
    pub(crate) objects: Vec<Object>,
    /// The guest's C and C++ files, in the order of their names.
    pub(crate) guest: Vec<PathBuf>,
}

/// One `NAME.bpf.c`.
#[derive(Debug)]
pub(crate) struct Object {
    /// The file.
    pub(crate) source: PathBuf,
    /// `NAME`; the skeleton is `NAME.skel.h`.
    pub(crate) stem: String,
}

impl Object {
    /// The name of the skeleton's struct, as bpftool forms it from the file's name: `NAME_bpf`, with `_` for what C does not allow.
    pub(crate) fn skeleton(&self) -> String {
        let plain = self.stem.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' });
        plain.chain("_bpf".chars()).collect()
    }
}

impl Project {
    /// Looks at what is in `folder`; subfolders are not looked into.
    ///
    /// # Errors
    /// When it cannot be read, or has no BPF program or no guest.
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        let mut files = files(folder)?;
        files.sort();
        let mut objects = Vec::new();
        let mut guest = Vec::new();
        for path in files {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if let Some(stem) = name.strip_suffix(".bpf.c") {
                objects.push(Object { stem: stem.to_owned(), source: path });
            } else if has_extension(&path, &["c", "cc", "cpp"]) {
                guest.push(path);
            }
        }
        let shown = folder.display();
        ensure!(
            !objects.is_empty(),
            "{shown} has no BPF program: a file NAME.bpf.c is needed (`wasm-bpf new` writes one to start from)"
        );
        ensure!(
            !guest.is_empty(),
            "{shown} has no guest: at least one .c, .cc or .cpp file besides the .bpf.c is needed"
        );
        let name = match objects.as_slice() {
            [only] => only.stem.clone(),
            _ => folder_name(folder)?,
        };
        Ok(Self { folder: folder.to_owned(), name, objects, guest })
    }

    /// The folder's own headers that both sources include by name.
    pub(crate) fn shared_headers(&self, guest: &Path, program: &Path) -> Result<Vec<PathBuf>> {
        let read = |path: &Path| {
            let text = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            Ok::<_, anyhow::Error>(String::from_utf8_lossy(&text).into_owned())
        };
        let sources = [read(guest)?, read(program)?];
        let mut headers = files(&self.folder)?;
        headers.retain(|path| {
            let name = format!("\"{}\"", path.file_name().unwrap_or_default().to_string_lossy());
            let includes = |line: &str| line.trim_start().starts_with('#') && line.contains(&name);
            has_extension(path, &["h", "hh", "hpp"]) && sources.iter().all(|text| text.lines().any(includes))
        });
        // Folders are listed in no order, and what is made of the headers must not depend on it.
        headers.sort();
        Ok(headers)
    }

    /// The guest's sources, and the headers beside them that may be its.
    pub(crate) fn guest_files(&self) -> Result<Vec<PathBuf>> {
        let mut files = files(&self.folder)?;
        let is_bpf = |path: &Path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            [".bpf.c", ".bpf.h", ".skel.h", "vmlinux.h"].iter().any(|end| name.ends_with(end))
        };
        files.retain(|path| has_extension(path, &["c", "h"]) && !is_bpf(path));
        files.sort();
        Ok(files)
    }

    /// Whether a source or header of the folder includes `vmlinux.h` and the folder does not have it.
    pub(crate) fn needs_vmlinux(&self) -> Result<bool> {
        if self.folder.join("vmlinux.h").is_file() {
            return Ok(false);
        }
        for path in files(&self.folder)?.iter().filter(|path| is_source(path)) {
            let text = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            if String::from_utf8_lossy(&text).contains("vmlinux.h") {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The sources and headers of a folder with the times of their last change: differs when something was edited, added or removed.
pub(crate) fn snapshot(folder: &Path) -> Result<Vec<(PathBuf, SystemTime)>> {
    let mut all = Vec::new();
    for path in files(folder)?.into_iter().filter(|path| is_source(path)) {
        // A file that an editor replaces at this moment is seen the next time.
        if let Ok(time) = path.metadata().and_then(|data| data.modified()) {
            all.push((path, time));
        }
    }
    all.sort();
    Ok(all)
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let cannot = || format!("cannot read the folder {}", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(cannot)? {
        let path = entry.with_context(cannot)?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    Ok(files)
}

fn is_source(path: &Path) -> bool {
    has_extension(path, &["c", "cc", "cpp", "h", "hh", "hpp"])
}

fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    path.extension().is_some_and(|have| extensions.iter().any(|extension| have == *extension))
}

fn folder_name(folder: &Path) -> Result<String> {
    let path = folder.canonicalize().with_context(|| format!("cannot resolve {}", folder.display()))?;
    match path.file_name().and_then(|name| name.to_str()) {
        Some(name) => Ok(name.to_owned()),
        None => bail!("{} has no name to give to the module: use --output", path.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(names: &[&str]) -> (tempfile::TempDir, Result<Project>) {
        let folder = tempfile::Builder::new().prefix("app").tempdir().expect("a temporary folder");
        for name in names {
            fs::write(folder.path().join(name), "").expect("an empty file");
        }
        let project = Project::open(folder.path());
        (folder, project)
    }

    #[test]
    fn one_object_gives_the_name() {
        let (_folder, project) =
            project(&["my-app.bpf.c", "main.c", "more.cpp", "my-app.h", "notes.txt", "my-app.wasm"]);
        let project = project.expect("a complete project");
        assert_eq!(project.name, "my-app");
        assert_eq!(project.objects[0].skeleton(), "my_app_bpf");
        assert_eq!(project.guest.len(), 2);
    }

    #[test]
    fn several_objects_take_the_name_of_the_folder() {
        let (folder, project) = project(&["b.bpf.c", "a.bpf.c", "main.c"]);
        let project = project.expect("a complete project");
        assert_eq!(project.name, folder.path().file_name().unwrap().to_str().unwrap());
        assert_eq!(project.objects.iter().map(|object| object.stem.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn what_is_missing_is_named() {
        let (_folder, none) = project(&["main.c"]);
        assert!(none.unwrap_err().to_string().contains("has no BPF program"));
        let (_folder, alone) = project(&["a.bpf.c"]);
        assert!(alone.unwrap_err().to_string().contains("has no guest"));
        let error = Project::open(Path::new("/nonexistent")).unwrap_err();
        assert!(error.to_string().contains("/nonexistent"));
    }

    #[test]
    fn vmlinux_is_needed_when_it_is_included_and_not_there() {
        let (folder, project) = project(&["a.bpf.c", "a.c"]);
        let project = project.unwrap();
        assert!(!project.needs_vmlinux().unwrap());
        fs::write(folder.path().join("a.bpf.c"), "#include \"vmlinux.h\"\n").unwrap();
        assert!(project.needs_vmlinux().unwrap());
        fs::write(folder.path().join("vmlinux.h"), "").unwrap();
        assert!(!project.needs_vmlinux().unwrap());
    }

    #[test]
    fn a_snapshot_notices_edits_and_new_files_but_no_output() {
        let (folder, _) = project(&["a.bpf.c", "a.c"]);
        let before = snapshot(folder.path()).unwrap();
        fs::write(folder.path().join("a.wasm"), "").unwrap();
        assert_eq!(snapshot(folder.path()).unwrap(), before);
        fs::write(folder.path().join("a.h"), "").unwrap();
        assert_ne!(snapshot(folder.path()).unwrap(), before);
        let later = SystemTime::now() + std::time::Duration::from_secs(60);
        fs::remove_file(folder.path().join("a.h")).unwrap();
        fs::File::options().write(true).open(folder.path().join("a.c")).unwrap().set_modified(later).unwrap();
        assert_ne!(snapshot(folder.path()).unwrap(), before);
    }
}
