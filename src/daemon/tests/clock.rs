//! Days with a clock that is set forward and back, edits that land while retries wait, and runs that fail: nothing that ran is
//! run again, nothing that failed is forgotten, and nobody waits for a clock that was wrong.

use super::{Defined, at, exports, name};
use crate::{
    daemon::{
        desk::{Act, Desk, Ended, Skip, Why},
        queue::{Job, Work},
        timetable::{Moments, Ran},
    },
    definition::{Export, Name},
    state::Mark,
};
use chrono::{DateTime, TimeDelta, Utc};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

const EXPORTS: usize = 12;
const DAYS: i64 = 12;

struct World {
    exports: BTreeMap<Name, Arc<Export>>,
    desk: Desk,
    marks: BTreeMap<Name, Mark>,
    /// What has really passed, and by how much the clock is wrong.
    time: DateTime<Utc>,
    wrong_by: TimeDelta,
    running: Vec<(DateTime<Utc>, Job)>,
    /// Runs that ended well, and when that really was.
    done: BTreeMap<(Name, DateTime<Utc>), DateTime<Utc>>,
    began: Ran,
    skips: Vec<(Name, Skip)>,
    /// Runs that failed, and have not ended well since.
    failed: BTreeSet<Name>,
    dice: fastrand::Rng,
}

impl World {
    fn new(seed: u64) -> Self {
        let crons = ["0 6 * * *", "*/20 * * * *", "0 */4 * * *", "@hourly"];
        let mut dice = fastrand::Rng::with_seed(seed);
        let export = |n: usize| Defined::scheduled(&format!("e{n}"), &format!("l{}", n / 2), dice.choice(crons).unwrap(), "");
        let exports = exports(&(0..EXPORTS).map(export).collect::<Vec<_>>());
        let mut world = Self {
            exports,
            desk: Desk::new("test".into()),
            marks: BTreeMap::new(),
            time: at(5, 1, 0, 0),
            wrong_by: TimeDelta::zero(),
            running: Vec::new(),
            done: BTreeMap::new(),
            began: Ran::new(),
            skips: Vec::new(),
            failed: BTreeSet::new(),
            dice,
        };
        world.define();
        world
    }

    fn now(&self) -> DateTime<Utc> {
        self.time + self.wrong_by
    }

    fn define(&mut self) {
        self.desk.set_ran(self.began.clone());
        let acts = self.desk.define(self.exports.clone(), &self.marks, self.now());
        acts.into_iter().for_each(|act| self.carry_out(act));
    }

    fn set_clock(&mut self, wrong_by: TimeDelta) {
        let by = wrong_by - self.wrong_by;
        self.wrong_by = wrong_by;
        self.desk.clock_moved(by);
    }

    fn carry_out(&mut self, act: Act) {
        match act {
            Act::Deal { export, mark, skips } => {
                self.skips.extend(skips.into_iter().map(|skip| (export.clone(), skip)));
                self.marks.insert(export, mark);
            }
            Act::Begin(job) => self.begin(job),
            act => panic!("{act:?}"),
        }
    }

    fn begin(&mut self, job: Job) {
        if let Some(due) = job.work.cause().and_then(|cause| cause.due) {
            let before = self.done.get(&(job.export.clone(), due)).map(|done| self.time - *done);
            assert!(before.is_none_or(|before| before > TimeDelta::hours(20)), "{} ran twice for {due}, {before:?} apart", job.export);
            self.began.entry(job.export.clone()).or_default().insert(due);
        }
        self.running.push((self.time + TimeDelta::seconds(self.dice.i64(1..600)), job));
    }

    fn end(&mut self) {
        let time = self.time;
        let (over, running): (Vec<_>, Vec<_>) = self.running.drain(..).partition(|(end, _)| *end <= time);
        self.running = running;
        for (_, job) in over {
            let failed = self.dice.u8(..) < 60;
            if let Some(due) = job.work.cause().and_then(|cause| cause.due) {
                if failed {
                    self.failed.insert(job.export.clone());
                } else {
                    self.failed.remove(&job.export);
                    self.done.insert((job.export.clone(), due), time);
                }
            }
            let ended = if failed { Ended::Failed { not_before: None } } else { Ended::Done };
            let chance = self.dice.f64();
            self.desk.ended(&job, &ended, self.now(), chance);
        }
    }

    fn act(&mut self) {
        self.end();
        if self.desk.is_ahead(self.now()) {
            self.desk.set_ran(self.began.clone());
        }
        let acts = self.desk.tick(self.now());
        acts.into_iter().for_each(|act| self.carry_out(act));
        assert!(!self.desk.is_ahead(self.now()), "times were dealt with that are still to come");
        // As the controller: never longer than a little while.
        let next = self.running.iter().map(|(end, _)| *end).chain(self.desk.wake().map(|at| at - self.wrong_by)).min();
        let longest = self.time + TimeDelta::minutes(5);
        self.time = next.unwrap_or(longest).clamp(self.time + TimeDelta::milliseconds(1), longest);
    }

    /// What people and machines do to it.
    fn disturb(&mut self) {
        match self.dice.u16(..) {
            0..40 => {
                let by = TimeDelta::minutes(self.dice.i64(-4_000..4_000));
                self.set_clock(by);
            }
            40..160 => self.set_clock(TimeDelta::zero()),
            160..1_500 => {
                let export = name(&format!("e{}", self.dice.usize(..EXPORTS)));
                self.desk.push(&export, Work::Prepare { then_run: false });
            }
            1_500..1_700 => self.define(),
            _ => {}
        }
    }
}

#[test]
fn nothing_runs_twice_and_nothing_is_forgotten() {
    let (mut runs, mut caught_up) = (0, 0);
    for seed in 0..12 {
        let mut world = World::new(seed);
        let end = world.time + TimeDelta::days(DAYS);
        while world.time < end {
            world.disturb();
            world.act();
        }
        world.set_clock(TimeDelta::zero());
        let right = world.time;
        while world.time < right + TimeDelta::days(2) {
            world.act();
        }
        check(&world, right, seed);
        runs += world.done.len();
        caught_up += world.done.iter().filter(|((_, due), done)| (*due - **done).abs() > TimeDelta::hours(2)).count();
    }
    assert!(runs > 5_000 && caught_up > 20, "{runs} runs, {caught_up} by a wrong clock: too quiet to show anything");
}

/// Once the clock is right every due time is run, but for those that ran by the wrong one and those that were busy.
fn check(world: &World, right: DateTime<Utc>, seed: u64) {
    for (name, export) in &world.exports {
        let moments = Moments::of(name, export.schedule.as_ref().unwrap());
        let due = std::iter::successors(moments.next_after(right + TimeDelta::hours(1)), |at| moments.next_after(*at));
        for at in due.take_while(|at| *at < world.time - TimeDelta::hours(2)) {
            let ran = world.began.get(name).is_some_and(|began| began.contains(&at));
            let busy = |(skipped, skip): &(Name, Skip)| skipped == name && skip.why == Why::Busy && skip.missed.last == at;
            assert!(ran || world.skips.iter().any(busy), "seed {seed}: {name} did not run at {at}");
        }
        let retried = !world.failed.contains(name) || world.desk.retry(name).1.is_some();
        let under_way = world.desk.queue().runs(name).is_some() || world.desk.queue().waits(name);
        assert!(retried || under_way, "seed {seed}: {name} failed and is not tried again");
    }
}
