//! One source as a guest and as a native program, side by side on the same load.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::example::Example;
use crate::run::{Ended, Run, Running};

/// The same thing in both ways.
#[derive(Debug)]
pub struct Both<T> {
    /// In the runtime.
    pub guest: T,
    /// On native libbpf.
    pub native: T,
}

impl<T> Both<T> {
    /// Does the same to both, the guest first.
    pub fn map<U>(self, mut change: impl FnMut(T) -> U) -> Both<U> {
        Both { guest: change(self.guest), native: change(self.native) }
    }

    /// Both, the guest first.
    pub fn each(&mut self) -> [&mut T; 2] {
        [&mut self.guest, &mut self.native]
    }
}

impl Both<Run> {
    /// An example, run with `options` of the runtime's. The native program is linked with the libbpf that the runtime
    /// is, and has the skeleton that bpftool makes.
    #[track_caller]
    pub fn of(name: &str, options: &[&str]) -> Self {
        let example = Example::must_build(name);
        let native = Run::program(&example.must_build_pure(), name);
        let guest = Run::bare().args(["--argv0", name]).args(options).arg(example.module());
        Self { guest, native }
    }

    /// Each in a network namespace of its own.
    #[track_caller]
    pub fn unshared(name: &str, options: &[&str]) -> Self {
        let example = Example::must_build(name);
        let native: PathBuf = example.must_build_pure();
        Self { guest: Run::unshared().args(options).arg(example.module()), native: Run::unshared_program(&native) }
    }

    /// Adds arguments.
    pub fn args(self, args: &[&str]) -> Self {
        self.map(|run| run.args(args))
    }

    /// Starts both and waits for a line of each, after which they are attached.
    #[track_caller]
    pub fn must_start(self, heading: &str) -> Both<Running> {
        let mut both = Both { guest: self.guest.must_start(), native: self.native.must_start() };
        both.must_print_where(heading, |line| line.contains(heading));
        both
    }

    /// Runs one, then the other, to their ends.
    #[track_caller]
    pub fn must_end(self) -> Both<Ended> {
        Both { guest: self.guest.must_end(), native: self.native.must_end() }
    }
}

impl Both<Running> {
    /// Waits for a line of each.
    #[track_caller]
    pub fn must_print_where(&mut self, what: &str, condition: impl Fn(&str) -> bool) {
        self.guest.must_print_where(what, &condition);
        self.native.must_print_where(what, &condition);
    }

    /// Presses Ctrl-C: both end by themselves, with 0, and nothing stays in the kernel.
    #[track_caller]
    pub fn must_stop(self) -> Both<Ended> {
        Both { guest: self.guest.must_stop(), native: self.native.must_stop() }
    }
}

impl Both<Ended> {
    /// Panics unless both ended in the same way and printed the same, character by character.
    #[track_caller]
    pub fn must_be_equal(&self) {
        let [guest, native] = [&self.guest, &self.native].map(|ended| (ended.code, &ended.stdout, &ended.stderr));
        assert_eq!(guest, native, "the guest's on the left");
    }

    /// Panics unless both printed the same events, which are at least `least`: what `event` makes of each line, in any
    /// order. Their messages are the same, too.
    #[track_caller]
    pub fn must_agree(&self, least: usize, event: impl Fn(&str) -> Option<String>) {
        let [guest, native] = [&self.guest, &self.native].map(|ended| count(ended.stdout.lines().filter_map(&event)));
        assert_eq!(guest, native, "the guest's on the left; {self:#?}");
        assert!(guest.values().sum::<usize>() >= least, "fewer than {least} events: {self:#?}");
        assert_eq!(self.guest.stderr, self.native.stderr, "the guest's on the left");
    }
}

fn count(events: impl Iterator<Item = String>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    events.for_each(|event| *counts.entry(event).or_default() += 1);
    counts
}
