//! All benchmarks, once and short: they build, run and report. Times are not judged.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

#[test]
fn every_row_is_measured() {
    let driver = Path::new(env!("CARGO_BIN_EXE_wasm-bpf-benches"));
    let output = Command::new(driver).env("SHORT", "1").output().expect("the driver runs");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}{}", String::from_utf8_lossy(&output.stderr));

    let path = printed.lines().last().expect("the last line names the summary");
    let summary = std::fs::read_to_string(path).expect("the summary");
    let mut lines = summary.lines();
    assert_eq!(lines.next(), Some("name\tours\tnative\tratio\tunit"));
    let rows: BTreeMap<&str, Vec<&str>> = lines
        .map(|line| line.split_once('\t').expect("columns"))
        .map(|(name, rest)| (name, rest.split('\t').collect()))
        .collect();
    let measured = "ring_1000 ring_16 ring_1 ring_flood ring_flood_tuned ring_latency perf_buffer map_lookup map_update \
                    map_walk global_read global_write array_read arena_lookup start_warm start_cold rss rss_mini \
                    size_full size_mini size_guest";
    for name in measured.split_whitespace() {
        let [ours, native, ratio, _unit] = rows[name][..] else { panic!("{name} has other columns: {:?}", rows[name]) };
        let [ours, native, ratio] = [ours, native, ratio].map(|text| text.parse::<f64>().expect("a number"));
        assert!(ours.is_finite() && native.is_finite() && !ratio.is_nan(), "{name}: {:?}", rows[name]);
        // Few short runs may find that something took no time at all; memory and sizes are never nothing.
        if name.starts_with("rss") || name.starts_with("size") {
            assert!(ours > 0.0 && native > 0.0, "{name}: {ours} against {native}");
            assert!((ratio - ours / native).abs() < 0.001, "{name}: {ratio} is not {ours} / {native}");
        }
    }
    assert_eq!(rows.len(), 21, "{summary}");
}
