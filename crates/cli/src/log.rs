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
    // Only the first call in a process counts.
    let _ = subscriber::set_global_default(Log { most, colours: stderr().is_terminal() });
}

struct Log {
    most: Level,
    colours: bool,
}

/// The text of an event: the message, then its fields.
#[derive(Default)]
struct Line(String);

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.most
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.most.into())
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        let level = *event.metadata().level();
        let text = printable_lines(line.0.trim_end());
        // Nobody is left to be told where stderr is closed.
        let _ = match colour(level).filter(|_| self.colours) {
            Some(colour) => writeln!(stderr(), "\x1b[{colour}m{level:>5}\x1b[0m {text}"),
            None => writeln!(stderr(), "{level:>5} {text}"),
        };
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
        struct Seen(std::sync::Mutex<Vec<String>>);

        impl Subscriber for Seen {
            fn enabled(&self, _: &Metadata<'_>) -> bool {
                true
            }
            fn event(&self, event: &Event<'_>) {
                let mut line = Line::default();
                event.record(&mut line);
                self.0.lock().unwrap().push(line.0);
            }
            fn new_span(&self, _: &Attributes<'_>) -> Id {
                Id::from_u64(1)
            }
            fn record(&self, _: &Id, _: &Record<'_>) {}
            fn record_follows_from(&self, _: &Id, _: &Id) {}
            fn enter(&self, _: &Id) {}
            fn exit(&self, _: &Id) {}
        }

        let seen = std::sync::Arc::new(Seen(std::sync::Mutex::default()));
        subscriber::with_default(std::sync::Arc::clone(&seen), || {
            tracing::warn!("no {}", "types");
            tracing::debug!(name = "a b", count = 2, "two");
        });
        assert_eq!(*seen.0.lock().unwrap(), ["no types", "two name=a b count=2"]);
    }
}
