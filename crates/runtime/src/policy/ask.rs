//! Asking a person for a grant that is missing.

use std::fmt;
use std::sync::Arc;

use super::grant::Grant;

/// What is asked: may the module do this?
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Question {
    /// The grant that it takes; never [`Grant::All`].
    pub grant: Grant,
    /// Who wants what and why, in one line, free of control characters.
    pub text: String,
}

/// Answers questions; called from within the guest's imports, so it must come back when the guest is to end.
#[derive(Clone)]
pub(super) struct Asker(pub(super) Arc<dyn Fn(&Question) -> bool + Send + Sync>);

impl fmt::Debug for Asker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Asker")
    }
}
