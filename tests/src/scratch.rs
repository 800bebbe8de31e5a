//! Things of the system's that a test makes for itself and takes away again.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use crate::guest::must_build_native;
use crate::process::must_run;
use crate::wait::must_become;

/// Where cgroup2 is mounted, in order of preference.
const MOUNTS: [&str; 2] = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"];

/// An empty cgroup, removed when dropped.
pub struct Cgroup {
    path: PathBuf,
}

impl Cgroup {
    /// Makes one.
    #[track_caller]
    pub fn must_make() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let is_cgroup2 = |path: &&&str| Path::new(path).join("cgroup.controllers").exists();
        let mount = MOUNTS.iter().find(is_cgroup2).expect("cgroup2 is mounted at /sys/fs/cgroup[/unified]");
        let name = format!("wb-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = Path::new(mount).join(name);
        fs::create_dir(&path).expect("root may make a cgroup");
        Self { path }
    }

    /// Its directory.
    pub fn path(&self) -> &str {
        self.path.to_str().expect("plain characters")
    }

    /// Runs `native/sockets.c` as a process of it; the line that it prints.
    #[track_caller]
    pub fn must_run_sockets(&self, args: &[&str]) -> String {
        let program = must_build_native("sockets");
        let script = format!("echo $$ > {}/cgroup.procs && exec {} {}", self.path(), program.display(), args.join(" "));
        must_run("bash", &["-c", &script]).trim_end().to_owned()
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        if thread::panicking() {
            let _ = fs::remove_dir(&self.path);
            return;
        }
        // A process that has ended leaves its cgroup a little later.
        must_become("the cgroup is empty", || fs::remove_dir(&self.path).is_ok());
    }
}
