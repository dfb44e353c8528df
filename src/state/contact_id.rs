//! The vendor's own ids of contacts, where it wants to be told them (Constant Contact takes people off a list by these).

use super::{PlaceRow, Result, Store, View};
use crate::{destination::ContactId, member::Key};
use rusqlite::{OptionalExtension, params};

impl Store {
    /// Ids as a reading gave them; they never change.
    pub fn record_contact_ids<'a>(&mut self, place: PlaceRow, ids: impl IntoIterator<Item = (Key, &'a ContactId)>) -> Result<()> {
        self.note(|conn| {
            let mut write = conn.prepare_cached("INSERT OR REPLACE INTO contact_id VALUES (?1, ?2, ?3)")?;
            ids.into_iter().try_for_each(|(key, id)| Ok(write.execute(params![place.0, key.to_bytes(), id.0]).map(drop)?))
        })
    }
}

impl View {
    pub fn contact_id(&self, place: PlaceRow, key: Key) -> Result<Option<ContactId>> {
        let mut statement = self.conn.prepare_cached("SELECT remote FROM contact_id WHERE place = ?1 AND key = ?2")?;
        Ok(statement.query_row(params![place.0, key.to_bytes()], |row| row.get(0)).optional()?.map(ContactId))
    }
}
