//! Symbols of processes, found by a thread of their own: reading a stranger's file can take long, and may fail in any
//! way. Whoever asks waits for the thread as for a descriptor, so that a signal or a time limit cuts the wait short.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread;

use rustix::event::{EventfdFlags, eventfd};
use rustix::io::{Errno, read, write};

use super::Symbol;
use super::maps;
use super::object::Objects;
use crate::shm::mapped;

/// How many threads may be left to their files before no new one is started.
const MAX_GIVEN_UP: u32 = 4;

/// A question.
pub(crate) struct Question {
    pub(crate) pid: u32,
    pub(crate) addresses: Vec<u64>,
    /// Whether files and lines are wanted.
    pub(crate) lines: bool,
}

/// What is known of each address, in the order of the question.
pub(crate) type Answer = Result<Vec<Symbol>, Errno>;

/// Answers questions, one after the other.
#[derive(Default)]
pub(crate) struct Symbolizer {
    worker: Option<Worker>,
    last: u64,
    given_up: u32,
}

struct Worker {
    questions: Sender<(u64, Question)>,
    answers: Receiver<(u64, Answer)>,
    /// Readable once there is an answer, or the thread has ended.
    ready: Arc<OwnedFd>,
}

impl Symbolizer {
    /// Hands a question in: its number. ETIMEDOUT once too many threads hang.
    pub(crate) fn ask(&mut self, question: Question) -> Result<u64, Errno> {
        let worker = match self.worker.take() {
            Some(worker) => worker,
            None if self.given_up >= MAX_GIVEN_UP => return Err(Errno::TIMEDOUT),
            None => Worker::start()?,
        };
        self.last += 1;
        // A thread that has ended is noticed when its answer is taken.
        let _ = worker.questions.send((self.last, question));
        self.worker = Some(worker);
        Ok(self.last)
    }

    /// The answer to a question, if it is there; those to earlier questions are dropped. EIO: the thread has ended.
    pub(crate) fn take(&mut self, number: u64) -> Option<Answer> {
        let worker = self.worker.as_ref()?;
        // What it announces is looked at next.
        let _ = read(&*worker.ready, &mut [0; 8]);
        loop {
            match worker.answers.try_recv() {
                Ok((of, answer)) if of == number => return Some(answer),
                Ok(_) => {}
                Err(TryRecvError::Empty) => return None,
                Err(TryRecvError::Disconnected) => {
                    self.worker = None;
                    return Some(Err(Errno::IO));
                }
            }
        }
    }

    /// What to wait for after a question.
    pub(crate) fn ready(&self) -> Option<BorrowedFd<'_>> {
        self.worker.as_ref().map(|worker| worker.ready.as_fd())
    }

    /// Leaves the thread to what it hangs in: the next question starts another.
    pub(crate) fn give_up(&mut self) {
        self.worker = None;
        self.given_up += 1;
    }
}

impl Worker {
    fn start() -> Result<Self, Errno> {
        let ready = Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?);
        let (questions, asked) = channel::<(u64, Question)>();
        let (answer, answers) = channel();
        let outlet = Outlet { answer, bell: Bell(Arc::clone(&ready)) };
        let body = move || {
            // Files may shrink while they are read.
            mapped::tolerate();
            let mut objects = Objects::new();
            for (number, question) in asked {
                if outlet.answer.send((number, symbols(&mut objects, &question))).is_err() {
                    return;
                }
                outlet.bell.ring();
            }
        };
        let started = thread::Builder::new().name("symbols".into()).spawn(body);
        started.map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::AGAIN))?;
        Ok(Self { questions, answers, ready })
    }
}

/// The thread's end of the answers: dropped in this order, the bell announces the end too.
struct Outlet {
    answer: Sender<(u64, Answer)>,
    bell: Bell,
}

struct Bell(Arc<OwnedFd>);

impl Bell {
    fn ring(&self) {
        // A full counter is as readable as any other.
        let _ = write(&*self.0, &1u64.to_ne_bytes());
    }
}

impl Drop for Bell {
    fn drop(&mut self) {
        self.ring();
    }
}

/// What is known of each address of a process.
fn symbols(objects: &mut Objects, question: &Question) -> Answer {
    let mut order: Vec<usize> = (0..question.addresses.len()).collect();
    order.sort_by_key(|&index| question.addresses[index]);
    let sorted: Vec<u64> = order.iter().map(|&index| question.addresses[index]).collect();
    let mut answer = vec![Symbol::default(); sorted.len()];
    for mapping in maps::of(question.pid, &sorted)? {
        let part = maps::within(&sorted, &mapping.range);
        let found = objects.symbols(question.pid, &mapping, &sorted[part.clone()], question.lines);
        for (&index, symbol) in order[part].iter().zip(found) {
            answer[index] = symbol;
        }
    }
    Ok(answer)
}
