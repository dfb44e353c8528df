//! What a row holds, the same for measuring it while planning and for sending it.

use super::Failure;
use crate::{
    definition::OnEmpty,
    destination::{BatchRow, ContainerId, Destination, Operation, RowSize},
    member::{Key, MappedField, Person, Record, SegmentMask, Spool, Value},
    plan::task::{Carried, Task},
    platform::SubscriptionStatus,
};

/// Makes rows of members.
pub struct Rows<'a> {
    pub destination: &'a dyn Destination,
    pub fields: &'a [MappedField],
    /// By slot.
    pub lists: &'a [(u8, ContainerId)],
    /// The status given to new contacts.
    pub given: Option<SubscriptionStatus>,
}

/// Bytes around a value, its name not counted: quotes, brackets, a date written out in full.
const AROUND_VALUE: usize = 64;
/// Bytes around a row: whatever a platform says beside address and values.
const AROUND_ROW: usize = 512;
/// A byte as the longest of escapes, `\u0000`.
const ESCAPED: usize = 6;

impl Rows<'_> {
    /// Also: whose it is (`match.id`).
    pub fn of(&self, task: &Task, spool: &Spool, key: Key, offset: u64, carried: Carried) -> Result<(BatchRow, Option<u64>), Failure> {
        let Record { email, person, mut values, .. } = spool.read(offset)?;
        let consent_at = consent(&mut values, self.fields.len());
        let create = task.operation == Operation::Create;
        let attributes = if carried.attributes { attributes(self.fields, values, !create) } else { Vec::new() };
        let row = BatchRow {
            key,
            email,
            attributes,
            standing: self.given.filter(|_| create),
            joins: self.containers(if create { carried.joins } else { SegmentMask::NONE }),
            consent_at,
            contact: None,
        };
        Ok((row, person.map(Person::id)))
    }

    /// Bytes that the row takes in a call, where a call is limited by them.
    pub fn size(&self, task: &Task, row: &BatchRow) -> RowSize {
        if task.call.bytes == usize::MAX { RowSize::default() } else { self.destination.row_size(task.operation, row) }
    }

    /// No row takes more bytes than this.
    pub fn widest(&self, spool: &Spool) -> usize {
        let names: usize = self.fields.iter().map(|field| 2 * field.tag.len() + AROUND_VALUE).sum();
        let lists: usize = self.lists.iter().map(|(_, id)| 2 * id.0.len() + AROUND_VALUE).sum();
        ESCAPED * spool.widest() + names + lists + AROUND_ROW
    }

    fn containers(&self, joins: SegmentMask) -> Vec<ContainerId> {
        self.lists.iter().filter(|(bit, _)| joins.has(*bit)).map(|(_, id)| id.clone()).collect()
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

#[cfg(test)]
#[path = "rows_tests.rs"]
mod tests;
