//! Threads that start at once.
//!
//! On kernels that spare virtual processors, a thread starts where its creator runs, or where it was woken, and waits there for
//! milliseconds: until the others wait themselves, or the scheduler balances. A first start takes some twenty of them. So
//! threads that it waits for go to processors of their own.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, Scope};

use rayon::ThreadPoolBuilder;
use rustix::thread::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity};

/// On how many processors at most: a small module is compiled by then before more threads are there.
const MOST: usize = 8;

/// Does `work` on a thread whose parallel iterators (rayon's) have all processors, a thread each. For work of milliseconds:
/// the scheduler cannot move these threads away from what else runs there.
pub(crate) fn on_all<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    let places = Places::new();
    let threads = thread::available_parallelism().map_or(1, |all| all.get().min(MOST));
    match ThreadPoolBuilder::new().num_threads(threads).start_handler(move |_| places.take()).build() {
        Ok(pool) => pool.install(work),
        Err(error) => {
            tracing::debug!("no threads of their own: {error}");
            work()
        }
    }
}

/// Does `work` on a thread that starts on another processor, if there is one. Without a thread it is not done.
pub(crate) fn apart<'scope>(scope: &'scope Scope<'scope, '_>, work: impl FnOnce() + Send + 'scope) {
    let places = Places::new();
    let start = move || {
        places.take();
        places.free();
        work();
    };
    if thread::Builder::new().spawn_scoped(scope, start).is_ok() {
        // It has to run where it was created to leave from there.
        thread::yield_now();
    }
}

/// The processors that threads may run on.
struct Places {
    allowed: CpuSet,
    /// Their numbers, from the creator's next one on; its own is the last.
    order: Vec<usize>,
    taken: AtomicUsize,
}

impl Places {
    fn new() -> Self {
        // With more processors than a set has room for, none is known.
        let allowed = sched_getaffinity(None).unwrap_or_default();
        let here = sched_getcpu();
        let next = (1..=CpuSet::MAX_CPU).map(|step| (here + step) % CpuSet::MAX_CPU);
        Self { allowed, order: next.filter(|cpu| allowed.is_set(*cpu)).collect(), taken: AtomicUsize::new(0) }
    }

    /// Moves the calling thread to the next processor, if there are some. Where that fails it starts later, and that is all.
    fn take(&self) {
        if self.order.len() > 1 {
            let mut own = CpuSet::new();
            own.set(self.order[self.taken.fetch_add(1, Ordering::Relaxed) % self.order.len()]);
            let _ = sched_setaffinity(None, &own);
        }
    }

    /// Lets the calling thread run on any of them.
    fn free(&self) {
        let _ = sched_setaffinity(None, &self.allowed);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_thread_has_a_processor_of_its_own() {
        let places = on_all(|| rayon::broadcast(|_| sched_getaffinity(None).unwrap()));
        let of = |set: &CpuSet| (0..CpuSet::MAX_CPU).filter(|cpu| set.is_set(*cpu)).collect::<Vec<_>>();
        let taken: HashSet<Vec<usize>> = places.iter().map(of).collect();
        let allowed = of(&sched_getaffinity(None).unwrap());
        assert!(taken.iter().all(|place| place.len() == 1 && allowed.contains(&place[0])));
        assert_eq!(taken.len(), places.len().min(allowed.len()));
    }

    #[test]
    fn a_thread_that_starts_apart_is_free() {
        let allowed = sched_getaffinity(None).unwrap();
        let mut seen = None;
        thread::scope(|scope| apart(scope, || seen = sched_getaffinity(None).ok()));
        assert_eq!(seen, Some(allowed));
    }
}
