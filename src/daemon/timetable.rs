//! When what is due: which times were dealt with, which come next, which passed unseen. Pure: time is an argument.
//!
//! | what happened | then |
//! |---|---|
//! | a due time has come | it is run, once |
//! | several came while nobody looked | the latest is run if it is within its deadline, the others are missed |
//! | all are older than the deadline | all are missed |
//! | a time was taken, and the process died before its run began | run after the restart, if within the deadline |
//! | the schedule changed, or is new | only times from now on count |
//! | the clock was set back by more than an hour | the earlier clock was wrong: times from now on count, but those within the next day that ran by it; none that ran is caught up |
//! | the clock was set back by less | a time that was dealt with is not repeated |

use crate::{
    definition::{Export, Name, Schedule, Times},
    state::Mark,
};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// Due times looked at in one step; a schedule by the minute comes to it after a week.
const AT_MOST: usize = 10_080;
/// How far a mark may lie ahead of the clock.
const CLOCK: TimeDelta = TimeDelta::hours(1);
/// How far ahead of the clock a time may lie whose run is not repeated. What ran longer before its time is no run of it.
const RAN_EARLY: TimeDelta = TimeDelta::days(1);
/// Between two looks no more time passes than this, unless the clock was set or nobody looked.
const LOOKS: TimeDelta = TimeDelta::minutes(10);

/// Due times whose runs began, of each export.
pub type Ran = BTreeMap<Name, BTreeSet<DateTime<Utc>>>;

/// The next time of every export that has an active schedule.
#[derive(Debug, Default)]
pub struct Timetable {
    rows: BTreeMap<Name, Row>,
    /// The clock at the last look.
    seen: Option<DateTime<Utc>>,
}

#[derive(Debug)]
struct Row {
    schedule: Schedule,
    moments: Moments,
    mark: Mark,
    /// Taken before a restart, its run not begun.
    pending: Option<DateTime<Utc>>,
    next: Option<DateTime<Utc>>,
    ran: RanAhead,
}

/// Times whose runs began before the clock was set back behind them.
#[derive(Debug)]
struct RanAhead {
    times: BTreeSet<DateTime<Utc>>,
    /// Up to here, which is so long after that was seen, none is repeated. Later ones are run when their time comes, and are not
    /// caught up.
    until: DateTime<Utc>,
}

/// What came of one export's times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Came {
    pub export: Name,
    /// To be run now, for this due time. With nothing missed either: it ran before the clock was set back.
    pub due: Option<DateTime<Utc>>,
    /// Not to be run any more.
    pub missed: Vec<Missed>,
    /// To be durable before the run starts.
    pub mark: Mark,
}

/// Due times that passed without a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missed {
    pub times: u64,
    pub first: DateTime<Utc>,
    pub last: DateTime<Utc>,
}

impl Missed {
    fn of(times: &[DateTime<Utc>]) -> Option<Self> {
        Some(Self { times: times.len() as u64, first: *times.first()?, last: *times.last()? })
    }
}

impl Timetable {
    /// Follows an export's schedule from its mark on; gives the mark to record if it is another now. `ran`: due times after the
    /// mark whose runs began.
    pub fn follow(&mut self, export: &Export, schedule: &Schedule, mark: Option<&Mark>, ran: &Ran, now: DateTime<Utc>) -> Option<Mark> {
        let rule = rule(schedule);
        if self.rows.get(&export.name).is_some_and(|row| row.mark.rule == rule && row.schedule == *schedule) {
            return None;
        }
        // One that is far ahead was taken by a clock that was wrong.
        let pending = mark.and_then(|mark| mark.pending).filter(|at| *at <= now + CLOCK);
        let good = mark.filter(|mark| mark.rule == rule && mark.handled <= now + CLOCK);
        let begun = Mark { rule, handled: now, pending };
        let mark = good.cloned().unwrap_or_else(|| begun.clone());
        let moments = Moments::of(&export.name, schedule);
        let ran = RanAhead::of(ran, &export.name, mark.handled, now);
        let mut row = Row { schedule: schedule.clone(), moments, mark, pending, next: None, ran };
        row.next = row.next_after(row.mark.handled);
        self.rows.insert(export.name.clone(), row);
        good.is_none().then_some(begun)
    }

    /// Its schedule is not followed any more; whether it was.
    pub fn leave(&mut self, export: &Name) -> bool {
        self.rows.remove(export).is_some()
    }

    /// An export's next time.
    pub fn next(&self, export: &Name) -> Option<DateTime<Utc>> {
        self.rows.get(export)?.next
    }

    /// The earliest time of all.
    pub fn earliest(&self) -> Option<DateTime<Utc>> {
        self.rows.values().filter_map(|row| row.pending.or(row.next)).min()
    }

    /// Whether times were dealt with that are far ahead of the clock: it was wrong then, and is right now.
    pub fn is_ahead(&self, now: DateTime<Utc>) -> bool {
        self.rows.values().any(|row| row.is_ahead(now))
    }

    /// Brings back what was dealt with far ahead of the clock; gives the marks to record.
    pub fn set_back(&mut self, now: DateTime<Utc>, ran: &Ran) -> Vec<(Name, Mark)> {
        let ahead = self.rows.iter_mut().filter(|(_, row)| row.is_ahead(now));
        ahead.map(|(name, row)| (name.clone(), row.set_back(now, RanAhead::of(ran, name, now, now)))).collect()
    }

    /// The clock was set: what counts as long ago stays so.
    pub fn clock_moved(&mut self, by: TimeDelta) {
        for row in self.rows.values_mut().filter(|row| !row.ran.times.is_empty()) {
            row.ran.until = row.ran.until.checked_add_signed(by).unwrap_or(row.ran.until);
            row.next = row.next_after(row.mark.handled);
        }
    }

    /// A run begins for a time that is still to come: it was taken by a clock that has been set back since.
    pub fn began_early(&mut self, export: &Name, at: DateTime<Utc>, now: DateTime<Utc>) {
        let Some(row) = self.rows.get_mut(export) else { return };
        row.ran.times.insert(at);
        row.ran.until = row.ran.until.max(now + RAN_EARLY);
        row.next = row.next_after(row.mark.handled.max(now));
    }

    /// Takes what has come; each export's next time is set after `now`, however late it is.
    pub fn take(&mut self, now: DateTime<Utc>) -> Vec<Came> {
        let due = |row: &Row| row.pending.or(row.next).is_some_and(|at| at <= now);
        let jumped = self.seen.replace(now).is_none_or(|seen| now - seen > LOOKS);
        self.rows.iter_mut().filter(|(_, row)| due(row)).map(|(name, row)| row.take(name, now, jumped)).collect()
    }
}

impl RanAhead {
    fn of(ran: &Ran, export: &Name, handled: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        Self { times: ran.get(export).into_iter().flatten().filter(|at| **at > handled).copied().collect(), until: now + RAN_EARLY }
    }

    /// `jumped`: the clock was set forward to it, or nobody looked when it came.
    fn covers(&self, at: DateTime<Utc>, jumped: bool) -> bool {
        self.times.contains(&at) && (jumped || at <= self.until)
    }
}

impl Row {
    fn is_ahead(&self, now: DateTime<Utc>) -> bool {
        self.mark.handled > now + CLOCK
    }

    fn set_back(&mut self, now: DateTime<Utc>, ran: RanAhead) -> Mark {
        self.ran = ran;
        self.pending = self.pending.filter(|at| *at <= now + CLOCK);
        self.mark = Mark { handled: now, pending: self.pending, ..self.mark.clone() };
        self.next = self.next_after(now);
        self.mark.clone()
    }

    fn next_after(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let times = std::iter::successors(self.moments.next_after(after), |at| self.moments.next_after(*at));
        // One more than may be passed over.
        times.take(self.ran.times.len() + 1).find(|at| !self.ran.covers(*at, false))
    }

    fn take(&mut self, export: &Name, now: DateTime<Utc>, jumped: bool) -> Came {
        // A time taken before a restart may be older than times that were reported since: it is judged alone.
        let before = self.pending.take();
        let mut times = self.passed(now);
        let handled = times.last().copied().map_or(self.mark.handled, |last| last.max(self.mark.handled));
        times.retain(|at| !self.ran.covers(*at, jumped));
        let mut missed = Vec::new();
        let mut due = before.filter(|_| times.is_empty()).filter(|at| !self.is_late(*at, now));
        if due.is_none() {
            missed.extend(before.map(|at| Missed { times: 1, first: at, last: at }));
        }
        if let Some((last, earlier)) = times.split_last() {
            due = Some(*last).filter(|at| !self.is_late(*at, now));
            missed.extend(Missed::of(if due.is_some() { earlier } else { &times }));
        }
        self.mark = Mark { handled, pending: due, ..self.mark.clone() };
        self.ran.times.retain(|at| *at > now);
        self.next = self.next_after(now.max(handled));
        Came { export: export.clone(), due, missed, mark: self.mark.clone() }
    }

    fn is_late(&self, at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        now - at > TimeDelta::from_std(self.schedule.deadline).unwrap_or(TimeDelta::MAX)
    }

    /// Every time up to `now` that was not dealt with. Of very many only the latest.
    fn passed(&self, now: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        let mut times = Vec::new();
        let mut at = self.next.filter(|at| *at <= now);
        while let Some(time) = at {
            if times.len() == AT_MOST {
                times.remove(0);
            }
            times.push(time);
            at = self.moments.next_after(time).filter(|at| *at <= now);
        }
        times
    }
}

/// When an export runs next: its schedule's next time, spread by its own share of the jitter. `None`: on demand only, or
/// suspended.
pub fn next_run(export: &Export, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
    Moments::of(&export.name, active(export)?).next_after(after)
}

/// The schedule that an export is run by.
pub fn active(export: &Export) -> Option<&Schedule> {
    export.schedule.as_ref().filter(|_| !export.suspend && !export.removed)
}

/// A schedule's times, each later by the export's own share of the jitter.
#[derive(Debug)]
pub struct Moments {
    times: Option<Times>,
    spread: TimeDelta,
}

impl Moments {
    pub fn of(export: &Name, schedule: &Schedule) -> Self {
        Self { times: schedule.times(), spread: spread(export, schedule) }
    }

    pub fn next_after(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.times.as_ref()?.next_after(after - self.spread).map(|at| at + self.spread)
    }
}

/// Stable for a name, so that a restart does not move it.
fn spread(export: &Name, schedule: &Schedule) -> TimeDelta {
    let most_ms = schedule.jitter.as_millis() as u64;
    if most_ms == 0 {
        return TimeDelta::zero();
    }
    let share = xxhash_rust::xxh3::xxh3_64(export.as_str().as_bytes()) % most_ms;
    TimeDelta::milliseconds(share.cast_signed())
}

/// What must be the same for times that were dealt with to count.
fn rule(schedule: &Schedule) -> String {
    format!("{} {} {}", schedule.cron, schedule.time_zone, schedule.jitter.as_millis())
}
