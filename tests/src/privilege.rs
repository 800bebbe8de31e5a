//! What a process may do, as the kernel shows it for each thread.

use std::collections::BTreeSet;
use std::fs;

/// Those that the runtime has to do with, by their numbers (linux/capability.h).
const NAMES: [(u32, &str); 12] = [
    (1, "DAC_OVERRIDE"),
    (2, "DAC_READ_SEARCH"),
    (12, "NET_ADMIN"),
    (13, "NET_RAW"),
    (14, "IPC_LOCK"),
    (19, "SYS_PTRACE"),
    (21, "SYS_ADMIN"),
    (24, "SYS_RESOURCE"),
    (34, "SYSLOG"),
    (38, "PERFMON"),
    (39, "BPF"),
    (40, "CHECKPOINT_RESTORE"),
];

/// The privileges of a thread.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Privileges {
    /// Capabilities in effect, without `CAP_`; numbers where they have no name here.
    pub effective: BTreeSet<String>,
    /// Those that it could put into effect.
    pub permitted: BTreeSet<String>,
    /// Those that programs which it executes could have.
    pub inherited: BTreeSet<String>,
    /// Whether executing programs can give it none.
    pub no_new: bool,
}

impl Privileges {
    /// Those of every thread of a process, each kind once.
    ///
    /// # Panics
    /// Where there is no such process.
    #[track_caller]
    pub fn of_threads(pid: u32) -> BTreeSet<Self> {
        let threads = fs::read_dir(format!("/proc/{pid}/task")).expect("a process that runs");
        let status = threads.flatten().filter_map(|thread| fs::read_to_string(thread.path().join("status")).ok());
        status.map(|text| Self::of_status(&text)).collect()
    }

    fn of_status(text: &str) -> Self {
        let field = |name: &str| {
            let value = text.lines().find_map(|line| line.strip_prefix(name));
            value.unwrap_or_else(|| panic!("no {name} in {text}")).trim()
        };
        let set = |name: &str| {
            let mask = u64::from_str_radix(field(name), 16).expect("a mask");
            (0..64).filter(|bit| mask & (1 << bit) != 0).map(name_of).collect::<BTreeSet<String>>()
        };
        let inherited = &set("CapInh:") | &set("CapAmb:");
        let no_new = field("NoNewPrivs:") == "1";
        Self { effective: set("CapEff:"), permitted: set("CapPrm:"), inherited, no_new }
    }
}

fn name_of(bit: u32) -> String {
    NAMES.iter().find(|(known, _)| *known == bit).map_or_else(|| bit.to_string(), |(_, name)| (*name).to_owned())
}
