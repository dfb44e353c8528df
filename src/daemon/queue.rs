//! Who runs and who waits. Pure.
//!
//! An export stands in the queue at most once, and never runs twice at a time. Exports that write to one place take
//! turns (E16), first come first served; so do more exports of one connection than fit. Beyond that nobody waits for
//! anybody.

use crate::{definition::Name, run::Cause};
use std::collections::BTreeMap;

/// Runs of one connection at a time: they share its budget, and each holds members in memory.
const PER_CONNECTION: usize = 4;

/// What is to be done for an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    /// Its lists, tags and fields are made, and no member is sent (E5); then it is run, if so.
    Prepare {
        then_run: bool,
    },
    Run(Cause),
    /// It was deleted, and what its `onDelete` says is done.
    Remove(Cause),
}

/// Kinds of work that fail, and are tried again, each for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Resources,
    Run,
    Removal,
}

impl Work {
    pub fn kind(&self) -> Kind {
        match self {
            Self::Prepare { .. } => Kind::Resources,
            Self::Run(_) => Kind::Run,
            Self::Remove(_) => Kind::Removal,
        }
    }

    /// Why members are sent.
    pub fn cause(&self) -> Option<&Cause> {
        match self {
            Self::Prepare { .. } => None,
            Self::Run(cause) | Self::Remove(cause) => Some(cause),
        }
    }
}

impl Kind {
    /// Whoever does this has done the other: a run makes lists, tags and fields first.
    pub fn includes(self, other: Self) -> bool {
        self == other || (self == Self::Run && other == Self::Resources)
    }
}

/// An export's place in the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    pub export: Name,
    pub connection: Name,
    /// What it writes to, by the definition and by what is on record: one writer at a time.
    pub turns: Vec<String>,
    pub work: Work,
}

impl Job {
    /// Members are sent, not only lists, tags and fields made.
    pub fn is_run(&self) -> bool {
        self.work.cause().is_some()
    }

    fn shares_a_turn(&self, other: &Self) -> bool {
        self.turns.iter().any(|turn| other.turns.contains(turn))
    }
}

/// What became of a job that was handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushed {
    New,
    /// The export waits already, and what it waits to do includes this.
    Waits,
    /// It has begun, has not read anything yet, and will do what is asked.
    Joins,
}

#[derive(Debug, Default)]
pub struct Queue {
    waiting: Vec<Job>,
    running: BTreeMap<Name, Job>,
    /// Begun, and waiting for another's turn at the audience to end: nothing is read or sent yet.
    held_up: BTreeMap<Name, Name>,
}

impl Queue {
    /// Hands a job in. A run includes what preparing does, so that of both the run remains.
    pub fn push(&mut self, job: Job) -> Pushed {
        let Some(waiting) = self.waiting.iter_mut().find(|waiting| waiting.export == job.export) else {
            self.waiting.push(job);
            return Pushed::New;
        };
        let then = |work: &Work| matches!(work, Work::Prepare { then_run: true });
        let work = match (&waiting.work, &job.work) {
            // What the definition says now: it was deleted, or it is back.
            (Work::Remove(_), Work::Prepare { .. } | Work::Run(_)) | (Work::Prepare { .. } | Work::Run(_), Work::Remove(_)) => {
                job.work.clone()
            }
            (Work::Run(_) | Work::Remove(_), _) => waiting.work.clone(),
            (_, Work::Run(_)) => job.work.clone(),
            (one, other) => Work::Prepare { then_run: then(one) || then(other) },
        };
        let pushed = if waiting.work == work { Pushed::Waits } else { Pushed::New };
        *waiting = Job { work, ..job };
        pushed
    }

    /// Takes out everyone who may begin now, in order.
    pub fn begin(&mut self) -> Vec<Job> {
        let mut begun = Vec::new();
        let mut at = 0;
        while at < self.waiting.len() {
            if self.blocker(at).is_some() {
                at += 1;
                continue;
            }
            let job = self.waiting.remove(at);
            self.running.insert(job.export.clone(), job.clone());
            begun.push(job);
        }
        begun
    }

    /// Whom an export that waits is waiting for.
    pub fn waits_for(&self, export: &Name) -> Option<&Name> {
        let before = self.waiting.iter().position(|job| job.export == *export).and_then(|at| self.blocker(at));
        match before {
            // Itself, which waits for another.
            Some(before) if before == export => self.held_up.get(export).or(Some(before)),
            Some(before) => Some(before),
            None => self.held_up.get(export),
        }
    }

    /// A job that began waits for another's turn to end; or waits no more.
    pub fn hold_up(&mut self, export: &Name, behind: Option<Name>) {
        match behind.filter(|_| self.running.contains_key(export)) {
            Some(behind) => drop(self.held_up.insert(export.clone(), behind)),
            None => drop(self.held_up.remove(export)),
        }
    }

    /// It began, and waits for another's turn to end.
    pub fn is_held_up(&self, export: &Name) -> bool {
        self.held_up.contains_key(export)
    }

    #[cfg(test)]
    pub fn waits(&self, export: &Name) -> bool {
        self.waiting.iter().any(|job| job.export == *export)
    }

    /// What it waits to do includes this.
    pub fn waits_to_do(&self, export: &Name, kind: Kind) -> bool {
        self.waiting.iter().any(|job| job.export == *export && job.work.kind().includes(kind))
    }

    /// It waits for a run, not only to have its lists, tags and fields made.
    pub fn waits_to_run(&self, export: &Name) -> bool {
        self.waiting().any(|job| job.export == *export && job.is_run())
    }

    pub fn runs(&self, export: &Name) -> Option<&Job> {
        self.running.get(export)
    }

    /// Everyone who waits, in order.
    pub fn waiting(&self) -> impl Iterator<Item = &Job> {
        self.waiting.iter()
    }

    /// A job is over.
    pub fn ended(&mut self, export: &Name) {
        self.running.remove(export);
        self.held_up.remove(export);
    }

    /// Takes an export out of those who wait.
    pub fn withdraw(&mut self, export: &Name) -> Option<Job> {
        let at = self.waiting.iter().position(|job| job.export == *export)?;
        Some(self.waiting.remove(at))
    }

    /// Who is in the way of the one who waits at this place: itself, whoever has the turn, whoever came earlier for it, or
    /// the first of a connection that has no room.
    fn blocker(&self, at: usize) -> Option<&Name> {
        let job = &self.waiting[at];
        if let Some((own, _)) = self.running.get_key_value(&job.export) {
            return Some(own);
        }
        let turn = |other: &&Job| other.shares_a_turn(job);
        let writer = self.running.values().find(turn).or_else(|| self.waiting[..at].iter().find(turn));
        let full = || {
            let works = |other: &&Job| other.connection == job.connection && !self.is_held_up(&other.export);
            let mut same = self.running.values().filter(works);
            let first = same.next()?;
            (same.count() + 1 >= PER_CONNECTION).then_some(first)
        };
        writer.or_else(full).map(|other| &other.export)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Trigger;

    fn name(text: &str) -> Name {
        Name::new(text).unwrap()
    }

    fn job(export: &str, connection: &str, turn: &str) -> Job {
        let cause = Cause { trigger: Trigger::Schedule, by: "t".into(), due: None };
        Job { export: name(export), connection: name(connection), turns: vec![turn.into()], work: Work::Run(cause) }
    }

    fn prepare(then_run: bool) -> Job {
        Job { work: Work::Prepare { then_run }, ..job("a", "c", "t") }
    }

    fn begun(queue: &mut Queue) -> Vec<String> {
        queue.begin().into_iter().map(|job| job.export.to_string()).collect()
    }

    #[test]
    fn exports_of_one_place_take_turns_in_order_and_say_for_whom_they_wait() {
        let mut queue = Queue::default();
        for export in ["a", "b", "d"] {
            queue.push(job(export, "c", "list"));
        }
        queue.push(job("other", "c", "another list"));
        assert_eq!(begun(&mut queue), ["a", "other"]);
        assert_eq!(queue.waits_for(&name("b")), Some(&name("a")));
        assert_eq!(queue.waits_for(&name("d")), Some(&name("a")));
        queue.ended(&name("a"));
        assert_eq!(begun(&mut queue), ["b"]);
        assert_eq!(queue.waits_for(&name("d")), Some(&name("b")));
    }

    #[test]
    fn an_export_waits_for_itself_and_stands_in_the_queue_once() {
        let mut queue = Queue::default();
        queue.push(job("a", "c", "t"));
        assert_eq!(begun(&mut queue), ["a"]);
        assert_eq!(queue.push(job("a", "c", "t")), Pushed::New);
        assert_eq!(queue.push(job("a", "c", "t")), Pushed::Waits);
        assert!(begun(&mut queue).is_empty());
        assert_eq!(queue.waits_for(&name("a")), Some(&name("a")));
        queue.ended(&name("a"));
        assert_eq!(begun(&mut queue), ["a"]);
        assert!(!queue.waits(&name("a")));
    }

    #[test]
    fn a_connection_that_is_full_delays_only_its_own() {
        let mut queue = Queue::default();
        for at in 0..PER_CONNECTION + 1 {
            queue.push(job(&format!("a{at}"), "full", &format!("list {at}")));
        }
        queue.push(job("b", "other", "list"));
        assert_eq!(begun(&mut queue), ["a0", "a1", "a2", "a3", "b"]);
        assert_eq!(queue.waits_for(&name("a4")), Some(&name("a0")));
    }

    #[test]
    fn a_run_includes_what_preparing_does() {
        let mut queue = Queue::default();
        assert_eq!(queue.push(prepare(false)), Pushed::New);
        assert_eq!(queue.push(prepare(true)), Pushed::New);
        assert_eq!(queue.push(prepare(false)), Pushed::Waits);
        assert_eq!(queue.waiting().next().map(|job| &job.work), Some(&Work::Prepare { then_run: true }));
        assert_eq!(queue.push(job("a", "c", "t")), Pushed::New);
        assert_eq!(queue.push(prepare(true)), Pushed::Waits);
        assert_eq!(queue.begin(), [job("a", "c", "t")]);
    }

    #[test]
    fn who_writes_to_two_audiences_has_both_turns() {
        let mut queue = Queue::default();
        queue.push(Job { turns: vec!["new".into(), "old".into()], ..job("moved", "c", "") });
        queue.push(job("a", "d", "old"));
        queue.push(job("b", "e", "new"));
        assert_eq!(begun(&mut queue), ["moved"]);
        assert_eq!((queue.waits_for(&name("a")), queue.waits_for(&name("b"))), (Some(&name("moved")), Some(&name("moved"))));
        queue.ended(&name("moved"));
        assert_eq!(begun(&mut queue), ["a", "b"]);
    }

    #[test]
    fn who_is_held_up_says_for_whom_and_leaves_its_place_at_the_connection() {
        let mut queue = Queue::default();
        for at in 0..=PER_CONNECTION {
            queue.push(job(&format!("a{at}"), "full", &format!("list {at}")));
        }
        begun(&mut queue);
        queue.hold_up(&name("a0"), Some(name("b")));
        assert_eq!(queue.waits_for(&name("a0")), Some(&name("b")));
        assert_eq!(begun(&mut queue), ["a4"]);
        queue.push(job("a0", "full", "list 0"));
        assert_eq!(queue.waits_for(&name("a0")), Some(&name("b")), "not for itself");
        queue.hold_up(&name("a0"), None);
        assert_eq!(queue.waits_for(&name("a0")), Some(&name("a0")));
        queue.ended(&name("a0"));
        assert!(!queue.is_held_up(&name("a0")));
    }

    #[test]
    fn a_definition_that_was_deleted_or_is_back_decides_what_is_done() {
        let remove = || Job { work: Work::Remove(Cause::from(Trigger::Change)), ..job("a", "c", "t") };
        let mut queue = Queue::default();
        queue.push(job("a", "c", "t"));
        assert_eq!(queue.push(remove()), Pushed::New);
        assert_eq!(queue.push(remove()), Pushed::Waits);
        assert_eq!(queue.waiting().next().map(|job| job.work.kind()), Some(Kind::Removal));
        assert_eq!(queue.push(prepare(false)), Pushed::New);
        assert_eq!(queue.waiting().next().map(|job| job.work.kind()), Some(Kind::Resources));
    }

    #[test]
    fn who_is_withdrawn_does_not_begin() {
        let mut queue = Queue::default();
        queue.push(job("a", "c", "t"));
        assert!(queue.withdraw(&name("a")).is_some());
        assert!(queue.withdraw(&name("a")).is_none());
        assert!(begun(&mut queue).is_empty());
    }
}
