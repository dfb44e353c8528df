//! What is forgotten in time (E15), and whether the file is whole.

use super::{
    Result, StateError, Store, View,
    daily::{SIZE_DAYS, day_text},
    sql,
};
use chrono::{DateTime, Days, TimeDelta, Utc};
use std::time::Duration;

/// `Settings.retention` where nobody says otherwise.
pub const RETENTION_DEFAULT: Duration = Duration::from_secs(90 * 24 * 3600);

impl Store {
    /// Forgets runs, rejected rows that are listed no more and held plans older than the retention, and day counters that nothing looks at any
    /// more. Each export's latest run stays, so that a yearly one is not "never run". Gives the number of runs forgotten.
    pub fn purge(&mut self, retention: Option<Duration>, now: DateTime<Utc>) -> Result<usize> {
        let kept = TimeDelta::from_std(retention.unwrap_or(RETENTION_DEFAULT)).unwrap_or(TimeDelta::MAX);
        let before = now.checked_sub_signed(kept).map_or(i64::MIN, sql::millis);
        let today = now.date_naive();
        self.note(|conn| {
            let runs = conn.execute(
                "DELETE FROM run WHERE ended_ms < ?1 AND id NOT IN (SELECT max(id) FROM run GROUP BY export)
                 AND id NOT IN (SELECT run FROM job) AND id NOT IN (SELECT run FROM rejected_run)",
                [before],
            )?;
            conn.execute(
                "DELETE FROM rejected WHERE run IN (SELECT id FROM run WHERE ended_ms < ?1)
                          AND run NOT IN (SELECT run FROM rejected_run)",
                [before],
            )?;
            conn.execute("DELETE FROM held WHERE made_ms < ?1", [before])?;
            conn.execute("DELETE FROM audit WHERE at_ms < ?1", [before])?;
            conn.execute("DELETE FROM container_size WHERE day < ?1", [day_text(today - Days::new(SIZE_DAYS))])?;
            for table in ["segment_size", "accepted_size"] {
                conn.execute(&format!("DELETE FROM {table} WHERE day < ?1"), [day_text(today - Days::new(SIZE_DAYS))])?;
            }
            conn.execute("DELETE FROM budget WHERE day < ?1", [day_text(today - Days::new(2))])?;
            Ok(runs)
        })
    }
}

impl View {
    /// Reads every page and tells whether the database is whole; about a second for a million members.
    pub fn check(&self) -> Result<()> {
        let verdict: String = self.conn.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if verdict == "ok" { Ok(()) } else { Err(StateError::damaged(verdict)) }
    }
}
