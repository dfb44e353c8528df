//! Which due time of each export was dealt with last: durable before its run starts, so that a restart neither repeats
//! nor forgets one.

use super::{Result, Store, View, sql};
use crate::definition::Name;
use chrono::{DateTime, Utc};
use rusqlite::{Row, params};
use std::collections::{BTreeMap, BTreeSet};

/// How far an export's schedule was followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The schedule this is about; another one begins afresh.
    pub rule: String,
    /// The latest due time that was dealt with, or when the schedule was first seen.
    pub handled: DateTime<Utc>,
    /// A due time that was taken, and whose run has not begun.
    pub pending: Option<DateTime<Utc>>,
}

impl Store {
    /// Replaces an export's mark.
    pub fn mark(&mut self, export: &Name, mark: &Mark) -> Result<()> {
        self.note(|conn| {
            conn.execute(
                "INSERT INTO schedule (export, rule, handled_ms, pending_ms) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT DO UPDATE SET rule = excluded.rule, handled_ms = excluded.handled_ms, pending_ms = excluded.pending_ms",
                params![export, mark.rule, sql::millis(mark.handled), mark.pending.map(sql::millis)],
            )?;
            Ok(())
        })
    }

    /// The export has no schedule any more.
    pub fn unmark(&mut self, export: &Name) -> Result<()> {
        self.note(|conn| Ok(conn.execute("DELETE FROM schedule WHERE export = ?1", [export]).map(drop)?))
    }

    /// Remembers for which definition an export's resources were made.
    pub fn set_prepared(&mut self, export: &Name, digest: &str) -> Result<()> {
        self.note(|conn| Ok(conn.execute("INSERT OR REPLACE INTO prepared VALUES (?1, ?2)", params![export, digest]).map(drop)?))
    }

    /// The export is no longer defined.
    pub fn forget_prepared(&mut self, export: &Name) -> Result<()> {
        self.note(|conn| Ok(conn.execute("DELETE FROM prepared WHERE export = ?1", [export]).map(drop)?))
    }
}

impl Store {
    /// The export's deletion was taken, and is to be carried out; or it was, or it is defined again.
    pub fn set_deleting(&mut self, export: &Name, deleting: bool) -> Result<()> {
        let sql = if deleting { "INSERT OR IGNORE INTO deleting VALUES (?1)" } else { "DELETE FROM deleting WHERE export = ?1" };
        self.note(|conn| Ok(conn.execute(sql, [export]).map(drop)?))
    }
}

impl View {
    /// Exports whose deletion is being carried out.
    pub fn deleting(&self) -> Result<BTreeSet<Name>> {
        let mut statement = self.conn.prepare_cached("SELECT export FROM deleting")?;
        Ok(statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
    }

    /// Every export's mark.
    pub fn marks(&self) -> Result<BTreeMap<Name, Mark>> {
        let mut statement = self.conn.prepare_cached("SELECT export, rule, handled_ms, pending_ms FROM schedule")?;
        let mut rows = statement.query([])?;
        let mut marks = BTreeMap::new();
        while let Some(row) = rows.next()? {
            marks.insert(row.get(0)?, mark(row)?);
        }
        Ok(marks)
    }

    /// Export → digest of the definition whose resources were made.
    pub fn prepared(&self) -> Result<BTreeMap<Name, String>> {
        let mut statement = self.conn.prepare_cached("SELECT export, digest FROM prepared")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

fn mark(row: &Row<'_>) -> Result<Mark> {
    let pending = row.get::<_, Option<i64>>(3)?.map(sql::time).transpose()?;
    Ok(Mark { rule: row.get(1)?, handled: sql::time(row.get(2)?)?, pending })
}
