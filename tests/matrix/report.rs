//! The table, and the verdict.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use crate::machine::{Machine, Verdict};

/// Kernels that have to run where nobody chose them.
const ENOUGH: usize = 4;

/// A series, and what its machine told, or why there was none.
pub(crate) struct Outcome {
    pub(crate) series: String,
    pub(crate) run: Result<Machine, String>,
}

/// All of a matrix.
pub(crate) struct Report<'a> {
    pub(crate) outcomes: &'a [Outcome],
    /// Whether the kernels were chosen: then each has to run.
    pub(crate) chosen: bool,
    /// Whether to tell what each suite took.
    pub(crate) profile: bool,
}

impl Machine {
    fn passed(&self) -> bool {
        self.complete && self.count(|verdict| *verdict == Verdict::Fail) == 0
    }

    fn count(&self, is: impl Fn(&Verdict) -> bool) -> usize {
        self.tests.values().filter(|verdict| is(verdict)).count()
    }
}

impl Report<'_> {
    fn machines(&self) -> impl Iterator<Item = &Machine> {
        self.outcomes.iter().filter_map(|outcome| outcome.run.as_ref().ok())
    }

    /// Kernels with a failed test, and those that could not be fetched where too few ran.
    pub(crate) fn failed(&self) -> usize {
        let ran = self.machines().count();
        let missing = self.outcomes.len() - ran;
        let failed = self.machines().filter(|machine| !machine.passed()).count();
        if self.chosen || ran < ENOUGH { failed + missing } else { failed }
    }
}

impl Report<'_> {
    /// The seconds of a processor that each suite took on each kernel, and what came before the first one.
    fn write_profile(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rows: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (column, machine) in self.machines().enumerate() {
            let mut before = Duration::ZERO;
            for (suite, until) in &machine.suites {
                let row = rows.entry(suite).or_default();
                row.resize(column, "-".into());
                row.push(format!("{:.1}", (*until - before).as_secs_f64()));
                before = *until;
            }
        }
        for (suite, cells) in rows {
            write!(f, "{suite:20}")?;
            cells.iter().try_for_each(|cell| write!(f, " {cell:>6}"))?;
            writeln!(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for machine in self.machines().filter(|machine| !machine.passed()) {
            writeln!(f, "{}:\n{}", machine.release, machine.messages)?;
        }
        let tests: BTreeSet<&(String, String)> = self.machines().flat_map(|machine| machine.tests.keys()).collect();
        let width = tests.iter().map(|(suite, test)| suite.len() + test.len() + 2).max().unwrap_or(0);
        write!(f, "{:width$}", "")?;
        self.outcomes.iter().try_for_each(|outcome| write!(f, " {:>5}", outcome.series))?;
        writeln!(f)?;
        let mut reasons: Vec<&str> = Vec::new();
        for key in tests {
            write!(f, "{:width$}", format!("{}::{}", key.0, key.1))?;
            for outcome in self.outcomes {
                let cell = match outcome.run.as_ref().ok().and_then(|machine| machine.tests.get(key)) {
                    Some(Verdict::Pass) => "pass".to_owned(),
                    Some(Verdict::Fail) => "FAIL".to_owned(),
                    Some(Verdict::Skip(reason)) => {
                        let known = reasons.iter().position(|known| known == reason);
                        let index = known.unwrap_or(reasons.len());
                        if known.is_none() {
                            reasons.push(reason);
                        }
                        format!("[{}]", index + 1)
                    }
                    None => "-".to_owned(),
                };
                write!(f, " {cell:>5}")?;
            }
            writeln!(f)?;
        }
        writeln!(f)?;
        for (index, reason) in reasons.iter().enumerate() {
            writeln!(f, "[{}] skipped: {reason}", index + 1)?;
        }
        for outcome in self.outcomes {
            match &outcome.run {
                Ok(machine) => {
                    let [pass, fail] =
                        [Verdict::Pass, Verdict::Fail].map(|wanted| machine.count(|verdict| *verdict == wanted));
                    let skip = machine.tests.len() - pass - fail;
                    let (seconds, busy) = (machine.duration.as_secs(), machine.processor.as_secs());
                    let end = if machine.complete { "" } else { ", and the machine ended early" };
                    writeln!(
                        f,
                        "{}: {pass} passed, {fail} failed, {skip} skipped in {seconds} s, of a processor {busy} s{end}",
                        machine.release
                    )?;
                }
                Err(reason) => writeln!(f, "{}: could not be fetched: {reason}", outcome.series)?,
            }
        }
        if self.profile {
            self.write_profile(f)?;
        }
        let passed = self.machines().filter(|machine| machine.passed()).count();
        writeln!(f, "kernels: {passed} passed, {} failed", self.failed())
    }
}
