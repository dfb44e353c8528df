//! Batches made one by one from what a plan holds: nothing is gathered that is not sent next.

use super::{Context, Failure, observe::Ready, part::Part, prepare::Work, rows::Rows};
use crate::{
    destination::{Batch, BatchRow, Destination, JobId, JobOutcomes, Operation, Outcome, Permit, RowSize},
    member::{Fingerprint, Key, RemainingEntry, SegmentMask},
    plan::{
        diff::Leaver,
        effects::{After, RowFacts},
        task::{Carried, Cut, Todo},
    },
    platform::SubscriptionStatus,
    state::{Job, JobMember, RunId, View},
};
use chrono::{DateTime, Utc};
use std::collections::HashMap;

/// A batch, with the places of its rows among the work's entries (or leavers).
#[derive(Debug)]
pub struct Planned {
    pub batch: Batch,
    pub places: Vec<usize>,
    /// `match.id` of each row, to be recorded with it.
    pub people: Vec<Option<u64>>,
    /// Of each row: the fingerprint of the attributes sent, the segments joined or left, what follows once they are left.
    pub told: Vec<(Option<Fingerprint>, SegmentMask, After)>,
    /// How often its rows were sent before.
    pub attempt: u32,
}

/// How often rows that were certainly not carried out are sent again.
const AGAIN: u32 = 3;

impl Planned {
    /// Whether a row with this outcome is to be sent once more: until then it is not done.
    pub fn is_sent_again(&self, outcome: &Outcome) -> bool {
        *outcome == Outcome::NotDone && self.attempt < AGAIN
    }

    /// As it is recorded while the platform works on it.
    pub fn job(&self, run: RunId, remote: JobId, at: DateTime<Utc>) -> Job {
        let row = |(n, row): (usize, &BatchRow)| JobMember {
            key: row.key,
            address: row.email.clone(),
            person: self.people[n],
            told: self.told[n].0,
            segments: self.told[n].1.0,
            standing: row.standing,
            after: self.told[n].2,
        };
        Job { run, remote, operation: self.batch.operation, rows: self.batch.rows.iter().enumerate().map(row).collect(), at, look: None }
    }

    /// What was sent of a row.
    pub fn facts(&self, n: usize) -> RowFacts {
        let (fingerprint, segments, after) = self.told[n];
        RowFacts { fingerprint, segments, standing: self.batch.rows[n].standing, after }
    }

    /// One outcome a row.
    pub fn outcomes(&self, job: &JobOutcomes) -> Vec<Outcome> {
        let by_key: HashMap<_, _> = job.rows.iter().map(|(key, outcome)| (*key, outcome)).collect();
        self.batch.rows.iter().map(|row| by_key.get(&row.key).copied().unwrap_or(&job.others).clone()).collect()
    }

    fn push(&mut self, at: usize, row: Row) {
        self.batch.rows.push(row.row);
        self.places.push(at);
        self.people.push(row.person);
        self.told.push((row.told, row.segments, row.after));
    }
}

/// One row, and what is recorded of it.
struct Row {
    row: BatchRow,
    person: Option<u64>,
    told: Option<Fingerprint>,
    segments: SegmentMask,
    after: After,
}

/// How much of a row is wanted. An import has tens of thousands of rows, and most of a row are its attributes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Build {
    Whole,
    WithoutAttributes,
}

/// Goes through the work once for one part.
pub struct Batches<'a> {
    part: &'a Part,
    view: &'a View,
    ready: &'a Ready,
    destination: &'a dyn Destination,
    given: Option<SubscriptionStatus>,
    /// As [`crate::destination::Capabilities::spells`].
    spells: bool,
    cursor: usize,
    /// Updates in bulk: which statuses may go.
    permit: Option<Permit>,
    /// Whose status, now, may not.
    pub strays: Vec<usize>,
    /// Where it ends, if before the last.
    end: usize,
}

impl<'a> Batches<'a> {
    pub fn new(part: &'a Part, view: &'a View, ready: &'a Ready, context: &'a Context) -> Self {
        let (destination, given, spells) = (&*context.destination, context.export.new_contacts.status, context.capabilities.spells);
        let (cursor, end, permit, strays) = (0, usize::MAX, None, Vec::new());
        Self { part, view, ready, destination, given, spells, cursor, end, permit, strays }
    }

    /// Updates in bulk go by this permit.
    #[must_use]
    pub fn by(self, permit: Option<Permit>) -> Self {
        Self { permit, ..self }
    }

    /// The same for one of the work's entries.
    pub fn only(self, at: usize) -> Self {
        Self { cursor: at, end: at + 1, ..self }
    }

    fn strays(&mut self, at: usize, row: &BatchRow) -> bool {
        let strays = self.part.task.bulk && !self.permit.as_ref().is_some_and(|permit| permit.covers(row.standing));
        self.strays.extend(strays.then_some(at));
        strays
    }

    /// The next batch of at most `rows`, and of no more bytes than a call takes; `None` when the part is through.
    pub fn next(&mut self, work: &Work, remaining: &[RemainingEntry], rows: usize) -> Result<Option<Planned>, Failure> {
        let (mut planned, mut cut) = (self.empty(rows), Cut::default());
        let end = if self.part.operation.removes() { work.leavers.len() } else { remaining.len() }.min(self.end);
        while planned.places.len() < rows && self.cursor < end {
            let at = self.cursor;
            if let Some((row, size)) = self.row(work, remaining, at, Build::Whole)?
                && !self.strays(at, &row.row)
            {
                // Some platforms answer for a batch of new contacts as a whole: it gives one status.
                let status = row.row.standing.filter(|_| self.part.operation == Operation::Create);
                if !cut.gives(status) || !cut.takes(size, rows, self.part.task.call.bytes) {
                    break;
                }
                planned.push(at, row);
            }
            self.cursor += 1;
        }
        Ok((!planned.places.is_empty()).then_some(planned))
    }

    /// A batch of these places again. What is not to be done any more is left out.
    pub fn rebuilt(&self, work: &Work, remaining: &[RemainingEntry], places: Vec<usize>) -> Result<Planned, Failure> {
        self.of_places(work, remaining, places, Build::Whole)
    }

    /// The same without attributes, to note what became of those who were sent.
    pub fn sent(&self, work: &Work, remaining: &[RemainingEntry], places: Vec<usize>) -> Result<Planned, Failure> {
        self.of_places(work, remaining, places, Build::WithoutAttributes)
    }

    fn of_places(&self, work: &Work, remaining: &[RemainingEntry], places: Vec<usize>, build: Build) -> Result<Planned, Failure> {
        let mut planned = self.empty(places.len());
        for at in places {
            if let Some((row, _)) = self.row(work, remaining, at, build)? {
                planned.push(at, row);
            }
        }
        Ok(planned)
    }

    fn empty(&self, rows: usize) -> Planned {
        let container = self.part.container.as_ref().map(|(_, id)| id.clone());
        Planned {
            batch: Batch { operation: self.part.operation, container, rows: Vec::with_capacity(rows) },
            places: Vec::with_capacity(rows),
            people: Vec::with_capacity(rows),
            told: Vec::with_capacity(rows),
            attempt: 0,
        }
    }

    /// Also: the bytes that it takes, where they matter.
    fn row(&self, work: &Work, remaining: &[RemainingEntry], at: usize, build: Build) -> Result<Option<(Row, RowSize)>, Failure> {
        if self.part.operation.removes() {
            return Ok(self.leaver(&work.leavers[at])?.map(|row| (row, RowSize::default())));
        }
        self.entry(work, &remaining[at], build)
    }

    fn entry(&self, work: &Work, entry: &RemainingEntry, build: Build) -> Result<Option<(Row, RowSize)>, Failure> {
        let task = &self.part.task;
        let Some(carried) = Todo::remaining(entry, &work.desired.sets).and_then(|todo| task.takes(todo)) else { return Ok(None) };
        let rows = Rows { destination: self.destination, fields: work.mapping.fields(), lists: &self.ready.containers, given: self.given };
        let shown = Carried { attributes: carried.attributes && build == Build::Whole, ..carried };
        let (mut row, person) = rows.of(task, &work.desired.spool, entry.key(), entry.offset(), shown)?;
        let size = if build == Build::Whole { rows.size(task, &row) } else { RowSize::default() };
        row.standing = self.standing(work, entry.key())?;
        if self.spells && task.operation != Operation::Create {
            row.contact = self.view.contact_id(self.ready.row, entry.key())?;
        }
        let told = carried.attributes.then(|| entry.signature().without(person));
        Ok(Some((Row { row, person, told, segments: carried.joins, after: After::Stays }, size)))
    }

    /// A person's other address may allow less than what was chosen, or than what the contact had.
    fn standing(&self, work: &Work, key: Key) -> Result<Option<SubscriptionStatus>, Failure> {
        let known = || self.view.contact(self.ready.row, key);
        let lower = work.statuses.get(&key).copied();
        Ok(match self.part.operation {
            Operation::Create => lower.or(self.given),
            // Nowhere else is a status of use to an update.
            Operation::Update if self.part.task.bulk => known()?.map(|c| c.standing),
            Operation::Restore if lower.is_some() => lower,
            Operation::Restore => known()?.and_then(|c| c.archived_from),
            _ => None,
        })
    }

    fn leaver(&self, leaver: &Leaver) -> Result<Option<Row>, Failure> {
        let (task, segments) = (&self.part.task, self.part.bit().map_or(SegmentMask::NONE, SegmentMask::of));
        // Who could not be taken out of a container stays in the place too.
        let stays = task.operation == Operation::Archive && leaver.segments != SegmentMask::NONE;
        if !task.removes(leaver) || stays {
            return Ok(None);
        }
        let Some(email) = self.view.member(self.ready.export, leaver.key)?.and_then(|m| m.address) else { return Ok(None) };
        let contact = if task.call.by_id || self.spells { self.view.contact_id(self.ready.row, leaver.key)? } else { None };
        let row = BatchRow { key: leaver.key, email, attributes: Vec::new(), standing: None, joins: Vec::new(), consent_at: None, contact };
        let after = match leaver.whole && leaver.segments.minus(segments).is_empty() {
            true if leaver.archive => After::ToArchive,
            true => After::Former,
            false => After::Stays,
        };
        Ok(Some(Row { row, person: None, told: None, segments, after }))
    }
}

#[cfg(test)]
#[path = "batches_tests.rs"]
mod tests;
