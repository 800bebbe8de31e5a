//! The rows of the table: what each is called, its unit, and what it is to reach.

/// What is wanted of a row.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Goal {
    /// Ours divided by native's is at most this.
    Ratio(f64),
    /// Ours is at most this, in the row's unit.
    Ours(f64),
}

/// A line of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    /// What programs and files call it.
    pub(crate) name: &'static str,
    /// Of both figures; less is better.
    pub(crate) unit: &'static str,
    pub(crate) goal: Goal,
}

/// All rows, in the table's order.
pub(crate) const ROWS: &[Row] = &[
    Row { name: "ring_1000", unit: "ns/event", goal: Goal::Ratio(1.05) },
    Row { name: "ring_16", unit: "ns/event", goal: Goal::Ratio(1.3) },
    Row { name: "ring_1", unit: "ns/event", goal: Goal::Ratio(1.8) },
    Row { name: "ring_flood", unit: "ns/event", goal: Goal::Ratio(1.0) },
    Row { name: "ring_flood_tuned", unit: "ns/event", goal: Goal::Ratio(1.1) },
    Row { name: "ring_latency", unit: "ns", goal: Goal::Ratio(1.1) },
    Row { name: "perf_buffer", unit: "ns/event", goal: Goal::Ratio(1.3) },
    Row { name: "map_lookup", unit: "ns", goal: Goal::Ratio(1.05) },
    Row { name: "map_update", unit: "ns", goal: Goal::Ratio(1.05) },
    Row { name: "map_walk", unit: "ns/entry", goal: Goal::Ratio(1.1) },
    Row { name: "global_read", unit: "ns", goal: Goal::Ratio(1.2) },
    Row { name: "global_write", unit: "ns", goal: Goal::Ratio(1.2) },
    Row { name: "arena_lookup", unit: "ns", goal: Goal::Ratio(1.2) },
    Row { name: "array_read", unit: "ns", goal: Goal::Ratio(1.2) },
    Row { name: "start_warm", unit: "ms", goal: Goal::Ratio(0.6) },
    Row { name: "start_cold", unit: "ms", goal: Goal::Ratio(3.0) },
    Row { name: "rss", unit: "kB", goal: Goal::Ratio(4.0) },
    Row { name: "rss_mini", unit: "kB", goal: Goal::Ratio(2.3) },
    Row { name: "size_full", unit: "bytes", goal: Goal::Ours(12_000_000.0) },
    Row { name: "size_mini", unit: "bytes", goal: Goal::Ours(1_500_000.0) },
    Row { name: "size_guest", unit: "bytes", goal: Goal::Ours(45_000.0) },
];

/// What was measured for a row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figures {
    pub(crate) ours: f64,
    pub(crate) native: f64,
}

impl Figures {
    pub(crate) fn ratio(self) -> f64 {
        self.ours / self.native
    }
}

impl Goal {
    pub(crate) fn is_met(self, figures: Figures) -> bool {
        match self {
            Self::Ratio(most) => figures.ratio() <= most,
            Self::Ours(most) => figures.ours <= most,
        }
    }
}
