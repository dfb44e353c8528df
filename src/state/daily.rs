//! What is counted by the day (UTC): sizes of containers, use of budgets.

use super::{PlaceRow, Result, Store, View, sql};
use crate::destination::ContainerId;
use chrono::{Days, NaiveDate};
use rusqlite::{OptionalExtension, params};

/// Removals are measured against the largest size in this many days, today included (G1).
pub(super) const SIZE_DAYS: u64 = 7;

impl Store {
    /// A container's size as seen or made on that day; the day's largest stays.
    pub fn record_size(&mut self, place: PlaceRow, container: &ContainerId, day: NaiveDate, members: u64) -> Result<()> {
        self.note(|conn| {
            conn.execute(
                "INSERT INTO container_size VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET members = max(members, excluded.members)",
                params![place.0, container.0, day_text(day), sql::count(members)],
            )?;
            Ok(())
        })
    }

    /// So many are off the list and do not count as lost (G1): approved, suppressed, or removed externally.
    pub fn lower_size(&mut self, place: PlaceRow, container: &ContainerId, by: u64) -> Result<()> {
        self.note(|conn| {
            conn.execute(
                "UPDATE container_size SET members = max(0, members - ?3) WHERE place = ?1 AND remote = ?2",
                params![place.0, container.0, sql::count(by)],
            )?;
            Ok(())
        })
    }

    /// Adds to what an account used that day; gives the day's sum.
    pub fn spend(&mut self, budget: &str, day: NaiveDate, calls: u64) -> Result<u64> {
        self.note(|conn| {
            let sql = "INSERT INTO budget VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET used = used + excluded.used RETURNING used";
            sql::unsigned(conn.query_row(sql, params![budget, day_text(day), sql::count(calls)], |row| row.get(0))?)
        })
    }
}

impl View {
    /// The container's largest size in the last seven days, `today` included.
    pub fn largest_size(&self, place: PlaceRow, container: &ContainerId, today: NaiveDate) -> Result<Option<u64>> {
        let since = today - Days::new(SIZE_DAYS - 1);
        let sql = "SELECT max(members) FROM container_size WHERE place = ?1 AND remote = ?2 AND day BETWEEN ?3 AND ?4";
        let largest: Option<i64> =
            self.conn.query_row(sql, params![place.0, container.0, day_text(since), day_text(today)], |row| row.get(0))?;
        largest.map(sql::unsigned).transpose()
    }

    /// What an account used that day.
    pub fn spent(&self, budget: &str, day: NaiveDate) -> Result<u64> {
        let sql = "SELECT used FROM budget WHERE key = ?1 AND day = ?2";
        let used = self.conn.query_row(sql, params![budget, day_text(day)], |row| row.get(0)).optional()?;
        sql::unsigned(used.unwrap_or(0))
    }
}

/// ISO, so that text sorts as days do.
pub(super) fn day_text(day: NaiveDate) -> String {
    day.format("%Y-%m-%d").to_string()
}
