//! Why a reading failed: what, where, and what to do.

/// A reading that did not complete. Nothing is removed because of it.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("{message}")]
pub struct SourceError {
    /// What is wrong and where (file and line where there is one).
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl SourceError {
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
