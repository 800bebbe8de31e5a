//! libbpf's log lines of one instance, kept until somebody asks for them.

use std::collections::VecDeque;

use super::sys::log::{Level, Line, capture};
use crate::error::Error;

/// The most text that is kept where nobody says how much, in bytes; the oldest lines go first.
const MAX_KEPT: usize = 2 << 20;

/// The lines of one instance.
pub(crate) struct Log {
    level: Option<Level>,
    lines: VecDeque<Line>,
    bytes: usize,
    limit: usize,
}

impl Log {
    /// Keeps warnings and information, as libbpf's own default does.
    pub(crate) fn new() -> Self {
        Self { level: Some(Level::Info), lines: VecDeque::new(), bytes: 0, limit: MAX_KEPT }
    }

    /// Keeps `limit` bytes of text.
    pub(crate) fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// Keeps lines up to `level`; `None` keeps nothing.
    pub(crate) fn set_level(&mut self, level: Option<Level>) {
        self.level = level;
    }

    /// Runs `call`; what libbpf says meanwhile is kept, and returned as far as it is a warning.
    pub(crate) fn during<R>(&mut self, call: impl FnOnce() -> R) -> (R, Vec<Line>) {
        let (result, mut lines) = capture(self.level.unwrap_or(Level::Warn), call);
        if let Some(level) = self.level {
            for line in lines.iter().filter(|line| line.level <= level) {
                self.bytes += line.text.len();
                self.lines.push_back(line.clone());
            }
        }
        self.trim();
        lines.retain(|line| line.level == Level::Warn);
        (result, lines)
    }

    /// Adds an error of the runtime's own: who runs the guest sees it where libbpf's lines are shown.
    pub(crate) fn say(&mut self, error: &Error) {
        if self.level.is_some() {
            let line = Line { level: Level::Warn, text: format!("wasm-bpf: {error}\n") };
            self.bytes += line.text.len();
            self.lines.push_back(line);
            self.trim();
        }
    }

    fn trim(&mut self) {
        while self.bytes > self.limit {
            self.take();
        }
    }

    /// Takes the oldest line.
    pub(crate) fn take(&mut self) -> Option<Line> {
        let line = self.lines.pop_front()?;
        self.bytes -= line.text.len();
        Some(line)
    }
}
