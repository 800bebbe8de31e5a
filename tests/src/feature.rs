//! What not every kernel has: the first kernel with it, and what that kernel has to be built with. Tests skip by these
//! only, and docs/kernels.md is written from them.

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
    /// Functions can be traced; some hosts forbid it.
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
    FENTRY = booted(feature("fentry, fexit", (5, 10), &["DYNAMIC_FTRACE_WITH_DIRECT_CALLS"]), Boot::Tracing);
    FMOD_RET = booted(feature("fmod_ret", (5, 10), &["DYNAMIC_FTRACE_WITH_DIRECT_CALLS"]), Boot::Tracing);
    FREPLACE = booted(feature("freplace", (5, 10), &[]), Boot::Tracing);
    LSM = booted(feature("lsm", (5, 10), &["BPF_LSM"]), Boot::Lsm);
    LSM_SLEEPABLE = booted(feature("lsm.s (sleepable)", (5, 11), &["BPF_LSM"]), Boot::Lsm);
    LSM_CGROUP = booted(feature("lsm_cgroup", (6, 0), &["BPF_LSM", "CGROUP_BPF"]), Boot::Lsm);
    ITER_SLEEPABLE = feature("iter.s (sleepable iterators)", (5, 18), &[]);
    SYSCALL = feature("syscall programs", (5, 14), &[]);
    XDP_FRAGS = feature("xdp.frags", (5, 18), &[]);
    TCX = feature("tcx", (6, 6), &["NET_CLS_ACT"]);
    NETKIT = feature("netkit", (6, 7), &["NETKIT"]);
    NETFILTER = feature("netfilter", (6, 4), &["NETFILTER_BPF_LINK"]);
    STRUCT_OPS = booted(feature("struct_ops: TCP congestion control", (5, 10), &["BPF_JIT"]), Boot::Tracing);
    SCHED_EXT = feature("struct_ops: sched_ext", (6, 12), &["SCHED_CLASS_EXT"]);
    PERF_LINK = feature("links of tracepoints, kprobes, uprobes and perf events", (5, 15), &["PERF_EVENTS"]);
    USDT_ANY_PROCESS = feature("usdt in all processes of a position-independent program", (5, 15), &["UPROBE_EVENTS"]);
    CGROUP_STORAGE = feature("cgroup storage maps", (6, 2), &["CGROUP_BPF"]);
    ARENA = feature("arenas", (6, 9), &[]);
    DROP_AFTER_ATTACH = feature("`--drop-after-attach`", (5, 19), &[]);
    TOKEN = feature("BPF tokens: `--bpf-token`", (6, 9), &["USER_NS"]);
    BLOOM_FILTER = feature("bloom filter maps", (5, 16), &[]);
}
