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
    pub(super) fn new(per_second: Option<u32>, per_minute: Option<u32>) -> Self {
        let spaced = |window: u64, count: Option<u32>| Quota::with_period(Duration::from_secs(window) / count?);
        let quotas = [spaced(1, per_second.filter(|n| *n > 0)), spaced(60, per_minute.filter(|n| *n > 0))];
        let limiters = quotas.into_iter().flatten().map(|quota| Limiter::direct_with_clock(quota, Ticks(Instant::now())));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn no_window_ever_holds_more() {
        let pace = Pace::new(Some(10), Some(120));
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
        assert!(start.elapsed() <= Duration::from_secs(151), "used to the full: {:?}", start.elapsed());
    }
}
