//! A sign of life while something takes long.

use std::io::{IsTerminal, stderr};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::ProgressBar;

/// What ends sooner needs no sign.
const PATIENCE: Duration = Duration::from_millis(300);
/// From one picture to the next.
const PERIOD: Duration = Duration::from_millis(100);

/// Shows on a terminal, after a while, that something goes on; nothing is left of it when it is dropped.
pub(crate) struct Progress(Option<(Sender<()>, JoinHandle<()>)>);

impl Progress {
    /// Shows `message` soon, if standard error is a terminal.
    pub(crate) fn start(message: &'static str) -> Self {
        Self(stderr().is_terminal().then(|| {
            let (ended, end) = mpsc::channel();
            let thread = thread::spawn(move || {
                if end.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout) {
                    return;
                }
                let spinner = ProgressBar::new_spinner().with_message(message);
                while end.recv_timeout(PERIOD) == Err(RecvTimeoutError::Timeout) {
                    spinner.tick();
                }
                spinner.finish_and_clear();
            });
            (ended, thread)
        }))
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((ended, thread)) = self.0.take() {
            drop(ended);
            let _ = thread.join();
        }
    }
}
