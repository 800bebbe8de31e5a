//! What the machine under the tests is like.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

/// Something that not every kernel has.
#[derive(Clone, Copy, Debug)]
pub struct Feature {
    /// Its name, for the reader of a skip.
    pub name: &'static str,
    /// The first kernel that has it, as major and minor.
    pub since: (u32, u32),
}

/// Panics unless the test runs as root: a suite that passes because it could not look is worse than one that fails.
#[track_caller]
pub fn require_root() {
    assert!(rustix::process::geteuid().is_root(), "these tests load BPF programs: run them as root (`make test` does)");
}

/// True where the kernel is older than `feature`: the test says so and returns. On a kernel that must have it the
/// answer is always false, so that a skip cannot hide a failure.
pub fn skip_unless(feature: Feature) -> bool {
    let running = kernel();
    let skip = running < feature.since;
    if skip {
        let (major, minor) = feature.since;
        eprintln!("skipped: {} needs Linux {major}.{minor}, this is {}.{}", feature.name, running.0, running.1);
    }
    skip
}

/// How many CPUs per-CPU maps have values for.
pub fn possible_cpus() -> usize {
    let text = fs::read_to_string("/sys/devices/system/cpu/possible").expect("sysfs is mounted");
    let last = text.trim().rsplit(['-', ',']).next().expect("a list");
    last.parse::<usize>().expect("a CPU's number") + 1
}

/// Whether this kernel was built with kprobes.
pub fn has_kprobes() -> bool {
    Path::new("/sys/bus/event_source/devices/kprobe").exists()
}

/// Whether this kernel lets its functions be traced.
pub fn has_function_tracing() -> bool {
    let list = File::open("/sys/kernel/tracing/available_filter_functions");
    list.is_ok_and(|mut list| list.read(&mut [0]).is_ok_and(|size| size > 0))
}

/// Whether BPF is one of the security modules that were chosen at boot.
pub fn has_bpf_lsm() -> bool {
    let list = fs::read_to_string("/sys/kernel/security/lsm").unwrap_or_default();
    list.trim().split(',').any(|name| name == "bpf")
}

fn kernel() -> (u32, u32) {
    let release = rustix::system::uname().release().to_string_lossy().into_owned();
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok());
    (numbers.next().expect("a major version"), numbers.next().expect("a minor version"))
}
