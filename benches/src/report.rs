//! The table, and the same for programs: target/bench/summary.tsv.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::row::{Figures, Goal, ROWS};

pub(crate) struct Report {
    path: PathBuf,
    /// In the order of `ROWS`.
    figures: Vec<Option<Figures>>,
}

impl Report {
    pub(crate) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), figures: vec![None; ROWS.len()] }
    }

    pub(crate) fn add(&mut self, name: &str, figures: Figures) -> Result<()> {
        let Some(at) = ROWS.iter().position(|row| row.name == name) else { bail!("no row is called `{name}`") };
        self.figures[at] = Some(figures);
        Ok(())
    }

    /// Prints the table and writes the file. A row that nothing was measured for is an error.
    pub(crate) fn finish(&self) -> Result<()> {
        let mut summary = String::from("name\tours\tnative\tratio\tunit\n");
        println!("{:<16} {:>12} {:>12} {:>8} {:<9} goal", "name", "ours", "native", "ratio", "unit");
        for (row, figures) in ROWS.iter().zip(&self.figures) {
            let figures = figures.with_context(|| format!("nothing was measured for `{}`", row.name))?;
            let Figures { ours, native } = figures;
            let ratio = figures.ratio();
            let goal = match row.goal {
                Goal::Ratio(most) => format!("ratio {most}"),
                Goal::Ours(most) => format!("ours {most}"),
            };
            let mark = if row.goal.is_met(figures) { "" } else { "  ABOVE" };
            let shown = [number(ours), number(native)];
            println!("{:<16} {:>12} {:>12} {ratio:>8.3} {:<9} {goal}{mark}", row.name, shown[0], shown[1], row.unit);
            writeln!(summary, "{}\t{ours:.3}\t{native:.3}\t{ratio:.3}\t{}", row.name, row.unit)?;
        }
        std::fs::write(&self.path, summary).with_context(|| format!("cannot write {}", self.path.display()))?;
        println!("{}", self.path.display());
        Ok(())
    }
}

/// With decimals where they say something.
fn number(figure: f64) -> String {
    if figure < 1000.0 { format!("{figure:.2}") } else { format!("{figure:.0}") }
}
