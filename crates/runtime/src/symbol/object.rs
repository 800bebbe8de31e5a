//! What a file that a process runs says of its functions and lines.
//!
//! The files are strangers': only regular ones are opened, of bounded size, by the mapping itself and not by a name that
//! somebody else may have given to something else. Compressed debug information is left alone: it says itself how
//! much memory to reserve for it.

use std::collections::HashMap;
use std::os::fd::{AsRawFd, OwnedFd};

use blazesym::symbolize::source::{Elf, Source};
use blazesym::symbolize::{Input, Sym, Symbolized, Symbolizer};
use rustix::fs::{CWD, FileType, Mode, OFlags, Stat, fstat, openat};
use rustix::io::Errno;

use super::Symbol;
use super::demangle::{cut, demangle};
use super::maps::Mapping;

/// The most files that are kept open at a time.
const MAX_FILES: usize = 128;
/// The largest file that is read, in bytes.
const MAX_FILE: i64 = 1 << 30;

/// A file's identity, for as long as nobody writes to it.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    device: u64,
    inode: u64,
    size: i64,
    changed: (i64, u64),
}

/// The files that were read so far, with what was found in them.
pub(super) struct Objects {
    symbolizer: Symbolizer,
    files: HashMap<Key, OwnedFd>,
}

impl Objects {
    pub(super) fn new() -> Self {
        // Names are written out here, with bounds; a function that was inlined is named by its file and line.
        let symbolizer = Symbolizer::builder().enable_demangling(false).enable_inlined_fns(false).build();
        Self { symbolizer, files: HashMap::new() }
    }

    /// What is known of `addresses`, which lie in this mapping of a process's; `lines`: files and lines too.
    pub(super) fn symbols(&mut self, pid: u32, mapping: &Mapping, addresses: &[u64], lines: bool) -> Vec<Symbol> {
        let offsets: Vec<u64> =
            addresses.iter().map(|address| address - mapping.range.start + mapping.offset).collect();
        let path = if mapping.inode == 0 { None } else { self.open(pid, mapping).ok() };
        let found = path.map(|path| self.look_up(&path, &offsets, lines)).unwrap_or_default();
        let mut found = found.into_iter();
        let symbol = |object_offset| {
            let known = found.next().flatten().unwrap_or_default();
            Symbol { object: cut(&mapping.path).to_owned(), object_offset, ..known }
        };
        offsets.into_iter().map(symbol).collect()
    }

    /// Opens the file behind a mapping, unless it is open already; where blazesym finds it.
    fn open(&mut self, pid: u32, mapping: &Mapping) -> Result<String, Errno> {
        let (found, stat) = find(pid, mapping)?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile || stat.st_size > MAX_FILE {
            return Err(Errno::INVAL);
        }
        let changed = (stat.st_mtime, stat.st_mtime_nsec);
        let key = Key { device: stat.st_dev, inode: stat.st_ino, size: stat.st_size, changed };
        if self.files.len() >= MAX_FILES && !self.files.contains_key(&key) {
            *self = Self::new();
        }
        let file = match self.files.entry(key) {
            std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::hash_map::Entry::Vacant(place) => {
                let path = format!("/proc/self/fd/{}", found.as_raw_fd());
                place.insert(openat(CWD, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?)
            }
        };
        Ok(format!("/proc/self/fd/{}", file.as_raw_fd()))
    }

    /// Asks the debug information where lines are wanted, and the symbol table where it says nothing.
    fn look_up(&self, path: &str, offsets: &[u64], lines: bool) -> Vec<Option<Symbol>> {
        let ask = |debug_syms| {
            let mut elf = Elf::new(path);
            elf.debug_syms = debug_syms;
            self.symbolizer.symbolize(&Source::Elf(elf), Input::FileOffset(offsets)).unwrap_or_default()
        };
        let mut found = if lines { known(&ask(true)) } else { Vec::new() };
        if found.len() < offsets.len() || found.iter().any(Option::is_none) {
            let plain = known(&ask(false));
            found.resize(offsets.len(), None);
            found.iter_mut().zip(plain).filter(|(found, _)| found.is_none()).for_each(|(found, plain)| *found = plain);
        }
        found
    }
}

/// The file behind a mapping, not opened for reading yet: /proc/PID/map_files has the file itself, deleted or not, for
/// those who may look; else the path in the process's root, if it still is that file.
fn find(pid: u32, mapping: &Mapping) -> Result<(OwnedFd, Stat), Errno> {
    let open = |path: &str| {
        let file = openat(CWD, path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
        let stat = fstat(&file)?;
        Ok((file, stat))
    };
    let range = &mapping.range;
    open(&format!("/proc/{pid}/map_files/{:x}-{:x}", range.start, range.end)).or_else(|_: Errno| {
        let (file, stat) = open(&format!("/proc/{pid}/root{}", mapping.path))?;
        if stat.st_ino == mapping.inode { Ok((file, stat)) } else { Err(Errno::STALE) }
    })
}

/// blazesym's answers in our terms.
fn known(answers: &[Symbolized<'_>]) -> Vec<Option<Symbol>> {
    answers.iter().map(|answer| answer.as_sym().map(symbol)).collect()
}

fn symbol(sym: &Sym<'_>) -> Symbol {
    let (file, line) = match &sym.code_info {
        Some(code) => (cut(&code.to_path().to_string_lossy()).to_owned(), code.line.unwrap_or(0)),
        None => (String::new(), 0),
    };
    Symbol { name: demangle(&sym.name), offset: sym.offset as u64, file, line, ..Symbol::default() }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::MetadataExt;
    use std::path::Path;

    use super::*;

    /// What is found of some places in a file that this process is said to run.
    fn look(objects: &mut Objects, path: &Path) -> Vec<Symbol> {
        let mapping = Mapping {
            range: 0..1 << 30,
            offset: 0,
            inode: fs::metadata(path).unwrap().ino(),
            path: path.to_str().unwrap().to_owned(),
        };
        let places: Vec<u64> = (0..64).map(|index| index * 0x40 + 0x1000).chain([(1 << 30) - 1]).collect();
        objects.symbols(std::process::id(), &mapping, &places, true)
    }

    #[test]
    fn no_damage_to_a_file_ends_its_reader() {
        let work = tempfile::tempdir().unwrap();
        let [source, program, damaged] = ["source.c", "program", "damaged"].map(|name| work.path().join(name));
        let functions: String =
            (0..40).map(|index| format!("int f{index}(int a) {{ return a * {index}; }}\n")).collect();
        fs::write(&source, functions + "int main() { return f1(2); }\n").unwrap();
        let mut clang = std::process::Command::new(std::env::var_os("CLANG").unwrap_or_else(|| "clang-19".into()));
        assert!(clang.args(["-O1", "-g"]).arg(&source).arg("-o").arg(&program).status().unwrap().success());
        let sound = fs::read(&program).unwrap();
        let mut objects = Objects::new();
        let in_its_line = |symbol: &Symbol| {
            let number: Option<u32> = symbol.name.strip_prefix('f').and_then(|number| number.parse().ok());
            number.is_some_and(|number| symbol.line == number + 1)
        };
        assert!(look(&mut objects, &program).iter().any(in_its_line));
        // A generator of numbers that is the same each time (xorshift).
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state % below as u64) as usize
        };
        for round in 0..400 {
            let mut bytes = sound.clone();
            for _ in 0..1 + round % 8 {
                // Headers first: they say where everything else is.
                let at = if round % 2 == 0 { next(0x400) } else { next(bytes.len()) };
                bytes[at] = next(256) as u8;
            }
            bytes.truncate(if round % 5 == 0 { next(sound.len()) } else { sound.len() });
            fs::write(&damaged, bytes).unwrap();
            assert_eq!(look(&mut objects, &damaged).len(), 65);
            fs::remove_file(&damaged).unwrap();
        }
    }

    #[test]
    fn what_is_no_file_is_left_alone() {
        let mut objects = Objects::new();
        // Opening a pipe's end would wait for the other one.
        let work = tempfile::tempdir().unwrap();
        let pipe = work.path().join("pipe");
        rustix::fs::mknodat(CWD, &pipe, FileType::Fifo, Mode::RWXU, 0).unwrap();
        for path in [pipe.as_path(), Path::new("/dev/null"), work.path()] {
            assert!(look(&mut objects, path).iter().all(|symbol| symbol.name.is_empty()), "{}", path.display());
        }
    }
}
