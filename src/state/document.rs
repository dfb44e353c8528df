//! The last good text of each definition, with which an export goes on while its file is broken.

use super::{Result, Store, View, sql};
use chrono::{DateTime, Utc};
use rusqlite::params;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    pub kind: String,
    pub name: String,
    /// Relative to the root.
    pub file: String,
    /// The document's YAML. Definitions hold no secrets, only where secrets are.
    pub text: String,
    pub digest: String,
    /// When it was read.
    pub at: DateTime<Utc>,
}

impl Store {
    /// Records documents just read and found good, each in place of the one of its kind and name.
    pub fn keep_documents<'a>(&mut self, documents: impl IntoIterator<Item = &'a Document>) -> Result<()> {
        self.note(|conn| {
            let mut write = conn.prepare_cached("INSERT OR REPLACE INTO document VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
            documents
                .into_iter()
                .try_for_each(|d| Ok(write.execute(params![d.kind, d.name, d.file, d.text, d.digest, sql::millis(d.at)]).map(drop)?))
        })
    }

    /// It was deleted by whoever writes the definitions.
    pub fn forget_document(&mut self, kind: &str, name: &str) -> Result<()> {
        self.note(|conn| Ok(conn.execute("DELETE FROM document WHERE kind = ?1 AND name = ?2", [kind, name]).map(drop)?))
    }
}

impl View {
    /// In order of kind and name.
    pub fn documents(&self) -> Result<Vec<Document>> {
        let mut statement = self.conn.prepare_cached("SELECT kind, name, file, text, digest, at_ms FROM document ORDER BY kind, name")?;
        let mut rows = statement.query([])?;
        let mut documents = Vec::new();
        while let Some(row) = rows.next()? {
            documents.push(Document {
                kind: row.get(0)?,
                name: row.get(1)?,
                file: row.get(2)?,
                text: row.get(3)?,
                digest: row.get(4)?,
                at: sql::time(row.get(5)?)?,
            });
        }
        Ok(documents)
    }
}
