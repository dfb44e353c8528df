//! Rows that a check or the platform rejected (E12): listed with their reason since it was seen first, until they are accepted or
//! gone. Those that never reached the platform are listed by the latest run that read its source whole; those that the platform
//! rejected are on record with the member.

use super::{MemberStateKind, Result, RunId, StateError, Store, View, sql};
use crate::{definition::Name, member::UNADDRESSABLE};
use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Row, params};
use std::ops::ControlFlow;

/// One rejected row.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RejectedRow {
    /// As the source gave it.
    pub address: Option<String>,
    pub segment: String,
    /// Short and stable, for programs.
    pub code: String,
    pub detail: String,
    /// The platform's field, where one is to blame.
    pub field: Option<String>,
    /// Rejected for this reason since then; not kept by versions before this was recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<DateTime<Utc>>,
}

impl Store {
    /// Adds to a run's listing, which is not shown before [`Store::publish_rejected`].
    pub fn add_rejected<'a>(&mut self, run: RunId, rows: impl IntoIterator<Item = &'a RejectedRow>) -> Result<()> {
        self.note(|conn| {
            let mut insert = conn.prepare_cached(
                "INSERT INTO rejected (run, n, address, segment, code, detail, field)
                 SELECT ?1, coalesce((SELECT max(n) FROM rejected WHERE run = ?1), 0) + 1, ?2, ?3, ?4, ?5, ?6",
            )?;
            rows.into_iter().try_for_each(|row| {
                Ok(insert.execute(params![run.0, row.address, row.segment, row.code, row.detail, row.field]).map(drop)?)
            })
        })
    }

    /// The run has read its source whole: its listing replaces the export's earlier one. A row that was listed for the same
    /// reason before keeps its time.
    pub fn publish_rejected(&mut self, export: &Name, run: RunId, at: DateTime<Utc>) -> Result<()> {
        let before = self.rejected_run(export)?.filter(|before| *before != run);
        self.note(|conn| {
            if let Some(before) = before {
                conn.execute(
                    "UPDATE rejected SET (since_ms, since_run) = (
                       SELECT coalesce(old.since_ms, (SELECT started_ms FROM run WHERE id = old.run)), coalesce(old.since_run, old.run)
                       FROM rejected old WHERE old.run = ?2 AND old.address IS rejected.address AND old.segment = rejected.segment
                         AND old.code = rejected.code AND old.field IS rejected.field LIMIT 1)
                     WHERE run = ?1",
                    params![run.0, before.0],
                )?;
            }
            let new = "UPDATE rejected SET since_ms = ?2, since_run = ?1 WHERE run = ?1 AND since_run IS NULL";
            conn.execute(new, params![run.0, sql::millis(at)])?;
            conn.execute("DELETE FROM rejected WHERE run != ?2 AND run IN (SELECT id FROM run WHERE export = ?1)", params![export, run.0])?;
            conn.execute("INSERT OR REPLACE INTO rejected_run VALUES (?1, ?2)", params![export, run.0])?;
            Ok(())
        })
    }
}

impl View {
    /// The run whose listing is the export's latest.
    pub fn rejected_run(&self, export: &Name) -> Result<Option<RunId>> {
        let mut statement = self.conn.prepare_cached("SELECT run FROM rejected_run WHERE export = ?1")?;
        Ok(statement.query_row([export], |row| row.get(0)).optional()?.map(RunId))
    }

    /// How many rows of an export this run rejected for a reason that was not listed before (E11).
    pub fn new_rejected(&self, export: &Name, run: RunId) -> Result<u64> {
        let sql = "SELECT (SELECT count(*) FROM rejected WHERE run = ?2 AND since_run = ?2 AND code != ?3)
                     + (SELECT count(*) FROM export e JOIN member m INDEXED BY member_refused ON m.export = e.id
                        WHERE e.name = ?1 AND m.code IS NOT NULL AND m.state != ?4 AND m.refused_run = ?2)";
        let former = MemberStateKind::Former.code();
        sql::unsigned(self.conn.query_row(sql, params![export, run.0, UNADDRESSABLE, former], |row| row.get(0))?)
    }

    /// Each row that an export has rejected, until `each` breaks: first what no platform saw, in the order read; then what the
    /// platform rejected. Of a person who is a member no more a reason may stay on record; no row of theirs is rejected.
    pub fn rejected<E: From<StateError>>(
        &self,
        export: &Name,
        mut each: impl FnMut(RejectedRow) -> Result<ControlFlow<()>, E>,
    ) -> Result<(), E> {
        let checked = "SELECT address, segment, code, detail, field, since_ms FROM rejected_run l JOIN rejected r ON r.run = l.run
                       WHERE l.export = ?1 ORDER BY n";
        let by_platform = format!(
            "SELECT nullif(m.address, ''), coalesce(s.name, ''), code, coalesce(detail, ''), field, refused_since_ms
                           FROM export e JOIN member m INDEXED BY member_refused ON m.export = e.id
                           LEFT JOIN segment s ON s.export = e.id AND s.bit = m.refused_bit
                           WHERE e.name = ?1 AND m.code IS NOT NULL AND m.state != {} ORDER BY m.key",
            MemberStateKind::Former.code()
        );
        for sql in [checked, &by_platform] {
            let mut statement = self.conn.prepare_cached(sql).map_err(StateError::from)?;
            let mut rows = statement.query([export]).map_err(StateError::from)?;
            while let Some(row) = rows.next().map_err(StateError::from)? {
                if each(rejected(row)?)?.is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

fn rejected(row: &Row<'_>) -> Result<RejectedRow> {
    Ok(RejectedRow {
        address: row.get(0)?,
        segment: row.get(1)?,
        code: row.get(2)?,
        detail: row.get(3)?,
        field: row.get(4)?,
        since: row.get::<_, Option<i64>>(5)?.map(sql::time).transpose()?,
    })
}
