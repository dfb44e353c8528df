//! A simulated month of 50 exports, with runs that fail, take long and get in each other's way, and a process that dies at
//! random moments between any two acts: every due time ran exactly once or is reported as missed.

use super::{Defined, at, exports};
use crate::{
    daemon::{
        desk::{Act, Desk, Ended, Skip},
        queue::{Job, Work},
        timetable::Moments,
    },
    definition::{Export, Name},
    run::Cause,
    state::Mark,
};
use chrono::{DateTime, TimeDelta, Utc};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

const EXPORTS: usize = 50;

/// What a state would hold: it survives the process.
#[derive(Default)]
struct Durable {
    marks: BTreeMap<Name, Mark>,
    /// Every run that began, by the due time that it stands for, with how often it began.
    began: BTreeMap<(Name, DateTime<Utc>), u32>,
    /// Runs that ended well.
    done: BTreeMap<(Name, DateTime<Utc>), u32>,
    skips: Vec<(Name, Skip)>,
    /// The last run of an export was interrupted or failed: it goes on at the next start.
    open: BTreeMap<Name, Cause>,
}

struct World {
    exports: BTreeMap<Name, Arc<Export>>,
    durable: Durable,
    desk: Desk,
    running: Vec<(DateTime<Utc>, Job)>,
    dice: fastrand::Rng,
    now: DateTime<Utc>,
}

fn defined(dice: &mut fastrand::Rng) -> Vec<Defined> {
    let crons = ["0 6 * * *", "30 2 * * *", "*/45 * * * *", "0 */4 * * *", "15 9-17/2 * * 1-5", "0 0 1,15 * *", "@hourly", "0 12 * * 0"];
    let zones = ["Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "UTC"];
    let more = ["", ", jitter: 20m", ", deadline: 10m", ", deadline: 12h, jitter: 5m"];
    let export = |n: usize| {
        let more = format!(", timeZone: {}{}", dice.choice(zones).unwrap(), dice.choice(more).unwrap());
        Defined::scheduled(&format!("export-{n}"), &format!("list{}", n / 3), dice.choice(crons).unwrap(), &more)
    };
    (0..EXPORTS).map(export).collect()
}

impl World {
    fn new(seed: u64) -> Self {
        let mut dice = fastrand::Rng::with_seed(seed);
        let exports = exports(&defined(&mut dice));
        let (durable, desk) = (Durable::default(), Desk::default());
        // Over the end of daylight saving in New York.
        let mut world = Self { exports, durable, desk, running: Vec::new(), dice, now: at(10, 15, 0, 0) };
        world.start();
        world
    }

    /// As the controller does: marks are followed, interrupted runs go on.
    fn start(&mut self) {
        self.desk = Desk::new("test".into());
        self.running.clear();
        let acts = self.desk.define(self.exports.clone(), &self.durable.marks, self.now);
        acts.into_iter().for_each(|act| self.carry_out(act));
        for (name, cause) in self.durable.open.clone() {
            self.desk.push(&name, Work::Run(cause));
        }
    }

    fn carry_out(&mut self, act: Act) {
        match act {
            Act::Deal { export, mark, skips } => {
                self.durable.skips.extend(skips.into_iter().map(|skip| (export.clone(), skip)));
                self.durable.marks.insert(export, mark);
            }
            Act::Begin(job) => self.begin(job),
            Act::Unmark(_) | Act::Stop(_) | Act::Miss { .. } => unreachable!("nothing is taken away here"),
        }
    }

    fn begin(&mut self, job: Job) {
        let Work::Run(cause) = &job.work else { unreachable!() };
        assert!(self.running.iter().all(|(_, other)| other.export != job.export && other.turns != job.turns), "two at once");
        *self.durable.began.entry((job.export.clone(), cause.due.unwrap())).or_default() += 1;
        if let Some(mark) = self.durable.marks.get_mut(&job.export) {
            mark.pending = None;
        }
        self.durable.open.insert(job.export.clone(), cause.clone());
        let longest = if self.dice.u8(..) < 10 { 9_000 } else { 600 };
        self.running.push((self.now + TimeDelta::seconds(self.dice.i64(1..longest)), job));
    }

    fn end_those_that_are_over(&mut self) {
        let now = self.now;
        let (over, running): (Vec<_>, Vec<_>) = self.running.drain(..).partition(|(end, _)| *end <= now);
        self.running = running;
        for (_, job) in over {
            let Work::Run(cause) = &job.work else { unreachable!() };
            let failed = self.dice.u8(..) < 25;
            if !failed {
                *self.durable.done.entry((job.export.clone(), cause.due.unwrap())).or_default() += 1;
                self.durable.open.remove(&job.export);
            }
            let ended = if failed { Ended::Failed { not_before: None } } else { Ended::Done };
            let chance = self.dice.f64();
            self.desk.ended(&job, &ended, now, chance);
        }
    }

    /// Acts until nothing more follows; or dies between two acts.
    fn act(&mut self, may_die: bool) {
        self.end_those_that_are_over();
        let acts = self.desk.tick(self.now);
        let dies = may_die && self.dice.u16(..) < 400;
        let most = if dies { self.dice.usize(..=acts.len()) } else { acts.len() };
        acts.into_iter().take(most).for_each(|act| self.carry_out(act));
        if dies {
            let away_s = if self.dice.bool() { 30 } else { 30_000 };
            self.now += TimeDelta::seconds(self.dice.i64(1..away_s));
            self.start();
        }
    }

    /// To the next moment at which something happens.
    fn advance(&mut self) {
        let next = self.running.iter().map(|(end, _)| *end).chain(self.desk.wake()).min().unwrap();
        self.now = next.max(self.now + TimeDelta::milliseconds(1));
    }

    /// Every due time since the beginning, by the schedule alone.
    fn due(&self, export: &Export, from: DateTime<Utc>) -> BTreeSet<DateTime<Utc>> {
        let moments = Moments::of(&export.name, export.schedule.as_ref().unwrap());
        std::iter::successors(moments.next_after(from), |at| moments.next_after(*at)).take_while(|at| *at <= self.now).collect()
    }
}

#[test]
fn every_due_time_of_a_month_ran_exactly_once_or_is_reported_as_missed() {
    for seed in 0..2 {
        let mut world = World::new(seed);
        let begin = world.now;
        let end = begin + TimeDelta::days(31);
        while world.now < end {
            world.act(true);
            world.advance();
        }
        // A quiet day at the end: what waits gets its turn.
        while world.now < end + TimeDelta::days(1) {
            world.act(false);
            world.advance();
        }
        check(&world, begin, seed);
    }
}

fn check(world: &World, begin: DateTime<Utc>, seed: u64) {
    let (mut ran, mut missed) = (0, 0);
    for (name, export) in &world.exports {
        let due = world.due(export, begin);
        let began = world.durable.began.keys().filter(|(ran, _)| ran == name);
        assert!(began.into_iter().all(|(_, at)| due.contains(at)), "seed {seed}: {name} ran at no due time");
        let mut told: BTreeMap<DateTime<Utc>, u32> = BTreeMap::new();
        for (_, skip) in world.durable.skips.iter().filter(|(skipped, _)| skipped == name) {
            let covered: Vec<_> = due.range(skip.missed.first..=skip.missed.last).collect();
            assert_eq!(covered.len() as u64, skip.missed.times, "seed {seed}: {name}: {skip:?} counts wrong");
            covered.into_iter().for_each(|at| *told.entry(*at).or_default() += 1);
        }
        let waits: BTreeSet<_> =
            world.desk.queue().waiting().filter(|job| job.export == *name).map(|job| job.work.clone()).filter_map(due_of).collect();
        for at in due {
            let key = (name.clone(), at);
            let began = u32::from(world.durable.began.contains_key(&key));
            let skipped = told.get(&at).copied().unwrap_or(0);
            // The last moment may find it taken and waiting.
            assert!(
                began + skipped == 1 || waits.contains(&at) || at == world.now,
                "seed {seed}: {name} at {at}: began {began}, skipped {skipped}"
            );
            assert!(world.durable.done.get(&key).copied().unwrap_or(0) <= 1, "seed {seed}: {name} at {at} was done twice");
            (ran, missed) = (ran + began, missed + skipped);
        }
    }
    assert!(ran > 5_000 && missed > 100, "seed {seed}: {ran} ran, {missed} missed: the month was too quiet to show anything");
}

fn due_of(work: Work) -> Option<DateTime<Utc>> {
    match work {
        Work::Run(cause) => cause.due,
        Work::Prepare { .. } | Work::Remove(_) => None,
    }
}

/// Nothing of the month depends on anything but its seed.
#[test]
fn the_same_seed_gives_the_same_month() {
    let month = || {
        let mut world = World::new(7);
        while world.now < at(10, 20, 0, 0) {
            world.act(true);
            world.advance();
        }
        (world.now, world.durable.began, world.durable.skips)
    };
    assert_eq!(month(), month());
}
