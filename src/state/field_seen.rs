//! Which fields a place had when it was last looked at, by the platform's own ids.

use super::{PlaceRow, Result, Store, View};
use crate::destination::{SeenField, SeenFields};
use rusqlite::params;

impl Store {
    /// Records what a look at a place showed of its fields.
    pub fn record_seen_fields(&mut self, place: PlaceRow, seen: &SeenFields) -> Result<()> {
        self.apply(|conn| {
            let sql = "INSERT INTO field_seen VALUES (?1, ?2, ?3, ?4)
                       ON CONFLICT DO UPDATE SET remote = excluded.remote, remade = max(remade, excluded.remade)";
            let mut write = conn.prepare_cached(sql)?;
            for (tag, field) in seen {
                write.execute(params![place.0, tag, field.id, field.remade])?;
            }
            Ok(())
        })
    }
}

impl View {
    /// The same, as it was recorded last.
    pub fn seen_fields(&self, place: PlaceRow) -> Result<SeenFields> {
        let mut statement = self.conn.prepare_cached("SELECT tag, remote, remade FROM field_seen WHERE place = ?1")?;
        let rows = statement.query_map([place.0], |row| Ok((row.get(0)?, SeenField { id: row.get(1)?, remade: row.get(2)? })))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}
