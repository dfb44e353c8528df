//! Where profiles come from, streamed.
//!
//! May know: files, SQL, the rows they give. May not know: members, vendors, the state. A reading is whole or an error:
//! a row that cannot be read, a file that changes under way, a missing column end it, so that nothing is ever taken
//! out because of half a source (G1).
//!
//! `files/` gives rows of tables, `sql/` runs a segment's query over them, `adbc/` leaves the query to an engine of its own, `child/`
//! has all of these done where they can be stopped; each says in its head what it decides.

mod adbc;
mod advice;
mod arrow;
mod child;
mod columns;
mod ends;
mod error;
mod files;
mod insights;
mod lacks;
mod notice;
mod rows;
mod snapshot;
mod sql;
#[cfg(test)]
mod tests;

pub use advice::of_dates as date_advice;
pub use child::{COMMAND as CHILD_COMMAND, serve as serve_parent};
use columns::find as find_column;
pub use columns::{listed as listed_columns, shown as shown_column};
use ends::End;
pub use ends::{Ends, KnownEnds};
pub use error::{QueryPlace, SourceError, SourceErrorKind};
pub use notice::{Examples, Notice, Notices, Oddity, Read};
pub use rows::{Cell, RowBatch};
use snapshot::{Held, Snapshot};

use crate::{
    definition::{Name, ReadLimits, Rows},
    http::Hub,
};
use std::{
    path::Path,
    sync::{Arc, atomic::AtomicBool},
    time::{Duration, SystemTime},
};

/// What the readings of one run may use, and what they share: whatever is read with it of one source is of one moment, as far as the
/// source has such (`snapshot`).
#[derive(Clone)]
pub struct Access {
    pub limits: SqlLimits,
    /// Set: the reading ends with an error, within milliseconds.
    pub cancel: Arc<AtomicBool>,
    /// For sources that are asked over HTTP; `None`: only what needs no network can be read.
    pub net: Option<Net>,
    /// Where strangers' queries and files are read; `None`: in this process.
    apart: Option<child::Apart>,
    snapshot: Snapshot,
    /// Columns that decide whom a segment holds and who agreed, the address first: no file may lack what they come from.
    vital: Arc<[String]>,
}

/// Which process opens strangers' files, and runs their queries and the drivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// A child for each source and run, bound by the settings' `readLimits`.
    Child,
    /// This one, which then is as safe as they are: for tests and benchmarks, whose binary is no `listkeeper`.
    InProcess,
}

/// The one HTTP client, for readers that block.
#[derive(Clone)]
pub struct Net {
    pub hub: Hub,
    pub runtime: tokio::runtime::Handle,
}

impl Access {
    pub fn new(limits: SqlLimits, cancel: Arc<AtomicBool>, net: Option<Net>) -> Self {
        Self { limits, cancel, net, apart: None, snapshot: Snapshot::default(), vital: Arc::default() }
    }

    /// The same, with strangers' queries and files read as `isolation` says; children have their temporary files in `temp`.
    #[must_use]
    pub fn isolated(mut self, isolation: Isolation, limits: ReadLimits, temp: &Path) -> Self {
        self.apart = match isolation {
            Isolation::Child => Some(child::Apart { limits, temp: temp.to_owned(), rows: Arc::default() }),
            Isolation::InProcess => None,
        };
        self
    }

    /// The same, where these columns decide whom a segment holds and who agreed; the address first.
    #[must_use]
    pub fn vital(self, columns: &[&str]) -> Self {
        Self { vital: columns.iter().map(|&column| column.to_owned()).collect(), ..self }
    }

    /// To files of this machine only.
    pub fn local(limits: SqlLimits, cancel: Arc<AtomicBool>) -> Self {
        Self::new(limits, cancel, None)
    }

    /// After the last reading: the sources whose readings may be of several moments. Fails where a source changed since the first of
    /// its readings; then none of them may be used.
    pub fn finish(&self) -> Result<Vec<Name>, SourceError> {
        self.snapshot.finish(self)
    }
}

/// Opens what a segment takes of its source. Nothing is read or asked before [`Reader::columns`] or [`Reader::read`].
pub fn open(rows: &Rows, access: &Access) -> Result<Box<dyn Reader>, SourceError> {
    let held = access.snapshot.of(&rows.source, access);
    let (rows, access) = (rows.clone(), access.clone());
    match held {
        Held::Tables(tables) => Ok(Box::new(sql::Sql { tables, rows, access })),
        Held::Dataverse(tracking) => Ok(Box::new(insights::Dataverse::new(tracking, &rows, access)?)),
        Held::Api(evaluations) => Ok(Box::new(insights::Api::new(evaluations, &rows, access)?)),
        Held::Database(line) => Ok(Box::new(adbc::Database { line, rows, access })),
        Held::Apart(line) => Ok(Box::new(child::ByChild { line, rows, access })),
    }
}

/// One reading of one segment: give the columns wanted, get rows in batches.
///
/// Blocking; run it on a thread of its own. `sink` gets batches of at most [`RowBatch::ROWS`] rows and may stop the
/// reading by returning an error, which comes back unchanged.
pub trait Reader: Send {
    /// The columns the segment gives, in order, without reading rows. Fails on bad SQL, a missing table, a source that
    /// cannot be reached.
    fn columns(&mut self) -> Result<Vec<String>, SourceError>;

    /// The same of a source that is too wide to give all: these among them, where it has them.
    fn columns_for(&mut self, _wanted: &[&str]) -> Result<Vec<String>, SourceError> {
        self.columns()
    }

    /// The same, and fails where one of `wanted` is not among them.
    fn columns_with(&mut self, wanted: &[&str], segment: &Name) -> Result<Vec<String>, SourceError> {
        let given = self.columns_for(wanted)?;
        wanted.iter().try_for_each(|column| find_column(column, &given, segment).map(drop))?;
        Ok(given)
    }

    /// Whether the query could run at all, without looking at what it reads.
    fn check(&mut self) -> Result<(), SourceError> {
        Ok(())
    }

    /// Reads every row, only the named columns, in the order named. A column that the segment does not give is an error
    /// with the nearest name as a hint.
    fn read(&mut self, columns: &[&str], sink: &mut dyn FnMut(RowBatch) -> Result<(), SourceError>) -> Result<Report, SourceError>;
}

/// What a complete reading was of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub rows: u64,
    /// How fresh the source is: the newest modification time among the files read, or the source's last refresh.
    pub newest: Option<SystemTime>,
    /// What was odd in it.
    pub notices: Notices,
    /// How the files of its tables end.
    pub ends: Ends,
}

/// Bounds on a stranger's SQL.
#[derive(Clone, Copy, Debug)]
pub struct SqlLimits {
    /// Wall-clock limit of one reading.
    pub time: Duration,
    /// Virtual-machine steps without a row coming out.
    pub steps: u64,
}

impl Default for SqlLimits {
    fn default() -> Self {
        Self { time: Duration::from_secs(1800), steps: 50_000_000_000 }
    }
}
