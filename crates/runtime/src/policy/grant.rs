//! Grants: broad permissions by one word, as `--allow` takes them.

use std::fmt;
use std::str::FromStr;

/// A permission beyond observing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Grant {
    /// Programs that see and change traffic: XDP, tc, sockops, sk_*, netfilter, flow dissector, lightweight tunnels.
    Net,
    /// Programs attached to cgroups, and opening the cgroups that the module names.
    Cgroup,
    /// Security hooks that allow or deny.
    Lsm,
    /// fmod_ret programs, which replace a kernel function's result, and the helper `bpf_override_return`.
    Override,
    /// The helper `bpf_probe_write_user`.
    WriteUser,
    /// The helpers `bpf_send_signal` and `bpf_send_signal_thread`.
    Signal,
    /// Kernel interfaces implemented in BPF: TCP congestion control, schedulers.
    StructOps,
    /// Maps and programs pinned to, or taken from, the BPF file system.
    Pin,
    /// Everything, also what can undo any other rule: freplace, writable raw tracepoints, syscall programs.
    All,
}

/// The grants by their names on the command line.
const NAMES: [(&str, Grant); 9] = [
    ("net", Grant::Net),
    ("cgroup", Grant::Cgroup),
    ("lsm", Grant::Lsm),
    ("override", Grant::Override),
    ("write-user", Grant::WriteUser),
    ("signal", Grant::Signal),
    ("struct-ops", Grant::StructOps),
    ("pin", Grant::Pin),
    ("all", Grant::All),
];

impl Grant {
    /// All names, as `--allow` takes them.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(name, _)| *name)
    }

    /// As in a policy file, where what can undo any other rule is named one by one.
    pub(super) fn in_file(text: &str) -> Result<Self, String> {
        match text.parse()? {
            Self::All => Err("`all` is for the command line only (--allow-all)".into()),
            grant => Ok(grant),
        }
    }

    /// The option that gives it.
    pub(crate) fn flag(self) -> String {
        match self {
            Self::All => "--allow-all".into(),
            _ => format!("--allow {self}"),
        }
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = NAMES.iter().find(|(_, grant)| grant == self).map_or("all", |(name, _)| *name);
        f.write_str(name)
    }
}

impl FromStr for Grant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = NAMES.iter().find(|(name, _)| *name == text).map(|(_, grant)| *grant);
        found.ok_or_else(|| format!("no such grant; the grants are {}", Self::names().collect::<Vec<_>>().join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_is_its_name() {
        for name in Grant::names() {
            assert_eq!(name.parse::<Grant>().unwrap().to_string(), name);
        }
        assert!("ne".parse::<Grant>().unwrap_err().contains("net, cgroup, lsm"));
    }
}
