//! The capabilities of this process that matter to BPF: what each is for, and when a running module's process keeps it.

use std::fs;

use crate::policy::{Grant, Policy, Symbols};

/// One of Linux's capabilities (capabilities(7)).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Capability {
    /// With its prefix: `CAP_BPF`.
    pub(crate) name: &'static str,
    /// What modules need it for.
    #[cfg_attr(not(feature = "compiler"), expect(dead_code, reason = "`doctor` shows it"))]
    pub(crate) purpose: &'static str,
    /// Its bit in the kernel's masks.
    bit: u32,
    /// When it is kept, in words; docs/security.md has them.
    #[cfg_attr(not(test), expect(dead_code, reason = "a test holds the documentation to it"))]
    when: &'static str,
    /// The same as a rule.
    kept: fn(&Wants<'_>) -> Kept,
}

/// What decides about capabilities: what a module may do, and what it was given.
#[derive(Clone, Copy)]
pub(crate) struct Wants<'p> {
    pub(crate) policy: &'p Policy,
    /// Whether the person named files of the host's, a directory or the kernel's types.
    pub(crate) files: bool,
    /// Whether there is a limit of locked memory that could not be lifted.
    pub(crate) locked: bool,
}

/// What becomes of a capability at the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    Yes,
    /// Permitted, and in effect only while the kernel looks at an object or an attachment.
    Reserve,
    No,
}

/// Those that BPF asks for (linux/capability.h), the most important first. `CAP_BPF` and `CAP_PERFMON` came with Linux 5.8.
pub(crate) const ALL: [Capability; 12] = [
    Capability { name: "CAP_BPF", bit: 39, purpose: "create maps, load programs", when: "always", kept: |_| Kept::Yes },
    Capability {
        name: "CAP_PERFMON",
        bit: 38,
        purpose: "tracing: kprobes, tracepoints, perf events, reading kernel memory",
        when: "always",
        kept: |_| Kept::Yes,
    },
    Capability {
        name: "CAP_NET_ADMIN",
        bit: 12,
        purpose: "networking: XDP, tc, cgroup programs, sockmaps, netfilter",
        when: "with `net` or `cgroup`, or where a policy file allows such a hook or program",
        kept: |wants| yes_if(wants.may(&NET, Some(Grant::Net)) || wants.may(&["cgroup"], Some(Grant::Cgroup))),
    },
    Capability {
        name: "CAP_NET_RAW",
        bit: 13,
        purpose: "raw sockets, which socket filters watch the network through",
        when: "unless a policy file allows no hook `socket`",
        kept: |wants| yes_if(wants.may(&["socket"], None)),
    },
    Capability {
        name: "CAP_SYSLOG",
        bit: 34,
        purpose: "addresses of kernel functions (/proc/kallsyms), for symbols in stacks",
        when: "unless a policy file allows neither symbols of the kernel nor a hook `kprobe`",
        kept: |wants| yes_if(wants.policy.check_symbols(Symbols::Kernel).is_ok() || wants.may(&["kprobe"], None)),
    },
    Capability {
        name: "CAP_SYS_PTRACE",
        bit: 19,
        purpose: "memory maps and files of other users' processes, for their symbols and uprobes",
        when: "unless a policy file allows neither symbols of users' programs nor a hook `uprobe` or `usdt`",
        kept: |wants| yes_if(wants.looks_at_processes()),
    },
    Capability {
        name: "CAP_CHECKPOINT_RESTORE",
        bit: 40,
        purpose: "the very files that processes have mapped, for symbols of programs whose file is gone",
        when: "as CAP_SYS_PTRACE",
        kept: |wants| yes_if(wants.looks_at_processes()),
    },
    Capability {
        name: "CAP_DAC_READ_SEARCH",
        bit: 2,
        purpose: "programs and directories that only their owner may read",
        when: "as CAP_SYS_PTRACE, and with `--dir` and `--btf`",
        kept: |wants| yes_if(wants.files || wants.looks_at_processes()),
    },
    Capability {
        name: "CAP_DAC_OVERRIDE",
        bit: 1,
        purpose: "writing into directories of other owners",
        when: "with `--dir`",
        kept: |wants| yes_if(wants.files),
    },
    Capability {
        name: "CAP_SYS_RESOURCE",
        bit: 24,
        purpose: "maps without the limit of locked memory, on kernels before 5.11",
        when: "never: the limit is lifted at the start",
        kept: |_| Kept::No,
    },
    Capability {
        name: "CAP_IPC_LOCK",
        bit: 14,
        purpose: "perf buffers beyond the limit of locked memory",
        when: "where the limit could not be lifted",
        kept: |wants| yes_if(wants.locked),
    },
    Capability {
        name: "CAP_SYS_ADMIN",
        bit: 21,
        purpose: "what older kernels ask for in place of the others; uprobes; types of kernel modules, by their ids; perf events where kernel.perf_event_paranoid is above 2, as Debian's is",
        when: "in reserve, unless a policy file allows none of the hooks that it is for: in effect only while an object is loaded, a program attached or a perf event opened",
        kept: |wants| {
            let typed = wants.may(&TYPED, None) || wants.policy.allows(Grant::WriteUser);
            let events = wants.may(&["tracepoint", "perf_event"], None) || wants.policy.may_make("perf_event_array");
            let always = typed || wants.may(&["uprobe", "usdt"], None);
            if always || events && events_are_forbidden() { Kept::Reserve } else { Kept::No }
        },
    },
];

/// Hooks of the network's.
const NET: [&str; 6] = ["xdp", "tc", "netkit", "netfilter", "netns", "sockmap"];
/// Hooks whose programs follow the kernel's types, and those of its modules.
const TYPED: [&str; 10] =
    ["kprobe", "raw_tp", "tp_btf", "fentry", "fmod_ret", "iter", "lsm", "struct_ops", "freplace", "netfilter"];

/// Whether this kernel lets nobody open perf events but `CAP_SYS_ADMIN`: a level that distributions have added.
fn events_are_forbidden() -> bool {
    let level = fs::read_to_string("/proc/sys/kernel/perf_event_paranoid").unwrap_or_default();
    level.trim().parse::<i32>().is_ok_and(|level| level > 2)
}

fn yes_if(needed: bool) -> Kept {
    if needed { Kept::Yes } else { Kept::No }
}

impl Wants<'_> {
    /// Whether a hook of one of these kinds may be attached to, which takes `grant` where no policy file says it.
    fn may(&self, kinds: &[&str], grant: Option<Grant>) -> bool {
        kinds.iter().any(|kind| self.policy.may_attach(kind, grant))
    }

    fn looks_at_processes(&self) -> bool {
        self.policy.check_symbols(Symbols::User).is_ok() || self.may(&["uprobe", "usdt"], None)
    }

    /// The set of those that become `kept`.
    pub(crate) fn set(&self, kept: Kept) -> u64 {
        ALL.iter().filter(|one| (one.kept)(self) == kept).fold(0, |set, one| set | 1 << one.bit)
    }
}

impl Capability {
    /// Whether it is in a set.
    pub(crate) fn is_in(&self, set: u64) -> bool {
        set & (1 << self.bit) != 0
    }
}

/// The effective set of this process; empty where /proc does not say.
pub(crate) fn effective() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    mask(&status, "CapEff:").unwrap_or_default()
}

/// One of the sets in the text of a process's or thread's `status`.
pub(crate) fn mask(status: &str, field: &str) -> Option<u64> {
    let mask = status.lines().find_map(|line| line.strip_prefix(field))?;
    u64::from_str_radix(mask.trim(), 16).ok()
}

/// Whether this process has the capability called `name`.
#[cfg(feature = "compiler")]
pub(crate) fn has(name: &str) -> bool {
    ALL.iter().any(|capability| capability.name == name && capability.is_in(effective()))
}

/// Those of the three that modules run with which are not in a set; none where `CAP_SYS_ADMIN` is, which stands for all.
pub(crate) fn missing(set: u64) -> Vec<&'static str> {
    let has_all = ALL.iter().any(|capability| capability.name == "CAP_SYS_ADMIN" && capability.is_in(set));
    let lacks = |capability: &&Capability| !has_all && !capability.is_in(set);
    ALL[..3].iter().filter(lacks).map(|capability| capability.name).collect()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;
    use std::{env, path::Path};

    use super::*;

    /// What stands before the rows in docs/security.md.
    const HEADING: &str = "| capability | what it is for | kept |\n|---|---|---|\n";

    #[test]
    fn the_documentation_has_the_table() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/security.md");
        let written = fs::read_to_string(&path).unwrap();
        let (before, rest) = written.split_once(HEADING).unwrap();
        let (_, after) = rest.split_once("\n\n").unwrap_or(("", rest.trim_start()));
        let mut rows = String::new();
        for Capability { name, purpose, when, .. } in ALL {
            writeln!(rows, "| `{name}` | {purpose} | {when} |").unwrap();
        }
        let rendered = format!("{before}{HEADING}{rows}\n{after}");
        if env::var_os("BLESS").is_some_and(|value| value == "1") {
            fs::write(&path, &rendered).unwrap();
            return;
        }
        assert!(written == rendered, "docs/security.md is not what the table says: run this test with BLESS=1");
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(missing(0), ["CAP_BPF", "CAP_PERFMON", "CAP_NET_ADMIN"]);
        assert_eq!(missing(1 << 39 | 1 << 12), ["CAP_PERFMON"]);
        assert!(missing(1 << 21).is_empty());
        assert!(missing(effective()).is_empty(), "tests run as root");
    }
}
