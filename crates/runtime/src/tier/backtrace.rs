//! Where a guest was, in terms of the module as it is.

use std::fmt::Write;

use wasmtime::{FrameInfo, Module, WasmBacktrace};

/// Where the functions of a baseline come from.
pub(crate) struct Origin {
    /// Imported functions, which have the lowest indexes.
    pub(super) imported: u32,
    pub(super) functions: Vec<Place>,
}

/// One function, all in bytes.
pub(super) struct Place {
    /// Where its body starts in the module as it is.
    pub(super) start: u64,
    /// Where its own code begins in the baseline's body, ...
    pub(super) entry: usize,
    /// ... of which so much was put in front of it.
    pub(super) added: usize,
}

impl Origin {
    /// The text of a backtrace through `baseline` and what replaced it. Such modules have no lines of sources.
    pub(crate) fn describe(&self, backtrace: &WasmBacktrace, baseline: &Module) -> String {
        let text = backtrace.to_string();
        let mut lines = text.lines();
        let mut told = lines.next().unwrap_or_default().to_owned();
        let frames = backtrace.frames().iter().zip(lines).enumerate();
        let kept = frames.filter_map(|(depth, (frame, line))| {
            let name = line.split_once(" - ").map_or(line, |(_, name)| name);
            Some((self.offset(frame, depth, baseline)?, name))
        });
        for (number, (offset, name)) in kept.enumerate() {
            let _ = write!(told, "\n  {number:>3}: {offset:#8x} - {name}");
        }
        told
    }

    /// Where a frame's instruction is in the module as it is. `None`: all that it does is to call what replaced it.
    fn offset(&self, frame: &FrameInfo, depth: usize, baseline: &Module) -> Option<u64> {
        let offset = frame.func_offset().unwrap_or_default();
        let place =
            frame.func_index().checked_sub(self.imported).and_then(|index| self.functions.get(index as usize))?;
        if !Module::same(frame.module(), baseline) {
            return Some(place.start + offset as u64);
        }
        // A function that finds its stack used up has not come to its own code either.
        let replaced = offset < place.entry && depth > 0;
        (!replaced).then(|| place.start + offset.saturating_sub(place.added) as u64)
    }
}
