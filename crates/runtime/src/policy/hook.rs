//! Hooks as a policy names them: `KIND:TARGET`, like `kprobe:tcp_v4_connect`, `tracepoint:sched/sched_switch`,
//! `xdp:eth0`, `uprobe:/usr/lib/libc.so.6:malloc`.

use std::fmt;

/// A place that a program attaches to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hook {
    /// One of [`KINDS`].
    pub(crate) kind: &'static str,
    /// What is attached to; `*` where that is not known, or not until the guest says it.
    pub(crate) target: String,
}

/// A kind of hook, the program types (libbpf's names) that attach to it, and the sections that say it.
struct Kind {
    name: &'static str,
    programs: &'static [&'static str],
    /// Beginnings of section names, without what follows `/` or `.`.
    sections: &'static [&'static str],
}

const KINDS: [Kind; 23] = [
    kind("tracepoint", &["tracepoint"], &["tracepoint", "tp"]),
    kind("raw_tp", &["raw_tracepoint", "raw_tracepoint_writable"], &["raw_tracepoint", "raw_tp"]),
    kind("tp_btf", &["tracing"], &["tp_btf"]),
    kind("kprobe", &["kprobe"], &["kprobe", "kretprobe"]),
    kind("ksyscall", &["kprobe"], &["ksyscall", "kretsyscall"]),
    kind("uprobe", &["kprobe"], &["uprobe", "uretprobe"]),
    kind("usdt", &["kprobe"], &["usdt"]),
    kind("fentry", &["tracing"], &["fentry", "fexit", "fsession"]),
    kind("fmod_ret", &["tracing"], &["fmod_ret"]),
    kind("iter", &["tracing"], &["iter"]),
    kind("perf_event", &["perf_event", "kprobe", "tracepoint"], &["perf_event"]),
    kind("lsm", &["lsm"], &["lsm", "lsm_cgroup"]),
    kind("struct_ops", &["struct_ops"], &["struct_ops"]),
    kind("freplace", &["ext"], &["freplace"]),
    kind("xdp", &["xdp"], &["xdp"]),
    kind("tc", &["sched_cls", "sched_act"], &["tc", "tcx", "classifier", "action"]),
    kind("netkit", &["sched_cls"], &["netkit"]),
    kind("netfilter", &["netfilter"], &["netfilter"]),
    kind("netns", &["sk_lookup", "flow_dissector"], &["sk_lookup", "flow_dissector"]),
    kind("socket", &["socket_filter"], &["socket"]),
    kind("sockmap", &["sk_skb", "sk_msg"], &["sk_skb", "sk_msg"]),
    kind("reuseport", &["sk_reuseport"], &["sk_reuseport"]),
    kind(
        "cgroup",
        &[
            "cgroup_skb",
            "cgroup_sock",
            "cgroup_device",
            "cgroup_sock_addr",
            "cgroup_sysctl",
            "cgroup_sockopt",
            "sock_ops",
            "lsm",
        ],
        &["cgroup_skb", "cgroup", "sockops"],
    ),
];

const fn kind(name: &'static str, programs: &'static [&'static str], sections: &'static [&'static str]) -> Kind {
    Kind { name, programs, sections }
}

impl Hook {
    /// The hook of this kind at `target`.
    pub(crate) fn new(kind: &'static str, target: impl Into<String>) -> Self {
        Self { kind, target: target.into() }
    }

    /// The hook that a section names. `None`: its programs attach to nothing that has a name here.
    pub(crate) fn of_section(section: &str) -> Option<Self> {
        let section = section.trim_start_matches('?');
        let (prefix, target) = section.split_once('/').unwrap_or((section, ""));
        let plain = prefix.split('.').next().unwrap_or(prefix);
        let kind = KINDS.iter().find(|kind| kind.sections.contains(&plain))?;
        let names_target = !matches!(
            kind.name,
            "xdp"
                | "tc"
                | "netkit"
                | "netfilter"
                | "netns"
                | "socket"
                | "sockmap"
                | "reuseport"
                | "cgroup"
                | "perf_event"
                | "freplace"
        );
        let target = if names_target { function(kind.name, target) } else { "*".into() };
        Some(Self { kind: kind.name, target })
    }

    /// Whether the target is a path of the host's, or begins with one.
    pub(super) fn is_path(&self) -> bool {
        matches!(self.kind, "cgroup" | "netns" | "uprobe" | "usdt")
    }
}

/// The target that a section names after its slash. One with an offset can be any: the kernel does not hold offsets
/// to the function's end.
fn function(kind: &str, target: &str) -> String {
    match kind {
        _ if target.is_empty() => "*".into(),
        "kprobe" if target.contains('+') => "*".into(),
        // libbpf makes a path of it, which must not lead elsewhere.
        "tracepoint" if target.matches('/').count() != 1 || target.contains("..") => "*".into(),
        "uprobe" => match target.rsplit_once(':') {
            Some((path, function)) => user_function(path, Some(function)),
            None => user_function(target, None),
        },
        _ => target.into(),
    }
}

/// The target of a uprobe: `PATH:FUNCTION`, `PATH:*` where the place is a number.
pub(crate) fn user_function(path: &str, function: Option<&str>) -> String {
    let function = function.filter(|name| !name.is_empty() && !name.contains('+') && !is_number(name));
    format!("{path}:{}", function.unwrap_or("*"))
}

fn is_number(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit())
}

impl fmt::Display for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.target)
    }
}

/// The kind called so.
pub(super) fn kind_named(name: &str) -> Option<&'static str> {
    KINDS.iter().map(|kind| kind.name).find(|kind| *kind == name)
}

/// All kinds.
pub(super) fn kinds() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|kind| kind.name)
}

/// The kinds of hooks that programs of a type (libbpf's name) attach to.
pub(super) fn kinds_of(program: &str) -> impl Iterator<Item = &'static str> {
    KINDS.iter().filter(move |kind| kind.programs.contains(&program)).map(|kind| kind.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_name_hooks() {
        for (section, hook) in [
            ("tp/sched/sched_switch", "tracepoint:sched/sched_switch"),
            ("?kretprobe/tcp_v4_connect", "kprobe:tcp_v4_connect"),
            ("kprobe.multi/tcp_*", "kprobe:tcp_*"),
            ("kprobe", "kprobe:*"),
            ("kprobe/tcp_v4_connect+0x10", "kprobe:*"),
            ("fexit.s/do_unlinkat", "fentry:do_unlinkat"),
            ("uprobe//usr/lib/libc.so.6:malloc", "uprobe:/usr/lib/libc.so.6:malloc"),
            ("uprobe/libc.so.6:malloc+4", "uprobe:libc.so.6:*"),
            ("uretprobe//bin/x:0x10", "uprobe:/bin/x:*"),
            ("usdt//bin/x:provider:name", "usdt:/bin/x:provider:name"),
            ("xdp.frags/devmap", "xdp:*"),
            ("cgroup_skb/ingress", "cgroup:*"),
            ("sockops", "cgroup:*"),
            ("raw_tp.w/x", "raw_tp:x"),
            ("iter/task", "iter:task"),
            ("tc/egress", "tc:*"),
            ("socket", "socket:*"),
            ("sk_reuseport/migrate", "reuseport:*"),
        ] {
            assert_eq!(Hook::of_section(section).unwrap().to_string(), hook, "{section}");
        }
        assert_eq!(Hook::of_section("anything/at/all"), None);
    }
}
