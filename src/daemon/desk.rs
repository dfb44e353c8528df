//! What to do next: due times, the queue and retries put together. Pure: told what happened and what time it is, it gives
//! the acts that follow, in the order in which they must become durable.

use super::{
    queue::{Job, Kind, Pushed, Queue, Work},
    retry::{self, Due, Retries},
    timetable::{Came, Missed, Ran, Timetable, active},
};
use crate::{
    definition::{Export, Name},
    run::Cause,
    state::{Mark, Trigger},
};
use chrono::{DateTime, TimeDelta, Utc};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

/// How late a run without a schedule may be tried again.
const DEADLINE: Duration = Duration::from_secs(3600);

/// Something for the controller to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Record a mark and the times that are skipped, in one transaction.
    Deal {
        export: Name,
        mark: Mark,
        skips: Vec<Skip>,
    },
    /// Record a retry that was not made.
    Miss {
        export: Name,
        skip: Skip,
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
    /// It failed, and was not tried again in time: the export was suspended, or its definition could not be used.
    NotRetried,
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

#[derive(Debug, Default)]
pub struct Desk {
    exports: BTreeMap<Name, Arc<Export>>,
    timetable: Timetable,
    queue: Queue,
    retries: Retries,
    /// Due times that were taken, and whose runs have not begun.
    pending: BTreeMap<Name, DateTime<Utc>>,
    /// Who runs by schedule.
    by: String,
    /// Which place an export writes to, where the state knows better than the definition.
    turns: BTreeMap<Name, String>,
    /// Defined, and nothing of it can be used at present: what is due waits.
    stalled: BTreeSet<Name>,
    /// By which definition a job under way was begun.
    begun: BTreeMap<Name, String>,
    /// Due times after their marks whose runs began: the clock was set back since.
    ran: Ran,
}

impl Desk {
    /// `by`: who scheduled runs are recorded for.
    pub fn new(by: String) -> Self {
        Self { by, ..Self::default() }
    }

    /// From now on these are the exports, with the marks that the state has of them.
    pub fn define(&mut self, exports: BTreeMap<Name, Arc<Export>>, marks: &BTreeMap<Name, Mark>, now: DateTime<Utc>) -> Vec<Act> {
        let mut acts = Vec::new();
        let goes_on = self.rename(&exports);
        let gone: Vec<Name> = self.exports.keys().filter(|name| !exports.contains_key(*name)).cloned().collect();
        for name in &gone {
            self.gone(name, now, &mut acts);
        }
        for export in exports.values() {
            self.changed(export, &mut acts);
            match active(export) {
                Some(schedule) => {
                    let mark = self.timetable.follow(export, schedule, marks.get(&export.name), &self.ran, now);
                    acts.extend(mark.map(|mark| Act::Deal { export: export.name.clone(), mark, skips: Vec::new() }));
                }
                None if self.timetable.leave(&export.name) || marks.contains_key(&export.name) => {
                    acts.push(Act::Unmark(export.name.clone()));
                }
                None => {}
            }
        }
        self.retries.retain(|name| exports.contains_key(name) || self.stalled.contains(name));
        self.exports = exports;
        for (name, work) in goes_on {
            self.push(&name, work);
        }
        acts
    }

    /// Of these the definitions cannot be used at present: what is due waits until they can be.
    pub fn set_stalled(&mut self, stalled: BTreeSet<Name>) {
        self.stalled = stalled;
    }

    /// What an export had under its earlier name is its own now; gives the work that goes on under the new one.
    fn rename(&mut self, exports: &BTreeMap<Name, Arc<Export>>) -> Vec<(Name, Work)> {
        let mut goes_on = Vec::new();
        for export in exports.values().filter(|export| !self.exports.contains_key(&export.name)) {
            let Some(before) = export.renamed_from.as_ref().filter(|before| !exports.contains_key(*before)) else { continue };
            self.retries.rename(before, &export.name);
            if let Some(pending) = self.pending.remove(before) {
                self.pending.insert(export.name.clone(), pending);
            }
            // What runs is stopped: it writes under the old name.
            let runs = self.queue.runs(before).filter(|job| job.is_run()).cloned();
            let jobs = runs.into_iter().chain(self.queue.withdraw(before));
            goes_on.extend(jobs.map(|job| (export.name.clone(), job.work)));
        }
        goes_on
    }

    fn gone(&mut self, name: &Name, now: DateTime<Utc>, acts: &mut Vec<Act>) {
        if self.queue.runs(name).is_some() {
            acts.push(Act::Stop(name.clone()));
        }
        let waits = self.queue.withdraw(name);
        let followed = self.timetable.leave(name);
        if self.stalled.contains(name) {
            waits.into_iter().for_each(|job| self.retries.park(name, job.work, now));
            return;
        }
        self.retries.keep(name, |_| false);
        self.pending.remove(name);
        if followed {
            acts.push(Act::Unmark(name.clone()));
        }
    }

    /// What waits, runs or is to be tried again, and is not to be done by the definition as it is now.
    fn changed(&mut self, export: &Export, acts: &mut Vec<Act>) {
        let (name, fits) = (&export.name, |kind| fits(export, kind));
        // What failed stays: it is tried again once the export is resumed, if that is soon.
        self.retries.keep(name, fits);
        let stays = |job: &Job| !export.suspend && fits(job.work.kind());
        if self.queue.waiting().any(|job| job.export == *name && !stays(job)) {
            self.queue.withdraw(name);
            self.pending.remove(name);
        }
        if self.queue.runs(name).is_some_and(|job| !stays(job)) {
            acts.push(Act::Stop(name.clone()));
        }
    }

    /// Which place an export is known to write to.
    pub fn set_turn(&mut self, export: &Name, turn: String) {
        self.turns.insert(export.clone(), turn);
    }

    /// A job that began waits for another's turn at the audience to end; or waits no more.
    pub fn hold_up(&mut self, export: &Name, behind: Option<Name>) {
        self.queue.hold_up(export, behind);
    }

    /// Hands in work for an export; `None` if there is no such export, it is suspended, or its definition asks for something
    /// else. What is asked of a deleted export is its removal.
    pub fn push(&mut self, export: &Name, work: Work) -> Option<Pushed> {
        let export = self.exports.get(export).filter(|export| !export.suspend)?;
        let work = match work {
            Work::Run(cause) if export.removed => Work::Remove(cause),
            work => work,
        };
        if !fits(export, work.kind()) {
            return None;
        }
        self.retries.taken_over(&export.name, work.kind());
        if self.joins(export, work.kind()) {
            return Some(Pushed::Joins);
        }
        Some(self.queue.push(self.job(export, work)))
    }

    /// Its run has begun by the same definition, and waits for its turn at the audience: it will read what there is then.
    fn joins(&self, export: &Export, kind: Kind) -> bool {
        let same = self.begun.get(&export.name) == Some(&export.digest);
        same && self.queue.is_held_up(&export.name) && self.queue.runs(&export.name).is_some_and(|job| job.work.kind().includes(kind))
    }

    fn job(&self, export: &Export, work: Work) -> Job {
        let mut turns = vec![export.turn()];
        // What is on record may be where it wrote before its target changed: that is not written to by others meanwhile.
        turns.extend(self.turns.get(&export.name).filter(|known| **known != turns[0]).cloned());
        Job { export: export.name.clone(), connection: export.connection.name.clone(), turns, work }
    }

    /// Takes what is due, and begins whatever may begin.
    pub fn tick(&mut self, now: DateTime<Utc>) -> Vec<Act> {
        let mut acts = self.set_back(now);
        acts.extend(self.timetable.take(now).into_iter().map(|came| self.came(came)).collect::<Vec<_>>());
        let exports = &self.exports;
        let due = self.retries.take(now, |name| usable(exports, name));
        acts.extend(due.into_iter().filter_map(|due| self.again(due, now)));
        let begun = self.queue.begin();
        for job in &begun {
            if let Some(cause) = job.work.cause() {
                self.pending.remove(&job.export);
                cause.due.filter(|due| *due > now).iter().for_each(|due| self.timetable.began_early(&job.export, *due, now));
            }
            let digest = self.exports.get(&job.export).map(|export| export.digest.clone());
            self.begun.insert(job.export.clone(), digest.unwrap_or_default());
        }
        acts.extend(begun.into_iter().map(Act::Begin));
        acts
    }

    /// A retry that could not be made in time is a missed run like any other (SPEC 5).
    fn again(&mut self, due: Due, now: DateTime<Utc>) -> Option<Act> {
        let Due { export, at, work } = due;
        let deadline = self.exports.get(&export).map(|export| deadline(export)).unwrap_or_default();
        let late = now - at > TimeDelta::from_std(deadline).unwrap_or(TimeDelta::MAX);
        let Work::Run(cause) = &work else {
            self.push(&export, work);
            return None;
        };
        if !late {
            self.push(&export, work);
            return None;
        }
        let at = cause.due.unwrap_or(at);
        self.retries.done(&export, Kind::Run);
        Some(Act::Miss { export, skip: Skip { missed: Missed { times: 1, first: at, last: at }, why: Why::NotRetried } })
    }

    /// Whether times were dealt with that are still to come: the clock was ahead, and is right now.
    pub fn is_ahead(&self, now: DateTime<Utc>) -> bool {
        self.timetable.is_ahead(now)
    }

    /// Due times after the marks whose runs began, by what is on record.
    pub fn set_ran(&mut self, ran: Ran) {
        self.ran = ran;
    }

    fn set_back(&mut self, now: DateTime<Utc>) -> Vec<Act> {
        let marks = self.timetable.set_back(now, &self.ran);
        let deal = |(export, mark): (Name, Mark)| {
            let pending = self.pending.get(&export).copied().or(mark.pending);
            Act::Deal { mark: Mark { pending, ..mark }, export, skips: Vec::new() }
        };
        marks.into_iter().map(deal).collect()
    }

    /// The clock was set by so much: what is left to wait stays the same.
    pub fn clock_moved(&mut self, by: TimeDelta) {
        self.retries.clock_moved(by);
        self.timetable.clock_moved(by);
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
        let (export, kind) = (&job.export, job.work.kind());
        self.queue.ended(export);
        self.begun.remove(export);
        let Ended::Failed { not_before } = ended else {
            self.retries.done(export, kind);
            return;
        };
        let wanted = self.exports.get(export).map_or_else(|| self.stalled.contains(export), |export| fits(export, kind));
        if !wanted {
            self.retries.done(export, kind);
            return;
        }
        let failures = self.retries.failures(export, kind).saturating_add(1);
        // Somebody who waits already to do the same will do.
        let wait = (!self.queue.waits_to_do(export, kind)).then(|| retry::wait(failures, *not_before, chance));
        self.retries.failed(export, job.work.clone(), wait, now);
    }

    /// Takes an export out of the queue, or says that what runs is to be stopped. It is not tried again by itself.
    pub fn cancel(&mut self, export: &Name) -> Canceled {
        self.pending.remove(export);
        let retried = self.retries.keep(export, |_| false);
        if self.queue.runs(export).is_some() {
            self.queue.withdraw(export);
            return Canceled::Stopping;
        }
        if self.queue.withdraw(export).is_some() || retried { Canceled::Withdrawn } else { Canceled::Nothing }
    }

    /// When to look again, if nothing happens before.
    pub fn wake(&self) -> Option<DateTime<Utc>> {
        let retry = self.retries.earliest(|name| usable(&self.exports, name));
        retry.into_iter().chain(self.timetable.earliest()).min()
    }

    /// A job that cannot be begun after all.
    pub fn forget(&mut self, job: &Job) {
        self.queue.ended(&job.export);
        self.begun.remove(&job.export);
    }

    /// The export is done with: a deletion that was carried out.
    pub fn remove(&mut self, export: &Name) {
        self.exports.remove(export);
        self.retries.keep(export, |_| false);
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

    /// Failures in a row, and when it is tried again: the kind of work that failed most often, and what comes first.
    pub fn retry(&self, export: &Name) -> (u32, Option<DateTime<Utc>>) {
        let kinds = [Kind::Resources, Kind::Run, Kind::Removal];
        let failures = kinds.map(|kind| self.retries.failures(export, kind));
        (failures.into_iter().max().unwrap_or(0), kinds.into_iter().filter_map(|kind| self.retries.at(export, kind)).min())
    }

    /// When work of the kind of this job is tried again.
    pub fn again_at(&self, job: &Job) -> Option<DateTime<Utc>> {
        self.retries.at(&job.export, job.work.kind())
    }
}

/// Whether the definition asks for work of this kind.
fn fits(export: &Export, kind: Kind) -> bool {
    export.removed == (kind == Kind::Removal)
}

fn usable(exports: &BTreeMap<Name, Arc<Export>>, name: &Name) -> bool {
    exports.get(name).is_some_and(|export| !export.suspend)
}

/// How late a run may be caught up; without a schedule as by default.
pub fn deadline(export: &Export) -> Duration {
    export.schedule.as_ref().map_or(DEADLINE, |schedule| schedule.deadline)
}
