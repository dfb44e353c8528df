//! What happened behind the answers, for tests and people: nothing of it can be seen in what the vendor answers.

use super::problem::Result;
use rusqlite::Connection;
use std::collections::BTreeMap;

/// Something worth counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Event {
    /// A row of an import beyond the vendor's limits: dropped without a word.
    RowDropped,
    /// Somebody who had left a list was put back on it.
    LeaverReadded,
    /// A deleted contact is a contact again.
    Revived,
    /// Somebody who had unsubscribed was subscribed again.
    OptOutOverridden,
    /// A row whose address came twice in one import.
    RowRepeated,
    /// An activity that undoes one which is not finished, for the same person and list: which of them is last is chance.
    Raced,
    ContactDeleted,
}

impl Event {
    pub(super) const ALL: [Self; 7] = [
        Self::RowDropped,
        Self::LeaverReadded,
        Self::Revived,
        Self::OptOutOverridden,
        Self::RowRepeated,
        Self::Raced,
        Self::ContactDeleted,
    ];

    /// As the control surface writes it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::RowDropped => "rowsDropped",
            Self::LeaverReadded => "leaversReadded",
            Self::Revived => "deletedRevived",
            Self::OptOutOverridden => "optOutsOverridden",
            Self::RowRepeated => "rowsRepeated",
            Self::Raced => "unfinishedUndone",
            Self::ContactDeleted => "contactsDeleted",
        }
    }
}

/// What one transaction adds.
#[derive(Debug, Default)]
pub(super) struct Tally(BTreeMap<Event, u64>);

impl Tally {
    pub(super) fn add(&mut self, event: Event, count: u64) {
        *self.0.entry(event).or_default() += count;
    }

    pub(super) fn save(&self, db: &Connection) -> Result<()> {
        let sql = "INSERT INTO tally VALUES (?1, ?2) ON CONFLICT(name) DO UPDATE SET count = count + ?2";
        for (event, count) in self.0.iter().filter(|(_, count)| **count > 0) {
            db.prepare_cached(sql)?.execute((event.name(), *count as i64))?;
        }
        Ok(())
    }
}

/// Everything counted so far, zeros too.
pub(super) fn load(db: &Connection) -> Result<BTreeMap<&'static str, i64>> {
    let mut query = db.prepare_cached("SELECT coalesce((SELECT count FROM tally WHERE name = ?), 0)")?;
    Event::ALL.iter().map(|event| Ok((event.name(), query.query_row([event.name()], |row| row.get(0))?))).collect()
}
