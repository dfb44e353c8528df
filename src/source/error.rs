//! Why a reading failed: what, where, and what to do.

use std::time::Duration;

/// A reading that did not complete. Nothing is removed because of it.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("{message}")]
pub struct SourceError {
    pub kind: SourceErrorKind,
    /// What is wrong and where (file and line where there is one).
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Set: the query is wrong, whatever its files hold.
    pub query: Option<QueryPlace>,
    /// What else it may be than a refresh under way, where it lasts: the same in several runs.
    pub lasting: Option<&'static str>,
}

/// Where in a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum QueryPlace {
    /// As a whole, or in what it gives.
    Somewhere,
    /// Line and column, from 1.
    At(usize, usize),
}

/// What follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceErrorKind {
    /// Someone has to look.
    Broken,
    /// The source is being refreshed or delivered: worth reading again, after this long where known.
    UnderWay { after: Option<Duration> },
    /// The source says itself that it is not fit to be used: its refresh failed, its segment is inactive.
    Unfit,
    /// It did not answer: worth trying again, after this long where known.
    Unreachable { after: Option<Duration> },
}

impl SourceError {
    /// Broken, unless said otherwise.
    pub fn new(message: impl Into<String>) -> Self {
        Self { kind: SourceErrorKind::Broken, message: message.into(), hint: None, query: None, lasting: None }
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What else it may be, where it lasts.
    #[must_use]
    pub fn lasting(mut self, causes: &'static str) -> Self {
        self.lasting = Some(causes);
        self
    }

    /// The query is what is wrong.
    #[must_use]
    pub fn of_query(mut self, place: Option<(usize, usize)>) -> Self {
        self.query = Some(place.map_or(QueryPlace::Somewhere, |(line, column)| QueryPlace::At(line, column)));
        self
    }

    #[must_use]
    pub fn kind(mut self, kind: SourceErrorKind) -> Self {
        self.kind = kind;
        self
    }
}
