//! `make test-kernels`: the integration tests on Debian's kernels from 5.10 to the newest, in virtual machines.
//!
//! ```text
//!   scripts/kernels --> target/kernels/RELEASE    guests, examples, test binaries, tools --> image (an initramfs)
//!                                  \                /
//!                                   qemu-system-x86_64     init runs each suite, its output comes over the serial line
//!                                          |
//!                          table: test x kernel, and the verdict
//! ```
//!
//! KERNELS="6.1 6.12" chooses kernels; ONLY=xdp chooses suites and tests whose names contain the word;
//! VERBOSE=1 shows what the machines print, and the processor time of each suite.

mod image;
mod kernels;
mod machine;
mod qemu;
mod report;
mod suites;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs, thread};

use anyhow::{Context, Result};

use image::Image;
use kernels::Kernel;
use qemu::Qemu;
use report::{Outcome, Report};

/// Machines at a time: each has one processor, and emulation keeps a processor of the host busy.
fn at_a_time() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

fn main() -> Result<ExitCode> {
    let only = env::var("ONLY").ok().filter(|word| !word.is_empty());
    let wanted = env::var("KERNELS").unwrap_or_default();
    let wanted: Vec<&str> = wanted.split([' ', ',']).filter(|series| !series.is_empty()).collect();

    let folder = target()?.join("kernels");
    let kernels = kernels::fetch(&folder, &wanted)?;
    let suites = suites::build(only.as_deref())?;
    let qemu = Qemu::find(&folder)?;
    let image = Image::pack(&folder, &suites, &qemu)?;
    let outcomes = run(&qemu, &kernels, &image)?;
    let profile = env::var_os("VERBOSE").is_some();
    let report = Report { outcomes: &outcomes, chosen: !wanted.is_empty(), profile };
    print!("{report}");
    Ok(if report.failed() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs the machines, those of the newest kernels first: they skip least, and take longest.
fn run(qemu: &Qemu, kernels: &[Kernel], image: &Image) -> Result<Vec<Outcome>> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    thread::scope(|scope| {
        let work = || -> Result<()> {
            while let Some(index) = kernels.len().checked_sub(next.fetch_add(1, Ordering::Relaxed) + 1) {
                let kernel = &kernels[index];
                let run = match &kernel.release {
                    Ok(release) => Ok(machine::boot(qemu, release, image).context(kernel.series.clone())?),
                    Err(reason) => Err(reason.clone()),
                };
                done.lock().expect("no panic").push((index, Outcome { series: kernel.series.clone(), run }));
            }
            Ok(())
        };
        let workers: Vec<_> = (0..at_a_time()).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().expect("no panic"))
    })?;
    let mut done = done.into_inner().expect("no panic");
    done.sort_by_key(|(index, _)| *index);
    Ok(done.into_iter().map(|(_, outcome)| outcome).collect())
}

/// The folder above `release/`, where this program is.
fn target() -> Result<PathBuf> {
    let own = env::current_exe().context("cannot tell where this program is")?;
    let target = own.parent().and_then(Path::parent).context("this program is not in target/release")?;
    fs::create_dir_all(target.join("kernels")).context("cannot create target/kernels")?;
    Ok(target.to_owned())
}
