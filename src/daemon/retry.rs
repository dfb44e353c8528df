//! When a failed run is tried again. Pure: time and chance are arguments.

use std::time::Duration;

/// Longest wait after the first failure, and after many.
const FIRST: Duration = Duration::from_secs(2);
const MOST: Duration = Duration::from_secs(300);
/// Shortest wait.
const LEAST: Duration = Duration::from_secs(1);

/// How long to wait after so many failures in a row: exponential with full jitter (`chance` in 0..1), and never sooner than
/// the platform said.
pub fn wait(failures: u32, not_before: Option<Duration>, chance: f64) -> Duration {
    let most = FIRST.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1))).min(MOST);
    let drawn = LEAST + most.saturating_sub(LEAST).mul_f64(chance.clamp(0.0, 1.0));
    // What the platform says is a floor: a little above it, so that not everybody comes back at once.
    not_before.map_or(drawn, |floor| floor + drawn.min(FIRST))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::at_once_is_never(1, None, 0.0, 1_000)]
    #[case::first(1, None, 1.0, 2_000)]
    #[case::third(3, None, 1.0, 8_000)]
    #[case::half(3, None, 0.5, 4_500)]
    #[case::many(1_000, None, 1.0, 300_000)]
    #[case::the_platform_said(1, Some(3_600_000), 0.0, 3_601_000)]
    #[case::the_platform_said_often(9, Some(60_000), 1.0, 62_000)]
    fn waits(#[case] failures: u32, #[case] not_before_ms: Option<u64>, #[case] chance: f64, #[case] expected_ms: u64) {
        let waited = wait(failures, not_before_ms.map(Duration::from_millis), chance);
        assert_eq!(waited, Duration::from_millis(expected_ms));
    }
}
