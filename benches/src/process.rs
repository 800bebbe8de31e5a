//! Child processes that cannot hang the run, on one CPU where that is wanted.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The longest that any program here may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs a tool; what it printed is shown if it fails.
pub(crate) fn must(command: &mut Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot run {command:?}"))?;
    if !output.status.success() {
        let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        bail!("{command:?} failed ({}):\n{out}{error}", output.status);
    }
    Ok(())
}

/// Runs a program on the last CPU that this process may use, and returns what it printed.
pub(crate) fn pinned(command: &mut Command) -> Result<String> {
    let all = sched_getaffinity(None).context("cannot read the allowed CPUs")?;
    let mut one = CpuSet::new();
    one.set((0..CpuSet::MAX_CPU).rev().find(|&cpu| all.is_set(cpu)).context("no CPU is allowed")?);
    // A child is born with its parent's CPUs.
    sched_setaffinity(None, &one).context("cannot choose a CPU")?;
    let running = Running::start(command);
    sched_setaffinity(None, &all).context("cannot choose all CPUs again")?;
    let mut running = running?;
    let output = running.output()?;
    let status = running.child.wait().with_context(|| format!("cannot wait for {command:?}"))?;
    if !status.success() {
        bail!("{command:?} failed: {status}");
    }
    Ok(output)
}

/// A program and its output; ended, if need be by force, when this is dropped.
pub(crate) struct Running {
    child: Child,
    chunks: mpsc::Receiver<Vec<u8>>,
    name: String,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let name = format!("{command:?}");
        let spawned = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let mut child = spawned.with_context(|| format!("cannot run {name}"))?;
        let mut stdout = child.stdout.take().context("the output is a pipe")?;
        let (sender, chunks) = mpsc::channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = stdout.read(&mut buffer)
                && sender.send(buffer[..length].to_vec()).is_ok()
            {}
        });
        Ok(Self { child, chunks, name })
    }

    /// Waits for the first bytes that the program prints.
    pub(crate) fn first_output(&self) -> Result<()> {
        match self.chunks.recv_timeout(PATIENCE) {
            Ok(_) => Ok(()),
            Err(error) => bail!("{} printed nothing: {error}", self.name),
        }
    }

    /// All that the program prints until it closes its output.
    fn output(&mut self) -> Result<String> {
        let end = Instant::now() + PATIENCE;
        let mut output = Vec::new();
        loop {
            match self.chunks.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(chunk) => output.extend(chunk),
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
                Err(mpsc::RecvTimeoutError::Timeout) => bail!("{} did not end within {PATIENCE:?}", self.name),
            }
        }
        String::from_utf8(output).with_context(|| format!("{} printed what is not text", self.name))
    }

    /// Resident memory, in kB.
    pub(crate) fn resident(&self) -> Result<f64> {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let figure = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        figure.with_context(|| format!("{path} has no VmRSS: {} has ended", self.name))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Asked first, so that links are detached in order; errors mean that it has ended.
        let pid = Pid::from_child(&self.child);
        let end = Instant::now() + Duration::from_secs(5);
        if matches!(self.child.try_wait(), Ok(None)) && rustix::process::kill_process(pid, Signal::TERM).is_ok() {
            while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < end {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
