//! Requests per second and per minute, evenly spaced: no burst, so that no window of that length ever holds more.

use governor::{
    Quota, RateLimiter,
    clock::{Clock, Reference},
    middleware::NoOpMiddleware,
    nanos::Nanos,
    state::{InMemoryState, NotKeyed},
};
use std::time::Duration;
use tokio::time::Instant;

/// Tokio's clock, so that tests pause it.
#[derive(Clone, Copy, Debug)]
struct Ticks(Instant);

impl Clock for Ticks {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        self.0.elapsed().into()
    }
}

type Limiter = RateLimiter<NotKeyed, InMemoryState, Ticks, NoOpMiddleware<Nanos>>;

#[derive(Debug, Default)]
pub(super) struct Pace {
    limiters: Vec<Limiter>,
}

impl Pace {
    /// At most so many calls in each window, in a time that runs `speed` times as fast as the wall's.
    pub(super) fn of(windows: &[(Duration, u32)], speed: u32) -> Self {
        let spaced = |(window, calls): &(Duration, u32)| Quota::with_period((*window + margin(*window)) / (*calls).max(1) / speed.max(1));
        let limiters = windows.iter().filter_map(spaced).map(|quota| Limiter::direct_with_clock(quota, Ticks(Instant::now())));
        Self { limiters: limiters.collect() }
    }

    /// Waits for the next free moment of every window.
    pub(super) async fn turn(&self) {
        for limiter in &self.limiters {
            while let Err(not_yet) = limiter.check() {
                let now = limiter.clock().now();
                tokio::time::sleep(not_yet.earliest_possible().duration_since(now).into()).await;
            }
        }
    }
}

/// Calls take differently long to arrive, and it is there that they are counted: a window of a second is stretched by 5 %, one of a
/// minute by 1 %.
fn margin(window: Duration) -> Duration {
    const MOST: Duration = Duration::from_millis(600);
    (window / 20).min(MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn no_window_ever_holds_more() {
        let pace = Pace::of(&[(Duration::from_secs(1), 10), (Duration::from_secs(60), 120)], 1);
        let start = Instant::now();
        let mut at = Vec::new();
        for _ in 0..300 {
            pace.turn().await;
            at.push(start.elapsed());
        }
        for window in [(Duration::from_secs(1), 10), (Duration::from_secs(60), 120)] {
            let most = at.iter().map(|from| at.iter().filter(|t| **t >= *from && **t < *from + window.0).count()).max();
            assert!(most <= Some(window.1), "{most:?} in {window:?}");
        }
        assert!(start.elapsed() <= Duration::from_secs(153), "used to the full: {:?}", start.elapsed());
    }
}
