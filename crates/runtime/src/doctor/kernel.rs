//! What the kernel answers when it is asked: types of programs and maps, helpers, ways to attach.

use std::collections::BTreeMap;

use rustix::io::Errno;

use super::host::version;
use super::{Check, Helpers, Status};
use crate::bpf::attach_kinds::{Failure, KINDS, try_all};
use crate::bpf::log::Log;
use crate::bpf::{names, probe};
use crate::capability;

/// A type of maps, and one of programs, that every tracing module has.
const NEEDED: [(&str, &str); 2] = [("map_type", "array"), ("program_type", "tracepoint")];

/// Whether modules can run, and the types of programs and maps.
pub(super) fn types() -> (bool, Vec<Check>) {
    let (checks, _) = Log::new().during(|| {
        let programs = (1..).zip(names::program_kinds());
        let programs = programs.map(|(kind, name)| of_type("program_type", name, probe::program_type(kind)));
        let maps = (1..).zip(names::map_kinds()).map(|(kind, name)| of_type("map_type", name, probe::map_type(kind)));
        programs.chain(maps).collect::<Vec<_>>()
    });
    let ok = NEEDED.iter().all(|(group, name)| is_ok(&checks, group, name));
    (ok, checks)
}

fn is_ok(checks: &[Check], group: &str, name: &str) -> bool {
    checks.iter().any(|check| check.group == group && check.name == name && check.status == Status::Ok)
}

/// Programs that attach by type are tried by libbpf at a function's entry only, which hosts hold back: attaching elsewhere
/// shows that there are such programs.
pub(super) fn correct(checks: &mut [Check]) {
    let attached = ["tp_btf", "iter", "fentry"].iter().any(|kind| is_ok(checks, "attach", kind));
    if let Some(tracing) = checks.iter_mut().find(|check| check.group == "program_type" && check.name == "tracing")
        && attached
    {
        *tracing = Check::ok("program_type", "tracing", "");
    }
}

fn of_type(group: &'static str, name: String, found: Result<bool, Errno>) -> Check {
    match found {
        Ok(true) => Check::ok(group, name, ""),
        Ok(false) => match lacking() {
            Some(lacking) => Check::missing(group, name, lacking, ""),
            None => Check::missing(group, name, "this kernel does not have it, or was built without it", ""),
        },
        Err(_) => Check::unknown(group, name, "it cannot be tried by itself"),
    }
}

/// What every failure comes from, if this process lacks what BPF takes.
fn lacking() -> Option<String> {
    let missing = capability::missing(capability::effective());
    (!missing.is_empty()).then(|| format!("this process lacks {}", missing.join(", ")))
}

/// Each helper with each type of program that can be loaded.
pub(super) fn helpers(types: &[Check]) -> BTreeMap<String, Helpers> {
    let mut found = BTreeMap::new();
    let _ = Log::new().during(|| {
        for (kind, name) in (1..).zip(names::program_kinds()).filter(|(_, name)| is_ok(types, "program_type", name)) {
            let mut helpers = Helpers { available: Vec::new(), missing: Vec::new() };
            for (number, helper) in names::helpers() {
                match probe::helper(kind, number) {
                    Ok(true) => helpers.available.push(helper),
                    Ok(false) => helpers.missing.push(helper),
                    Err(_) => break,
                }
            }
            if !helpers.available.is_empty() || !helpers.missing.is_empty() {
                found.insert(name, helpers);
            }
        }
    });
    found
}

/// The ways to attach.
pub(super) fn attach() -> Vec<Check> {
    let tried = KINDS.iter().zip(try_all());
    let checks = tried.map(|(kind, result)| {
        let failure = match result {
            Ok(()) => return Check::ok("attach", kind.name, ""),
            Err(failure) => failure,
        };
        let (major, minor) = kind.since;
        let errno = match failure {
            Failure::Alone => {
                let why = "it could disturb others, and the process may not make a network namespace to try it in (CAP_SYS_ADMIN)";
                return Check::unknown("attach", kind.name, why);
            }
            Failure::Lacks(what) => {
                let why = format!("it takes {what}, not to be had here");
                let advice = if what.contains("mount") { "mount it: see the mounts".into() } else { needs(kind.option) };
                return Check::missing("attach", kind.name, why, advice);
            }
            Failure::Load(errno) | Failure::Attach(errno) => errno,
        };
        let step = if matches!(failure, Failure::Load(_)) { "loading" } else { "attaching" };
        let name = nix::errno::Errno::from_raw(errno.raw_os_error());
        let why = format!("{step} fails with {name:?} ({})", name.desc());
        if version() < kind.since {
            return Check::missing("attach", kind.name, why, format!("it needs Linux {major}.{minor}"));
        }
        match lacking() {
            Some(lacking) if matches!(errno, Errno::PERM | Errno::ACCESS) => {
                Check::missing("attach", kind.name, format!("{why}: {lacking}"), "")
            }
            _ if errno == Errno::BUSY => Check::ok("attach", kind.name, "another program is attached there"),
            _ if matches!(errno, Errno::PERM | Errno::ACCESS) && !capability::has("CAP_SYS_ADMIN") => {
                let advice = "give CAP_SYS_ADMIN, if this kernel asks for it: older ones do, and most for uprobes";
                Check::missing("attach", kind.name, why, advice)
            }
            _ if errno == Errno::PERM => {
                let advice = "the kernel holds it back whatever the process may do: its log says why, if anything does";
                Check::missing("attach", kind.name, why, advice)
            }
            _ => Check::missing("attach", kind.name, why, needs(kind.option)),
        }
    });
    checks.collect()
}

fn needs(option: &str) -> String {
    format!("use a kernel that was built with CONFIG_{option}")
}
