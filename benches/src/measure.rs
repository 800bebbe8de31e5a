//! Interleaved runs, and which of them counts.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::build::{Builder, Mini, Pair};
use crate::process::{self, Running};
use crate::row::Figures;

impl Pair {
    fn ours(&self) -> Command {
        let mut command = Command::new(&self.runtime);
        command.arg(&self.module);
        command
    }

    fn native(&self) -> Command {
        Command::new(&self.native)
    }
}

impl Mini {
    fn ours(&self) -> Command {
        let mut command = Command::new(&self.runtime);
        command.arg(&self.module);
        command
    }
}

/// Programs that measure themselves and print lines of `NAME FIGURE`; `args` are their last arguments.
pub(crate) fn programs(pair: &Pair, runs: usize, short: bool, args: &[String]) -> Result<Vec<(String, Figures)>> {
    let mut samples: BTreeMap<String, [Vec<f64>; 2]> = BTreeMap::new();
    for _ in 0..runs {
        for (side, mut command) in [pair.ours(), pair.native()].into_iter().enumerate() {
            let printed = process::pinned(command.args(short.then_some("short")).args(args))?;
            for line in printed.lines() {
                let (name, figure) = parse(line).with_context(|| format!("{command:?} printed `{line}`"))?;
                samples.entry(name).or_default()[side].push(figure);
            }
        }
    }
    samples.into_iter().map(|(name, sides)| Ok((name, figures(sides)?))).collect()
}

/// Starts of one program: how long each took, in ms, and the memory that the program then had, in kB.
#[derive(Default)]
struct Starts {
    took: Vec<f64>,
    memory: Vec<f64>,
}

impl Starts {
    /// From exec to the first line, which the application prints when it is attached.
    fn measure(&mut self, command: &mut Command) -> Result<()> {
        let begun = Instant::now();
        let running = Running::start(command)?;
        running.first_output()?;
        self.took.push(begun.elapsed().as_secs_f64() * 1000.0);
        // Until it waits for events: what it allocates for that counts too.
        std::thread::sleep(Duration::from_millis(20));
        self.memory.push(running.resident()?);
        Ok(())
    }
}

/// Starts of the application, with all caches filled, with none, and in the small build.
pub(crate) fn application(pair: &Pair, mini: &Mini, runs: usize) -> Result<Vec<(&'static str, Figures)>> {
    let [mut warm, mut cold, mut small, mut native]: [Starts; 4] = Default::default();
    // What can be cached is, from the first run on.
    Starts::default().measure(&mut pair.ours())?;
    Starts::default().measure(&mut mini.ours())?;
    for _ in 0..runs {
        warm.measure(&mut pair.ours())?;
        native.measure(&mut pair.native())?;
        cold.measure(pair.ours().env("XDG_CACHE_HOME", mini.empty_cache()?))?;
        small.measure(&mut mini.ours())?;
    }
    Ok(vec![
        ("start_warm", figures([warm.took, native.took.clone()])?),
        ("start_cold", figures([cold.took, native.took])?),
        ("rss", figures([warm.memory, native.memory.clone()])?),
        ("rss_mini", figures([small.memory, native.memory])?),
    ])
}

/// What has to be shipped.
pub(crate) fn sizes(pair: &Pair, mini: &Mini, builder: &Builder) -> Result<Vec<(&'static str, Figures)>> {
    let native = size(&pair.native)?;
    Ok(vec![
        ("size_full", Figures { ours: size(&builder.stripped_runtime()?)?, native }),
        ("size_mini", Figures { ours: size(&mini.runtime)?, native }),
        ("size_guest", Figures { ours: size(&pair.module)?, native }),
    ])
}

fn size(path: &Path) -> Result<f64> {
    let data = path.metadata().with_context(|| format!("cannot read {}", path.display()))?;
    Ok(data.len() as f64)
}

fn parse(line: &str) -> Option<(String, f64)> {
    let (name, figure) = line.split_once(' ')?;
    Some((name.to_owned(), figure.parse().ok()?))
}

/// The pair of neighbouring runs whose ratio is the middle one: what slows the machine down for a while, slows down both.
fn figures([ours, native]: [Vec<f64>; 2]) -> Result<Figures> {
    if ours.len() != native.len() {
        bail!("one side printed {} figures and the other {}", ours.len(), native.len());
    }
    let mut pairs: Vec<Figures> = ours.into_iter().zip(native).map(|(ours, native)| Figures { ours, native }).collect();
    pairs.sort_by(|a, b| a.ratio().total_cmp(&b.ratio()));
    pairs.get(pairs.len() / 2).copied().context("nothing was measured")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_spell_does_not_count() {
        // The machine is slow from the middle of the second pair to that of the fourth.
        let ours = vec![11.0, 11.0, 33.0, 33.0, 11.0];
        let native = vec![10.0, 30.0, 30.0, 10.0, 10.0];
        let middle = figures([ours, native]).expect("pairs");
        assert!((middle.ratio() - 1.1).abs() < 1e-9, "{middle:?}");
    }

    #[test]
    fn both_sides_have_to_print_the_same() {
        assert!(figures([vec![1.0, 2.0], vec![1.0]]).is_err());
        assert!(figures([vec![], vec![]]).is_err());
        assert!(parse("ring_1 fast").is_none() && parse("ring_1").is_none());
        assert_eq!(parse("ring_1 8.250"), Some(("ring_1".to_owned(), 8.25)));
    }
}
