//! Which hooks an attachment reaches, by the names that a policy has for them.

use std::ffi::CStr;
use std::fs;
use std::os::fd::{AsRawFd, BorrowedFd};

use super::net::interface_text;
use super::sys::attach::{Attach, Targets};
use crate::policy::{Hook, user_function};

/// The hooks that attaching in this way reaches; not those that a program was bound to when it was loaded. A target
/// is `*` where it has no name.
pub(super) fn of_attach(how: &Attach<'_>, section: &str) -> Vec<Hook> {
    let one = |kind, target: String| vec![Hook::new(kind, target)];
    match *how {
        Attach::Auto => Hook::of_section(section).into_iter().filter(|hook| !bound_at_load(hook.kind)).collect(),
        Attach::Kprobe { name, offset, .. } => one("kprobe", function(name, offset)),
        Attach::KprobeMulti { targets, .. } => named(&targets).map(|name| Hook::new("kprobe", name)).collect(),
        Attach::Ksyscall { name, .. } => one("ksyscall", text(name)),
        Attach::Uprobe { path, offset, function: name, .. } => {
            let name = name.map(|name| function(name, offset));
            one("uprobe", user_function(&text(path), name.as_deref()))
        }
        Attach::UprobeMulti { path, targets, .. } => {
            let path = text(path);
            named(&targets).map(|name| Hook::new("uprobe", user_function(&path, Some(&name)))).collect()
        }
        Attach::Usdt { path, provider, name, .. } => {
            one("usdt", format!("{}:{}:{}", text(path), text(provider), text(name)))
        }
        Attach::Tracepoint { category, name, .. } => one("tracepoint", tracepoint(&text(category), &text(name))),
        Attach::RawTracepoint { name, .. } => one("raw_tp", text(name)),
        Attach::Cgroup { directory, .. } => one("cgroup", path(directory)),
        Attach::Netns { namespace } => one("netns", path(namespace)),
        Attach::Xdp { ifindex } => one("xdp", interface_text(ifindex)),
        Attach::Tcx { ifindex, .. } => one("tc", interface_text(ifindex)),
        Attach::Netkit { ifindex, .. } => one("netkit", interface_text(ifindex)),
        Attach::Netfilter { family, hook, .. } => one("netfilter", netfilter(family, hook)),
        Attach::Freplace { function, .. } => one("freplace", text(function)),
        Attach::Sockmap { .. } => one("sockmap", "*".into()),
        // The event was judged when it was opened.
        Attach::PerfEvent { .. } | Attach::Trace { .. } | Attach::Lsm | Attach::Iter { .. } => Vec::new(),
    }
}

/// Whether programs are bound to hooks of this kind when they are loaded.
fn bound_at_load(kind: &str) -> bool {
    matches!(kind, "tp_btf" | "fentry" | "fmod_ret" | "iter" | "lsm" | "freplace" | "struct_ops")
}

/// A function of the kernel's. With an offset it can be any: the kernel does not hold offsets to the function's end.
fn function(name: &CStr, offset: u64) -> String {
    let name = text(name);
    if offset == 0 && !name.contains('+') { name } else { "*".into() }
}

/// The functions of a multi probe: names, a pattern, or any where there are only addresses.
fn named(targets: &Targets<'_>) -> impl Iterator<Item = String> {
    let pattern = targets.pattern.map(text);
    let any = (!targets.places.is_empty() || (pattern.is_none() && targets.symbols.is_empty())).then(|| "*".to_owned());
    any.into_iter().chain(pattern).chain(targets.symbols.iter().map(|name| text(name)))
}

/// libbpf makes a path of it, which must not lead elsewhere.
fn tracepoint(category: &str, name: &str) -> String {
    let leads_elsewhere = |part: &str| part.contains('/') || part.starts_with('.');
    if leads_elsewhere(category) || leads_elsewhere(name) { "*".into() } else { format!("{category}/{name}") }
}

/// `ipv4/input` and the like (`enum nf_inet_hooks`).
fn netfilter(family: u32, hook: u32) -> String {
    const HOOKS: [&str; 5] = ["prerouting", "input", "forward", "output", "postrouting"];
    let family = match family {
        2 => "ipv4",
        10 => "ipv6",
        _ => "*",
    };
    format!("{family}/{}", HOOKS.get(hook as usize).unwrap_or(&"*"))
}

fn path(fd: BorrowedFd<'_>) -> String {
    let link = fs::read_link(format!("/proc/self/fd/{}", fd.as_raw_fd()));
    link.map_or_else(|_| "*".into(), |path| path.to_string_lossy().into_owned())
}

fn text(text: &CStr) -> String {
    text.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kprobe(name: &CStr, offset: u64) -> String {
        let how = Attach::Kprobe { name, offset, retprobe: false, cookie: 0, mode: 0 };
        of_attach(&how, "kprobe").iter().map(ToString::to_string).collect()
    }

    #[test]
    fn offsets_and_addresses_are_any_function() {
        assert_eq!(kprobe(c"tcp_v4_connect", 0), "kprobe:tcp_v4_connect");
        assert_eq!(kprobe(c"tcp_v4_connect", 1 << 20), "kprobe:*");
        assert_eq!(kprobe(c"tcp_v4_connect+0x100000", 0), "kprobe:*");
        let targets = Targets { pattern: None, symbols: &[], places: &[1], cookies: &[] };
        let how = Attach::KprobeMulti { targets, retprobe: false, session: false };
        assert_eq!(of_attach(&how, ""), [Hook::new("kprobe", "*")]);
    }

    #[test]
    fn a_tracepoints_name_is_no_path() {
        for (category, name) in [(c"sched", c"../syscalls/sys_enter_write"), (c"..", c"x"), (c"sched/..", c"x")] {
            let how = Attach::Tracepoint { category, name, cookie: 0 };
            assert_eq!(of_attach(&how, ""), [Hook::new("tracepoint", "*")]);
        }
    }

    #[test]
    fn sections_count_where_nothing_else_is_said() {
        assert_eq!(of_attach(&Attach::Auto, "tp/sched/sched_switch"), [Hook::new("tracepoint", "sched/sched_switch")]);
        assert_eq!(of_attach(&Attach::Auto, "fentry/do_unlinkat"), []);
        assert_eq!(of_attach(&Attach::Auto, "anything/at/all"), []);
    }
}
