//! What to do next: due times, the queue and retries put together. Pure: told what happened and what time it is, it gives
//! the acts that follow, in the order in which they must become durable.

use super::{
    queue::{Job, Pushed, Queue, Work},
    retry,
    timetable::{Came, Missed, Timetable, active},
};
use crate::{
    definition::{Export, Name},
    run::Cause,
    state::{Mark, Trigger},
};
use chrono::{DateTime, TimeDelta, Utc};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// Something for the controller to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Record a mark and the times that are skipped, in one transaction.
    Deal {
        export: Name,
        mark: Mark,
        skips: Vec<Skip>,
    },
    /// Forget the mark: the schedule is followed no more.
    Unmark(Name),
    Begin(Job),
    /// Stop what runs: its export is gone or suspended.
    Stop(Name),
}

/// Due times that are not run, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skip {
    pub missed: Missed,
    pub why: Why,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Nobody looked at the clock then: the process, or the machine, was not at work.
    Away,
    /// The run before was under way, or waited for its turn.
    Busy,
}

/// How a job came out, as far as it matters here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    Done,
    /// Worth trying again, not before this long where known.
    Failed {
        not_before: Option<Duration>,
    },
}

/// What became of a wish to stop an export's run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Canceled {
    Withdrawn,
    Stopping,
    Nothing,
}

#[derive(Debug)]
struct Retry {
    failures: u32,
    /// `None`: a later run takes its place.
    at: Option<DateTime<Utc>>,
    work: Work,
}

#[derive(Debug, Default)]
pub struct Desk {
    exports: BTreeMap<Name, Arc<Export>>,
    timetable: Timetable,
    queue: Queue,
    retries: BTreeMap<Name, Retry>,
    /// Due times that were taken, and whose runs have not begun.
    pending: BTreeMap<Name, DateTime<Utc>>,
    /// Who runs by schedule.
    by: String,
    /// Which place an export writes to, where the state knows better than the definition.
    turns: BTreeMap<Name, String>,
}

impl Desk {
    /// `by`: who scheduled runs are recorded for.
    pub fn new(by: String) -> Self {
        Self { by, ..Self::default() }
    }

    /// From now on these are the exports, with the marks that the state has of them.
    pub fn define(&mut self, exports: BTreeMap<Name, Arc<Export>>, marks: &BTreeMap<Name, Mark>, now: DateTime<Utc>) -> Vec<Act> {
        let mut acts = Vec::new();
        let gone: Vec<Name> = self.exports.keys().filter(|name| !exports.contains_key(*name)).cloned().collect();
        for name in gone.iter().chain(exports.values().filter(|export| export.suspend).map(|export| &export.name)) {
            self.stop(name, &mut acts);
        }
        for (name, export) in &exports {
            match active(export) {
                Some(schedule) => {
                    let mark = self.timetable.follow(export, schedule, marks.get(name), now);
                    acts.extend(mark.map(|mark| Act::Deal { export: name.clone(), mark, skips: Vec::new() }));
                }
                None if self.timetable.leave(name) || marks.contains_key(name) => acts.push(Act::Unmark(name.clone())),
                None => {}
            }
        }
        self.exports = exports;
        acts
    }

    fn stop(&mut self, name: &Name, acts: &mut Vec<Act>) {
        self.retries.remove(name);
        self.pending.remove(name);
        self.queue.withdraw(name);
        if self.queue.runs(name).is_some() {
            acts.push(Act::Stop(name.clone()));
        }
        if self.timetable.leave(name) {
            acts.push(Act::Unmark(name.clone()));
        }
    }

    /// Which place an export is known to write to.
    pub fn set_turn(&mut self, export: &Name, turn: String) {
        self.turns.insert(export.clone(), turn);
    }

    /// Hands in work for an export; `None` if there is no such export, or it is suspended.
    pub fn push(&mut self, export: &Name, work: Work) -> Option<Pushed> {
        let job = self.job(self.exports.get(export).filter(|export| !export.suspend)?, work);
        if let Some(retry) = self.retries.get_mut(export) {
            retry.at = None;
        }
        Some(self.queue.push(job))
    }

    fn job(&self, export: &Export, work: Work) -> Job {
        let turn = self.turns.get(&export.name).cloned().unwrap_or_else(|| export.turn());
        Job { export: export.name.clone(), connection: export.connection.name.clone(), turn, work }
    }

    /// Takes what is due, and begins whatever may begin.
    pub fn tick(&mut self, now: DateTime<Utc>) -> Vec<Act> {
        let mut acts: Vec<_> = self.timetable.take(now).into_iter().map(|came| self.came(came)).collect();
        let again: Vec<_> = self.retries.iter_mut().filter(|(_, retry)| retry.at.is_some_and(|at| at <= now)).collect();
        let again: Vec<_> = again.into_iter().map(|(name, retry)| (name.clone(), retry.at.take(), retry.work.clone())).collect();
        for (name, _, work) in again {
            self.push(&name, work);
        }
        let begun = self.queue.begin();
        begun.iter().filter(|job| job.is_run()).for_each(|job| _ = self.pending.remove(&job.export));
        acts.extend(begun.into_iter().map(Act::Begin));
        acts
    }

    fn came(&mut self, came: Came) -> Act {
        let Came { export, due, missed, mut mark } = came;
        let mut skips: Vec<_> = missed.into_iter().map(|missed| Skip { missed, why: Why::Away }).collect();
        if let Some(at) = due {
            if self.is_busy(&export) {
                skips.push(Skip { missed: Missed { times: 1, first: at, last: at }, why: Why::Busy });
            } else {
                let cause = Cause { trigger: Trigger::Schedule, by: self.by.clone(), due };
                self.push(&export, Work::Run(cause));
                self.pending.insert(export.clone(), at);
            }
        }
        mark.pending = self.pending.get(&export).copied();
        Act::Deal { export, mark, skips }
    }

    /// A run of it is under way or waits.
    fn is_busy(&self, export: &Name) -> bool {
        self.queue.runs(export).is_some_and(Job::is_run) || self.queue.waits_to_run(export)
    }

    /// A job is over. `chance` in 0..1 spreads retries.
    pub fn ended(&mut self, job: &Job, ended: &Ended, now: DateTime<Utc>, chance: f64) {
        self.queue.ended(&job.export);
        let Ended::Failed { not_before } = ended else {
            self.retries.remove(&job.export);
            return;
        };
        if self.exports.get(&job.export).is_none_or(|export| export.suspend) {
            return;
        }
        let failures = self.failures(&job.export).saturating_add(1);
        let wait = TimeDelta::from_std(retry::wait(failures, *not_before, chance)).unwrap_or(TimeDelta::MAX);
        // Somebody who waits already will do.
        let at = if self.queue.waits(&job.export) { None } else { now.checked_add_signed(wait) };
        self.retries.insert(job.export.clone(), Retry { failures, at, work: job.work.clone() });
    }

    /// Takes an export out of the queue, or says that what runs is to be stopped. It is not tried again by itself.
    pub fn cancel(&mut self, export: &Name) -> Canceled {
        self.pending.remove(export);
        let retried = self.retries.remove(export).is_some_and(|retry| retry.at.is_some());
        if self.queue.runs(export).is_some() {
            self.queue.withdraw(export);
            return Canceled::Stopping;
        }
        if self.queue.withdraw(export).is_some() || retried { Canceled::Withdrawn } else { Canceled::Nothing }
    }

    /// When to look again, if nothing happens before.
    pub fn wake(&self) -> Option<DateTime<Utc>> {
        self.retries.values().filter_map(|retry| retry.at).chain(self.timetable.earliest()).min()
    }

    /// A job that cannot be begun after all.
    pub fn forget(&mut self, job: &Job) {
        self.queue.ended(&job.export);
    }

    /// The export is done with: a deletion that was carried out.
    pub fn remove(&mut self, export: &Name) {
        self.exports.remove(export);
        self.retries.remove(export);
        self.queue.withdraw(export);
        self.turns.remove(export);
    }

    pub fn queue(&self) -> &Queue {
        &self.queue
    }

    pub fn exports(&self) -> &BTreeMap<Name, Arc<Export>> {
        &self.exports
    }

    /// When an export is due next.
    pub fn next(&self, export: &Name) -> Option<DateTime<Utc>> {
        self.timetable.next(export)
    }

    /// Failures in a row, and when it is tried again.
    pub fn retry(&self, export: &Name) -> (u32, Option<DateTime<Utc>>) {
        (self.failures(export), self.retries.get(export).and_then(|retry| retry.at))
    }

    fn failures(&self, export: &Name) -> u32 {
        self.retries.get(export).map_or(0, |retry| retry.failures)
    }
}
