//! What libbpf and the runtime do, on stderr.
//!
//! A line for each event is all that is wanted: tracing-subscriber, which can do everything, would be a fortieth of the
//! small build.

use std::fmt::{self, Write as _};
use std::io::{IsTerminal, Write as _, stderr};

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber, subscriber};
use wasm_bpf_runtime::printable_lines;

/// Shows warnings from now on, and with `verbose` everything but traces.
pub(crate) fn show(verbose: bool) {
    let most = if verbose { Level::DEBUG } else { Level::WARN };
    let colours = stderr().is_terminal();
    let write = move |level, text: &str| {
        let text = printable_lines(text.trim_end());
        // Nobody is left to be told where stderr is closed.
        let _ = match colour(level).filter(|_| colours) {
            Some(colour) => writeln!(stderr(), "\x1b[{colour}m{level:>5}\x1b[0m {text}"),
            None => writeln!(stderr(), "{level:>5} {text}"),
        };
    };
    // Only the first call in a process counts.
    let _ = subscriber::set_global_default(Log { most, write });
}

/// Has `write` show what happens, up to the level `most`.
struct Log<W> {
    most: Level,
    write: W,
}

/// The text of an event: the message, then its fields.
#[derive(Default)]
struct Line(String);

impl<W: Fn(Level, &str) + 'static> Subscriber for Log<W> {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.most
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.most.into())
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        (self.write)(*event.metadata().level(), &line.0);
    }

    // There are no spans.
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// As terminals number them (ECMA-48).
fn colour(level: Level) -> Option<u32> {
    match level {
        Level::ERROR => Some(31),
        Level::WARN => Some(33),
        Level::INFO => Some(32),
        Level::DEBUG => Some(34),
        _ => None,
    }
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a text does not fail.
        let _ = match field.name() {
            "message" => write!(self.0, "{value:?}"),
            name => write!(self.0, " {name}={value:?}"),
        };
    }

    /// No event has one, and to print it takes 12 KB.
    fn record_f64(&mut self, _: &Field, _: f64) {}

    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_its_message_and_its_fields() {
        let (sender, seen) = std::sync::mpsc::channel();
        let write = move |level, text: &str| sender.send((level, text.to_owned())).expect("a receiver");
        subscriber::with_default(Log { most: Level::DEBUG, write }, || {
            tracing::warn!("no {}", "types");
            tracing::debug!(name = "a b", count = 2, "two");
            tracing::trace!("not wanted");
        });
        let wanted = [(Level::WARN, "no types".to_owned()), (Level::DEBUG, "two name=a b count=2".to_owned())];
        assert!(seen.into_iter().eq(wanted));
    }
}
