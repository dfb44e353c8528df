//! What a vendor's refusal means: one vocabulary of three sorts.

use crate::oauth;
use std::time::Duration;

/// A call that did not succeed, with what to do.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    pub kind: ErrorKind,
    /// What failed and why, in the vendor's words where they help; never a secret, never an address.
    pub message: String,
    pub hint: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Worth trying again, after the given time where the vendor said one. `unknown`: the work may have been done.
    Retry { after: Option<Duration>, unknown: bool },
    /// The call took too long for its size, or was too big: try again with fewer rows. Some may have been carried out.
    TooLarge,
    /// One of the rows, or several, are at fault, the answer does not say which, and none was carried out: try again with parts.
    Divide,
    /// Waiting for something known: a quota's reset.
    Wait { until: Option<std::time::SystemTime> },
    /// Needs a person: credentials, permissions, a definition the vendor refuses.
    Stall,
}

impl Error {
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None }
    }

    pub fn stall(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Stall, message)
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Nothing was sent without a token.
impl From<oauth::Error> for Error {
    fn from(error: oauth::Error) -> Self {
        let kind = match error.kind {
            oauth::ErrorKind::Retry { after } => ErrorKind::Retry { after, unknown: false },
            oauth::ErrorKind::Stall => ErrorKind::Stall,
        };
        Self { kind, message: error.message, hint: error.hint }
    }
}
