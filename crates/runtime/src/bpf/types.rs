//! The part of the kernel's types that an object is relocated with, kept from an earlier run.
//!
//! Reading all of the kernel's types is most of what libbpf does at a start. What an object's relocations look at is some
//! kilobytes of them: chosen before the object's first load, which takes a third of libbpf's time, and kept.
//!
//! ```text
//!   a module is compiled ── meanwhile, thread: parts for the objects in it, into the cache
//!   open ── kept? ──yes──> libbpf reads the part            (a part that is empty says: this object needs all)
//!             └─no──> choose ──> cache, libbpf
//! ```

use std::ffi::CString;
use std::fs::{self, File};
use std::io::Write;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;

use rustix::fs::{MemfdFlags, memfd_create};
use rustix::io::Errno;
use sha2::{Digest, Sha256};

use super::advice;
use super::object::OpenOptions;
pub(crate) use super::sys::kernel_types::KERNEL;
use super::sys::kernel_types::with_kernel_types;
use crate::cache::{Cache, hex};
use crate::carried::{Carried, running_release};
use crate::error::{Error, Result};

/// Where the kernel tells its build-id.
const NOTES: &str = "/sys/kernel/notes";
/// For how many of a guest's objects parts are made: nobody has more, and each costs some milliseconds.
const MAX_OBJECTS: u32 = 16;

/// The types of one guest's objects.
#[derive(Default)]
pub(crate) struct Types {
    parts: Option<Parts>,
    /// What takes the place of the types that the kernel shows.
    given: Option<OwnedFd>,
    /// The kernels whose types the module has, where this kernel is not among them.
    others: Vec<String>,
}

/// The parts that are kept for this kernel.
struct Parts {
    cache: Cache,
    /// Identifies the kernel; `None` before it was asked for.
    kernel: Option<Option<Vec<u8>>>,
    made: u32,
}

/// Makes the parts of `elfs` that are not kept in `cache`.
#[cfg(feature = "compiler")]
pub(crate) fn prepare(cache: &Cache, elfs: &[Vec<u8>]) {
    let mut parts = Parts::new(cache.clone());
    for elf in elfs {
        parts.get(elf);
    }
}

impl Parts {
    fn new(cache: Cache) -> Self {
        Self { cache, kernel: None, made: 0 }
    }

    /// The part of an object, kept or made now.
    fn get(&mut self, elf: &[u8]) -> Option<Vec<u8>> {
        let entry = self.entry(elf)?;
        if let Some(part) = self.cache.read(&entry) {
            return Some(part);
        }
        self.made += 1;
        (self.made <= MAX_OBJECTS).then(|| self.make(&entry, elf))?
    }

    /// The name of an object's entry.
    fn entry(&mut self, elf: &[u8]) -> Option<String> {
        let kernel = self.kernel.get_or_insert_with(kernel_id).as_ref()?;
        let hash = Sha256::new_with_prefix(elf).chain_update(kernel).chain_update(env!("CARGO_PKG_VERSION"));
        Some(format!("{}.btf", hex(&hash.finalize())))
    }

    /// Chooses the part of an object, and keeps it.
    fn make(&self, entry: &str, elf: &[u8]) -> Option<Vec<u8>> {
        let chosen = with_kernel_types(|kernel| wasm_bpf_codegen::kernel_types(elf, kernel)).ok()?;
        let part = chosen.inspect_err(|error| tracing::debug!("failed to choose the types of a BPF object: {error}"));
        let part = part.ok()?.unwrap_or_default();
        if let Err(error) = self.cache.write(entry, &part) {
            tracing::debug!("failed to keep the types of a BPF object: {error}");
        }
        Some(part)
    }
}

impl Types {
    /// Keeps parts in `cache`; without one, objects are relocated with all types.
    pub(crate) fn new(cache: Option<Cache>) -> Self {
        Self { parts: cache.map(Parts::new), ..Self::default() }
    }

    /// Takes the types in `file`, or else those that the module carries of this kernel.
    pub(crate) fn give(&mut self, file: Option<&Path>, carried: &Carried) -> Result<()> {
        self.others.clone_from(&carried.releases);
        let (what, content) = match (file, &carried.btf) {
            (Some(path), _) => {
                let what = format!("failed to read the kernel's types from `{}`", path.display());
                let content = fs::read(path)
                    .map_err(|error| Error::kernel(what.clone(), Errno::from_io_error(&error).unwrap_or(Errno::IO)))?;
                (what, content)
            }
            (None, Some(btf)) => {
                let what = "failed to read the types of this kernel that the module has".to_owned();
                (what, btf.clone())
            }
            (None, None) => return Ok(()),
        };
        let raw = wasm_bpf_codegen::raw_btf(&content);
        let checked = if file.is_some() {
            raw
        } else {
            // A stranger's.
            raw.and_then(|raw| wasm_bpf_codegen::check_btf(raw).map(|()| raw))
        };
        let raw = checked.map_err(|error| Error::kernel(&what, Errno::INVAL).advise(error.to_string()))?;
        self.given = Some(memory_file(raw).ok_or_else(|| Error::kernel(what, Errno::NOMEM))?);
        Ok(())
    }

    /// What to do about types that are missing.
    pub(crate) fn advice(&self) -> String {
        advice::without_types(self.given.is_some(), &running_release(), &self.others)
    }

    /// Lets `options` name the types that were given, or the part that `elf` needs, unless they name types already.
    pub(crate) fn offer(&mut self, elf: &[u8], options: &mut OpenOptions) {
        if options.btf_path.is_some() {
            return;
        }
        let file = match &self.given {
            Some(given) => given.try_clone().ok().and_then(named),
            None => self
                .parts
                .as_mut()
                .and_then(|parts| parts.get(elf))
                .filter(|part| !part.is_empty())
                .and_then(|part| file_of(&part)),
        };
        (options.btf_path, options.btf_file) = file.unzip();
    }
}

/// A file with these bytes and nothing else's, and the path by which libbpf opens it.
pub(crate) fn file_of(part: &[u8]) -> Option<(CString, OwnedFd)> {
    memory_file(part).and_then(named)
}

fn memory_file(content: &[u8]) -> Option<OwnedFd> {
    let mut file = File::from(memfd_create("types", MemfdFlags::CLOEXEC).ok()?);
    file.write_all(content).ok()?;
    Some(file.into())
}

/// A file, and the path by which libbpf opens it.
fn named(file: OwnedFd) -> Option<(CString, OwnedFd)> {
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    // Where /proc is not mounted, libbpf could not open it.
    fs::metadata(&path).ok()?;
    Some((CString::new(path).ok()?, file))
}

/// What tells this kernel's types from another's: its build-id, and how many bytes of types it has.
fn kernel_id() -> Option<Vec<u8>> {
    let mut id = running_build_id()?;
    id.extend(fs::metadata(KERNEL).ok()?.len().to_le_bytes());
    Some(id)
}

/// The running kernel's build-id.
pub(crate) fn running_build_id() -> Option<Vec<u8>> {
    build_id(&fs::read(NOTES).ok()?).map(<[u8]>::to_vec)
}

/// The build-id of an ELF file, `vmlinux`.
pub(crate) fn build_id_of(elf: &[u8]) -> Option<Vec<u8>> {
    build_id(wasm_bpf_codegen::section(elf, ".notes").ok()??).map(<[u8]>::to_vec)
}

/// The build-id among ELF notes: each has the lengths of its name and its content, a type, and both, padded to words.
fn build_id(mut notes: &[u8]) -> Option<&[u8]> {
    const BUILD_ID: u32 = 3;
    loop {
        let (head, rest) = notes.split_first_chunk::<12>()?;
        let word = |at: usize| u32::from_ne_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let (name, rest) = rest.split_at_checked(word(0).next_multiple_of(4) as usize)?;
        let content = rest.get(..word(4) as usize)?;
        if word(8) == BUILD_ID && name == b"GNU\0" {
            return Some(content).filter(|id| !id.is_empty());
        }
        notes = rest.get(word(4).next_multiple_of(4) as usize..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A note as the kernel shows it.
    fn note(name: &[u8], kind: u32, content: &[u8]) -> Vec<u8> {
        let mut note = Vec::new();
        [name.len() as u32, content.len() as u32, kind].iter().for_each(|word| note.extend(word.to_ne_bytes()));
        for part in [name, content] {
            note.extend(part);
            note.resize(note.len().next_multiple_of(4), 0);
        }
        note
    }

    #[test]
    fn a_build_id_is_found_among_notes() {
        let notes =
            [note(b"Xen\0", 3, b"no"), note(b"GNU\0", 3, b"\x01\x02\x03"), note(b"Linux\0", 257, b"x")].concat();
        assert_eq!(build_id(&notes), Some(&b"\x01\x02\x03"[..]));
        for end in 0..31 {
            assert_eq!(build_id(&notes[..end]), None, "{end} bytes");
        }
        assert_eq!(build_id(&note(b"GNU\0", 3, b"")), None);
        assert_eq!(build_id(&[0xff; 40]), None);
    }

    #[test]
    fn this_kernel_has_an_id() {
        assert!(kernel_id().is_some_and(|id| id.len() > 8 + 8));
    }
}
