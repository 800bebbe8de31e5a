//! What the machine under the tests is like.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::process::Command;
use std::sync::LazyLock;
use std::{env, thread};

use crate::feature::{self, Feature};

/// Names a file that skips are listed in, a line each: the test, a tab, the reason. The kernel matrix sets it.
const SKIPS: &str = "WASM_BPF_TESTS_SKIPS";

/// Panics unless the test runs as root: a suite that passes because it could not look is worse than one that fails.
#[track_caller]
pub fn require_root() {
    assert!(rustix::process::geteuid().is_root(), "these tests load BPF programs: run them as root (`make test` does)");
}

/// True where this kernel does not have to have `feature`: it is older, or was built or booted without what that
/// needs. The test says so and returns. On a kernel that must have it the answer is false, whatever the kernel says
/// itself: a skip cannot hide a failure.
#[track_caller]
pub fn skip_unless(feature: &Feature) -> bool {
    let Some(reason) = lacks(feature) else { return false };
    let thread = thread::current();
    eprintln!("skipped: {reason}");
    if let Some(path) = env::var_os(SKIPS) {
        let file = File::options().append(true).open(path);
        let test = thread.name().unwrap_or("main");
        file.and_then(|mut file| writeln!(file, "{test}\t{reason}")).expect("the list of skips is there");
    }
    true
}

/// Whether this kernel has to have `feature`. For tests that look at the same thing in another way where it has not.
#[track_caller]
pub fn has(feature: &Feature) -> bool {
    lacks(feature).is_none()
}

/// How many links `count` attachments to tracepoints, kprobes, uprobes or perf events are: old kernels have none for them.
#[track_caller]
pub fn event_links(count: usize) -> usize {
    if has(&feature::PERF_LINK) { count } else { 0 }
}

/// Why this kernel need not have the feature.
#[track_caller]
fn lacks(feature: &Feature) -> Option<String> {
    let release = rustix::system::uname().release().to_string_lossy().into_owned();
    if let Some(reason) = feature.lacks(feature::version(&release), config()) {
        return Some(reason);
    }
    // The machines of the kernel matrix are booted with all of it.
    let boot = feature.boot.filter(|boot| !is_emulated() && !boot.holds())?;
    Some(format!("{} needs {boot}", feature.name))
}

/// The options that the running kernel was built with, without `CONFIG_`.
fn config() -> &'static BTreeSet<String> {
    static CONFIG: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
        let release = rustix::system::uname().release().to_string_lossy().into_owned();
        let text = fs::read_to_string(format!("/boot/config-{release}")).unwrap_or_else(|_| {
            let output = Command::new("zcat").arg("/proc/config.gz").output().expect("zcat");
            assert!(
                output.status.success(),
                "neither /boot/config-{release} nor /proc/config.gz tells what this kernel has"
            );
            String::from_utf8(output.stdout).expect("a text")
        });
        feature::options(&text)
    });
    &CONFIG
}

/// Whether the tests run in a machine of the kernel matrix, where everything is slow.
pub fn is_emulated() -> bool {
    env::var_os(SKIPS).is_some()
}

/// How many CPUs per-CPU maps have values for.
pub fn possible_cpus() -> usize {
    let text = fs::read_to_string("/sys/devices/system/cpu/possible").expect("sysfs is mounted");
    let last = text.trim().rsplit(['-', ',']).next().expect("a list");
    last.parse::<usize>().expect("a CPU's number") + 1
}
