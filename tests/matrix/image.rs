//! The initramfs: the host's tools and their libraries, the runtime, the tests and all that they use, under the paths
//! that they have on the host.

use std::collections::BTreeSet;
use std::fs::{self, DirEntry, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use wasm_bpf_tests::{Prebuilt, binary, workspace};

use crate::kernels::Release;
use crate::qemu::Qemu;
use crate::suites::Suite;

/// The tools that init and the tests call.
const TOOLS: [&str; 20] = [
    "bash", "cat", "dd", "env", "ip", "ldd", "mkdir", "modprobe", "mount", "nsenter", "rm", "rmdir", "setpriv", "sh",
    "sleep", "tc", "true", "umount", "uname", "unshare",
];
/// Where they may be.
const TOOL_FOLDERS: [&str; 2] = ["/usr/bin", "/usr/sbin"];

/// The part that is the same for all kernels.
pub(crate) struct Image {
    archive: PathBuf,
}

impl Image {
    /// Builds all guests, and packs the archive in `folder`.
    pub(crate) fn pack(folder: &Path, suites: &[Suite], qemu: &Qemu) -> Result<Self> {
        let stage = Stage::new(folder)?;
        let prebuilt = Prebuilt::build();
        let mut files: BTreeSet<PathBuf> = prebuilt.files.iter().cloned().collect();
        files.extend([binary(), prebuilt.vmlinux.clone()]);
        files.extend(suites.iter().map(|suite| suite.binary.clone()));
        files.extend(["examples", "tests/guests", "tests/native"].map(|path| workspace().join(path)));
        for tool in TOOLS {
            let places = TOOL_FOLDERS.map(|folder| Path::new(folder).join(tool));
            files.insert(places.into_iter().find(|path| path.exists()).with_context(|| format!("no {tool} here"))?);
        }
        for file in &files {
            stage.copy(file)?;
        }
        for file in files.iter().filter(|file| is_elf(file)) {
            for library in libraries(file)? {
                stage.copy(&library)?;
            }
        }
        let compiled = compile(folder, &prebuilt.files, qemu)?;
        must(
            Command::new("cp")
                .args(["--recursive", "--preserve=mode"])
                .arg(compiled)
                .arg(stage.root.join("root/.cache")),
        )?;
        stage.write("etc/passwd", "root:x:0:0:root:/root:/bin/bash\n", 0o644)?;
        stage.write("init", include_str!("init"), 0o755)?;
        stage.write("vmlinux", &prebuilt.vmlinux.to_string_lossy(), 0o644)?;
        let list = |suite: &Suite| format!("{} {} {}\n", suite.name, suite.binary.display(), suite.filter);
        stage.write("suites", &suites.iter().map(list).collect::<String>(), 0o644)?;
        let archive = folder.join("image.cpio");
        pack(&stage.root, &archive)?;
        Ok(Self { archive })
    }

    /// The whole initramfs for one kernel, with its configuration and modules.
    pub(crate) fn with(&self, release: &Release) -> Result<PathBuf> {
        let own = release.folder.join("own");
        let _ = fs::remove_dir_all(&own);
        fs::create_dir_all(own.join("boot"))?;
        fs::create_dir_all(own.join("usr"))?;
        fs::copy(release.folder.join("config"), own.join(format!("boot/config-{}", release.name)))?;
        // /lib is a link to usr/lib in the other part.
        must(Command::new("cp").args(["--recursive", "--link"]).arg(release.folder.join("lib")).arg(own.join("usr")))?;
        let part = release.folder.join("own.cpio");
        pack(&own, &part)?;
        let whole = release.folder.join("initramfs");
        let mut file = File::create(&whole)?;
        for part in [&self.archive, &part] {
            file.write_all(&fs::read(part)?)?;
        }
        fs::remove_dir_all(own)?;
        fs::remove_file(part)?;
        Ok(whole)
    }
}

/// A cache of the modules in `files`, compiled for the processor that the machines emulate, and once for all of them: a
/// program on that processor alone starts each. One is begun anew with each build of the runtime.
fn compile(folder: &Path, files: &[PathBuf], qemu: &Qemu) -> Result<PathBuf> {
    let (cache, done) = (folder.join("cache"), folder.join("compiled"));
    let build = format!("{:?}", binary().metadata()?.modified()?);
    if fs::read_to_string(done.join("build")).ok().as_ref() != Some(&build) {
        let _ = fs::remove_dir_all(&cache);
        let _ = fs::remove_dir_all(&done);
    }
    let entries = make_cache(&cache)?;
    fs::create_dir_all(&done).with_context(|| format!("cannot create {}", done.display()))?;
    fs::write(done.join("build"), build)?;
    let inside = |path: &PathBuf| path.read_dir().into_iter().flatten().flatten().map(|file| file.path()).collect();
    let all = files.iter().flat_map(|path| if path.is_dir() { inside(path) } else { vec![path.clone()] });
    let modules: Vec<_> = all.filter(|path| path.extension().is_some_and(|kind| kind == "wasm")).collect();
    let next = AtomicUsize::new(0);
    // Each worker has a cache of its own, so that it sees its module come.
    let work = |worker: usize| -> Result<()> {
        let own = folder.join(format!("cache-{worker}"));
        let own_entries = make_cache(&own)?;
        while let Some(module) = modules.get(next.fetch_add(1, Ordering::Relaxed)) {
            let marker = done.join(format!("{:016x}", hash_of(module)?));
            if !marker.exists() {
                let mut run = qemu.user();
                run.arg(binary()).arg(module).arg("-h").env("XDG_CACHE_HOME", &own);
                let run = run.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
                wait_for_entry(run.spawn().context("cannot run qemu-x86_64")?, &own_entries)?;
                for entry in fs::read_dir(&own_entries)?.flatten().filter(is_entry) {
                    fs::rename(entry.path(), entries.join(entry.file_name()))?;
                }
                File::create(marker)?;
            }
        }
        fs::remove_dir_all(&own).with_context(|| format!("cannot remove {}", own.display()))
    };
    thread::scope(|scope| {
        let count = thread::available_parallelism().map_or(1, usize::from);
        let workers: Vec<_> = (0..count)
            .map(|worker| {
                let work = &work;
                scope.spawn(move || work(worker))
            })
            .collect();
        workers.into_iter().try_for_each(|worker| worker.join().expect("no panic"))
    })?;
    Ok(cache)
}

/// Makes a cache as the runtime trusts it; its folder of modules.
fn make_cache(cache: &Path) -> Result<PathBuf> {
    let entries = cache.join("wasm-bpf/run");
    for path in [cache, &cache.join("wasm-bpf"), &entries] {
        fs::create_dir_all(path).with_context(|| format!("cannot create {}", path.display()))?;
        fs::set_permissions(path, PermissionsExt::from_mode(0o700))?;
    }
    Ok(entries)
}

/// What is still being written has another name.
fn is_entry(entry: &DirEntry) -> bool {
    entry.path().extension().is_some_and(|kind| kind == "cwasm")
}

/// Waits until a module is in the cache, and ends the program, for which there is no BPF there; or until that ends by
/// itself, since some files are no modules.
fn wait_for_entry(mut run: Child, entries: &Path) -> Result<()> {
    while run.try_wait()?.is_none() {
        if fs::read_dir(entries)?.flatten().any(|entry| is_entry(&entry)) {
            run.kill()?;
            run.wait()?;
            break;
        }
        thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

/// A number that changes with a module.
fn hash_of(module: &Path) -> Result<u64> {
    let mut hash = DefaultHasher::new();
    fs::read(module)?.hash(&mut hash);
    Ok(hash.finish())
}

/// The folder that becomes the archive.
struct Stage {
    root: PathBuf,
}

impl Stage {
    fn new(folder: &Path) -> Result<Self> {
        let root = folder.join("stage");
        if root.exists() {
            fs::remove_dir_all(&root).with_context(|| format!("cannot remove {}", root.display()))?;
        }
        for folder in ["dev", "etc", "proc", "root", "run", "sys", "tmp", "usr/bin", "usr/lib", "usr/lib64", "usr/sbin"]
        {
            fs::create_dir_all(root.join(folder)).with_context(|| format!("cannot create {}", root.display()))?;
        }
        for name in ["bin", "lib", "lib64", "sbin"] {
            symlink(format!("usr/{name}"), root.join(name))?;
        }
        Ok(Self { root })
    }

    /// Copies a file or folder to where it is on the host, times and all.
    fn copy(&self, path: &Path) -> Result<()> {
        let folder = path.parent().context("a file in a folder")?;
        let to = self.root.join(folder.strip_prefix("/").context("an absolute path")?);
        fs::create_dir_all(&to).with_context(|| format!("cannot create {}", to.display()))?;
        must(Command::new("cp").args(["--recursive", "--dereference", "--preserve=mode,timestamps"]).arg(path).arg(to))
    }

    fn write(&self, name: &str, text: &str, mode: u32) -> Result<()> {
        let path = self.root.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        fs::set_permissions(&path, PermissionsExt::from_mode(mode))?;
        Ok(())
    }
}

fn is_elf(path: &Path) -> bool {
    let mut magic = [0; 4];
    File::open(path).and_then(|mut file| std::io::Read::read_exact(&mut file, &mut magic)).is_ok()
        && magic == *b"\x7fELF"
}

/// The shared libraries of a program, and its loader.
fn libraries(program: &Path) -> Result<Vec<PathBuf>> {
    let output = Command::new("ldd").arg(program).output().context("cannot run ldd")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(text.split_whitespace().filter(|word| word.starts_with('/')).map(PathBuf::from).collect())
}

/// Packs a folder as the kernel wants it.
fn pack(folder: &Path, archive: &Path) -> Result<()> {
    let mut find = Command::new("find").args([".", "-print0"]).current_dir(folder).stdout(Stdio::piped()).spawn()?;
    let names = find.stdout.take().context("piped")?;
    let mut cpio = Command::new("cpio");
    cpio.args(["--create", "--format=newc", "--null", "--quiet", "--owner=0:0"]);
    must(cpio.current_dir(folder).stdin(names).stdout(File::create(archive)?))?;
    ensure!(find.wait()?.success(), "find failed in {}", folder.display());
    Ok(())
}

fn must(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot run {command:?}"))?;
    ensure!(status.success(), "{command:?} failed");
    Ok(())
}
