//! What a module may do to the system: observe it by default, change it only by grants given by name.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

/// A permission beyond observing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// The grants of one module.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    grants: Vec<Grant>,
}

impl Policy {
    /// Observing only, plus `grants`.
    pub fn new(grants: impl IntoIterator<Item = Grant>) -> Self {
        Self { grants: grants.into_iter().collect() }
    }

    /// Whether `grant` was given.
    pub fn allows(&self, grant: Grant) -> bool {
        self.grants.contains(&grant) || self.grants.contains(&Grant::All)
    }

    /// An error that says what is refused (`subject` and `reason`) and which grant would allow it.
    pub(crate) fn require(&self, grant: Grant, subject: &str, reason: &str) -> Result<()> {
        if self.allows(grant) {
            return Ok(());
        }
        Err(Error::policy(format!("{subject} is not allowed: {reason}"), &grant.to_string()))
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

    #[test]
    fn nothing_is_granted_unasked() {
        let policy = Policy::default();
        for (_, grant) in NAMES {
            let error = policy.require(grant, "program `p`", "it changes things").unwrap_err();
            assert!(error.to_string().contains(&format!("--allow {grant}")), "{error}");
            assert!(Policy::new([Grant::All]).allows(grant));
        }
    }
}
