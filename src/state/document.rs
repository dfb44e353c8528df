//! The last good text of each definition, with which an export goes on while its file is broken.

use super::{Result, Store, View, sql};
use crate::definition::{DefinitionId, Kept};
use chrono::{DateTime, Utc};
use rusqlite::params;

impl Store {
    /// Records definitions just read and found good, each in place of the one of its kind and name.
    pub fn keep_documents<'a>(&mut self, documents: impl IntoIterator<Item = &'a Kept>, at: DateTime<Utc>) -> Result<()> {
        self.note(|conn| {
            let mut write = conn.prepare_cached("INSERT OR REPLACE INTO document VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
            documents
                .into_iter()
                .try_for_each(|d| Ok(write.execute(params![d.id.kind, d.id.name, d.file, d.text, d.digest, sql::millis(at)]).map(drop)?))
        })
    }

    /// It was deleted by whoever writes the definitions.
    pub fn forget_document(&mut self, id: &DefinitionId) -> Result<()> {
        self.note(|conn| Ok(conn.execute("DELETE FROM document WHERE kind = ?1 AND name = ?2", [&id.kind, &id.name]).map(drop)?))
    }
}

impl View {
    /// In order of kind and name.
    pub fn documents(&self) -> Result<Vec<Kept>> {
        let mut statement = self.conn.prepare_cached("SELECT kind, name, file, text, digest FROM document ORDER BY kind, name")?;
        let rows = statement.query_map([], |row| {
            let id = DefinitionId { kind: row.get(0)?, name: row.get(1)? };
            Ok(Kept { id, file: row.get(2)?, text: row.get(3)?, digest: row.get(4)? })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}
