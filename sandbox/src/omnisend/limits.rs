//! What one brand may ask in a minute, whoever asks.

use super::settings::Settings;
use crate::rates::Rates;

const WINDOW_MS: i64 = 60_000;
const COMMON: u32 = 400;

/// Calls that share a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Bucket {
    /// All calls that have no stricter limit.
    Common,
    Tags,
    Segments,
    SegmentWrites,
}

impl Bucket {
    pub(super) const ALL: [Self; 4] = [Self::Common, Self::Tags, Self::Segments, Self::SegmentWrites];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Common => "common",
            Self::Tags => "tags",
            Self::Segments => "segments",
            Self::SegmentWrites => "segmentWrites",
        }
    }

    fn per_minute(self) -> u32 {
        match self {
            Self::Common => COMMON,
            Self::Tags => 60,
            Self::Segments => 100,
            Self::SegmentWrites => 15,
        }
    }
}

/// There is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Full {
    pub wait_ms: i64,
    /// The client asked more often than is documented. Otherwise others used the budget up, or the budget is smaller than
    /// the documents say, which no client can know.
    pub ours: bool,
}

#[derive(Debug, Default)]
pub(super) struct Limits(Rates);

impl Limits {
    /// Counts one call, twice: against what is documented, and against what there is.
    pub(super) fn admit(&self, bucket: Bucket, settings: &Settings, now_ms: i64) -> Result<(), Full> {
        let documented = self.0.take(bucket.name(), bucket.per_minute(), WINDOW_MS, now_ms);
        documented.map_err(|wait_ms| Full { wait_ms, ours: true })?;
        if bucket == Bucket::Common || settings.one_budget {
            let left = COMMON.saturating_sub(settings.others_per_minute);
            return self.0.take("budget", left, WINDOW_MS, now_ms).map_err(|wait_ms| Full { wait_ms, ours: false });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn until_full(settings: &Settings, bucket: Bucket) -> (u32, Full) {
        let limits = Limits::default();
        let mut calls = 0;
        loop {
            match limits.admit(bucket, settings, 0) {
                Ok(()) => calls += 1,
                Err(full) => return (calls, full),
            }
        }
    }

    #[rstest]
    #[case(Bucket::Common, 0, (400, true))]
    #[case(Bucket::Tags, 0, (60, true))]
    #[case(Bucket::Segments, 0, (100, true))]
    #[case(Bucket::SegmentWrites, 0, (15, true))]
    #[case(Bucket::Common, 300, (100, false))]
    #[case(Bucket::Tags, 300, (60, true))]
    fn a_minutes_calls(#[case] bucket: Bucket, #[case] others_per_minute: u32, #[case] expected: (u32, bool)) {
        let (calls, full) = until_full(&Settings { others_per_minute, ..Settings::default() }, bucket);
        assert_eq!((calls, full.ours, full.wait_ms), (expected.0, expected.1, WINDOW_MS));
    }

    #[test]
    fn one_budget_for_everything() {
        let (limits, one) = (Limits::default(), Settings { one_budget: true, ..Settings::default() });
        for _ in 0..60 {
            limits.admit(Bucket::Tags, &one, 0).unwrap();
        }
        let commons = (0..400).take_while(|_| limits.admit(Bucket::Common, &one, 0).is_ok()).count();
        assert_eq!(commons, 340);
        assert_eq!(limits.admit(Bucket::Segments, &one, 1_000), Err(Full { wait_ms: 59_000, ours: false }));
        assert_eq!(limits.admit(Bucket::Segments, &one, 60_000), Ok(()));
    }
}
