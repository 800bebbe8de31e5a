//! Asking on the terminal for a grant that a module lacks, and remembering the answer for that very module.

use std::collections::HashMap;
use std::env;
use std::fs::{self, File};
use std::io::{self, IsTerminal, Write, stderr, stdin};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use sha2::{Digest, Sha256};
use wasm_bpf_runtime::{Grant, Policy, Question, Stop, private_folder};

/// How often a question looks whether the guest is to end.
const GLANCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
/// A line of answer longer than this is none.
const MAX_ANSWER: usize = 64;

/// What was answered for one module, now and before.
pub(crate) struct Answers {
    module: String,
    wasm: Arc<[u8]>,
    /// Most modules never ask for more than observing: what was kept is only looked up for those that do.
    kept: OnceLock<Kept>,
    given: Mutex<HashMap<String, bool>>,
    stop: OnceLock<Arc<Stop>>,
}

/// The answers for all runs of these very bytes.
struct Kept {
    folder: Option<PathBuf>,
    hash: String,
    grants: Vec<String>,
}

impl Answers {
    /// The answers for this module.
    pub(crate) fn of(module: &Path, wasm: Arc<[u8]>) -> Arc<Self> {
        let module = wasm_bpf_runtime::printable(&module.display().to_string()).into_owned();
        Arc::new(Self { module, wasm, kept: OnceLock::new(), given: Mutex::default(), stop: OnceLock::new() })
    }

    /// `policy` with the grants that were kept; on a terminal, others are asked for.
    pub(crate) fn extend(self: &Arc<Self>, policy: Policy) -> Policy {
        let answers = Arc::clone(self);
        policy.ask(move |question| answers.answer(question))
    }

    /// The grants that may still be given while the module runs: those that were kept, on a terminal all that it is asked for.
    pub(crate) fn possible(&self, has_policy_file: bool) -> Vec<Grant> {
        if has_policy_file {
            return Vec::new();
        }
        if is_terminal() {
            return Grant::names().filter_map(|name| name.parse().ok()).filter(|grant| *grant != Grant::All).collect();
        }
        // Most users have never answered: their modules need no hash.
        if !folder().is_some_and(|folder| folder.exists()) {
            return Vec::new();
        }
        self.kept().grants.iter().filter_map(|name| name.parse().ok()).filter(|grant| *grant != Grant::All).collect()
    }

    /// Whose end ends a question.
    pub(crate) fn set_stop(&self, stop: Arc<Stop>) {
        // Set once, before the guest runs.
        let _ = self.stop.set(stop);
    }

    fn answer(&self, question: &Question) -> bool {
        let Ok(mut given) = self.given.lock() else { return false };
        let grant = question.grant.to_string();
        if let Some(answer) = given.get(&grant) {
            return *answer;
        }
        if self.kept().grants.contains(&grant) {
            return true;
        }
        if !is_terminal() {
            return false;
        }
        let answer = self.ask(question).unwrap_or(false);
        given.insert(grant, answer);
        answer
    }

    fn ask(&self, question: &Question) -> io::Result<bool> {
        let Question { grant, text, .. } = question;
        eprintln!("wasm-bpf: `{}` asks for more than observing: {text}.", self.module);
        loop {
            eprint!("Allow it `{grant}`? [y] yes, this time; [a] always, this very module; [N] no: ");
            stderr().flush()?;
            match self.line()?.trim() {
                "y" | "yes" => return Ok(true),
                "a" | "always" => {
                    if let Err(error) = self.keep(*grant) {
                        eprintln!("wasm-bpf: allowed this time only, the answer cannot be kept: {error}");
                    }
                    return Ok(true);
                }
                "" | "n" | "no" => return Ok(false),
                _ => {}
            }
        }
    }

    /// A line of the terminal's; empty where the guest is to end.
    fn line(&self) -> io::Result<String> {
        let stdin = stdin();
        let mut line = Vec::new();
        while !line.ends_with(b"\n") && line.len() < MAX_ANSWER {
            if self.stop.get().is_some_and(|stop| stop.exit_code().is_some()) {
                return Ok(String::new());
            }
            let mut polled = [PollFd::new(&stdin, PollFlags::IN)];
            if poll(&mut polled, Some(&GLANCE)).unwrap_or(0) == 0 {
                continue;
            }
            // Not through std's buffer: what follows the answer is the guest's.
            let mut byte = [0];
            match rustix::io::read(&stdin, &mut byte)? {
                0 => break,
                _ => line.push(byte[0]),
            }
        }
        Ok(String::from_utf8_lossy(&line).into_owned())
    }

    fn kept(&self) -> &Kept {
        self.kept.get_or_init(|| {
            let hash = Sha256::digest(&self.wasm).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
            let folder = folder().filter(|folder| private_folder(folder).is_ok_and(|is_private| is_private));
            let text = folder.as_ref().and_then(|folder| read_private(&folder.join(&hash))).unwrap_or_default();
            Kept { folder, hash, grants: text.lines().map(str::to_owned).collect() }
        })
    }

    /// Remembers the grant for modules with these very bytes.
    fn keep(&self, grant: Grant) -> io::Result<()> {
        let Kept { folder, hash, .. } = self.kept();
        let folder = folder.as_ref().ok_or_else(|| io::Error::other("there is no folder of this user's alone"))?;
        let path = folder.join(hash);
        let kept = read_private(&path).unwrap_or_default();
        let fresh = folder.join(format!("{hash}.{}.new", std::process::id()));
        let mut file = File::options().write(true).create_new(true).mode(0o600).open(&fresh)?;
        let written = file.write_all(format!("{kept}{grant}\n").as_bytes());
        written.and_then(|()| fs::rename(&fresh, &path)).inspect_err(|_| drop(fs::remove_file(&fresh)))
    }
}

/// Whether there is somebody to ask.
fn is_terminal() -> bool {
    stdin().is_terminal() && stderr().is_terminal()
}

/// `$XDG_STATE_HOME/wasm-bpf/grants`, or the same below `~/.local/state`.
fn folder() -> Option<PathBuf> {
    let absolute = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")))?;
    Some(base.join("wasm-bpf/grants"))
}

/// A file that nobody but this user can have written.
fn read_private(path: &Path) -> Option<String> {
    let data = path.symlink_metadata().ok()?;
    let ours = data.is_file() && data.uid() == rustix::process::geteuid().as_raw() && data.mode() & 0o077 == 0;
    if ours { fs::read_to_string(path).ok() } else { None }
}
