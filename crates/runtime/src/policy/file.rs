//! The policy file: what a module may do, one list for each kind of thing.
//!
//! A list that is there is all that is allowed of its kind; for one that is not, what needs no grant is.

use std::path::Path;

use super::grant::Grant;
use super::hook::{self, Hook};
use super::pattern::Pattern;
use super::read::{Mistake, Value, read};
use super::{Item, Symbols};
use crate::bpf::names;

/// The rules of a policy file.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules {
    /// Broad permissions, as on the command line.
    pub(super) allow: Vec<Grant>,
    /// libbpf's names of program types.
    programs: Option<Vec<String>>,
    hooks: Option<Vec<HookRule>>,
    helpers: Option<Vec<String>>,
    kfuncs: Option<Vec<String>>,
    maps: Option<Vec<MapRule>>,
    pins: Option<Vec<Pattern>>,
    symbols: Option<Vec<Symbols>>,
    /// Host directories, as `--dir` takes them.
    pub(super) dirs: Vec<String>,
}

/// The lists of a file.
const LISTS: [&str; 9] = ["allow", "programs", "hooks", "helpers", "kfuncs", "maps", "pins", "symbols", "dirs"];

/// What a file says about something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Allowed,
    /// There is a list, and it is not in it.
    Refused,
    /// There is no list of this kind.
    Unsaid,
}

impl Rules {
    /// The rules in `text`; what is wrong with it, and where, otherwise.
    pub(super) fn parse(text: &str) -> Result<Self, Mistake> {
        read(text, |file| {
            file.has_only(&LISTS)?;
            Ok(Self {
                allow: file.texts("allow", Grant::in_file)?.unwrap_or_default(),
                programs: file.texts("programs", program_kind)?,
                hooks: file.texts("hooks", HookRule::parse)?,
                helpers: file.texts("helpers", helper)?,
                kfuncs: file.texts("kfuncs", |name| Ok(name.to_owned()))?,
                maps: file.list("maps", MapRule::read)?,
                pins: file.texts("pins", |path| Ok(Pattern::new(path)))?,
                symbols: file.texts("symbols", Symbols::parse)?,
                dirs: file.texts("dirs", |dir| Ok(dir.to_owned()))?.unwrap_or_default(),
            })
        })
    }

    /// Whether they have anything to say about hooks of this kind, and whether some of them is allowed; `load`: or programs
    /// for them.
    pub(super) fn reaches(&self, kind: &str, load: bool) -> Verdict {
        let attaches = |program: &String| hook::kinds_of(program).any(|of| of == kind);
        if load && self.programs.as_ref().is_some_and(|programs| programs.iter().any(attaches)) {
            return Verdict::Allowed;
        }
        match (&self.hooks, &self.programs) {
            (Some(hooks), _) => found(hooks.iter().any(|rule| rule.kind == kind)),
            (None, Some(programs)) => found(programs.iter().any(attaches)),
            (None, None) => Verdict::Unsaid,
        }
    }

    /// What they say about `item`. `undoes`: it can undo any other rule, so only its own name allows it.
    pub(super) fn judge(&self, item: &Item, undoes: bool) -> Verdict {
        match item {
            Item::Program(kind) => match (&self.programs, &self.hooks) {
                (Some(kinds), _) => found(kinds.contains(kind)),
                (None, Some(hooks)) if hook::kinds_of(kind).next().is_some() => {
                    found(!undoes && hook::kinds_of(kind).any(|kind| hooks.iter().any(|rule| rule.kind == kind)))
                }
                _ => Verdict::Unsaid,
            },
            Item::Hook(hook) => match (&self.hooks, &self.programs) {
                (Some(hooks), _) => found(hooks.iter().any(|rule| rule.covers(hook))),
                // The program's type was judged by its list.
                (None, Some(_)) if !hook.is_path() => Verdict::Allowed,
                _ => Verdict::Unsaid,
            },
            Item::Helper(name) => listed(self.helpers.as_deref(), |known| known == name),
            Item::Kfunc(name) => listed(self.kfuncs.as_deref(), |known| !name.is_empty() && known == name),
            Item::Map { kind, bytes } => listed(self.maps.as_deref(), |rule| rule.covers(kind, *bytes)),
            Item::Pin(path) => listed(self.pins.as_deref(), |pattern| pattern.covers_path(path)),
            Item::Symbols(of) => listed(self.symbols.as_deref(), |known| known == of),
        }
    }
}

fn found(yes: bool) -> Verdict {
    if yes { Verdict::Allowed } else { Verdict::Refused }
}

fn listed<T>(list: Option<&[T]>, fits: impl Fn(&T) -> bool) -> Verdict {
    list.map_or(Verdict::Unsaid, |list| found(list.iter().any(fits)))
}

/// `KIND:PATTERN`.
#[derive(Clone, Debug)]
struct HookRule {
    kind: String,
    /// What comes first: all of the target, or the path in it.
    first: Pattern,
    /// What follows the path: a function, or a provider and a name.
    rest: Pattern,
}

impl HookRule {
    fn parse(text: &str) -> Result<Self, String> {
        let kinds = || hook::kinds().collect::<Vec<_>>().join(", ");
        let (kind, target) = text
            .split_once(':')
            .ok_or_else(|| format!("`{text}` is not KIND:TARGET, like `kprobe:tcp_*`; the kinds are {}", kinds()))?;
        let kind =
            hook::kind_named(kind).ok_or_else(|| format!("`{kind}` is no kind of hook; the kinds are {}", kinds()))?;
        let (first, rest) = split(kind, target);
        Ok(Self { kind: kind.to_owned(), first: Pattern::new(first), rest: Pattern::new(rest.unwrap_or("*")) })
    }

    fn covers(&self, hook: &Hook) -> bool {
        let (first, rest) = split(hook.kind, &hook.target);
        let fits = if hook.is_path() { self.first.covers_path(first) } else { self.first.covers(first) };
        self.kind == hook.kind && fits && self.rest.covers(rest.unwrap_or("*"))
    }
}

/// The path of a hook's target, and what follows it.
fn split<'a>(kind: &str, target: &'a str) -> (&'a str, Option<&'a str>) {
    let parts = match kind {
        "uprobe" => target.rsplit_once(':'),
        "usdt" => target.split_once(':'),
        _ => None,
    };
    parts.map_or((target, None), |(path, rest)| (path, Some(rest)))
}

/// libbpf's name of a program type.
fn program_kind(text: &str) -> Result<String, String> {
    known(text, "program type", names::program_kinds())
}

/// `text`, if it is one of libbpf's `names` for something.
fn known(text: &str, what: &str, mut names: impl Iterator<Item = String> + Clone) -> Result<String, String> {
    if names.clone().any(|name| name == text) {
        return Ok(text.to_owned());
    }
    let first = names.next().unwrap_or_default();
    let list = names.fold(first, |list, name| list + ", " + &name);
    Err(format!("`{text}` is no {what}; the types are {list}"))
}

/// The name of a helper.
fn helper(text: &str) -> Result<String, String> {
    if names::is_helper(text) {
        return Ok(text.to_owned());
    }
    Err(format!("`{text}` is no helper; they have the names of bpf-helpers(7), like `bpf_get_current_comm`"))
}

/// Maps of a type, up to a size.
#[derive(Clone, Debug)]
struct MapRule {
    /// libbpf's name.
    kind: String,
    /// The most bytes that keys and values of one such map have.
    bytes: Option<u64>,
}

impl MapRule {
    fn read(value: &Value<'_>) -> Result<Self, Mistake> {
        let table = value.table()?;
        table.has_only(&["type", "bytes"])?;
        let kind = table.must_get("type")?.text(|kind| known(kind, "map type", names::map_kinds()))?;
        Ok(Self { kind, bytes: table.get("bytes").map(|bytes| bytes.number()).transpose()? })
    }

    fn covers(&self, kind: &str, bytes: u64) -> bool {
        self.kind == kind && self.bytes.is_none_or(|most| bytes <= most)
    }
}

impl super::PolicyFile {
    /// Reads the policy file at `path`.
    pub(super) fn read(path: &Path) -> crate::Result<Self> {
        use crate::error::Error;
        use rustix::io::Errno;
        let shown = path.display();
        let text = std::fs::read_to_string(path).map_err(|error| {
            let errno = Errno::from_io_error(&error).unwrap_or(Errno::ILSEQ);
            Error::kernel(format!("failed to read the policy file `{shown}`"), errno)
        })?;
        let rules = Rules::parse(&text).map_err(|error| {
            let error = format!("{error}");
            Error::module(format!("the policy file `{shown}` is not valid")).advise(error.trim_end().to_owned())
        })?;
        Ok(Self { path: path.to_owned(), rules })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn rules(text: &str) -> Rules {
        Rules::parse(text).map_err(|error| error.to_string()).unwrap()
    }

    fn judge(text: &str, item: &Item) -> Verdict {
        rules(text).judge(item, false)
    }

    fn hook(kind: &'static str, target: &str) -> Item {
        Item::Hook(Hook::new(kind, target))
    }

    #[test]
    fn a_hook_alone_decides_about_types_too() {
        let text = "hooks = ['tracepoint:sched/*']";
        assert_eq!(judge(text, &Item::Program("tracepoint".into())), Verdict::Allowed);
        assert_eq!(judge(text, &Item::Program("kprobe".into())), Verdict::Refused);
        assert_eq!(judge(text, &hook("tracepoint", "sched/sched_switch")), Verdict::Allowed);
        assert_eq!(judge(text, &hook("tracepoint", "syscalls/sys_enter_write")), Verdict::Refused);
        assert_eq!(judge(text, &Item::Program("socket_filter".into())), Verdict::Refused);
        assert_eq!(judge(text, &Item::Program("syscall".into())), Verdict::Unsaid);
        assert_eq!(judge(text, &Item::Helper("bpf_send_signal".into())), Verdict::Unsaid);
    }

    #[test]
    fn what_undoes_any_rule_is_never_implied() {
        let text = "hooks = ['freplace:*', 'raw_tp:*']";
        assert_eq!(rules(text).judge(&Item::Program("ext".into()), true), Verdict::Refused);
        assert_eq!(rules(text).judge(&Item::Program("raw_tracepoint_writable".into()), true), Verdict::Refused);
        assert_eq!(judge(text, &Item::Program("raw_tracepoint".into())), Verdict::Allowed);
        assert_eq!(rules("programs = ['ext']").judge(&Item::Program("ext".into()), true), Verdict::Allowed);
        assert!(Rules::parse("allow = ['all']").is_err());
    }

    #[test]
    fn paths_and_functions_are_matched_apart() {
        let text = "hooks = ['uprobe:/usr/*:mall?c', 'usdt:/bin/*:p:*', 'cgroup:/sys/fs/cgroup/x']";
        for (kind, target, fits) in [
            ("uprobe", "/usr/no-such-lib:malloc", true),
            ("uprobe", "/usr/no-such-lib:free", false),
            ("uprobe", "/usr/no-such-lib:*", false),
            ("uprobe", "/usr/../etc/no-such-lib:malloc", false),
            ("usdt", "/bin/no-such:p:name", true),
            ("usdt", "/bin/no-such:q:name", false),
            ("cgroup", "/sys/fs/cgroup/x", true),
            ("cgroup", "/sys/fs/cgroup/x/y", false),
            ("kprobe", "x", false),
        ] {
            assert_eq!(judge(text, &hook(kind, target)) == Verdict::Allowed, fits, "{kind}:{target}");
        }
    }

    #[test]
    fn maps_have_a_type_and_a_size() {
        let text = "maps = [{ type = 'hash', bytes = 100 }, { type = 'array' }]";
        let map = |kind: &str, bytes| Item::Map { kind: kind.into(), bytes };
        assert_eq!(judge(text, &map("hash", 100)), Verdict::Allowed);
        assert_eq!(judge(text, &map("hash", 101)), Verdict::Refused);
        assert_eq!(judge(text, &map("array", u64::MAX)), Verdict::Allowed);
        assert_eq!(judge(text, &map("ringbuf", 1)), Verdict::Refused);
        assert_eq!(judge("", &map("ringbuf", 1)), Verdict::Unsaid);
        // TOML's other ways to write both.
        let text = "[[maps]]\ntype = \"ha\\u0073h\"\nbytes = 0x1_00\n[[maps]]\ntype = 'array'\nbytes = +1_0\n";
        for (kind, bytes, fits) in
            [("hash", 256, true), ("hash", 257, false), ("array", 10, true), ("array", 11, false)]
        {
            assert_eq!(judge(text, &map(kind, bytes)) == Verdict::Allowed, fits, "{kind} {bytes}");
        }
    }

    #[test]
    fn mistakes_are_shown_with_their_line_and_what_is_allowed() {
        for (text, line, says) in [
            ("\nhooks = ['kprobes:x']", 2, "`kprobes` is no kind of hook; the kinds are tracepoint"),
            ("hooks = ['x']", 1, "KIND:TARGET"),
            ("\n\nprograms = ['kprob']", 3, "`kprob` is no program type; the types are socket_filter, kprobe"),
            (
                "helpers = [\n'send_signal']",
                2,
                "`send_signal` is no helper; they have the names of bpf-helpers(7), like `bpf_get_current_comm",
            ),
            ("maps = [{ type = 'hsh' }]", 1, "the types are hash"),
            ("maps = [{ type = 'hash', size = 1 }]", 1, "`size` is unknown; what can be here is `type`, `bytes`"),
            ("program = []", 1, "`program` is unknown; what can be here is `allow`, `programs`, `hooks`"),
            ("allow = ['nett']", 1, "the grants are net"),
            ("symbols = ['x']", 1, "`kernel` or `user`"),
            ("hooks = 'kprobe:x'", 1, "this has to be a list, not a value of type string"),
            ("pins = [\n '/a',\n  1]", 3, "3 |   1]\n  |   ^\nthis has to be a text, not a value of type integer"),
            ("maps = [{ bytes = 1 }]", 1, "^^^^^^^^^^^^^\n`type` is missing"),
            ("maps = [{ type = 'hash', bytes = -1 }]", 1, "number of bytes"),
            ("maps = ['hash']", 1, "has to be a table"),
            ("hooks = [", 1, ""),
        ] {
            let error = Rules::parse(text).err().map(|error| error.to_string()).unwrap();
            assert!(error.contains(&format!("line {line}")) && error.contains(says), "{text}: {error}");
        }
    }
}
