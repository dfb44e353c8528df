//! What calls came to, by platform: for metrics.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// How long things took, by upper bounds in seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Spread {
    bounds: &'static [f64],
    /// One for each bound, and one for what is above all.
    counts: Vec<u64>,
    sum_seconds: f64,
}

impl Spread {
    pub fn new(bounds: &'static [f64]) -> Self {
        Self { bounds, counts: vec![0; bounds.len() + 1], sum_seconds: 0.0 }
    }

    pub fn add(&mut self, took: Duration) {
        let seconds = took.as_secs_f64();
        self.sum_seconds += seconds;
        self.counts[self.bounds.partition_point(|bound| *bound < seconds)] += 1;
    }

    pub fn sum_seconds(&self) -> f64 {
        self.sum_seconds
    }

    /// Each bound with how many are at most that and above the one before; the last bound is no bound.
    pub fn buckets(&self) -> Vec<(f64, u64)> {
        self.bounds.iter().copied().chain([f64::INFINITY]).zip(self.counts.iter().copied()).collect()
    }
}

/// One platform's calls.
#[derive(Clone, Debug)]
pub struct Calls {
    /// `2xx`, `4xx`, …, or `none` where no answer came.
    pub by_class: BTreeMap<&'static str, u64>,
    pub took: Spread,
}

const BOUNDS_SECONDS: &[f64] = &[0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0];

#[derive(Debug, Default)]
pub(super) struct Meter(Mutex<BTreeMap<&'static str, Calls>>);

impl Meter {
    /// One attempt ended.
    pub(super) fn ended(&self, platform: &'static str, status: Option<u16>, took: Duration) {
        let mut platforms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let empty = || Calls { by_class: BTreeMap::new(), took: Spread::new(BOUNDS_SECONDS) };
        let calls = platforms.entry(platform).or_insert_with(empty);
        *calls.by_class.entry(class(status)).or_default() += 1;
        calls.took.add(took);
    }

    pub(super) fn calls(&self) -> BTreeMap<&'static str, Calls> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn class(status: Option<u16>) -> &'static str {
    match status {
        None => "none",
        Some(..200) => "1xx",
        Some(200..300) => "2xx",
        Some(300..400) => "3xx",
        Some(400..500) => "4xx",
        Some(500..) => "5xx",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_are_counted_by_class_and_time() {
        let meter = Meter::default();
        for (status, millis) in [(Some(200), 50), (Some(200), 51), (Some(429), 200_000), (None, 10)] {
            meter.ended("mailchimp", status, Duration::from_millis(millis));
        }
        let calls = &meter.calls()["mailchimp"];
        assert_eq!(calls.by_class, BTreeMap::from([("2xx", 2), ("4xx", 1), ("none", 1)]));
        let buckets = calls.took.buckets();
        assert_eq!((buckets[0], buckets[1], *buckets.last().unwrap()), ((0.05, 2), (0.1, 1), (f64::INFINITY, 1)));
    }
}
