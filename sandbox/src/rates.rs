//! Sliding windows: so many calls in so much time, by the sandbox's clock.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
};

/// The calls of each bucket that its window still remembers.
#[derive(Debug, Default)]
pub(super) struct Rates(Mutex<HashMap<String, VecDeque<i64>>>);

impl Rates {
    /// Counts one call. `Err`: the bucket is full; milliseconds until there is room. A refused call is not counted.
    pub(super) fn take(&self, bucket: &str, limit: u32, window_ms: i64, now_ms: i64) -> Result<(), i64> {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let calls = buckets.entry(bucket.to_owned()).or_default();
        while calls.front().is_some_and(|at| now_ms - at >= window_ms) {
            calls.pop_front();
        }
        if calls.len() < limit as usize {
            calls.push_back(now_ms);
            return Ok(());
        }
        // Room comes when as many have left as are too many: the limit may have been lowered in between.
        let leaver = calls.get(calls.len().saturating_sub(limit as usize)).copied().unwrap_or(now_ms);
        Err(leaver + window_ms - now_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_slides() {
        let rates = Rates::default();
        let take = |now_ms| rates.take("a", 2, 1_000, now_ms);
        assert_eq!((take(0), take(400)), (Ok(()), Ok(())));
        assert_eq!((take(400), take(999)), (Err(600), Err(1)));
        assert_eq!(take(1_000), Ok(()), "the first has left, and the refused were not counted");
        assert_eq!(take(1_000), Err(400));
        assert_eq!(rates.take("b", 1, 1_000, 1_000), Ok(()), "another bucket");
        assert_eq!(rates.take("a", 1, 1_000, 1_000), Err(1_000), "two are in a window for one");
        assert_eq!(rates.take("c", 0, 1_000, 0), Err(1_000));
    }
}
