//! What failed, and when it is tried again. Pure: time and chance are arguments.
//!
//! Retries are kept by kind of work: an edit whose lists cannot be created takes the place of no run, and a run of no removal.

use super::queue::{Kind, Work};
use crate::definition::Name;
use chrono::{DateTime, TimeDelta, Utc};
use std::{collections::BTreeMap, time::Duration};

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

/// Work that failed.
#[derive(Clone, Debug)]
struct Retry {
    failures: u32,
    /// `None`: a later job of its kind takes its place.
    at: Option<DateTime<Utc>>,
    /// How far `at` may lie ahead of the clock.
    wait: TimeDelta,
    work: Work,
}

/// A retry whose time has come.
#[derive(Debug)]
pub struct Due {
    pub export: Name,
    pub at: DateTime<Utc>,
    pub work: Work,
}

/// Everything that is tried again, by export and kind of work.
#[derive(Debug, Default)]
pub struct Retries(BTreeMap<(Name, Kind), Retry>);

impl Retries {
    /// Work failed: it is tried again after `wait`; `None`: by a job that is queued already.
    pub fn failed(&mut self, export: &Name, work: Work, wait: Option<Duration>, now: DateTime<Utc>) {
        let wait = wait.map(|wait| TimeDelta::from_std(wait).unwrap_or(TimeDelta::MAX));
        let failures = self.failures(export, work.kind()).saturating_add(1);
        let at = wait.and_then(|wait| now.checked_add_signed(wait));
        let key = (export.clone(), work.kind());
        self.0.insert(key, Retry { failures, at, wait: wait.unwrap_or_default(), work });
    }

    /// What stood in the queue and cannot be done as things are is done as soon as it can.
    pub fn park(&mut self, export: &Name, work: Work, now: DateTime<Utc>) {
        let failures = self.failures(export, work.kind());
        self.0.insert((export.clone(), work.kind()), Retry { failures, at: Some(now), wait: TimeDelta::zero(), work });
    }

    /// A job of this kind is queued or done: nothing that it includes need be tried besides.
    pub fn taken_over(&mut self, export: &Name, kind: Kind) {
        self.of(export).filter(|(other, _)| kind.includes(*other)).for_each(|(_, retry)| retry.at = None);
    }

    /// A job of this kind ended well, and with it what it includes.
    pub fn done(&mut self, export: &Name, kind: Kind) {
        self.0.retain(|(name, other), _| name != export || !kind.includes(*other));
    }

    /// Takes what has come, of the exports that can be worked for now. What was due long ago is given as well.
    pub fn take(&mut self, now: DateTime<Utc>, usable: impl Fn(&Name) -> bool) -> Vec<Due> {
        let mut due = Vec::new();
        for ((export, _), retry) in &mut self.0 {
            // Nobody waits longer than was meant because the clock was set back.
            retry.at = retry.at.map(|at| at.min(now.checked_add_signed(retry.wait).unwrap_or(at)));
            let come = retry.at.filter(|at| *at <= now && usable(export));
            if let Some(at) = come {
                retry.at = None;
                due.push(Due { export: export.clone(), at, work: retry.work.clone() });
            }
        }
        due
    }

    /// The clock was set: what is left to wait stays the same.
    pub fn clock_moved(&mut self, by: TimeDelta) {
        self.0.values_mut().for_each(|retry| retry.at = retry.at.and_then(|at| at.checked_add_signed(by)));
    }

    /// Keeps what fits; whether something that was still to be tried is dropped.
    pub fn keep(&mut self, export: &Name, fits: impl Fn(Kind) -> bool) -> bool {
        let mut dropped = false;
        self.0.retain(|(name, kind), retry| {
            let stays = name != export || fits(*kind);
            dropped |= !stays && retry.at.is_some();
            stays
        });
        dropped
    }

    /// Forgets exports that are no more.
    pub fn retain(&mut self, is_there: impl Fn(&Name) -> bool) {
        self.0.retain(|(name, _), _| is_there(name));
    }

    /// The export has another name now.
    pub fn rename(&mut self, from: &Name, to: &Name) {
        for kind in [Kind::Resources, Kind::Run, Kind::Removal] {
            if let Some(retry) = self.0.remove(&(from.clone(), kind)) {
                self.0.insert((to.clone(), kind), retry);
            }
        }
    }

    /// The earliest of the exports that can be worked for now.
    pub fn earliest(&self, usable: impl Fn(&Name) -> bool) -> Option<DateTime<Utc>> {
        self.0.iter().filter(|((export, _), _)| usable(export)).filter_map(|(_, retry)| retry.at).min()
    }

    /// When a kind of work is tried again.
    pub fn at(&self, export: &Name, kind: Kind) -> Option<DateTime<Utc>> {
        self.0.get(&(export.clone(), kind))?.at
    }

    /// Failures in a row.
    pub fn failures(&self, export: &Name, kind: Kind) -> u32 {
        self.0.get(&(export.clone(), kind)).map_or(0, |retry| retry.failures)
    }

    fn of(&mut self, export: &Name) -> impl Iterator<Item = (Kind, &mut Retry)> {
        self.0.iter_mut().filter(move |((name, _), _)| name == export).map(|((_, kind), retry)| (*kind, retry))
    }
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
