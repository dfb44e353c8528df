//! What is counted while the daemon runs. Labels are bounded: export, destination, reason.

use super::Board;
use crate::{
    definition::{Export, Name},
    http::{Hub, Spread},
    run::Report,
    state::End,
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

mod now;
mod text;

/// Cheap to clone; counts are shared.
#[derive(Clone, Debug, Default)]
pub struct Metrics(Arc<Mutex<Counts>>);

/// How a look at the directory ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReadingResult {
    Unchanged,
    Accepted,
    /// Accepted, and some of it is broken.
    Broken,
    Held,
    Unreadable,
}

impl ReadingResult {
    fn as_str(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Accepted => "accepted",
            Self::Broken => "broken",
            Self::Held => "held",
            Self::Unreadable => "unreadable",
        }
    }
}

/// Since the process began.
#[derive(Clone, Debug)]
struct Counts {
    exports: BTreeMap<String, OfExport>,
    lag: Spread,
    readings: BTreeMap<&'static str, u64>,
    hints: BTreeMap<&'static str, u64>,
    refused: BTreeMap<&'static str, u64>,
}

/// One export's.
#[derive(Clone, Debug)]
struct OfExport {
    runs: BTreeMap<&'static str, u64>,
    took: Spread,
    synced: BTreeMap<&'static str, u64>,
    blocked: BTreeMap<String, u64>,
    /// Of the latest plan.
    planned: BTreeMap<&'static str, u64>,
    missed: u64,
}

const RUN_BOUNDS_SECONDS: &[f64] = &[1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14_400.0];
const LAG_BOUNDS_SECONDS: &[f64] = &[1.0, 5.0, 30.0, 60.0, 300.0, 900.0, 3600.0];

impl Default for Counts {
    fn default() -> Self {
        Self {
            exports: BTreeMap::new(),
            lag: Spread::new(LAG_BOUNDS_SECONDS),
            readings: BTreeMap::new(),
            hints: BTreeMap::new(),
            refused: BTreeMap::new(),
        }
    }
}

impl Default for OfExport {
    fn default() -> Self {
        Self {
            runs: BTreeMap::new(),
            took: Spread::new(RUN_BOUNDS_SECONDS),
            synced: BTreeMap::new(),
            blocked: BTreeMap::new(),
            planned: BTreeMap::new(),
            missed: 0,
        }
    }
}

impl Metrics {
    /// A run has ended.
    pub fn run_ended(&self, export: &Export, report: &Report, took: Duration) {
        let mut counts = self.lock();
        let of = counts.exports.entry(export.name.to_string()).or_default();
        *of.runs.entry(word(&report.end)).or_default() += 1;
        of.took.add(took);
        let run = &report.counts;
        if !matches!(report.end, End::Held { .. } | End::Skipped { .. }) {
            for (op, n) in [("add", run.added), ("update", run.updated), ("remove", run.removed)] {
                *of.synced.entry(op).or_default() += n;
            }
        }
        let Some(plan) = &report.plan else { return };
        let members = &plan.members;
        let resources = plan.resources.len() as u64;
        let planned =
            [("add", members.new), ("update", members.update), ("move", members.moved), ("remove", members.leave), ("resource", resources)];
        of.planned = planned.into();
        for reason in &plan.verdict.held {
            *of.blocked.entry(reason.code.as_str()).or_default() += 1;
        }
    }

    /// A run began so much later than it was due.
    pub fn lag(&self, _export: &Name, late: Duration) {
        self.lock().lag.add(late);
    }

    /// Due times that were not run.
    pub fn missed(&self, export: &Name, times: u64) {
        self.lock().exports.entry(export.to_string()).or_default().missed += times;
    }

    /// The directory was looked at.
    pub fn reading(&self, result: ReadingResult) {
        *self.lock().readings.entry(result.as_str()).or_default() += 1;
    }

    /// Something said "look again": `event`, `poll`, `signal`, `request`.
    pub fn hint(&self, kind: &'static str) {
        *self.lock().hints.entry(kind).or_default() += 1;
    }

    /// The API refused a request for its token: `wrong`, `missing`, `scope`; or because there were too many: `busy`.
    pub fn refused(&self, why: &'static str) {
        *self.lock().refused.entry(why).or_default() += 1;
    }

    /// An export is gone: so are its series.
    pub fn forget(&self, export: &Name) {
        self.lock().exports.remove(export.as_str());
    }

    /// Everything, as Prometheus reads it.
    pub fn text(&self, board: &Board, hub: &Hub) -> String {
        let counts = self.lock().clone();
        text::text([counts.metrics(), now::board(board), now::calls(hub)].concat())
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A run's end as a label.
fn word(end: &End) -> &'static str {
    match end {
        End::Succeeded { .. } => "succeeded",
        End::Partial { .. } => "partial",
        End::Skipped { .. } => "skipped",
        End::Held { .. } => "held",
        End::Stalled { .. } => "stalled",
        End::Failed { .. } => "failed",
        End::Canceled { .. } => "canceled",
    }
}

impl Counts {
    fn metrics(&self) -> Vec<text::Metric> {
        use text::Metric;
        let mut runs = Metric::counter("reconcile", "Runs that ended, by result");
        let mut took = Metric::spread("reconcile_duration_seconds", "How long runs took");
        let mut synced = Metric::counter("members_synced", "Members added, updated, taken out and acknowledged");
        let mut blocked = Metric::counter("plan_blocked", "Plans that the guard held, by its reason");
        let mut planned = Metric::gauge("plan_changes", "Changes in the latest plan");
        let mut missed = Metric::counter("schedule_missed", "Due times that were not run");
        for (export, of) in &self.exports {
            let label = |key: &'static str, value: &str| vec![("export", export.clone()), (key, value.to_owned())];
            of.runs.iter().for_each(|(result, n)| runs.count(label("result", result), *n));
            took.took(vec![("export", export.clone())], &of.took);
            of.synced.iter().for_each(|(op, n)| synced.count(label("op", op), *n));
            of.blocked.iter().for_each(|(guard, n)| blocked.count(label("guard", guard), *n));
            of.planned.iter().for_each(|(action, n)| planned.set(label("action", action), *n as f64));
            missed.count(vec![("export", export.clone())], of.missed);
        }
        let mut lag = Metric::spread("schedule_lag_seconds", "How much later than due runs began");
        lag.took(Vec::new(), &self.lag);
        let mut readings = Metric::counter("snapshot_reads", "Looks at the directory of definitions, by result");
        self.readings.iter().for_each(|(result, n)| readings.count(vec![("result", (*result).to_owned())], *n));
        let mut hints = Metric::counter("watch_events", "Hints to look at the directory again, by kind");
        self.hints.iter().for_each(|(kind, n)| hints.count(vec![("kind", (*kind).to_owned())], *n));
        let mut refused = Metric::counter("api_refused", "Requests that the API refused, by reason");
        self.refused.iter().for_each(|(why, n)| refused.count(vec![("reason", (*why).to_owned())], *n));
        vec![runs, took, synced, blocked, planned, missed, lag, readings, hints, refused]
    }
}

#[cfg(test)]
mod tests;
