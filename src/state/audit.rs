//! Who changed or asked for what, when. Runs have a record of their own.

use super::{Result, Store, View, sql};
use chrono::{DateTime, Utc};
use rusqlite::params;
use serde::Serialize;

/// One thing that someone did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Audit {
    pub at: DateTime<Utc>,
    /// A definition's last author, or whoever asked through the API.
    pub who: String,
    /// `created`, `changed`, `deleted`, `renamed`, `triggered`, `canceled`, `approved`, `reloaded`, …
    pub action: String,
    /// `Export vip-newsletter`, `Segment vips`, …
    pub subject: String,
    /// Of the definition or plan, where there is one.
    pub digest: Option<String>,
    /// In words; masked.
    pub detail: String,
}

impl Store {
    pub fn audit(&mut self, line: &Audit) -> Result<()> {
        self.note(|conn| {
            conn.execute(
                "INSERT INTO audit (at_ms, who, action, subject, digest, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![sql::millis(line.at), line.who, line.action, line.subject, line.digest, line.detail],
            )?;
            Ok(())
        })
    }
}

impl View {
    /// The newest first; about one subject (`Export news`) or all.
    pub fn audits(&self, subject: Option<&str>, limit: usize) -> Result<Vec<Audit>> {
        let sql = "SELECT at_ms, who, action, subject, digest, detail FROM audit
                   WHERE ?1 IS NULL OR subject = ?1 ORDER BY id DESC LIMIT ?2";
        let mut statement = self.conn.prepare_cached(sql)?;
        let mut rows = statement.query(params![subject, i64::try_from(limit).unwrap_or(i64::MAX)])?;
        let mut lines = Vec::new();
        while let Some(row) = rows.next()? {
            lines.push(Audit {
                at: sql::time(row.get(0)?)?,
                who: row.get(1)?,
                action: row.get(2)?,
                subject: row.get(3)?,
                digest: row.get(4)?,
                detail: row.get(5)?,
            });
        }
        Ok(lines)
    }
}
