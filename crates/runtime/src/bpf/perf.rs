//! Perf buffers: one per CPU, for `bpf_perf_event_output`.

pub(crate) use super::sys::perf::{PerfRecord, RawPerf as Perf};
