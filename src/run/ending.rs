//! How a run ends (E11).

use crate::{
    destination,
    plan::{Counts, diff::DiffError, resources::Problem},
    source::{SourceError, SourceErrorKind},
    state::StateError,
};
use std::{io, time::Duration};
use tokio_util::sync::CancellationToken;

/// A run that got as far as sending.
#[derive(Clone, Debug)]
pub struct Ending {
    pub counts: Counts,
    /// Rows rejected for a reason that was not listed before.
    pub new_rejected: u64,
    /// Why it stopped before the end, if it did.
    pub stopped: Option<Failure>,
    /// What a person should know besides.
    pub notes: Vec<String>,
}

/// Why a run could not go on. Nothing is taken out because of it (G1).
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    pub kind: FailureKind,
    pub message: String,
    pub hints: Vec<String>,
    /// What else it may be, where the same failure ends run after run.
    pub lasting: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// Worth trying again, after this long where known.
    Retry { after: Option<Duration> },
    /// Needs a person.
    Stalled,
    /// The source could not be read whole.
    Source,
    /// The source is being refreshed: worth reading again after so long.
    Waiting { after: Duration },
    /// The source says that it is not fit to be used.
    Unfit,
    /// Someone stopped it.
    Canceled,
}

impl Failure {
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hints: Vec::new(), lasting: None }
    }

    /// The same, unless the run was stopped: then that is why. What needs a person still does.
    #[must_use]
    pub fn or_canceled(self, cancel: &CancellationToken) -> Self {
        if cancel.is_cancelled() && self.kind != FailureKind::Stalled { Self::canceled() } else { self }
    }

    pub fn canceled() -> Self {
        Self::new(FailureKind::Canceled, "stopped on request; what was sent is recorded, and the next run goes on from there")
    }

    /// How long to wait before trying again, where that is known.
    pub fn after(&self) -> Option<Duration> {
        if let FailureKind::Retry { after } = self.kind { after } else { None }
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Self {
        let kind = match error.kind {
            SourceErrorKind::UnderWay { after: Some(after) } => FailureKind::Waiting { after },
            SourceErrorKind::Broken | SourceErrorKind::UnderWay { after: None } => FailureKind::Source,
            SourceErrorKind::Unfit => FailureKind::Unfit,
            SourceErrorKind::Unreachable { after } => FailureKind::Retry { after },
        };
        let failure = Self { lasting: error.lasting, ..Self::new(kind, error.message) };
        error.hint.into_iter().fold(failure, Self::hint)
    }
}

impl From<destination::Error> for Failure {
    fn from(error: destination::Error) -> Self {
        use destination::ErrorKind;
        let kind = match error.kind {
            ErrorKind::Retry { after, .. } => FailureKind::Retry { after },
            ErrorKind::TooLarge => FailureKind::Retry { after: None },
            ErrorKind::Wait { until } => {
                FailureKind::Retry { after: until.and_then(|u| u.duration_since(std::time::SystemTime::now()).ok()) }
            }
            ErrorKind::Stall | ErrorKind::Divide => FailureKind::Stalled,
        };
        let failure = Self::new(kind, error.message);
        error.hint.into_iter().fold(failure, Self::hint)
    }
}

impl From<StateError> for Failure {
    fn from(error: StateError) -> Self {
        let failure = Self::new(FailureKind::Stalled, error.message);
        error.hint.into_iter().fold(failure, Self::hint)
    }
}

impl From<DiffError> for Failure {
    fn from(error: DiffError) -> Self {
        match error {
            DiffError::Rows(error) => error.into(),
            DiffError::TooManySets(error) => Self::new(FailureKind::Stalled, error.to_string()),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::new(FailureKind::Stalled, format!("a temporary file: {error}"))
            .hint("temporary files go to $TMPDIR; they need about 150 bytes a row")
    }
}

impl From<Vec<Problem>> for Failure {
    fn from(problems: Vec<Problem>) -> Self {
        let lines: Vec<_> = problems.iter().map(|p| p.what.clone()).collect();
        let failure = Self::new(FailureKind::Stalled, lines.join("\n"));
        problems.into_iter().map(|p| p.hint).fold(failure, Self::hint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use destination::{Error, ErrorKind};
    use rstest::rstest;
    use std::time::SystemTime;

    /// What the vendor said, or a quota's reset, is how long to wait; nothing known is nothing said.
    #[rstest]
    #[case::retry_after(ErrorKind::Retry { after: Some(Duration::from_secs(7_200)), unknown: false }, Some(7_200))]
    #[case::retry(ErrorKind::Retry { after: None, unknown: true }, None)]
    #[case::too_large(ErrorKind::TooLarge, None)]
    #[case::quota(ErrorKind::Wait { until: Some(SystemTime::now() + Duration::from_secs(7_230)) }, Some(7_200))]
    #[case::quota_reset_by_now(ErrorKind::Wait { until: Some(SystemTime::UNIX_EPOCH) }, None)]
    #[case::wait(ErrorKind::Wait { until: None }, None)]
    fn how_long_to_wait(#[case] kind: ErrorKind, #[case] at_least: Option<u64>) {
        let failure = Failure::from(Error::new(kind, "no"));
        assert!(matches!(failure.kind, FailureKind::Retry { .. }));
        assert_eq!(failure.after().map(|after| after.as_secs() / 60), at_least.map(|s| s / 60), "{failure:?}");
    }
}
