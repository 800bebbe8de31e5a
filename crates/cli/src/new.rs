//! `wasm-bpf new`: a small application to start from.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};

/// The word in the templates' names and texts that the project's name takes the place of.
const PLACEHOLDER: &str = "@NAME@";

/// The longest name: the kernel cuts the names of maps and programs after 15 bytes, and libbpf prefixes maps of globals with 8 of the object's.
const LONGEST: usize = 64;

/// File name and text of each file of a C project.
const C: [(&str, &str); 4] = [
    ("@NAME@.bpf.c", include_str!("../templates/c/app.bpf.c")),
    ("@NAME@.c", include_str!("../templates/c/app.c")),
    ("@NAME@.h", include_str!("../templates/c/app.h")),
    ("README.md", include_str!("../templates/c/README.md")),
];

/// Write a small application to start from: it prints each program that is executed.
///
/// The folder NAME gets the BPF program NAME.bpf.c, the guest NAME.c, the header NAME.h that they share, and a README.md.
/// `wasm-bpf build NAME` compiles it. Files that are there already are never overwritten.
#[derive(Debug, Args)]
pub(crate) struct New {
    /// The language of the guest
    #[arg(long, value_name = "LANGUAGE", default_value = "c")]
    lang: Language,

    /// The name of the folder, of the files and of the C names in them; it may have other folders before it
    #[arg(value_name = "NAME")]
    folder: PathBuf,
}

/// Languages that there is a template for.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Language {
    /// C, with libbpf's functions
    C,
}

impl New {
    pub(crate) fn execute(self) -> Result<()> {
        let name = self.folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        check(name)?;
        let files = match self.lang {
            Language::C => C,
        };
        fs::create_dir_all(&self.folder)
            .with_context(|| format!("cannot create the folder {}", self.folder.display()))?;
        let files = files
            .map(|(file, text)| (self.folder.join(file.replace(PLACEHOLDER, name)), text.replace(PLACEHOLDER, name)));
        for (path, _) in &files {
            ensure!(
                path.symlink_metadata().is_err(),
                "{} exists and is not overwritten: choose another name",
                path.display()
            );
        }
        for (path, text) in &files {
            create(path, text)?;
        }
        let folder = self.folder.display();
        println!("Created {folder}. Build and run it:\n  cd {folder}\n  wasm-bpf build\n  sudo wasm-bpf {name}.wasm");
        Ok(())
    }
}

/// Only letters, digits and `_`: the name becomes part of C names and file names.
fn check(name: &str) -> Result<()> {
    let letters = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let first = name.starts_with(|c: char| c.is_ascii_alphabetic());
    ensure!(
        letters && first && name.len() <= LONGEST,
        "`{name}` cannot be the name of a project: use up to {LONGEST} of A-Z, a-z, 0-9 and _, and begin with a letter"
    );
    Ok(())
}

fn create(path: &Path, text: &str) -> Result<()> {
    use std::io::Write;
    let cannot = || format!("cannot create {}", path.display());
    let mut file = fs::File::create_new(path).with_context(cannot)?;
    file.write_all(text.as_bytes()).with_context(cannot)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new_in(parent: &Path, name: &str) -> Result<()> {
        New { lang: Language::C, folder: parent.join(name) }.execute()
    }

    #[test]
    fn a_project_has_its_name_everywhere() {
        let parent = tempfile::tempdir().unwrap();
        new_in(parent.path(), "hello_2").expect("an empty place");
        let read = |file: &str| fs::read_to_string(parent.path().join("hello_2").join(file)).expect(file);
        assert!(read("hello_2.c").contains("hello_2_bpf__open()"));
        for file in ["hello_2.bpf.c", "hello_2.c", "hello_2.h", "README.md"] {
            assert!(!read(file).contains(PLACEHOLDER), "{file}");
        }
    }

    #[test]
    fn nothing_is_overwritten() {
        let parent = tempfile::tempdir().unwrap();
        fs::create_dir(parent.path().join("app")).unwrap();
        let precious = parent.path().join("app/app.h");
        fs::write(&precious, "mine").unwrap();
        let error = new_in(parent.path(), "app").expect_err("app.h is there");
        assert!(error.to_string().contains("app.h exists"), "{error}");
        assert_eq!(fs::read_to_string(&precious).unwrap(), "mine");
        assert_eq!(fs::read_dir(parent.path().join("app")).unwrap().count(), 1, "nothing was added either");
    }

    #[test]
    fn names_that_c_would_refuse_are_refused() {
        for bad in ["", "..", "2fast", "_x", "a-b", "a b", "ä", "a.c"] {
            assert!(check(bad).is_err(), "{bad:?}");
        }
        let long = "x".repeat(LONGEST);
        assert!(check(&long).is_ok());
        let error = check(&(long + "x")).unwrap_err().to_string();
        assert!(error.contains("begin with a letter"), "{error}");
    }
}
