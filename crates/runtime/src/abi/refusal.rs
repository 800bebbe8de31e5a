//! Refusals by policy: whoever runs the module hears of each, from the guest or from here.

use crate::error::{Error, ErrorKind};

/// The most that are told for one guest.
const MAX_TOLD: usize = 32;

/// The last refusal, as long as the guest has not asked for its text. A guest that prints its errors asks at once; one
/// that is silent about them is not to keep it from the person.
#[derive(Default)]
pub(crate) struct Refusal {
    untold: Option<String>,
    told: usize,
}

impl Refusal {
    /// Keeps `error` if it is a refusal.
    pub(super) fn keep(&mut self, error: &Error) {
        if error.kind() == ErrorKind::Policy {
            self.untold = Some(error.to_string());
        }
    }

    /// The guest has the text.
    pub(super) fn hand_over(&mut self) {
        self.untold = None;
    }

    /// Tells what the guest did not ask for before it called `import`; libbpf's lines come before the text.
    #[inline]
    pub(super) fn tell_before(&mut self, import: &str) {
        if self.untold.is_some() && import != "log_read" {
            self.tell();
        }
    }

    #[cold]
    fn tell(&mut self) {
        if let Some(text) = self.untold.take().filter(|_| self.told < MAX_TOLD) {
            self.told += 1;
            tracing::error!("{text}");
        }
    }
}

impl Drop for Refusal {
    fn drop(&mut self) {
        self.tell();
    }
}
