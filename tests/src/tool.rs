//! Debian's native builds of the well-known tools: package `libbpf-tools`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::run::{Run, Running};
use crate::wait::must_become;

/// Starts a tool with its output in whole lines; `None` where there is no such package, which the test says. On
/// Debian there is, so there the test fails instead.
#[track_caller]
pub fn start_tool(name: &str, args: &[&str]) -> Option<Running> {
    let places = [format!("/usr/sbin/{name}"), format!("/usr/sbin/{name}-libbpf")];
    let Some(place) = places.iter().map(PathBuf::from).find(|place| place.is_file()) else {
        let system = fs::read_to_string("/etc/os-release").unwrap_or_default();
        let debian = system.lines().any(|line| line == "ID=debian");
        assert!(!debian, "{name} is missing: `scripts/install-deps` installs the package libbpf-tools");
        eprintln!("skipped: {name} is in Debian's package libbpf-tools");
        return None;
    };
    Some(Run::program(Path::new("stdbuf"), "stdbuf").arg("-oL").arg(place).args(args).must_start())
}

impl Running {
    /// Makes something happen again and again until a line tells of it. Some tools say that they trace before they do.
    #[track_caller]
    pub fn must_notice(&mut self, what: &str, mut make: impl FnMut(), condition: impl Fn(&str) -> bool) {
        must_become(what, || {
            make();
            self.has_printed(&condition)
        });
    }
}
