//! Walking along people or memberships, row by row, with nothing kept.

use super::Store;
use rusqlite::params;
use std::ops::ControlFlow;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Table {
    People,
    Memberships,
}

/// A row, borrowed. `text` is a person's cells or a membership's segments.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Row<'a> {
    pub id: i64,
    pub version: i64,
    pub customer: &'a str,
    pub text: &'a str,
}

/// From where to where: `after` and `until` are numbers of rows, `since` of a change.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Walk {
    pub table: Table,
    pub after: i64,
    pub until: i64,
    pub since: i64,
}

impl Table {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::People => "person",
            Self::Memberships => "membership",
        }
    }
}

impl Walk {
    pub(in super::super) fn all(table: Table) -> Self {
        Self { table, after: 0, until: i64::MAX, since: 0 }
    }
}

impl<'a> Row<'a> {
    fn of(row: &'a rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self { id: row.get(0)?, version: row.get(1)?, customer: row.get_ref(2)?.as_str()?, text: row.get_ref(3)?.as_str()? })
    }

    /// A person's cell.
    pub(in super::super) fn cell(&self, place: usize) -> &'a str {
        self.text.split(super::BETWEEN).nth(place).unwrap_or_default()
    }
}

impl Store {
    /// Shows every row in order until told to stop.
    pub(in super::super) fn walk(&self, walk: Walk, mut show: impl FnMut(Row<'_>) -> ControlFlow<()>) -> rusqlite::Result<()> {
        let table = walk.table.name();
        let sql = format!("SELECT id, version, customer, text FROM {table} WHERE id > ?1 AND id <= ?2 AND version > ?3 ORDER BY id");
        let mut sql = self.db().prepare_cached(&sql)?;
        let mut rows = sql.query(params![walk.after, walk.until, walk.since])?;
        while let Some(row) = rows.next()? {
            if show(Row::of(row)?).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// The one row of a customer, if there is one.
    pub(in super::super) fn show(&self, table: Table, customer: &str, show: impl FnOnce(Row<'_>)) -> rusqlite::Result<()> {
        // Memberships have their person's number, and may outlive the person.
        let found = match table {
            Table::People => "SELECT id, version, customer, text FROM person WHERE customer = ?1",
            Table::Memberships => {
                "SELECT m.id, m.version, m.customer, m.text FROM membership m JOIN person p USING(id) WHERE p.customer = ?1"
            }
        };
        let mut sql = self.db().prepare_cached(found)?;
        let mut rows = sql.query([customer])?;
        if let Some(row) = rows.next()? {
            show(Row::of(row)?);
        }
        Ok(())
    }

    /// The person of a membership, if there still is one.
    pub(in super::super) fn show_person(&self, id: i64, show: impl FnOnce(Row<'_>)) -> rusqlite::Result<()> {
        let mut sql = self.db().prepare_cached("SELECT id, version, customer, text FROM person WHERE id = ?1")?;
        let mut rows = sql.query([id])?;
        if let Some(row) = rows.next()? {
            show(Row::of(row)?);
        }
        Ok(())
    }

    /// Customers whose rows went since a change, each once.
    pub(in super::super) fn gone_since(&self, table: Table, since: i64) -> rusqlite::Result<Vec<String>> {
        // Who came back is no longer gone.
        let sql = format!(
            "SELECT DISTINCT customer FROM gone WHERE place = ?1 AND version > ?2 AND customer NOT IN (SELECT customer FROM {0} WHERE version > ?2)",
            table.name()
        );
        let mut sql = self.db().prepare_cached(&sql)?;
        sql.query_map(params![table.name(), since], |row| row.get(0))?.collect()
    }
}
