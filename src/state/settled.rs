//! What a whole comparison found equal, so that an equal reading need not be compared again.

use super::{ExportId, Result, Store, View, sql};
use rusqlite::{OptionalExtension, params};

/// At this serial an export was exactly what a reading of this digest wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettledRecord {
    /// Of the reading and the rules it was compared by.
    pub digest: [u8; 16],
    /// What the comparison counted, as JSON.
    pub tally: String,
}

impl Store {
    /// Records it for the state as it is now; anything applied later, by any export, makes it void.
    pub fn remember_settled(&mut self, export: ExportId, settled: &SettledRecord) -> Result<()> {
        let serial = self.serial()?;
        self.note(|conn| {
            conn.execute(
                "INSERT OR REPLACE INTO settled VALUES (?1, ?2, ?3, ?4)",
                params![export.0, sql::count(serial), settled.digest, settled.tally],
            )?;
            Ok(())
        })
    }
}

impl View {
    /// What was found equal last, if nothing was applied since.
    pub fn settled(&self, export: ExportId) -> Result<Option<SettledRecord>> {
        let sql = "SELECT digest, tally FROM settled WHERE export = ?1 AND serial = (SELECT serial FROM meta)";
        let record = |row: &rusqlite::Row<'_>| Ok(SettledRecord { digest: row.get(0)?, tally: row.get(1)? });
        Ok(self.conn.query_row(sql, [export.0], record).optional()?)
    }
}
