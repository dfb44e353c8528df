//! Waiting for a source that is being refreshed (SPEC 4).

use super::{Failure, FailureKind};
use crate::{definition::Export, plan::words::duration};
use std::time::Duration;

/// How long an export without a schedule waits.
const UNSCHEDULED: Duration = Duration::from_secs(3600);

/// One run's patience: as long as a missed time may be caught up.
pub struct Patience {
    left: Duration,
    waited: Duration,
}

impl Patience {
    pub fn of(export: &Export) -> Self {
        Self { left: export.schedule.as_ref().map_or(UNSCHEDULED, |schedule| schedule.deadline), waited: Duration::ZERO }
    }

    /// How long to wait before the source is read again; or why not, which is the failure's own reason where waiting is of no
    /// use.
    pub fn after(&mut self, failure: Failure) -> Result<Duration, Failure> {
        let FailureKind::Waiting { after } = failure.kind else { return Err(failure) };
        if after > self.left {
            let message = format!("{}; this run waited for it for {}", failure.message, duration(self.waited.as_secs()));
            return Err(Failure { kind: FailureKind::Unfit, message, ..failure });
        }
        self.left -= after;
        self.waited += after;
        Ok(after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(kind: FailureKind) -> Failure {
        Failure::new(kind, "the segment is being refreshed")
    }

    #[test]
    fn waits_until_patience_ends_and_then_skips() {
        let mut patience = Patience { left: Duration::from_secs(130), waited: Duration::ZERO };
        let waiting = || failure(FailureKind::Waiting { after: Duration::from_secs(60) });
        assert_eq!(patience.after(waiting()).unwrap(), Duration::from_secs(60));
        assert_eq!(patience.after(waiting()).unwrap(), Duration::from_secs(60));
        let over = patience.after(waiting()).unwrap_err();
        assert_eq!(
            (over.kind, over.message.as_str()),
            (FailureKind::Unfit, "the segment is being refreshed; this run waited for it for 2 min")
        );
    }

    #[test]
    fn other_failures_are_not_waited_for() {
        let mut patience = Patience { left: Duration::from_secs(3600), waited: Duration::ZERO };
        for kind in [FailureKind::Source, FailureKind::Unfit, FailureKind::Stalled, FailureKind::Retry { after: None }] {
            assert_eq!(patience.after(failure(kind)).unwrap_err().kind, kind);
        }
    }
}
