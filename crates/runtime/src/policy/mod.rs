//! What a module may do to the system: observe it by default, change it only by grants given by name.
//!
//! ```text
//!   what a program is, attaches to, calls; maps, pins, symbols ──> Need ──> Policy::check
//!        granted by name? ── listed in the policy file? ── needs no grant? ── granted when asked? ──> else EPERM
//! ```

mod ask;
mod file;
#[cfg(all(feature = "compiler", any(test, fuzzing)))]
pub mod fuzzing;
mod grant;
mod hook;
mod pattern;
mod read;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use self::ask::Asker;
use self::file::{Rules, Verdict};
#[cfg(feature = "compiler")]
use crate::bpf::names;
use crate::error::{Error, Result};
use crate::text::{printable, toml_string};

pub use self::ask::Question;
pub use self::grant::Grant;
pub(crate) use self::hook::{Hook, user_function};

/// Something that a policy file can list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    /// A program of this type (libbpf's name).
    Program(String),
    /// Attaching there.
    Hook(Hook),
    /// Calling this helper.
    Helper(String),
    /// Calling this function of the kernel's; empty for one whose name is not known.
    Kfunc(String),
    /// A map of this type (libbpf's name), with so many bytes of keys and values.
    Map { kind: String, bytes: u64 },
    /// A path in the BPF file system.
    Pin(String),
    /// Looking names up by addresses.
    Symbols(Symbols),
}

/// Whose names are looked up by addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Symbols {
    /// The kernel's and its modules'.
    Kernel,
    /// Those of processes' binaries and libraries.
    User,
}

impl Symbols {
    fn parse(text: &str) -> std::result::Result<Self, String> {
        match text {
            "kernel" => Ok(Self::Kernel),
            "user" => Ok(Self::User),
            _ => Err(format!("`{text}` has no symbols; those of `kernel` or `user` can be allowed")),
        }
    }
}

impl Item {
    /// The list of a policy file that it belongs to, and the entry that allows it.
    pub(crate) fn rule(&self) -> (&'static str, String) {
        let quoted = |text: &dyn fmt::Display| toml_string(&text.to_string());
        match self {
            Self::Program(kind) => ("programs", quoted(kind)),
            Self::Hook(hook) => ("hooks", quoted(hook)),
            Self::Helper(name) => ("helpers", quoted(name)),
            Self::Kfunc(name) => ("kfuncs", quoted(name)),
            Self::Map { kind, bytes } => ("maps", format!("{{ type = {}, bytes = {bytes} }}", quoted(kind))),
            Self::Pin(path) => ("pins", quoted(path)),
            Self::Symbols(Symbols::Kernel) => ("symbols", quoted(&"kernel")),
            Self::Symbols(Symbols::User) => ("symbols", quoted(&"user")),
        }
    }
}

impl Item {
    /// Whether a policy file can list it: a helper, or a type, without a name is listed nowhere.
    #[cfg(feature = "compiler")]
    pub(crate) fn has_name(&self) -> bool {
        match self {
            Self::Program(kind) => names::program_kinds().any(|known| known == *kind),
            Self::Helper(name) => names::is_helper(name),
            Self::Kfunc(name) => !name.is_empty(),
            Self::Map { kind, .. } => names::map_kinds().any(|known| known == *kind),
            Self::Hook(_) | Self::Pin(_) | Self::Symbols(_) => true,
        }
    }
}

/// Something that a module wants to do.
#[derive(Clone, Debug)]
pub(crate) struct Need {
    /// Who: `` program `NAME` (section `SECTION`) ``.
    pub(crate) subject: String,
    /// What.
    pub(crate) item: Item,
    /// The grant that it takes beyond observing, and why.
    pub(crate) grant: Option<(Grant, String)>,
}

/// What one module may do.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    grants: Vec<Grant>,
    file: Option<Arc<PolicyFile>>,
    asker: Option<Asker>,
}

/// The policy file in force.
#[derive(Debug)]
struct PolicyFile {
    path: PathBuf,
    rules: Rules,
}

impl Policy {
    /// Observing only, plus `grants`.
    pub fn new(grants: impl IntoIterator<Item = Grant>) -> Self {
        Self { grants: grants.into_iter().collect(), file: None, asker: None }
    }

    /// Lets the file at `path` decide what is allowed, beside the grants given by name: it can allow less than
    /// observing.
    ///
    /// # Errors
    /// What is wrong with the file, and in which line.
    pub fn with_file(mut self, path: &Path) -> Result<Self> {
        self.file = Some(Arc::new(PolicyFile::read(path)?));
        Ok(self)
    }

    /// Has a person asked for a missing grant before it is refused, if there is no policy file. `ask` is called within
    /// an import, and keeps its answers by itself.
    pub fn ask(mut self, ask: impl Fn(&Question) -> bool + Send + Sync + 'static) -> Self {
        self.asker = Some(Asker(Arc::new(ask)));
        self
    }

    /// The same with more grants.
    pub(crate) fn with_grants(mut self, grants: &[Grant]) -> Self {
        self.grants.extend(grants);
        self
    }

    /// Whether some hook of this kind may be attached to, or programs for it be loaded; `grant` is what that takes where
    /// no policy file says it, `None` for what observes, which is only judged by its hooks.
    pub(crate) fn may_attach(&self, kind: &str, grant: Option<Grant>) -> bool {
        if self.allows(Grant::All) || grant.is_some_and(|grant| self.allows(grant)) {
            return true;
        }
        match self.file.as_ref().map(|file| file.rules.reaches(kind, grant.is_some())) {
            Some(Verdict::Allowed) => true,
            Some(Verdict::Refused) => false,
            Some(Verdict::Unsaid) | None => grant.is_none(),
        }
    }

    /// Whether some map of this type may be made.
    pub(crate) fn may_make(&self, kind: &str) -> bool {
        let item = Item::Map { kind: kind.to_owned(), bytes: 0 };
        self.check(&Need { subject: String::new(), item, grant: None }).is_ok()
    }

    /// The directories that the policy file gives the module, as `HOST` or `HOST::GUEST`.
    pub fn dirs(&self) -> &[String] {
        self.file.as_ref().map_or(&[], |file| &file.rules.dirs)
    }

    /// Whether `grant` was given.
    pub fn allows(&self, grant: Grant) -> bool {
        let by_file = self.file.as_ref().is_some_and(|file| file.rules.allow.contains(&grant));
        by_file || self.grants.contains(&grant) || self.grants.contains(&Grant::All)
    }

    /// A refusal where names may not be looked up by addresses.
    ///
    /// # Errors
    /// The refusal, which the guest gets as EPERM.
    pub fn check_symbols(&self, of: Symbols) -> Result<()> {
        let subject = "looking up names of functions".to_owned();
        self.check(&Need { subject, item: Item::Symbols(of), grant: None })
    }

    /// An error that says what is refused, why, and what would allow it.
    pub(crate) fn check(&self, need: &Need) -> Result<()> {
        let grant = need.grant.as_ref().map(|(grant, _)| *grant);
        if self.allows(Grant::All) || grant.is_some_and(|grant| self.allows(grant)) {
            return Ok(());
        }
        let undoes = grant == Some(Grant::All);
        match &self.file {
            Some(file) => match file.rules.judge(&need.item, undoes) {
                Verdict::Allowed => Ok(()),
                Verdict::Unsaid if grant.is_none() => Ok(()),
                _ => Err(file.refusal(need)),
            },
            None => match &need.grant {
                None => Ok(()),
                Some((grant, reason)) => self.granted_when_asked(need, *grant, reason),
            },
        }
    }

    fn granted_when_asked(&self, need: &Need, grant: Grant, reason: &str) -> Result<()> {
        let what = format!("{} is not allowed: {reason}", need.subject);
        if let Some(Asker(ask)) = self.asker.as_ref().filter(|_| grant != Grant::All) {
            let text = printable(&format!("{}: {reason}", need.subject)).into_owned();
            if ask(&Question { grant, text }) {
                return Ok(());
            }
        }
        Err(Error::policy(what).advise(format!("if you trust this module, allow it with `{}`", grant.flag())))
    }
}

impl PolicyFile {
    fn refusal(&self, need: &Need) -> Error {
        let (list, entry) = need.item.rule();
        let file = self.path.display();
        let reason = match &need.grant {
            Some((_, reason)) => format!(" ({reason})"),
            None => String::new(),
        };
        let what = format!("{} is not allowed{reason}: `{list}` in `{file}` does not have {entry}", need.subject);
        let flag = need.grant.as_ref().map_or("--allow-all".into(), |(grant, _)| grant.flag());
        Error::policy(what)
            .advise(format!("if you trust this module, add {entry} to `{list}` there, or allow it with `{flag}`"))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    fn need(grant: Grant) -> Need {
        let item = Item::Helper("bpf_send_signal".into());
        Need { subject: "program `p\u{1b}[2J`".into(), item, grant: Some((grant, "it changes things".into())) }
    }

    #[test]
    fn nothing_is_granted_unasked() {
        let policy = Policy::default();
        for grant in Grant::names().map(|name| name.parse::<Grant>().unwrap()) {
            let error = policy.check(&need(grant)).unwrap_err().to_string();
            assert!(error.contains(&format!("--allow {grant}")) || error.contains("--allow-all"), "{error}");
            assert!(error.contains("program `p\\u{1b}[2J` is not allowed"), "{error}");
            assert!(Policy::new([Grant::All]).check(&need(grant)).is_ok());
            assert!(Policy::new([grant]).check(&need(grant)).is_ok());
        }
        policy.check(&Need { grant: None, ..need(Grant::Net) }).unwrap();
    }

    #[test]
    fn a_person_is_asked_but_not_for_everything() {
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let seen = Arc::clone(&asked);
        let policy = Policy::default().ask(move |question| {
            seen.lock().unwrap().push(format!("{} {}", question.grant, question.text));
            question.grant == Grant::Net
        });
        assert!(policy.check(&need(Grant::Net)).is_ok());
        assert!(policy.check(&need(Grant::Signal)).is_err());
        assert!(policy.check(&need(Grant::All)).is_err());
        let question = "program `p\\u{1b}[2J`: it changes things";
        assert_eq!(*asked.lock().unwrap(), [format!("net {question}"), format!("signal {question}")]);
    }

    #[test]
    fn a_file_can_allow_less_than_observing_and_more() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("policy.toml");
        std::fs::write(&path, "helpers = ['bpf_send_signal']\nsymbols = ['user']\n").unwrap();
        let policy = Policy::default().with_file(&path).unwrap();
        policy.check(&need(Grant::Signal)).unwrap();
        policy.check_symbols(Symbols::User).unwrap();
        let error = policy.check_symbols(Symbols::Kernel).unwrap_err().to_string();
        assert!(
            error.contains("`symbols`") && error.contains("\"kernel\"") && error.contains("policy.toml"),
            "{error}"
        );
        let other = Need { item: Item::Helper("bpf_get_prandom_u32".into()), grant: None, ..need(Grant::Net) };
        let error = policy.check(&other).unwrap_err().to_string();
        assert!(error.contains("add \"bpf_get_prandom_u32\" to `helpers`") && error.contains("--allow-all"), "{error}");
        Policy::default().check(&other).unwrap();

        std::fs::write(&path, "x = 1").unwrap();
        let error = Policy::default().with_file(&path).unwrap_err().to_string();
        assert!(error.contains("policy.toml") && error.contains("line 1"), "{error}");
        let error = Policy::default().with_file(&folder.path().join("none")).unwrap_err().to_string();
        assert!(error.contains("ENOENT"), "{error}");
    }
}
