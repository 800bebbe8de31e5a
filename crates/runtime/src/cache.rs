//! What a start would have to make anew, on disk: compiled modules, and the part of the kernel's types that an object needs.
//!
//! An entry is native code that runs with the rights of whoever starts the module. So nothing is taken from a folder
//! that anybody but the effective user can write to (under sudo, `$HOME` is often another user's), and an entry that
//! is cut short, changed or made by another engine is compiled again and replaced.
#![allow(unsafe_code)]

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File};
use std::hash::Hasher;
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process;
use std::time::SystemTime;

use sha2::{Digest, Sha256};
use twox_hash::XxHash64;
use wasmtime::{Engine, Module};

/// Entries that are kept of each kind; the ones that were not used for longest go first.
const MAX_ENTRIES: usize = 64;
/// The bytes of the checksum (XXH64) that an entry ends with: it finds damage, not malice.
const CHECKSUM: usize = 8;
/// How much of a module's code is read at a time.
const PART: usize = 16 << 10;

/// A folder of what earlier runs have made.
#[derive(Clone, Debug)]
pub struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// The cache in `folder`, which is made where it is missing. `None`: it is not the effective user's alone.
    pub fn open(folder: &Path) -> io::Result<Option<Self>> {
        Ok(private_folder(folder)?.then(|| Self { folder: folder.to_owned() }))
    }

    /// The module compiled from `wasm`, if it is kept here, for this engine.
    pub(crate) fn module(&self, engine: &Engine, wasm: &[u8]) -> Option<Module> {
        let (mut file, length) = open(&self.folder.join(key(wasm)))?;
        let mut checksum = XxHash64::default();
        let mut part = [0; PART];
        let mut left = length;
        while left > 0 {
            let wanted = part.len().min(left);
            let read = file.read(&mut part[..wanted]).ok().filter(|read| *read > 0)?;
            checksum.write(&part[..read]);
            left -= read;
        }
        is_whole(&mut file, checksum.finish())?;
        trusted(engine, file).ok()
    }

    /// Keeps what `wasm` was compiled to.
    #[cfg(feature = "compiler")]
    pub(crate) fn keep_module(&self, wasm: &[u8], code: &[u8]) {
        if let Err(error) = self.write(&key(wasm), code) {
            tracing::debug!("failed to keep the compiled module in {}: {error}", self.folder.display());
        }
    }

    /// The content of the entry called `name`, if it is there, whole and the effective user's alone.
    pub(crate) fn read(&self, name: &str) -> Option<Vec<u8>> {
        let (mut file, length) = open(&self.folder.join(name))?;
        let mut content = vec![0; length];
        file.read_exact(&mut content).ok()?;
        is_whole(&mut file, XxHash64::oneshot(0, &content))?;
        Some(content)
    }

    /// Keeps `content` as the entry called `name`; written beside and renamed, so that other processes see a whole entry
    /// or none.
    pub(crate) fn write(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let path = self.folder.join(name);
        let fresh = path.with_extension(format!("{}.new", process::id()));
        let mut file = File::options().write(true).create_new(true).mode(0o600).open(&fresh)?;
        let written =
            file.write_all(content).and_then(|()| file.write_all(&XxHash64::oneshot(0, content).to_le_bytes()));
        written.and_then(|()| fs::rename(&fresh, &path)).inspect_err(|_| drop(fs::remove_file(&fresh)))?;
        self.remove_unused(path.extension())
    }

    /// Removes surplus entries of one kind.
    fn remove_unused(&self, kind: Option<&OsStr>) -> io::Result<()> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            if entry.path().extension() == kind {
                entries.push((entry.metadata()?.modified()?, entry.path()));
            }
        }
        entries.sort();
        let surplus = entries.len().saturating_sub(MAX_ENTRIES);
        entries.iter().take(surplus).try_for_each(|(_, path)| fs::remove_file(path))
    }
}

/// Makes `folder` where it is missing; whether it is the effective user's alone (mode 0700).
///
/// A missing folder is made below folders of the effective user's only, so that root leaves nothing in the home of
/// the user who called sudo.
pub fn private_folder(folder: &Path) -> io::Result<bool> {
    if belongs_to_us(folder, 0o077) {
        return Ok(true);
    }
    let existing = folder.ancestors().find(|path| path.symlink_metadata().is_ok());
    if !existing.is_some_and(|path| belongs_to_us(path, 0o022)) {
        return Ok(false);
    }
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    Ok(belongs_to_us(folder, 0o077))
}

/// Whether `path` is a folder of the effective user's without the `forbidden` mode bits.
fn belongs_to_us(path: &Path, forbidden: u32) -> bool {
    let user = rustix::process::geteuid().as_raw();
    path.symlink_metadata().is_ok_and(|data| data.is_dir() && data.uid() == user && data.mode() & forbidden == 0)
}

/// The name of a module's entry. What else its code depends on, the engine looks for in the code itself.
fn key(wasm: &[u8]) -> String {
    let hash = Sha256::new_with_prefix(wasm).chain_update(env!("CARGO_PKG_VERSION"));
    format!("{}.cwasm", hex(&hash.finalize()))
}

/// Bytes as a name.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An entry that is the effective user's alone, and the length of its content; notes that it was used.
fn open(path: &Path) -> Option<(File, usize)> {
    let file = File::options().read(true).custom_flags(libc::O_NOFOLLOW).open(path).ok()?;
    let data = file.metadata().ok()?;
    if !data.is_file() || data.uid() != rustix::process::geteuid().as_raw() || data.mode() & 0o077 != 0 {
        return None;
    }
    // A cache that is only read works as well.
    let _ = file.set_modified(SystemTime::now());
    Some((file, (data.len() as usize).checked_sub(CHECKSUM)?))
}

/// Whether what follows the content is its checksum, and the end.
fn is_whole(file: &mut File, checksum: u64) -> Option<()> {
    let mut rest = [0; CHECKSUM + 1];
    let read = file.read(&mut rest).ok()?;
    (rest[..read] == checksum.to_le_bytes()).then_some(())
}

/// The module of a file whose owner vouches for it, unless another engine made it. The file is mapped, so that only what
/// is used of it is read.
pub(crate) fn trusted(engine: &Engine, file: File) -> wasmtime::Result<Module> {
    // SAFETY: the file holds what `Module::serialize` returned. In the cache, folder and file were writable by the effective
    // user only when they were opened (`private_folder`, `open`), the checksum says that it is whole, and it is never
    // written again, only replaced. Of any other file the user has said so.
    unsafe { Module::deserialize_open_file(engine, file) }
}

/// The module of what was just compiled.
#[cfg(feature = "compiler")]
pub(crate) fn compiled(engine: &Engine, code: &[u8]) -> wasmtime::Result<Module> {
    // SAFETY: the code is what `Module::serialize` returned.
    unsafe { Module::deserialize(engine, code) }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const WASM: &[u8] = b"\0asm\x01\0\0\0";

    struct Folder(tempfile::TempDir);

    impl Folder {
        fn new() -> Self {
            let mode = fs::Permissions::from_mode(0o700);
            Self(tempfile::Builder::new().permissions(mode).tempdir().unwrap())
        }

        /// Whether the module had to be compiled.
        fn compiles(&self) -> bool {
            let engine = Engine::default();
            let cache = Cache::open(&self.0.path().join("cache")).unwrap().expect("a folder of our own");
            if let Some(module) = cache.module(&engine, WASM) {
                assert_eq!(module.imports().len(), 0);
                return false;
            }
            cache.keep_module(WASM, &engine.precompile_module(WASM).unwrap());
            true
        }

        fn entry(&self) -> PathBuf {
            let mut entries = fs::read_dir(self.0.path().join("cache")).unwrap();
            let entry = entries.next().expect("an entry").unwrap().path();
            assert!(entries.next().is_none(), "one entry and no leavings");
            entry
        }
    }

    #[test]
    fn a_module_is_compiled_once() {
        let folder = Folder::new();
        assert!(folder.compiles());
        assert!(!folder.compiles());
        assert_eq!(folder.entry().metadata().unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_damaged_entry_is_replaced() {
        let folder = Folder::new();
        folder.compiles();
        let good = fs::read(folder.entry()).unwrap();
        let mut flipped = good.clone();
        flipped[good.len() / 2] ^= 1;
        let longer = [&good[..], &[0]].concat();
        for damaged in [&good[..good.len() - 1], &good[..CHECKSUM - 1], &[], &flipped, &longer] {
            fs::write(folder.entry(), damaged).unwrap();
            assert!(folder.compiles(), "{} bytes", damaged.len());
            assert_eq!(fs::read(folder.entry()).unwrap(), good);
        }
    }

    #[test]
    fn what_others_could_have_written_is_not_taken() {
        let folder = Folder::new();
        folder.compiles();
        fs::set_permissions(folder.entry(), fs::Permissions::from_mode(0o620)).unwrap();
        assert!(folder.compiles());

        let cache = folder.0.path().join("cache");
        fs::set_permissions(&cache, fs::Permissions::from_mode(0o770)).unwrap();
        assert!(Cache::open(&cache).unwrap().is_none());
    }

    #[test]
    fn the_oldest_entries_go() {
        let folder = Folder::new();
        folder.compiles();
        let cache = folder.0.path().join("cache");
        let used = folder.entry();
        for number in 0..MAX_ENTRIES {
            let path = cache.join(format!("{number}.cwasm"));
            File::create(&path).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        }
        fs::remove_file(&used).unwrap();
        assert!(folder.compiles());
        assert!(used.exists());
        assert_eq!(fs::read_dir(&cache).unwrap().count(), MAX_ENTRIES);
    }
}
