//! No answer, or one that makes no sense: it means the same whoever the vendor is.

use super::{Error, ErrorKind};
use crate::http::{Failure, FailureKind};

/// The meaning of no answer. A call that may be divided is asked for less when it took too long.
pub(super) fn lost(failure: &Failure, divisible: bool) -> Error {
    let kind = match failure.kind {
        FailureKind::TimedOut(_) if divisible => ErrorKind::TooLarge,
        FailureKind::Unreachable(_) | FailureKind::TimedOut(_) | FailureKind::Broken(_) | FailureKind::Stopped => {
            ErrorKind::Retry { after: None, unknown: failure.unknown }
        }
        FailureKind::QuotaSpent { until } => ErrorKind::Wait { until: Some(until) },
        FailureKind::TooBig(_) | FailureKind::NotKept(_) | FailureKind::Unusable(_) => ErrorKind::Stall,
    };
    let error = Error::new(kind, failure.to_string());
    match failure.hint() {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

/// A success whose body makes no sense. The parser's own words would quote the text; its place is enough.
pub(super) fn unreadable(vendor: &str, error: &serde_json::Error) -> Error {
    let at = format!("line {}, column {}", error.line(), error.column());
    Error::new(ErrorKind::Retry { after: None, unknown: true }, format!("{vendor}'s answer cannot be read (at {at})"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use std::time::Duration;

    #[rstest]
    #[case(FailureKind::TimedOut(Duration::from_secs(130)), true, "TooLarge")]
    #[case(FailureKind::TimedOut(Duration::from_secs(130)), false, "Retry { after: None, unknown: true }")]
    #[case(FailureKind::Broken(String::new()), true, "Retry { after: None, unknown: true }")]
    #[case(FailureKind::Stopped, false, "Retry { after: None, unknown: true }")]
    #[case(FailureKind::TooBig(1), true, "Stall")]
    #[case(FailureKind::Unusable(String::new()), false, "Stall")]
    fn what_no_answer_means(#[case] kind: FailureKind, #[case] divisible: bool, #[case] expected: &str) {
        let failure = Failure { kind, host: "h".into(), route: "GET /x".into(), attempts: 1, elapsed: Duration::ZERO, unknown: true };
        assert_eq!(format!("{:?}", lost(&failure, divisible).kind), expected);
    }
}
