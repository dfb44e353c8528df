//! Rows that a check or the platform refused: those of each export's latest complete listing (E12).

use super::{Result, RunId, StateError, Store, View};
use crate::definition::Name;
use rusqlite::{Row, params};
use std::ops::ControlFlow;

/// One refused row.
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
}

impl Store {
    /// Adds to a run's listing, which is not shown before [`Store::publish_rejected`].
    pub fn add_rejected<'a>(&mut self, run: RunId, rows: impl IntoIterator<Item = &'a RejectedRow>) -> Result<()> {
        self.note(|conn| {
            let mut insert = conn.prepare_cached(
                "INSERT INTO rejected SELECT ?1, coalesce((SELECT max(n) FROM rejected WHERE run = ?1), 0) + 1, ?2, ?3, ?4, ?5, ?6",
            )?;
            rows.into_iter().try_for_each(|row| {
                Ok(insert.execute(params![run.0, row.address, row.segment, row.code, row.detail, row.field]).map(drop)?)
            })
        })
    }

    /// The run has read its source whole: its listing replaces the export's earlier one.
    pub fn publish_rejected(&mut self, export: &Name, run: RunId) -> Result<()> {
        self.note(|conn| {
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
        let mut rows = statement.query([export])?;
        Ok(rows.next()?.map(|row| row.get(0)).transpose()?.map(RunId))
    }

    /// Each row of a run's listing in the order it was refused, until `each` breaks.
    pub fn rejected<E: From<StateError>>(
        &self,
        run: RunId,
        mut each: impl FnMut(RejectedRow) -> Result<ControlFlow<()>, E>,
    ) -> Result<(), E> {
        let sql = "SELECT address, segment, code, detail, field FROM rejected WHERE run = ?1 ORDER BY n";
        let mut statement = self.conn.prepare_cached(sql).map_err(StateError::from)?;
        let mut rows = statement.query([run.0]).map_err(StateError::from)?;
        while let Some(row) = rows.next().map_err(StateError::from)? {
            if each(rejected(row).map_err(StateError::from)?)?.is_break() {
                break;
            }
        }
        Ok(())
    }
}

fn rejected(row: &Row<'_>) -> rusqlite::Result<RejectedRow> {
    Ok(RejectedRow { address: row.get(0)?, segment: row.get(1)?, code: row.get(2)?, detail: row.get(3)?, field: row.get(4)? })
}
