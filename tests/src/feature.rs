//! What not every kernel has: the first kernel with it, and what that kernel has to be built with. Tests skip by these
//! only, and docs/kernels.md is written from them.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::{self, File};
use std::io::Read;

/// Something that not every kernel has.
#[derive(Clone, Copy, Debug)]
pub struct Feature {
    /// Its name, for readers of the table and of a skip.
    pub name: &'static str,
    /// The first kernel that has it, as major and minor.
    pub since: (u32, u32),
    /// The options that it needs, without `CONFIG_`; those that BPF itself needs are not repeated.
    pub options: &'static [&'static str],
    /// How the kernel has to be booted.
    pub boot: Option<Boot>,
}

/// What is decided when a kernel boots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Boot {
    /// Functions can be traced; some hosts forbid it, and iterators that may write with it.
    Tracing,
    /// `bpf` is in the list of security modules.
    Lsm,
}

impl Boot {
    /// Whether this kernel was booted so.
    pub fn holds(self) -> bool {
        match self {
            Self::Tracing => {
                let list = File::open("/sys/kernel/tracing/available_filter_functions");
                list.is_ok_and(|mut list| list.read(&mut [0]).is_ok_and(|size| size > 0))
            }
            Self::Lsm => {
                let list = fs::read_to_string("/sys/kernel/security/lsm").unwrap_or_default();
                list.trim().split(',').any(|name| name == "bpf")
            }
        }
    }
}

impl fmt::Display for Boot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tracing => "a kernel whose functions may be traced",
            Self::Lsm => "`bpf` in `lsm=` on the kernel's command line",
        })
    }
}

impl Feature {
    /// Why a kernel of this version, built with these options (without `CONFIG_`), need not have the feature; `None`
    /// where it must.
    pub fn lacks(&self, kernel: (u32, u32), options: &BTreeSet<String>) -> Option<String> {
        let (major, minor) = self.since;
        if kernel < self.since {
            return Some(format!("{} needs Linux {major}.{minor}", self.name));
        }
        let option = self.options.iter().find(|option| !options.contains(**option))?;
        Some(format!("{} needs CONFIG_{option}", self.name))
    }
}

/// The major and minor version of a kernel's release.
///
/// # Panics
/// Where it has none.
pub fn version(release: &str) -> (u32, u32) {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok());
    (numbers.next().expect("a major version"), numbers.next().expect("a minor version"))
}

/// The options in the text of a kernel's configuration that are built in or modules, without `CONFIG_`.
pub fn options(config: &str) -> BTreeSet<String> {
    let option = |line: &str| {
        let (name, value) = line.strip_prefix("CONFIG_")?.split_once('=')?;
        matches!(value, "y" | "m").then(|| name.to_owned())
    };
    config.lines().filter_map(option).collect()
}

const fn feature(name: &'static str, since: (u32, u32), options: &'static [&'static str]) -> Feature {
    Feature { name, since, options, boot: None }
}

const fn booted(feature: Feature, boot: Boot) -> Feature {
    Feature { boot: Some(boot), ..feature }
}

/// Declares the features, each a constant, and all of them as a list.
macro_rules! features {
    ($($constant:ident = $value:expr;)*) => {
        $(#[doc = concat!("`", stringify!($constant), "`: see [`ALL`].")] pub const $constant: Feature = $value;)*
        /// Every feature that a test asks for, in the order of docs/kernels.md.
        pub const ALL: &[Feature] = &[$($constant),*];
    };
}

features! {
    KPROBE = feature("kprobe, kretprobe, ksyscall, kretsyscall", (5, 10), &["KPROBE_EVENTS"]);
    KPROBE_MULTI = feature("kprobe.multi, kretprobe.multi", (5, 18), &["FPROBE"]);
    KPROBE_SESSION = feature("kprobe.session", (6, 10), &["FPROBE"]);
    UPROBE_SLEEPABLE = feature("uprobe.s (sleepable)", (6, 0), &["UPROBE_EVENTS"]);
    UPROBE_MULTI = feature("uprobe.multi, uretprobe.multi", (6, 6), &["UPROBE_EVENTS"]);
    UPROBE_SESSION = feature("uprobe.session", (6, 13), &["UPROBE_EVENTS"]);
    USDT_SLEEPABLE = feature("usdt.s (sleepable)", (6, 6), &["UPROBE_EVENTS"]);
    FSESSION = booted(feature("fsession", (7, 0), &["DYNAMIC_FTRACE_WITH_DIRECT_CALLS"]), Boot::Tracing);
    FENTRY_SLEEPABLE = booted(
        feature(
            "fentry.s, fexit.s, fmod_ret.s (sleepable) at functions marked so",
            (6, 3),
            &["DYNAMIC_FTRACE_WITH_DIRECT_CALLS"],
        ),
        Boot::Tracing,
    );
    FENTRY = booted(feature("fentry, fexit", (5, 10), &["DYNAMIC_FTRACE_WITH_DIRECT_CALLS"]), Boot::Tracing);
    FMOD_RET = booted(feature("fmod_ret", (5, 10), &["DYNAMIC_FTRACE_WITH_DIRECT_CALLS"]), Boot::Tracing);
    FREPLACE = booted(feature("freplace", (5, 10), &[]), Boot::Tracing);
    LSM = booted(feature("lsm", (5, 10), &["BPF_LSM"]), Boot::Lsm);
    LSM_SLEEPABLE = booted(feature("lsm.s (sleepable)", (5, 11), &["BPF_LSM"]), Boot::Lsm);
    LSM_CGROUP = booted(feature("lsm_cgroup", (6, 0), &["BPF_LSM", "CGROUP_BPF"]), Boot::Lsm);
    ITER_ELEMENTS = booted(feature("iterators over the elements of maps", (5, 10), &[]), Boot::Tracing);
    ITER_SLEEPABLE = feature("iter.s (sleepable iterators)", (5, 18), &[]);
    SYSCALL = feature("syscall programs", (5, 14), &[]);
    XDP_FRAGS = feature("xdp.frags", (5, 18), &[]);
    VETH = feature("xdp in a driver, behind devmap and cpumap", (5, 10), &["VETH"]);
    TCX = feature("tcx", (6, 6), &["NET_CLS_ACT"]);
    TC_ACTION = feature("tc actions", (5, 10), &["NET_ACT_BPF", "NET_CLS_MATCHALL"]);
    CGROUP_UNIX = feature("cgroup/*_unix", (6, 7), &["CGROUP_BPF"]);
    CGROUP_ORDER = feature("an order among a cgroup's programs", (6, 17), &["CGROUP_BPF"]);
    SOCKMAP_LINK = feature("links of sockmaps", (6, 10), &["BPF_STREAM_PARSER"]);
    SKB_VERDICT = feature("sk_skb/verdict", (5, 13), &["BPF_STREAM_PARSER"]);
    REUSEPORT_MIGRATE = feature("sk_reuseport/migrate", (5, 14), &["NET"]);
    SEG6LOCAL = feature("lwt_seg6local", (5, 10), &["IPV6_SEG6_BPF", "VETH"]);
    NETKIT = feature("netkit", (6, 7), &["NETKIT"]);
    NETFILTER = feature("netfilter", (6, 4), &["NETFILTER_BPF_LINK"]);
    STRUCT_OPS = feature("struct_ops: TCP congestion control", (5, 10), &["BPF_JIT"]);
    SCHED_EXT = feature("struct_ops: sched_ext", (6, 12), &["SCHED_CLASS_EXT"]);
    PERF_LINK = feature("links of tracepoints, kprobes, uprobes and perf events", (5, 15), &["PERF_EVENTS"]);
    USDT_ANY_PROCESS = feature("usdt in all processes of a position-independent program", (5, 15), &["UPROBE_EVENTS"]);
    CGROUP_STORAGE = feature("cgroup storage maps", (6, 2), &["CGROUP_BPF"]);
    USER_RINGBUF = feature("user ring buffers", (6, 1), &[]);
    INODE_STORAGE = feature("inode storage maps", (5, 10), &["BPF_LSM"]);
    TASK_STORAGE = feature("task storage maps", (5, 11), &["BPF_LSM"]);
    INSN_ARRAY = feature("instruction array maps", (6, 19), &[]);
    ARENA = feature("arenas", (6, 9), &[]);
    DROP_AFTER_ATTACH = feature("`--drop-after-attach`", (5, 19), &[]);
    TOKEN = feature("BPF tokens: `--bpf-token`", (6, 9), &["USER_NS"]);
    BLOOM_FILTER = feature("bloom filter maps", (5, 16), &[]);
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW: Feature = feature("news", (6, 10), &["BPF_LSM", "FPROBE"]);

    #[test]
    fn only_what_a_kernel_lacks_may_be_skipped() {
        let options = options("CONFIG_BPF_LSM=y\nCONFIG_FPROBE=m\n# CONFIG_NETKIT is not set\nCONFIG_HZ=250\n");
        assert_eq!(NEW.lacks((6, 9), &options).as_deref(), Some("news needs Linux 6.10"));
        assert_eq!(NEW.lacks((5, 19), &options).as_deref(), Some("news needs Linux 6.10"));
        assert_eq!(NEW.lacks((6, 10), &options), None);
        assert_eq!(NEW.lacks((7, 0), &options), None);
        let fewer = BTreeSet::from(["BPF_LSM".to_owned()]);
        assert_eq!(NEW.lacks((7, 0), &fewer).as_deref(), Some("news needs CONFIG_FPROBE"));
        let other = Feature { options: &["NETKIT"], ..NEW };
        assert_eq!(other.lacks((7, 0), &options).as_deref(), Some("news needs CONFIG_NETKIT"));
        assert_eq!(version("6.12.117+deb12-cloud-amd64"), (6, 12));
    }
}
