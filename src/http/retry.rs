//! When and how often to try again.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Attempts of one request, the first included.
pub(super) const ATTEMPTS: u32 = 5;
/// A server that asks for a longer pause is obeyed by whoever planned the request.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(60);

const BASE: Duration = Duration::from_secs(1);
const CAP: Duration = Duration::from_secs(30);

/// Full jitter: anything from nothing to the exponential bound. `failed` attempts so far, at least one; `dice` in 0..1.
pub(super) fn backoff(failed: u32, dice: f64) -> Duration {
    let bound = BASE.saturating_mul(1 << failed.saturating_sub(1).min(16)).min(CAP);
    bound.mul_f64(dice.clamp(0.0, 1.0))
}

/// A token bucket that keeps retries to a tenth of the requests, so that trouble is not multiplied.
///
/// A retry without a token waits for one, since other requests may go well and bring tokens; a trickle lets even
/// a single request be tried again. Whoever has waited [`LONGEST_PAUSE`] gives up.
#[derive(Debug)]
pub(super) struct RetryBudget(Mutex<Bucket>);

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

const PER_REQUEST: f64 = 0.1;
const PER_SECOND: f64 = 0.1;
const FULL: f64 = 20.0;
const LOOK_AGAIN: Duration = Duration::from_millis(250);

impl RetryBudget {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Bucket { tokens: FULL, at: Instant::now() }))
    }

    /// A request was sent for the first time.
    pub(super) fn earn(&self) {
        let mut bucket = self.lock();
        bucket.tokens = (bucket.tokens + PER_REQUEST).min(FULL);
    }

    /// Waits for a token; `false`: there is none to be had.
    pub(super) async fn take(&self) -> bool {
        let start = Instant::now();
        loop {
            if self.try_take() {
                return true;
            }
            if start.elapsed() >= LONGEST_PAUSE {
                return false;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    fn try_take(&self) -> bool {
        let mut bucket = self.lock();
        let now = Instant::now();
        bucket.tokens = (bucket.tokens + (now - bucket.at).as_secs_f64() * PER_SECOND).min(FULL);
        bucket.at = now;
        let enough = bucket.tokens >= 1.0;
        if enough {
            bucket.tokens -= 1.0;
        }
        enough
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Bucket> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_is_bounded_and_full_of_jitter() {
        let bounds: Vec<_> = (1..=7).map(|failed| backoff(failed, 1.0).as_secs()).collect();
        assert_eq!(bounds, [1, 2, 4, 8, 16, 30, 30]);
        assert_eq!(backoff(4, 0.0), Duration::ZERO);
        assert_eq!(backoff(4, 0.5), Duration::from_secs(4));
    }

    #[tokio::test(start_paused = true)]
    async fn retries_are_a_tenth_of_the_requests() {
        let budget = RetryBudget::new();
        while budget.try_take() {}
        for _ in 0..100 {
            budget.earn();
        }
        let taken = std::iter::from_fn(|| budget.try_take().then_some(())).count();
        assert!((9..=10).contains(&taken), "{taken}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_empty_bucket_trickles() {
        let budget = RetryBudget::new();
        while budget.try_take() {}
        let start = Instant::now();
        assert!(budget.take().await);
        assert!((9..=11).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
    }
}
