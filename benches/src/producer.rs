//! A thread that makes events on a CPU of its own, as fast as it can: each of its system calls is seen by a program.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use anyhow::{Context, Result};
use rustix::thread::{CpuSet, gettid, sched_getaffinity, sched_setaffinity};

/// Runs until it is dropped.
pub(crate) struct Producer {
    tid: i32,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Producer {
    /// Starts on the first CPU that this process may use: what is measured runs on the last one.
    pub(crate) fn start() -> Result<Self> {
        let all = sched_getaffinity(None).context("cannot read the allowed CPUs")?;
        let mut one = CpuSet::new();
        one.set((0..CpuSet::MAX_CPU).find(|&cpu| all.is_set(cpu)).context("no CPU is allowed")?);
        let ended = Arc::new(AtomicBool::new(false));
        let (sender, receiver) = mpsc::channel();
        let watched = Arc::clone(&ended);
        let thread = thread::spawn(move || {
            let placed = sched_setaffinity(None, &one).map(|()| gettid().as_raw_nonzero().get());
            if sender.send(placed).is_err() {
                return;
            }
            while !watched.load(Ordering::Relaxed) {
                let _ = rustix::process::getpgid(None);
            }
        });
        let tid = receiver.recv().context("the producer has ended")?.context("cannot choose a CPU")?;
        Ok(Self { tid, ended, thread: Some(thread) })
    }

    /// The thread that a program is to look for.
    pub(crate) fn tid(&self) -> String {
        self.tid.to_string()
    }
}

impl Drop for Producer {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // It cannot panic.
            let _ = thread.join();
        }
    }
}
