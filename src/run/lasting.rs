//! A source that looks as if it were being refreshed, run after run in the same way: then it is something else, and waiting is of no use.

use super::{Failure, FailureKind};
use crate::state::{End, RunRecord};

/// Runs before this one that ended for the same reason, counts included.
pub const RUNS: usize = 2;

/// The failure as it is, or what may be behind it once the runs before (the newest first) ended just so.
pub fn seen_before(failure: Failure, before: &[RunRecord]) -> Failure {
    let Some(causes) = failure.lasting else { return failure };
    let same = before.iter().take(RUNS).filter(|run| reason(run).is_some_and(|reason| reason.starts_with(&failure.message)));
    if same.count() < RUNS {
        return failure;
    }
    let message = format!("{}; the last {RUNS} runs ended the same way: {causes}", failure.message);
    Failure { kind: FailureKind::Unfit, message, ..failure }
}

fn reason(run: &RunRecord) -> Option<&str> {
    match run.end.as_ref()? {
        End::Skipped { reason } | End::Failed { reason, .. } => Some(reason),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        definition::Name,
        plan::Counts,
        state::{RunId, Trigger},
    };
    use rstest::rstest;

    fn run(end: End) -> RunRecord {
        let id: RunId = serde_json::from_str("1").unwrap();
        let (export, started) = (Name::new("vip").unwrap(), chrono::DateTime::UNIX_EPOCH);
        let (definition_digest, user) = (String::new(), String::new());
        let counts = Counts::default();
        RunRecord {
            id,
            export,
            trigger: Trigger::Schedule,
            started,
            ended: None,
            end: Some(end),
            counts,
            definition_digest,
            plan_digest: None,
            user,
            export_user: None,
            due: None,
        }
    }

    fn skipped(count: u32) -> End {
        End::Skipped { reason: format!("{count} members have no profile; this run waited for it for 1 h") }
    }

    #[rstest]
    #[case::first(&[], false)]
    #[case::second(&[skipped(3)], false)]
    #[case::third(&[skipped(3), skipped(3)], true)]
    #[case::other_count(&[skipped(3), skipped(4)], false)]
    #[case::went_through_meanwhile(&[skipped(3), End::Succeeded { unverified: 0 }, skipped(3)], false)]
    fn causes_are_named_once_it_lasts(#[case] before: &[End], #[case] lasts: bool) {
        let waiting = FailureKind::Waiting { after: std::time::Duration::from_secs(60) };
        let failure = Failure { lasting: Some("ask for the roles"), ..Failure::new(waiting, "3 members have no profile") };
        let before: Vec<_> = before.iter().cloned().map(run).collect();
        let told = seen_before(failure, &before);
        assert_eq!(told.kind == FailureKind::Unfit, lasts);
        assert_eq!(told.message.ends_with("the last 2 runs ended the same way: ask for the roles"), lasts);
    }

    #[test]
    fn an_ordinary_refresh_is_waited_for_however_often() {
        let waiting = Failure::new(FailureKind::Waiting { after: std::time::Duration::from_secs(60) }, "3 members have no profile");
        assert!(matches!(seen_before(waiting, &[run(skipped(3)), run(skipped(3))]).kind, FailureKind::Waiting { .. }));
    }
}
