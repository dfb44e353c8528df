//! What the guard compares the next plan with: sizes of segments, suppression lists in force, rows accepted as they are.

use super::{
    Result, Store, View,
    daily::{SIZE_DAYS, day_text},
    sql,
};
use crate::{definition::Name, member::Key};
use chrono::{Days, NaiveDate};
use rusqlite::{OptionalExtension, params};

/// As the last run left it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GuardMemory {
    /// Suppression lists that were in force.
    pub suppress: Vec<String>,
    /// Rows rejected by the last complete run.
    pub rejected: u64,
    /// A run in which the platform mails new contacts was let through.
    pub mails_new_contacts: bool,
}

impl View {
    /// `None` before the export's first run.
    pub fn guard_memory(&self, export: &Name) -> Result<Option<GuardMemory>> {
        let sql = "SELECT suppress, rejected, mails_new_contacts FROM guard_memory WHERE export = ?1";
        let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get(2)?));
        let Some((suppress, rejected, mails_new_contacts)) = self.conn.query_row(sql, [export], read).optional()? else {
            return Ok(None);
        };
        Ok(Some(GuardMemory { suppress: sql::from_json(&suppress)?, rejected: sql::unsigned(rejected)?, mails_new_contacts }))
    }

    /// The segment's largest size in the last seven days, as this export read it.
    pub fn largest_segment(&self, export: &Name, segment: &str, today: NaiveDate) -> Result<u64> {
        let since = day_text(today - Days::new(SIZE_DAYS - 1));
        let sql = "SELECT max(members) FROM segment_size WHERE export = ?1 AND segment = ?2 AND day BETWEEN ?3 AND ?4";
        let largest: Option<i64> = self.conn.query_row(sql, params![export, segment, since, day_text(today)], |row| row.get(0))?;
        sql::unsigned(largest.unwrap_or(0))
    }

    /// Whether a row without an address was approved as it is.
    pub fn accepts_row(&self, export: &Name, segment: &str, row: Key) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM accepted_row WHERE export = ?1 AND segment = ?2 AND row = ?3)";
        Ok(self.conn.prepare_cached(sql)?.query_row(params![export, segment, row.to_bytes()], |row| row.get(0))?)
    }
}

impl Store {
    pub fn remember_guard(&mut self, export: &Name, memory: &GuardMemory) -> Result<()> {
        let suppress = sql::to_json(&memory.suppress)?;
        self.note(|conn| {
            conn.execute(
                "INSERT OR REPLACE INTO guard_memory VALUES (?1, ?2, ?3, ?4)",
                params![export, suppress, sql::count(memory.rejected), memory.mails_new_contacts],
            )?;
            Ok(())
        })
    }

    /// A segment's size as read that day; the day's largest stays.
    pub fn record_segment_size(&mut self, export: &Name, segment: &str, day: NaiveDate, members: u64) -> Result<()> {
        self.note(|conn| {
            conn.execute(
                "INSERT INTO segment_size VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET members = max(members, excluded.members)",
                params![export, segment, day_text(day), sql::count(members)],
            )?;
            Ok(())
        })
    }

    /// Its smaller size was approved: that is what the next one is measured against.
    pub fn accept_segment_size(&mut self, export: &Name, segment: &str, members: u64) -> Result<()> {
        self.note(|conn| {
            conn.execute(
                "UPDATE segment_size SET members = min(members, ?3) WHERE export = ?1 AND segment = ?2",
                params![export, segment, sql::count(members)],
            )?;
            Ok(())
        })
    }

    /// These rows without an address are known from now on.
    pub fn accept_rows(&mut self, export: &Name, segment: &str, rows: impl IntoIterator<Item = Key>) -> Result<()> {
        self.note(|conn| {
            let mut insert = conn.prepare_cached("INSERT OR IGNORE INTO accepted_row VALUES (?1, ?2, ?3)")?;
            rows.into_iter().try_for_each(|row| Ok(insert.execute(params![export, segment, row.to_bytes()]).map(drop)?))
        })
    }

    /// The export is forgotten, and what was compared with it.
    pub fn forget_guard(&mut self, export: &Name) -> Result<()> {
        self.note(|conn| {
            for table in ["guard_memory", "segment_size", "accepted_row"] {
                conn.execute(&format!("DELETE FROM {table} WHERE export = ?1"), [export])?;
            }
            Ok(())
        })
    }
}
