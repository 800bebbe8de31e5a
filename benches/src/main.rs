//! `make bench`: guests side by side with the same programs on native libbpf.
//!
//! ```text
//!   NAME.bpf.c --wasm-bpf build--> NAME.skel.h --+-- NAME.c --wasm-bpf build--> NAME.wasm   A    run A B A B ...,
//!                                                +-- NAME.c --cc + libbpf.a---> NAME        B    middle pair, table
//! ```
//!
//! docs/benchmarks.md tells what the rows mean. SHORT=1 in the environment runs everything once, briefly, to see that it works.

mod build;
mod measure;
mod process;
mod producer;
mod report;
mod row;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use build::Builder;
use producer::Producer;
use report::Report;

/// Interleaved runs of each program; of the application that starts, more, since a start is short and varies most.
const RUNS: usize = 9;
const STARTS: usize = 15;
/// A flood takes seconds.
const FLOODS: usize = 5;

fn main() -> Result<()> {
    if !rustix::process::geteuid().is_root() {
        bail!("loading BPF programs needs root: run `make bench`, which asks sudo, or this program as root");
    }
    let short = std::env::var_os("SHORT").is_some_and(|value| !value.is_empty() && value != "0");
    let (runs, starts) = if short { (1, 1) } else { (RUNS, STARTS) };
    let target = target()?;
    let builder = Builder::new(&target, short)?;

    let mut report = Report::new(&target.join("bench/summary.tsv"));
    for benchmark in build::BENCHMARKS {
        let pair = builder.build(benchmark)?;
        for (name, figures) in measure::programs(&pair, runs, short, &[])? {
            report.add(&name, figures)?;
        }
    }
    let pair = builder.build(build::FLOOD)?;
    let producer = Producer::start()?;
    for (name, figures) in measure::programs(&pair, if short { 1 } else { FLOODS }, short, &[producer.tid()])? {
        report.add(&name, figures)?;
    }
    drop(producer);
    let pair = builder.build(build::APPLICATION)?;
    let mini = builder.mini(&pair)?;
    for (name, figures) in measure::application(&pair, &mini, starts)? {
        report.add(name, figures)?;
    }
    for (name, figures) in measure::sizes(&pair, &mini, &builder)? {
        report.add(name, figures)?;
    }
    report.finish()
}

/// The folder above `release/`, where this program and wasm-bpf are.
fn target() -> Result<PathBuf> {
    let own = std::env::current_exe().context("cannot tell where this program is")?;
    let target = own.parent().and_then(Path::parent).context("this program is not in target/release")?;
    Ok(target.to_owned())
}
