//! A native thread that makes records on demand: it calls getpgid(2), a system call that nothing else makes often,
//! and the suite's BPF programs look at this thread's calls only.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

/// The thread; ends when dropped.
pub struct Producer {
    tid: u32,
    orders: Sender<u32>,
    done: Receiver<()>,
}

impl Producer {
    /// Starts it, on one CPU for its whole life: per-CPU perf buffers keep the order of one CPU only.
    pub fn start() -> Self {
        let (orders, received) = channel::<u32>();
        let (finished, done) = channel();
        let (told, tid) = channel();
        thread::spawn(move || {
            stay_on_one_cpu();
            told.send(rustix::thread::gettid().as_raw_nonzero().get() as u32).expect("the test waits");
            for count in received {
                for _ in 0..count {
                    rustix::process::getpgid(None).expect("a process has a group");
                }
                if finished.send(()).is_err() {
                    break;
                }
            }
        });
        Self { tid: tid.recv().expect("the thread starts"), orders, done }
    }

    /// Its thread id, as a guest takes it.
    pub fn tid(&self) -> String {
        self.tid.to_string()
    }

    /// Calls getpgid `count` times; back when that is done.
    #[track_caller]
    pub fn produce(&self, count: u32) {
        self.orders.send(count).expect("the thread runs");
        self.done.recv().expect("the thread runs");
    }
}

/// Keeps the calling thread, and those that it starts, on the CPU that it runs on.
pub fn stay_on_one_cpu() {
    let mut cpus = rustix::thread::CpuSet::new();
    cpus.set(rustix::thread::sched_getcpu());
    rustix::thread::sched_setaffinity(None, &cpus).expect("a CPU that runs us may be chosen");
}
