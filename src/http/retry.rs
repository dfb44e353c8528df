//! When and how often to try again.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Attempts of one request, the first included: where three calls of ten meet a fault, one of 170,000 meets ten.
pub(super) const ATTEMPTS: u32 = 10;
/// A server that asks for a longer pause is obeyed by whoever planned the request.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// The longest first pause after a call that was refused for being too much at once, which time alone mends; and after any other,
/// which the next attempt may find gone.
pub(super) const TOO_MUCH: Duration = Duration::from_secs(1);
pub(super) const BROKEN: Duration = Duration::from_millis(50);
/// Pauses before a proof that was refused is tried again; each once to twice as long.
pub(super) const UNPROVED_AGAIN: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(3)];
const CAP: Duration = Duration::from_secs(30);

/// Full jitter: anything from nothing to the exponential bound. `failed` attempts of the sort so far, at least one; `dice` in 0..1.
pub(super) fn backoff(base: Duration, failed: u32, dice: f64) -> Duration {
    let bound = base.saturating_mul(1 << failed.saturating_sub(1).min(16)).min(CAP);
    bound.mul_f64(dice.clamp(0.0, 1.0))
}

/// A token bucket that bounds retries by the traffic that succeeds, so that trouble is not multiplied and progress is not
/// stopped: every answer pays for one retry.
///
/// Where nothing is answered there are the bucket's tokens and a trickle, which lets even a single request be tried again.
/// Whoever has waited [`LONGEST_PAUSE`] for a token gives up.
#[derive(Debug)]
pub(super) struct RetryBudget(Mutex<Bucket>);

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

const PER_ANSWER: f64 = 1.0;
const PER_SECOND: f64 = 0.1;
const FULL: f64 = 20.0;
const LOOK_AGAIN: Duration = Duration::from_millis(250);

impl RetryBudget {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Bucket { tokens: FULL, at: Instant::now() }))
    }

    /// A call was answered.
    pub(super) fn earn(&self) {
        let mut bucket = self.lock();
        bucket.tokens = (bucket.tokens + PER_ANSWER).min(FULL);
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
        let bounds = |base| (1..=11).map(|failed| backoff(base, failed, 1.0).as_millis()).collect::<Vec<_>>();
        assert_eq!(bounds(TOO_MUCH), [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000, 30_000, 30_000, 30_000]);
        assert_eq!(bounds(BROKEN), [50, 100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000]);
        assert_eq!(backoff(TOO_MUCH, 4, 0.0), Duration::ZERO);
        assert_eq!(backoff(TOO_MUCH, 4, 0.5), Duration::from_secs(4));
    }

    #[tokio::test(start_paused = true)]
    async fn every_answer_pays_for_a_retry_and_no_more_are_saved_than_the_bucket_holds() {
        let budget = RetryBudget::new();
        while budget.try_take() {}
        let taken = |budget: &RetryBudget| std::iter::from_fn(|| budget.try_take().then_some(())).count();
        (0..7).for_each(|_| budget.earn());
        assert_eq!(taken(&budget), 7);
        (0..100).for_each(|_| budget.earn());
        assert_eq!(taken(&budget), 20);
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
