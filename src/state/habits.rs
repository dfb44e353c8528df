//! What an audience was seen to do with calls, so that the next run need not find it out again.

use super::{PlaceRow, Result, Store, View, sql};
use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension as _, params};

/// How an audience takes calls, where that is not what the platform documents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Habits {
    /// Contacts of a page that the platform manages; `None`: as many as it documents.
    pub page_rows: Option<usize>,
    /// When a run's creates were last seen to put nobody onto a list, though they asked for it.
    pub creates_apart: Option<DateTime<Utc>>,
}

impl Store {
    /// How many contacts a page of this place's is asked for; `None`: as many as the platform documents.
    pub fn record_page_rows(&mut self, place: PlaceRow, rows: Option<usize>) -> Result<()> {
        let rows = rows.map(|rows| sql::count(rows as u64));
        self.note(|conn| Ok(conn.execute("UPDATE place SET page_rows = ?2 WHERE id = ?1", params![place.0, rows]).map(drop)?))
    }

    /// Creates put nobody onto a list here, as a run at this time saw.
    pub fn record_creates_apart(&mut self, place: PlaceRow, at: DateTime<Utc>) -> Result<()> {
        let sql = "UPDATE place SET creates_apart_ms = ?2 WHERE id = ?1";
        self.note(|conn| Ok(conn.execute(sql, params![place.0, sql::millis(at)]).map(drop)?))
    }
}

impl View {
    pub fn habits(&self, place: PlaceRow) -> Result<Habits> {
        let mut statement = self.conn.prepare_cached("SELECT page_rows, creates_apart_ms FROM place WHERE id = ?1")?;
        let row = statement.query_row([place.0], |row| Ok((row.get::<_, Option<i64>>(0)?, row.get::<_, Option<i64>>(1)?))).optional()?;
        let Some((rows, at)) = row else { return Ok(Habits::default()) };
        let page_rows = rows.and_then(|rows| usize::try_from(rows).ok()).filter(|rows| *rows > 0);
        Ok(Habits { page_rows, creates_apart: at.map(sql::time).transpose()? })
    }
}
