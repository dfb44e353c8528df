//! Why there is no token: the same three words that the rest of the program uses, less the one that never comes here.

use crate::http::{Failure, FailureKind};
use std::time::Duration;

/// What failed, why, and what to do. Never a token, a code or a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    pub kind: ErrorKind,
    pub message: String,
    pub hint: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Worth trying again, after that long where known.
    Retry { after: Option<Duration> },
    /// Needs a person.
    Stall,
}

impl Error {
    pub fn stall(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Stall, message: message.into(), hint: None }
    }

    pub fn retry(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Retry { after: None }, message: message.into(), hint: None }
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(super) fn may_pass(&self) -> bool {
        matches!(self.kind, ErrorKind::Retry { .. })
    }
}

/// No answer at all.
impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        let kind = match failure.kind {
            FailureKind::Unusable(_) | FailureKind::TooBig(_) | FailureKind::NotKept(_) => ErrorKind::Stall,
            _ => ErrorKind::Retry { after: None },
        };
        Self { kind, message: failure.to_string(), hint: failure.hint().map(str::to_owned) }
    }
}
