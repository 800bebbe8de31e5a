//! What this kernel and this process can do, found out by looking and by trying.
//!
//! ```text
//!   host.rs  kernel, mounts, settings ─┐
//!   capabilities of this process ──────┼──> Report: checks, each ok, missing or unknown, with why and what to do
//!   kernel.rs  types, helpers, kinds ──┘
//! ```

mod host;
mod kernel;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Serialize;

use crate::capability;

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Status {
    /// It is there.
    Ok,
    /// It is not, for this process.
    Missing,
    /// It could not be tried.
    Unknown,
}

/// One thing that was looked at.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Check {
    /// `kernel`, `mount`, `capability`, `program_type`, `map_type` or `attach`.
    pub group: &'static str,
    /// Its name within the group.
    pub name: String,
    /// What was found.
    pub status: Status,
    /// What there is: a version, a path, a setting, a purpose; may be empty.
    pub value: String,
    /// Why it is not ok; empty where it is.
    pub why: String,
    /// What to do about it; empty where there is nothing.
    pub advice: String,
}

/// The helpers that programs of a type may call.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Helpers {
    /// By name.
    pub available: Vec<String>,
    /// Those that this version knows and the kernel refuses to this type.
    pub missing: Vec<String>,
}

/// What there is.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// Whether modules can run: maps can be created and tracing programs loaded.
    pub ok: bool,
    /// The kernel's release.
    pub release: String,
    /// In the order in which people would read them.
    pub checks: Vec<Check>,
    /// By libbpf's names of program types; those whose helpers cannot be tried are left out.
    pub helpers: BTreeMap<String, Helpers>,
}

impl Check {
    fn ok(group: &'static str, name: impl Into<String>, value: impl Into<String>) -> Self {
        let (name, value) = (name.into(), value.into());
        Self { group, name, status: Status::Ok, value, why: String::new(), advice: String::new() }
    }

    fn missing(
        group: &'static str,
        name: impl Into<String>,
        why: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        let (name, why, advice) = (name.into(), why.into(), advice.into());
        Self { group, name, status: Status::Missing, value: String::new(), why, advice }
    }

    fn unknown(group: &'static str, name: impl Into<String>, why: impl Into<String>) -> Self {
        Self { status: Status::Unknown, ..Self::missing(group, name, why, "") }
    }

    fn with_value(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
        self
    }
}

/// Looks at everything. With the right capabilities programs are attached meanwhile, for an instant and where they change
/// nothing. `helpers`: also try each helper with each program type, which are some thousand system calls.
pub fn examine(helpers: bool) -> Report {
    let (ok, types) = kernel::types();
    let mut checks = host::checks();
    checks.extend(capabilities());
    checks.extend(types);
    checks.extend(kernel::attach());
    kernel::correct(&mut checks);
    let helpers = if helpers { kernel::helpers(&checks) } else { BTreeMap::new() };
    Report { ok, release: crate::carried::running_release(), checks, helpers }
}

/// One check, by its group and name. Each group is looked at once in a process.
pub(crate) fn ask(group: &str, name: &str) -> Option<&'static Check> {
    type Once = LazyLock<Vec<Check>>;
    static HOST: Once = LazyLock::new(host::checks);
    static CAPABILITIES: Once = LazyLock::new(capabilities);
    static ATTACH: Once = LazyLock::new(kernel::attach);
    static TYPES: Once = LazyLock::new(|| {
        let mut checks = kernel::types().1;
        checks.extend(ATTACH.iter().cloned());
        kernel::correct(&mut checks);
        checks
    });
    let checks = match group {
        "kernel" | "mount" => &HOST,
        "capability" => &CAPABILITIES,
        "program_type" | "map_type" => &TYPES,
        "attach" => &ATTACH,
        _ => return None,
    };
    checks.iter().find(|check| check.group == group && check.name == name)
}

fn capabilities() -> Vec<Check> {
    let effective = capability::effective();
    let check = |capability: &capability::Capability| {
        if capability.is_in(effective) {
            return Check::ok("capability", capability.name, capability.purpose);
        }
        let why = "this process does not have it";
        let advice = if capability::missing(effective).contains(&capability.name) {
            "run it with sudo, or give it: `setcap` on the binary, `AmbientCapabilities=` of a service, `--cap-add` of a container"
        } else {
            ""
        };
        Check::missing("capability", capability.name, why, advice).with_value(capability.purpose)
    };
    capability::ALL.iter().map(check).collect()
}
