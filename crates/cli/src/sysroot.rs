//! What guests are compiled with: headers, C library and builtins, carried in the binary and unpacked once into the user's cache.
//!
//! Everything that ends up in a module comes from here, so a cache that somebody else can write to would be a way into that module (and, since
//! modules run as root, to root). A cache that does not belong to the effective user alone is left aside, as under sudo, where `$HOME` is often
//! another user's. What was changed, cut short or removed is replaced. One process looks after the cache at a time.

use std::fs::{self, DirBuilder, File};
use std::io::Read;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use std::{env, io};

use anyhow::{Context, Result};
use flate2::read::GzDecoder;
use wasm_bpf_runtime::private_folder;

use crate::cache;

static ARCHIVE: &[u8] = include_bytes!(env!("WASM_BPF_SDK"));
const NAME: &str = concat!("sdk-", env!("WASM_BPF_SDK_HASH"));

/// What other versions left in the cache goes when it was not used for so long.
const UNUSED: Duration = Duration::from_secs(7 * 24 * 3600);

/// The unpacked files.
#[derive(Debug)]
pub(crate) struct Sysroot {
    root: PathBuf,
}

impl Sysroot {
    /// Finds the files in the user's cache or puts them there; into `scratch`, for this one time, if there is no cache to be trusted.
    ///
    /// # Errors
    /// When neither place can be written to.
    pub(crate) fn unpack(scratch: &Path) -> Result<Self> {
        let root = match cache::folder().map(|cache| open_or_fill(&cache)) {
            Some(Ok(Some(root))) => root,
            Some(Ok(None)) | None => extract_into(scratch.join(NAME))?,
            Some(Err(error)) => {
                tracing::warn!("not using the cache: {error:#}");
                extract_into(scratch.join(NAME))?
            }
        };
        Ok(Self { root })
    }

    /// libbpf for guests.
    pub(crate) fn sdk(&self) -> PathBuf {
        self.root.join("sdk")
    }

    /// The sources that the SDK links guests with.
    pub(crate) fn lib(&self) -> PathBuf {
        self.root.join("lib")
    }

    /// libbpf's headers for BPF programs.
    pub(crate) fn bpf(&self) -> PathBuf {
        self.root.join("bpf")
    }

    /// The kernel's headers for user space.
    pub(crate) fn uapi(&self) -> PathBuf {
        self.root.join("uapi")
    }

    /// The C library (`include`, `lib`).
    pub(crate) fn libc(&self) -> PathBuf {
        self.root.join("sysroot")
    }

    /// The folder that holds all of these.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }
}

/// Returns the folder with the files, good ones; nothing if `cache` is not this user's alone.
fn open_or_fill(cache: &Path) -> Result<Option<PathBuf>> {
    if !private_folder(cache).with_context(|| cannot("create", cache))? {
        return Ok(None);
    }

    let lock = cache.join("lock");
    let lock =
        File::options().create(true).write(true).truncate(false).open(&lock).with_context(|| cannot("open", &lock))?;
    lock.lock().with_context(|| cannot("lock", cache))?;
    let root = cache.join(NAME);
    if !private_folder(&root).with_context(|| cannot("look at", &root))? || !is_intact(&root) {
        replace(cache, &root)?;
        remove_unused(cache)?;
    }
    // The time of the last use, for `remove_unused`.
    File::open(&root)
        .and_then(|folder| folder.set_modified(SystemTime::now()))
        .with_context(|| cannot("touch", &root))?;
    Ok(Some(root))
}

/// Whether `root` holds every file of the archive with the archive's content.
fn is_intact(root: &Path) -> bool {
    let compare = || -> io::Result<bool> {
        for entry in archive().entries()? {
            let mut entry = entry?;
            let mut expected = Vec::new();
            entry.read_to_end(&mut expected)?;
            if fs::read(root.join(entry.path()?))? != expected {
                return Ok(false);
            }
        }
        Ok(true)
    };
    compare().unwrap_or(false)
}

/// Puts a fresh copy in the place of `root`. Nobody sees half of one: it is made beside and renamed.
fn replace(cache: &Path, root: &Path) -> Result<()> {
    let fresh =
        tempfile::Builder::new().prefix(".new-").tempdir_in(cache).with_context(|| cannot("write to", cache))?;
    let files = extract_into(fresh.path().join("files"))?;
    if root.symlink_metadata().is_ok() {
        fs::rename(root, fresh.path().join("old")).with_context(|| cannot("move away", root))?;
    }
    fs::rename(files, root).with_context(|| cannot("create", root))
}

fn extract_into(root: PathBuf) -> Result<PathBuf> {
    DirBuilder::new().mode(0o700).create(&root).with_context(|| cannot("create", &root))?;
    archive().unpack(&root).with_context(|| cannot("unpack the guests' headers and libraries into", &root))?;
    Ok(root)
}

fn remove_unused(cache: &Path) -> Result<()> {
    for entry in fs::read_dir(cache).with_context(|| cannot("read", cache))? {
        let entry = entry?;
        let is_sdk = entry.file_name().to_string_lossy().starts_with("sdk-");
        let age = entry.metadata()?.modified()?.elapsed().unwrap_or_default();
        if is_sdk && age > UNUSED {
            fs::remove_dir_all(entry.path()).with_context(|| cannot("remove", &entry.path()))?;
        }
    }
    Ok(())
}

fn archive() -> tar::Archive<GzDecoder<&'static [u8]>> {
    tar::Archive::new(GzDecoder::new(ARCHIVE))
}

fn cannot(verb: &str, path: &Path) -> String {
    format!("cannot {verb} {}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};

    fn own_folder() -> tempfile::TempDir {
        tempfile::Builder::new().permissions(fs::Permissions::from_mode(0o700)).tempdir().expect("a temporary folder")
    }

    fn fill(cache: &Path) -> PathBuf {
        open_or_fill(cache).expect("the cache can be filled").expect("the cache is trusted")
    }

    #[test]
    fn a_missing_cache_is_made_private_and_kept() {
        let home = own_folder();
        let cache = home.path().join("cache/wasm-bpf");
        let root = fill(&cache);
        assert!(private_folder(&cache).unwrap() && private_folder(&root).unwrap() && is_intact(&root));
        let inode = root.metadata().unwrap().ino();
        assert_eq!(fill(&cache).metadata().unwrap().ino(), inode, "a good copy is used again");
    }

    #[test]
    fn damage_is_repaired() {
        let home = own_folder();
        let cache = home.path().join("wasm-bpf");
        let library = fill(&cache).join("sysroot/lib/libc.a");
        let good = fs::read(&library).unwrap();

        fs::write(&library, &good[..good.len() / 2]).unwrap();
        fill(&cache);
        assert!(fs::read(&library).unwrap() == good, "a file that was cut short is whole again");

        fs::remove_file(&library).unwrap();
        fill(&cache);
        assert!(fs::read(&library).unwrap() == good, "a file that was removed is back");
        let leftovers = fs::read_dir(&cache).unwrap().count();
        assert_eq!(leftovers, 2, "the copy and the lock, nothing else");
    }

    #[test]
    fn a_copy_that_others_can_enter_is_replaced() {
        let home = own_folder();
        let cache = home.path().join("wasm-bpf");
        let root = fill(&cache);
        fs::set_permissions(&root, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(private_folder(&fill(&cache)).unwrap());
    }

    #[test]
    fn a_cache_that_others_can_enter_is_left_aside() {
        let home = own_folder();
        let cache = home.path().join("wasm-bpf");
        fill(&cache);
        fs::set_permissions(&cache, fs::Permissions::from_mode(0o750)).unwrap();
        assert_eq!(open_or_fill(&cache).unwrap(), None);
    }

    #[test]
    fn a_cache_in_a_folder_of_another_user_is_left_aside() {
        let home = own_folder();
        if !rustix::process::geteuid().is_root() {
            // Only root can give a folder away, but it has another user's at hand.
            assert_eq!(open_or_fill(Path::new("/nonexistent/wasm-bpf")).unwrap(), None);
            return;
        }
        chown(home.path(), Some(65534), None).unwrap();
        let cache = home.path().join("wasm-bpf");
        assert_eq!(open_or_fill(&cache).unwrap(), None);
        assert!(!cache.exists(), "nothing of root's is left in another user's folder");
    }

    #[test]
    fn a_link_in_the_place_of_the_cache_is_not_followed() {
        let home = own_folder();
        let elsewhere = own_folder();
        let cache = home.path().join("wasm-bpf");
        std::os::unix::fs::symlink(elsewhere.path(), &cache).unwrap();
        assert_eq!(open_or_fill(&cache).unwrap(), None);
        assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
    }

    #[test]
    fn several_processes_agree_on_one_copy() {
        let home = own_folder();
        let cache = home.path().join("wasm-bpf");
        let roots: Vec<PathBuf> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| fill(&cache))).collect();
            threads.into_iter().map(|thread| thread.join().expect("no thread fails")).collect()
        });
        assert!(roots.iter().all(|root| *root == roots[0] && is_intact(root)));
    }

    #[test]
    fn only_what_is_old_is_removed() {
        let home = own_folder();
        let cache = home.path().join("wasm-bpf");
        fill(&cache);
        let (old, recent) = (cache.join("sdk-old"), cache.join("sdk-recent"));
        fs::create_dir(&old).unwrap();
        fs::create_dir(&recent).unwrap();
        File::open(&old).unwrap().set_modified(SystemTime::now() - UNUSED * 2).unwrap();
        remove_unused(&cache).unwrap();
        assert!(!old.exists() && recent.exists());
    }
}
