//! Batches made one by one from what a plan holds: nothing is gathered that is not sent next.

use super::{Context, Failure, observe::Ready, part::Part, prepare::Work};
use crate::{
    definition::OnEmpty,
    destination::{Batch, BatchRow, ContainerId, Destination, JobId, JobOutcomes, Operation, Outcome},
    member::{Fingerprint, Key, MappedField, Record, RemainingEntry, RemainingFlags, SegmentMask, Standing, Value},
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
    /// Of each row: the fingerprint of the attributes sent, the segments joined or left, whether it is the last of them.
    pub told: Vec<(Option<Fingerprint>, SegmentMask, bool)>,
    /// How often its rows were sent before.
    pub attempt: u32,
}

impl Planned {
    /// As it is recorded while the platform works on it.
    pub fn job(&self, run: RunId, remote: JobId, at: DateTime<Utc>) -> Job {
        let row = |(n, row): (usize, &BatchRow)| JobMember {
            key: row.key,
            address: row.email.clone(),
            person: self.people[n],
            told: self.told[n].0,
            segments: self.told[n].1.0,
            last: self.told[n].2,
        };
        Job { run, remote, operation: self.batch.operation, rows: self.batch.rows.iter().enumerate().map(row).collect(), at }
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
        self.told.push((row.told, row.segments, row.last));
    }
}

/// One row, and what is recorded of it.
struct Row {
    row: BatchRow,
    person: Option<u64>,
    told: Option<Fingerprint>,
    segments: SegmentMask,
    last: bool,
}

/// Goes through the work once for one part.
pub struct Batches<'a> {
    part: &'a Part,
    view: &'a View,
    ready: &'a Ready,
    destination: &'a dyn Destination,
    new_standing: Option<Standing>,
    cursor: usize,
}

impl<'a> Batches<'a> {
    pub fn new(part: &'a Part, view: &'a View, ready: &'a Ready, context: &'a Context) -> Self {
        let (destination, new_standing) = (&*context.destination, context.export.new_contacts.status);
        Self { part, view, ready, destination, new_standing, cursor: 0 }
    }

    /// The next batch of at most `rows`, and of no more bytes than a call takes; `None` when the part is through.
    pub fn next(&mut self, work: &Work, remaining: &[RemainingEntry], rows: usize) -> Result<Option<Planned>, Failure> {
        let bytes = (self.destination.capabilities().batch_bytes)(self.part.operation);
        let (mut planned, mut size) = (self.empty(rows), 0_usize);
        let end = if self.part.operation.removes() { work.leavers.len() } else { remaining.len() };
        while planned.places.len() < rows && self.cursor < end {
            let at = self.cursor;
            if let Some(row) = self.row(work, remaining, at)? {
                size += self.destination.row_bytes(self.part.operation, &row.row);
                if size > bytes && !planned.places.is_empty() {
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
        let mut planned = self.empty(places.len());
        for at in places {
            if let Some(row) = self.row(work, remaining, at)? {
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

    fn row(&self, work: &Work, remaining: &[RemainingEntry], at: usize) -> Result<Option<Row>, Failure> {
        if self.part.operation.removes() { self.leaver(work, at) } else { self.entry(work, &remaining[at]) }
    }

    fn entry(&self, work: &Work, entry: &RemainingEntry) -> Result<Option<Row>, Failure> {
        let (flags, mask) = (entry.flags(), work.desired.sets.mask(entry.set()));
        if flags.has(RemainingFlags::FAILED) || !self.part.concerns(flags, mask, self.destination.capabilities()) {
            return Ok(None);
        }
        let Record { email, person, mut values, .. } = work.desired.spool.read(entry.offset())?;
        let fields = work.mapping.fields();
        let consent_at = consent(&mut values, fields.len());
        let tells = self.part.tells(flags);
        let clears = self.part.operation != Operation::Create;
        let attributes = if tells { attributes(fields, values, clears) } else { Vec::new() };
        let segments = self.part.joined(mask);
        let row = BatchRow {
            key: entry.key(),
            email,
            attributes,
            standing: self.standing(entry.key())?,
            joins: self.containers(segments),
            consent_at,
            contact: None,
        };
        Ok(Some(Row { row, person, told: tells.then(|| entry.fingerprint()), segments, last: false }))
    }

    fn standing(&self, key: Key) -> Result<Option<Standing>, Failure> {
        let known = || self.view.contact(self.ready.row, key);
        Ok(match self.part.operation {
            Operation::Create => self.new_standing,
            Operation::Update => known()?.map(|c| c.standing),
            Operation::Restore => known()?.and_then(|c| c.archived_from),
            _ => None,
        })
    }

    fn containers(&self, segments: SegmentMask) -> Vec<ContainerId> {
        self.ready.containers.iter().filter(|(bit, _)| segments.has(*bit)).map(|(_, id)| id.clone()).collect()
    }

    fn leaver(&self, work: &Work, at: usize) -> Result<Option<Row>, Failure> {
        let leaver = &work.leavers[at];
        let segments = self.part.bit().map_or(SegmentMask::NONE, SegmentMask::of);
        let wanted = match self.part.bit() {
            Some(bit) => leaver.segments.has(bit),
            // Who could not be taken out of a container stays in the place too.
            None => leaver.archive && leaver.segments == SegmentMask::NONE,
        };
        if !wanted {
            return Ok(None);
        }
        let Some(email) = self.view.member(self.ready.export, leaver.key)?.and_then(|m| m.address) else { return Ok(None) };
        let contact = match self.destination.capabilities().leaves_by_id {
            true => self.view.contact_id(self.ready.row, leaver.key)?,
            false => None,
        };
        let row = BatchRow { key: leaver.key, email, attributes: Vec::new(), standing: None, joins: Vec::new(), consent_at: None, contact };
        let last = leaver.segments.minus(segments).is_empty() && leaver.whole && !leaver.archive;
        Ok(Some(Row { row, person: None, told: None, segments, last }))
    }
}

/// When someone consented stands behind their attributes, where the definition names a column for it.
fn consent(values: &mut Vec<Value>, fields: usize) -> Option<String> {
    match values.drain(fields.min(values.len())..).next() {
        Some(Value::Text(at)) => Some(at),
        _ => None,
    }
}

fn attributes(fields: &[MappedField], values: Vec<Value>, clears: bool) -> Vec<(String, Value)> {
    let told = |(field, value): (&MappedField, Value)| match value {
        Value::Empty if field.on_empty == OnEmpty::Keep || !clears => None,
        value => Some((field.tag.clone(), value)),
    };
    fields.iter().zip(values).filter_map(told).collect()
}
