//! What the guard compares the next plan with: sizes of segments, suppression lists in force, rows accepted as they are.

use super::{
    Result, Store, View,
    daily::{SIZE_DAYS, day_text},
    sql,
};
use crate::{definition::Name, member::Key, source::Ends};
use chrono::{Days, NaiveDate};
use rusqlite::params;
use std::collections::BTreeSet;

/// As the last run left it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GuardMemory {
    /// Suppression lists that were in force.
    pub suppress: Vec<String>,
    /// Of these, the ones that the settings name: they are in force for every export, also for one that never ran.
    pub settings: Vec<String>,
    /// Other segments that kept people out: right sides of `except`, operands of `intersect`.
    pub excluding: Vec<String>,
    /// Lists that may be gone, as somebody approved.
    pub dropped: Vec<String>,
    /// Rows rejected by the last complete run.
    pub rejected: u64,
    /// A run in which the platform mails new contacts was let through.
    pub mails_new_contacts: bool,
    /// A run was carried out to its end.
    pub went_through: bool,
    /// How `match.id` was written in the last complete run; empty: not at all, or not known.
    pub ids: String,
    /// How files ended, so that one that is cut off is seen.
    pub ends: Ends,
}

impl View {
    /// `None` before the export's first run.
    pub fn guard_memory(&self, export: &Name) -> Result<Option<GuardMemory>> {
        let sql = "SELECT suppress, settings, dropped, rejected, mails_new_contacts, went_through, ids, excluding, ends FROM guard_memory WHERE export = ?1";
        let mut statement = self.conn.prepare_cached(sql)?;
        let mut rows = statement.query([export])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let names = |column| sql::from_json(&row.get::<_, String>(column)?);
        Ok(Some(GuardMemory {
            suppress: names(0)?,
            settings: names(1)?,
            dropped: names(2)?,
            rejected: sql::unsigned(row.get(3)?)?,
            mails_new_contacts: row.get(4)?,
            went_through: row.get(5)?,
            ids: row.get(6)?,
            excluding: names(7)?,
            ends: sql::from_json(&row.get::<_, String>(8)?)?,
        }))
    }

    /// How files ended as all other exports read them.
    pub fn ends_elsewhere(&self, export: &Name) -> Result<Ends> {
        let mut statement = self.conn.prepare_cached("SELECT ends FROM guard_memory WHERE export <> ?1")?;
        let mut rows = statement.query([export])?;
        let mut ends = Ends::default();
        while let Some(row) = rows.next()? {
            ends.extend(sql::from_json(&row.get::<_, String>(0)?)?);
        }
        Ok(ends)
    }

    /// Suppression lists that the settings named in the last run of any export.
    pub fn suppression_of_settings(&self) -> Result<BTreeSet<String>> {
        let mut statement = self.conn.prepare_cached("SELECT settings FROM guard_memory")?;
        let mut rows = statement.query([])?;
        let mut names = BTreeSet::new();
        while let Some(row) = rows.next()? {
            names.extend(sql::from_json::<Vec<String>>(&row.get::<_, String>(0)?)?);
        }
        Ok(names)
    }

    /// The largest size in the last seven days of a segment as this export read it; of one that keeps people out (`shared`), as
    /// any export did. A smaller one that was approved counts instead.
    pub fn largest_segment(&self, export: &Name, segment: &str, shared: bool, today: NaiveDate) -> Result<u64> {
        let (since, today) = (day_text(today - Days::new(SIZE_DAYS - 1)), day_text(today));
        let sql = "SELECT min(max(members), coalesce((SELECT members FROM accepted_size
                     WHERE export = ?1 AND segment = ?2 AND day BETWEEN ?3 AND ?4), 9223372036854775807))
                   FROM segment_size WHERE (?5 OR export = ?1) AND segment = ?2 AND day BETWEEN ?3 AND ?4";
        let largest: Option<i64> = self.conn.query_row(sql, params![export, segment, since, today, shared], |row| row.get(0))?;
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
        let names = [&memory.suppress, &memory.settings, &memory.dropped, &memory.excluding].map(sql::to_json);
        let [suppress, settings, dropped, excluding] = names;
        let (suppress, settings, dropped, excluding) = (suppress?, settings?, dropped?, excluding?);
        let ends = sql::to_json(&memory.ends)?;
        self.note(|conn| {
            conn.execute(
                "INSERT OR REPLACE INTO guard_memory VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                params![
                    export,
                    suppress,
                    settings,
                    dropped,
                    sql::count(memory.rejected),
                    memory.mails_new_contacts,
                    memory.went_through,
                    memory.ids,
                    excluding,
                    ends
                ],
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
            conn.execute(
                "UPDATE accepted_size SET members = max(members, ?3) WHERE export = ?1 AND segment = ?2",
                params![export, segment, sql::count(members)],
            )?;
            Ok(())
        })
    }

    /// Its smaller size was approved for this export: that is what the next one is measured against.
    pub fn accept_segment_size(&mut self, export: &Name, segment: &str, day: NaiveDate, members: u64) -> Result<()> {
        self.note(|conn| {
            conn.execute(
                "INSERT OR REPLACE INTO accepted_size VALUES (?1, ?2, ?3, ?4)",
                params![export, segment, day_text(day), sql::count(members)],
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
            for table in ["guard_memory", "segment_size", "accepted_size", "accepted_row"] {
                conn.execute(&format!("DELETE FROM {table} WHERE export = ?1"), [export])?;
            }
            Ok(())
        })
    }
}
