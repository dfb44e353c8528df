//! Batches made one by one from what a plan holds: nothing is gathered that is not sent next.

use super::{Failure, prepare::Work};
use crate::{
    definition::OnEmpty,
    destination::{Batch, BatchRow, ContainerId, Operation},
    member::{Email, Flags, MappedField, Record, SegmentMask, Standing, Value},
    state::{ExportId, PlaceRow, View},
};

/// One part of a phase: an operation, for joins and leaves in one container.
#[derive(Clone, Debug)]
pub struct Part {
    pub operation: Operation,
    pub container: Option<(u8, ContainerId)>,
}

/// A batch, with the places of its rows among the work's entries (or leavers).
#[derive(Debug)]
pub struct Planned {
    pub batch: Batch,
    pub places: Vec<usize>,
    /// `match.id` of each row, to be recorded with it.
    pub people: Vec<Option<u64>>,
}

/// Goes through the work once for one part.
pub struct Batches<'a> {
    part: &'a Part,
    view: &'a View,
    export: ExportId,
    place: PlaceRow,
    new_standing: Standing,
    /// Whether a row's standing is needed.
    cursor: usize,
}

impl<'a> Batches<'a> {
    pub fn new(part: &'a Part, view: &'a View, export: ExportId, place: PlaceRow, new_standing: Standing) -> Self {
        Self { part, view, export, place, new_standing, cursor: 0 }
    }

    /// The next batch of at most `rows`; `None` when the part is through.
    pub fn next(&mut self, work: &Work, rows: usize) -> Result<Option<Planned>, Failure> {
        let mut planned = Planned {
            batch: Batch {
                operation: self.part.operation,
                container: self.part.container.as_ref().map(|(_, id)| id.clone()),
                rows: Vec::with_capacity(rows),
            },
            places: Vec::with_capacity(rows),
            people: Vec::with_capacity(rows),
        };
        let removes = matches!(self.part.operation, Operation::Leave | Operation::Archive);
        let end = if removes { work.leavers.len() } else { work.desired.entries.len() };
        while planned.places.len() < rows && self.cursor < end {
            let at = self.cursor;
            self.cursor += 1;
            let row = if removes { self.leaver(work, at)? } else { self.entry(work, at)? };
            if let Some((row, person)) = row {
                planned.batch.rows.push(row);
                planned.places.push(at);
                planned.people.push(person);
            }
        }
        Ok((!planned.places.is_empty()).then_some(planned))
    }

    fn entry(&self, work: &Work, at: usize) -> Result<Option<(BatchRow, Option<u64>)>, Failure> {
        let entry = &work.desired.entries[at];
        let flags = entry.flags();
        let wanted = match self.part.operation {
            Operation::Create => flags.has(Flags::CREATE),
            Operation::Update => flags.has(Flags::UPDATE),
            Operation::Restore => flags.has(Flags::RESTORE),
            _ => self.bit().is_some_and(|bit| work.desired.sets.mask(entry.set()).has(bit)),
        };
        if !wanted || flags.has(Flags::FAILED) {
            return Ok(None);
        }
        let Record { email, person, values, .. } = work.desired.spool.read(entry.offset())?;
        let tells = matches!(self.part.operation, Operation::Create | Operation::Update | Operation::Restore);
        let clears = self.part.operation != Operation::Create;
        let attributes = if tells { attributes(work.mapping.fields(), values, clears) } else { Vec::new() };
        let standing = match self.part.operation {
            Operation::Create => Some(self.new_standing),
            Operation::Update => self.view.contact(self.place, entry.key())?.map(|c| c.standing),
            Operation::Restore => self.view.contact(self.place, entry.key())?.and_then(|c| c.archived_from),
            _ => None,
        };
        Ok(Some((BatchRow { key: entry.key(), email, attributes, standing }, person)))
    }

    fn leaver(&self, work: &Work, at: usize) -> Result<Option<(BatchRow, Option<u64>)>, Failure> {
        let leaver = &work.leavers[at];
        let wanted = match self.bit() {
            Some(bit) => leaver.segments.has(bit),
            // Who could not be taken out of a container stays in the place too.
            None => leaver.archive && leaver.segments == SegmentMask::NONE,
        };
        if !wanted {
            return Ok(None);
        }
        let Some(email) = self.address(leaver.key)? else { return Ok(None) };
        Ok(Some((BatchRow { key: leaver.key, email, attributes: Vec::new(), standing: None }, None)))
    }

    fn address(&self, key: crate::member::Key) -> Result<Option<Email>, Failure> {
        Ok(self.view.member(self.export, key)?.and_then(|m| m.address))
    }

    fn bit(&self) -> Option<u8> {
        self.part.container.as_ref().map(|(bit, _)| *bit)
    }
}

fn attributes(fields: &[MappedField], values: Vec<Value>, clears: bool) -> Vec<(String, Value)> {
    let told = |(field, value): (&MappedField, Value)| match value {
        Value::Empty if field.on_empty == OnEmpty::Keep || !clears => None,
        value => Some((field.tag.clone(), value)),
    };
    fields.iter().zip(values).filter_map(told).collect()
}
