//! Engines that run a segment's SQL themselves: databases, warehouses, clusters, through ADBC drivers.
//!
//! May know: ADBC, Arrow, how engines differ in quoting and in reading only. May not know: files, members, vendors.
//!
//! # What is promised
//! * **Drivers by name.** A definition names a manifest (`driver`); the operator's directories say which library that is (`driver`).
//! * **Whole or an error.** A stream that breaks off is an error with its cause; where the engine has transactions, it is asked
//!   once more after the last row, so that one that died without a word is noticed (`session`).
//! * **Of one moment.** A run reads all segments of a source on one connection, in one transaction where the engine has such that show
//!   one moment (`line`, `engine`); where it has not, the run is told.
//! * **Read only.** One statement that reads (`statement`), in a read-only transaction, session or file where the engine has one
//!   (`engine`). A role of the database that may only read is the lock; this is the second bolt.
//! * **Bounded.** Rows and time, and a stop from outside, end a reading (`work`). The engine is asked to cancel; one that does not
//!   within [`work::GRACE`] is left behind on its thread, and what it still says is not heard.
//! * **Back-pressure.** One Arrow batch waits at most; the engine's stream stands still until it is taken.
//! * **Secrets** are read when a connection is opened, and blotted out of all that a driver says (`redact`).

mod cells;
mod driver;
mod engine;
mod failure;
mod line;
mod redact;
mod session;
mod statement;
#[cfg(test)]
mod tests;
mod thread;
mod tokens;
mod work;

use super::{Access, Reader, Report, RowBatch, SourceError, columns::find};
use crate::definition::Rows;
use cells::Cells;
pub use line::Line;
use std::sync::Arc;
use thread::{Order, Wish};
use work::Work;

/// One segment of an engine. Nothing is asked before [`Reader::columns`] or [`Reader::read`].
pub struct Database {
    pub line: Arc<Line>,
    pub rows: Rows,
    pub access: Access,
}

impl Database {
    fn within(&self, rows: u64) -> Result<(), SourceError> {
        if rows <= self.line.definition.max_rows {
            return Ok(());
        }
        let what = format!(
            "segment {} gives more than {} rows, the limit of {}",
            self.rows.segment, self.line.definition.max_rows, self.rows.source.name
        );
        Err(SourceError::new(what).hint("let the query give fewer, or raise `limits: {rows: …}` of the source"))
    }
}

impl Reader for Database {
    fn columns(&mut self) -> Result<Vec<String>, SourceError> {
        // Not on the run's connection: a query that fails ends a transaction.
        let order = Order { definition: self.line.definition.clone(), rows: self.rows.clone(), wish: Wish::Columns };
        let schema = Work::alone(order, &self.access.cancel)?.columns()?;
        Ok(schema.fields().iter().map(|field| field.name().clone()).collect())
    }

    fn read(&mut self, columns: &[&str], sink: &mut dyn FnMut(RowBatch) -> Result<(), SourceError>) -> Result<Report, SourceError> {
        let mut work = self.line.read(&self.rows, &self.access)?;
        let schema = work.columns()?;
        let given = schema.fields().iter().map(|field| field.name().clone()).collect::<Vec<_>>();
        let wanted = columns.iter().map(|column| find(column, &given, &self.rows.segment)).collect::<Result<Vec<_>, _>>()?;
        let mut cells = Cells::of(&schema, wanted, &self.rows)?;
        let shows = loop {
            match work.rows()? {
                Ok(batch) => cells.take(&batch, sink)?,
                Err(shows) => break shows,
            }
            self.within(cells.rows)?;
        };
        self.line.was_read(&self.rows, shows);
        cells.finish(sink)
    }
}
