//! The kernel's settings, and what is mounted.

use std::fs;
use std::path::Path;

use super::Check;
use crate::bpf::attach_kinds::{cgroup, mount, tracefs};
use crate::bpf::types::KERNEL;
use crate::capability;
use crate::carried::running_release;

/// The oldest kernel that everything is tested with.
const OLDEST: (u32, u32) = (5, 10);
/// The first kernel that accounts maps by cgroup in place of locked memory.
const NO_MEMLOCK: (u32, u32) = (5, 11);

/// Major and minor number of the running kernel.
pub(super) fn version() -> (u32, u32) {
    let release = running_release();
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map(|number| number.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

pub(super) fn checks() -> Vec<Check> {
    vec![
        release(),
        types(),
        jit(),
        lockdown(),
        modules(),
        seccomp(),
        setting("unprivileged_bpf_disabled", "/proc/sys/kernel/unprivileged_bpf_disabled", |value| match value {
            "0" => "processes without capabilities may load some programs",
            "1" => "BPF takes capabilities, until the next boot",
            _ => "BPF takes capabilities",
        }),
        setting("perf_event_paranoid", "/proc/sys/kernel/perf_event_paranoid", |value| {
            if value.starts_with('-') {
                "every process may open perf events"
            } else {
                "perf events of others take CAP_PERFMON"
            }
        }),
        memlock(),
        mounted("tracefs", tracefs(), "tracepoints are found there", "mount -t tracefs tracefs /sys/kernel/tracing"),
        mounted("bpffs", mount("bpf"), "maps, programs and links are pinned there", "mount -t bpf bpf /sys/fs/bpf"),
        mounted("cgroup2", cgroup(), "cgroup programs are attached there", "mount -t cgroup2 none /sys/fs/cgroup"),
    ]
}

fn read(path: &str) -> Option<String> {
    fs::read_to_string(path).ok().map(|text| text.trim().to_owned())
}

fn release() -> Check {
    let release = running_release();
    if version() >= OLDEST {
        return Check::ok("kernel", "release", release);
    }
    let (major, minor) = OLDEST;
    let why = format!("modules are tested on Linux {major}.{minor} and newer");
    Check::missing("kernel", "release", why, "use a newer kernel").with_value(release)
}

fn types() -> Check {
    match fs::metadata(KERNEL) {
        Ok(file) => Check::ok("kernel", "btf", format!("{} bytes at {KERNEL}", file.len())),
        Err(_) => Check::missing(
            "kernel",
            "btf",
            format!("there is no {KERNEL} (CONFIG_DEBUG_INFO_BTF=y)"),
            "run modules with `--btf FILE`, or put types into them with `wasm-bpf gen min-btf`; hooks by type (fentry, tp_btf, \
            lsm, iter, struct_ops) are not to be had",
        ),
    }
}

fn jit() -> Check {
    match read("/proc/sys/net/core/bpf_jit_enable").as_deref() {
        Some("0") => Check::missing(
            "kernel",
            "jit",
            "programs are interpreted, and fentry and struct_ops are not to be had",
            "sysctl net.core.bpf_jit_enable=1",
        ),
        Some(value) => Check::ok("kernel", "jit", value),
        None => Check::unknown("kernel", "jit", "only root can read /proc/sys/net/core/bpf_jit_enable"),
    }
}

fn lockdown() -> Check {
    let Some(text) = read("/sys/kernel/security/lockdown") else {
        return if Path::new("/sys/kernel/security/lsm").exists() {
            Check::ok("kernel", "lockdown", "this kernel has none")
        } else {
            Check::unknown("kernel", "lockdown", "securityfs is not mounted")
        };
    };
    let mode = text.split(['[', ']']).nth(1).unwrap_or("none");
    match mode {
        "confidentiality" => Check::missing(
            "kernel",
            "lockdown",
            "programs may not read the kernel's memory",
            "boot without lockdown=confidentiality",
        )
        .with_value(mode),
        _ => Check::ok("kernel", "lockdown", mode),
    }
}

/// The security modules: `bpf` among them lets programs of type lsm decide.
fn modules() -> Check {
    match read("/sys/kernel/security/lsm") {
        None => {
            Check::unknown("kernel", "lsm", "securityfs is not mounted: mount -t securityfs none /sys/kernel/security")
        }
        Some(list) if list.split(',').any(|name| name == "bpf") => Check::ok("kernel", "lsm", list),
        Some(list) => {
            let advice = format!("boot with lsm={list},bpf (CONFIG_BPF_LSM=y)");
            Check::missing("kernel", "lsm", "`bpf` is not among them: lsm programs are never run", advice)
                .with_value(list)
        }
    }
}

fn seccomp() -> Check {
    let status = read("/proc/self/status").unwrap_or_default();
    let mode = status.lines().find_map(|line| line.strip_prefix("Seccomp:")).map(str::trim);
    match mode {
        Some("0") => Check::ok("kernel", "seccomp", "no filter"),
        _ => Check::ok("kernel", "seccomp", "a filter is on: where bpf(2) fails with EPERM, it may be this one"),
    }
}

fn setting(name: &str, path: &str, meaning: fn(&str) -> &'static str) -> Check {
    match read(path) {
        Some(value) => {
            let meaning = meaning(&value);
            Check::ok("kernel", name, format!("{value}: {meaning}"))
        }
        None => Check::unknown("kernel", name, format!("there is no {path}")),
    }
}

fn memlock() -> Check {
    if version() >= NO_MEMLOCK {
        return Check::ok("kernel", "memlock", "no limit for maps: they are accounted by cgroup");
    }
    let may_raise = capability::has("CAP_SYS_RESOURCE");
    let limit = rustix::process::getrlimit(rustix::process::Resource::Memlock).current;
    let shown = limit.map_or("none".into(), |limit| format!("{limit} bytes"));
    if may_raise || limit.is_none() {
        return Check::ok("kernel", "memlock", shown);
    }
    let why = "maps count as locked memory before Linux 5.11, and this process may not raise the limit";
    Check::missing("kernel", "memlock", why, "ulimit -l unlimited, or CAP_SYS_RESOURCE").with_value(shown)
}

fn mounted(name: &str, place: Option<std::path::PathBuf>, purpose: &str, advice: &str) -> Check {
    match place {
        Some(place) => Check::ok("mount", name, place.to_string_lossy()),
        None => Check::missing("mount", name, format!("it is not mounted, or not to be read: {purpose}"), advice),
    }
}
