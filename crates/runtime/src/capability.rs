//! The capabilities of this process that matter to BPF: what each is for.

use std::fs;

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
}

const fn capability(name: &'static str, bit: u32, purpose: &'static str) -> Capability {
    Capability { name, purpose, bit }
}

/// Those that BPF asks for (linux/capability.h), the most important first. `CAP_BPF` and `CAP_PERFMON` came with Linux 5.8.
pub(crate) const ALL: [Capability; 8] = [
    capability("CAP_BPF", 39, "create maps, load programs"),
    capability("CAP_PERFMON", 38, "tracing: kprobes, tracepoints, perf events, reading kernel memory"),
    capability("CAP_NET_ADMIN", 12, "networking: XDP, tc, cgroup programs, sockmaps, netfilter"),
    capability("CAP_NET_RAW", 13, "raw sockets, which socket filters watch the network through"),
    capability("CAP_SYSLOG", 34, "addresses of kernel functions (/proc/kallsyms), for symbols in stacks"),
    capability("CAP_SYS_PTRACE", 19, "memory maps and files of other users' processes, for their symbols and uprobes"),
    capability("CAP_SYS_RESOURCE", 24, "maps without the limit of locked memory, on kernels before 5.11"),
    capability(
        "CAP_SYS_ADMIN",
        21,
        "what older kernels ask for in place of the others; ids of all programs, maps and links",
    ),
];

impl Capability {
    /// Whether it is in a set.
    pub(crate) fn is_in(&self, set: u64) -> bool {
        set & (1 << self.bit) != 0
    }
}

/// The effective set of this process; empty where /proc does not say.
pub(crate) fn effective() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default()
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
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(missing(0), ["CAP_BPF", "CAP_PERFMON", "CAP_NET_ADMIN"]);
        assert_eq!(missing(1 << 39 | 1 << 12), ["CAP_PERFMON"]);
        assert!(missing(1 << 21).is_empty());
        assert!(missing(effective()).is_empty(), "tests run as root");
    }
}
