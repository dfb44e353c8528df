//! Strangers' queries, files and drivers in a process that can be stopped: one child of the same binary for a source and a run.
//!
//! ```text
//! run ──► ByChild ──► Line ──► Child ═══ the source, then orders ══► serve ──► source::open, as without a child
//!                                    ◄══ columns, rows, a report ═══
//! ```
//! # What is promised
//! * **Ends.** A child that passes a limit of `Settings.readLimits` ends, and its error names the limit (`limits`, `ended`). It is
//!   killed when its reading is stopped or takes too long, whatever it is doing, and it kills itself when this process is gone.
//! * **Alone.** What crashes a child (a driver, a file made to) ends its reading only.
//! * **Of one moment.** All readings of a source in a run are the same child's, so that its snapshot holds (E20). After a child
//!   that died there is no other: it would read another moment.
//! * **Bounded here too.** What waits on this side is a frame and a socket (`frames`); what a child writes is checked before it is
//!   believed (`batch`), since a driver may write anything.
//! * **Leaves nothing.** Its temporary files are in a folder of its own, which goes with it. It dumps no core.
//! * **Knows little.** The source goes through the socket that is its stdin, with its secrets; the environment holds what drivers and cloud credentials
//!   need (`process`), the command line nothing. Log lines of the child go nowhere: a driver's may hold anything.
//!
//! Customer Insights' web sources are not read like this: their answers are JSON and CSV that our own code reads in bounded pieces,
//! with neither SQL nor a driver, and they need the hub's budgets, sign-ins and connections.

mod batch;
mod disk;
mod ended;
mod frames;
mod limits;
mod line;
mod process;
mod protocol;
mod serve;
#[cfg(test)]
mod tests;

use super::{Access, Reader, Report, RowBatch, SourceError};
use crate::definition::{ReadLimits, Rows};
pub use line::Line;
pub use serve::serve;
use std::{
    path::PathBuf,
    sync::{Arc, atomic::AtomicU64},
};

/// The command that a child is started with; people never type it.
pub const COMMAND: &str = "read-for-parent";

/// Where the readings of a run are, and what they may cost.
#[derive(Clone)]
pub struct Apart {
    pub limits: ReadLimits,
    /// Children's folders are in it.
    pub temp: PathBuf,
    /// That all segments of the run gave so far.
    pub rows: Arc<AtomicU64>,
}

/// One segment, read by a child.
pub struct ByChild {
    pub line: Arc<Line>,
    pub rows: Rows,
    pub access: Access,
}

impl Reader for ByChild {
    fn columns(&mut self) -> Result<Vec<String>, SourceError> {
        self.columns_for(&[])
    }

    fn columns_for(&mut self, wanted: &[&str]) -> Result<Vec<String>, SourceError> {
        self.line.columns(&self.rows, wanted, &self.access)
    }

    fn check(&mut self) -> Result<(), SourceError> {
        self.line.check(&self.rows, &self.access)
    }

    fn read(&mut self, columns: &[&str], sink: &mut dyn FnMut(RowBatch) -> Result<(), SourceError>) -> Result<Report, SourceError> {
        self.line.read(&self.rows, columns, &self.access, sink)
    }
}
