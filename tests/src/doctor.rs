//! What `wasm-bpf doctor --json` prints.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::run::{Ended, Run};

/// A report, by group and name of its checks.
pub struct Report {
    /// All of it.
    pub whole: Value,
    checks: BTreeMap<(String, String), Value>,
}

impl Report {
    /// That of root on this machine.
    #[track_caller]
    pub fn must_get() -> Self {
        Self::of(&Run::bare().args(["doctor", "--json"]).must_end().must_exit(0))
    }

    /// What a run has printed.
    #[track_caller]
    pub fn of(ended: &Ended) -> Self {
        let whole: Value =
            serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}:\n{}", ended.stdout));
        let checks = whole["checks"].as_array().expect("a list").iter().map(|check| {
            let text =
                |field: &str| check[field].as_str().unwrap_or_else(|| panic!("no {field} in {check}")).to_owned();
            // Every field is there, always.
            ["status", "value", "why", "advice"].iter().for_each(|field| drop(text(field)));
            ((text("group"), text("name")), check.clone())
        });
        Self { checks: checks.collect(), whole }
    }

    /// A check, which must be there.
    #[track_caller]
    pub fn check(&self, group: &str, name: &str) -> &Value {
        let found = self.checks.get(&(group.to_owned(), name.to_owned()));
        found.unwrap_or_else(|| panic!("no check {group} {name}: {:?}", self.checks.keys()))
    }

    /// Whether it is.
    #[track_caller]
    pub fn is_ok(&self, group: &str, name: &str) -> bool {
        self.check(group, name)["status"] == "ok"
    }

    /// The names of a group's checks with their status.
    pub fn group(&self, group: &str) -> BTreeMap<&str, &str> {
        let own = self.checks.iter().filter(|((of, _), _)| of == group);
        own.map(|((_, name), check)| (name.as_str(), check["status"].as_str().expect("a text"))).collect()
    }
}
