//! So many calls in so much time: how many may be made at once, and how long many take.

use std::time::Duration;

/// At most `calls` in any window of `per`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub calls: u32,
    pub per: Duration,
}

const MINUTE: Duration = Duration::from_secs(60);

impl Rate {
    pub const fn a_second(calls: u32) -> Self {
        Self { calls, per: Duration::from_secs(1) }
    }

    pub const fn a_minute(calls: u32) -> Self {
        Self { calls, per: MINUTE }
    }

    /// The same where a contract allows `ours` calls and the platform documents `documented`: all its limits are taken to be
    /// raised alike, or lowered.
    #[must_use]
    pub fn scaled(self, ours: u32, documented: u32) -> Self {
        let calls = u64::from(self.calls) * u64::from(ours) / u64::from(documented.max(1));
        Self { calls: u32::try_from(calls).unwrap_or(u32::MAX).max(1), ..self }
    }

    /// Calls that may be made at once where none was made lately. Two thirds of a minute's: the rest is for other programs of the
    /// account, which are seen only when the platform refuses. Of a second's hardly any: calls that are sent together arrive in
    /// any order, and a platform that counts seconds counts strictly.
    pub fn burst(self) -> u32 {
        let burst = if self.per >= MINUTE { u64::from(self.calls) * 2 / 3 } else { u64::from(self.calls) / 20 };
        u32::try_from(burst).unwrap_or(u32::MAX).max(1)
    }

    /// Seconds until the last of `calls` may be made, in a time that nobody else spends in.
    pub fn seconds(self, calls: u64) -> f64 {
        let (limit, per) = (u64::from(self.calls.max(1)), self.per.as_secs_f64());
        if self.per < MINUTE {
            return calls as f64 * per / limit as f64;
        }
        let windows = calls.saturating_sub(1) / limit;
        let paced = (calls - windows * limit).saturating_sub(u64::from(self.burst()));
        windows as f64 * per + paced as f64 * per / limit as f64
    }

    /// As long as the window is where calls are sent. They take differently long to arrive, and it is there that they are
    /// counted: a second is stretched by 5 %, a minute by 1 %. In a time that runs `speed` times as fast as the wall's.
    pub(super) fn window(self, speed: u32) -> Duration {
        const MOST: Duration = Duration::from_millis(600);
        (self.per + (self.per / 20).min(MOST)) / speed.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::none(Rate::a_minute(400), 0, 0.0)]
    #[case::what_goes_at_once(Rate::a_minute(400), 266, 0.0)]
    #[case::the_rest_of_a_window(Rate::a_minute(400), 400, 20.1)]
    #[case::sixty_thousand_people_at_omnisend(Rate::a_minute(400), 600, 60.0)]
    #[case::a_million(Rate::a_minute(400), 10_000, 1460.1)]
    #[case::few(Rate::a_minute(5), 4, 12.0)]
    #[case::a_second(Rate::a_second(4), 100, 25.0)]
    fn how_long_calls_take(#[case] rate: Rate, #[case] calls: u64, #[case] seconds: f64) {
        assert_eq!((rate.seconds(calls) * 10.0).round() / 10.0, seconds);
    }
}
