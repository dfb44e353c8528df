//! When what is due next. Pure: time is an argument.

use crate::definition::{Export, Name};
use chrono::{DateTime, TimeDelta, Utc};
use std::{collections::BTreeMap, sync::Arc};

/// The next time of every export that has an active schedule.
#[derive(Debug, Default)]
pub struct Due {
    next: BTreeMap<Name, DateTime<Utc>>,
}

impl Due {
    /// From `now` on.
    pub fn new<'a>(exports: impl Iterator<Item = &'a Arc<Export>>, now: DateTime<Utc>) -> Self {
        let next = exports.filter_map(|e| Some((e.name.clone(), next_run(e, now)?)));
        Self { next: next.collect() }
    }

    /// The earliest time of all.
    pub fn earliest(&self) -> Option<DateTime<Utc>> {
        self.next.values().min().copied()
    }

    /// Takes those whose time has come, and sets each one's next time after `now`: however late it is, once.
    pub fn take(&mut self, exports: &BTreeMap<Name, Arc<Export>>, now: DateTime<Utc>) -> Vec<Arc<Export>> {
        let due: Vec<_> = self.next.iter().filter(|(_, at)| **at <= now).filter_map(|(name, _)| exports.get(name).cloned()).collect();
        for export in &due {
            match next_run(export, now) {
                Some(at) => drop(self.next.insert(export.name.clone(), at)),
                None => drop(self.next.remove(&export.name)),
            }
        }
        due
    }
}

/// When an export runs next: its schedule's next time, spread by its own share of the jitter. `None`: on demand only, or
/// suspended.
pub fn next_run(export: &Export, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let schedule = export.schedule.as_ref().filter(|_| !export.suspend)?;
    let spread = jitter(export);
    schedule.next_after(after - spread).map(|at| at + spread)
}

/// Stable for a name, so that a restart does not move it.
fn jitter(export: &Export) -> TimeDelta {
    let most_ms = export.schedule.as_ref().map_or(0, |s| s.jitter.as_millis() as u64);
    if most_ms == 0 {
        return TimeDelta::zero();
    }
    let share = xxhash_rust::xxh3::xxh3_64(export.name.as_str().as_bytes()) % most_ms;
    TimeDelta::milliseconds(share.cast_signed())
}
