//! Whether the clock was set: what it shows against what has really passed. Pure: both are arguments.

use chrono::{DateTime, TimeDelta, Utc};
use std::time::Instant;

/// Less is no more than looking at two clocks one after the other.
const AT_LEAST: TimeDelta = TimeDelta::seconds(2);

/// How both stood when they were last looked at.
#[derive(Debug)]
pub struct Clock {
    wall: DateTime<Utc>,
    steady: Instant,
}

impl Clock {
    pub fn new(wall: DateTime<Utc>, steady: Instant) -> Self {
        Self { wall, steady }
    }

    /// By how much the clock was set since the last look, forward or back. A machine that slept looks the same.
    pub fn moved(&mut self, wall: DateTime<Utc>, steady: Instant) -> Option<TimeDelta> {
        let passed = TimeDelta::from_std(steady.duration_since(self.steady)).unwrap_or(TimeDelta::MAX);
        let by = (wall - self.wall) - passed;
        *self = Self::new(wall, steady);
        (by.abs() >= AT_LEAST).then_some(by)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use std::time::Duration;

    #[rstest]
    #[case::as_time_passes(5_000, 5_000, None)]
    #[case::a_little_late(5_300, 5_000, None)]
    #[case::two_days_ahead(172_805_000, 5_000, Some(172_800_000))]
    #[case::put_right(-172_795_000, 5_000, Some(-172_800_000))]
    #[case::slept(3_600_000, 10, Some(3_599_990))]
    #[case::stands_still(0, 5_000, Some(-5_000))]
    fn is_compared_with_what_has_passed(#[case] wall_ms: i64, #[case] steady_ms: u64, #[case] moved_ms: Option<i64>) {
        let (wall, steady) = (DateTime::UNIX_EPOCH + TimeDelta::days(20_000), Instant::now());
        let mut clock = Clock::new(wall, steady);
        let (wall, steady) = (wall + TimeDelta::milliseconds(wall_ms), steady + Duration::from_millis(steady_ms));
        assert_eq!(clock.moved(wall, steady).map(|by| by.num_milliseconds()), moved_ms);
        assert_eq!(clock.moved(wall, steady), None, "told once");
    }
}
