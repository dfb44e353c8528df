//! Customer Insights' own REST API: a segment knows when it was evaluated and how many people it holds.
//!
//! That number is what a reading is held against: as many rows, nobody twice, and the segment is the same afterwards as before.
//! Anything else is an error that says to read again.

mod attributes;
mod evaluations;
mod instance;
mod pages;
mod partition;
mod partitions;
mod segments;
mod taking;

use super::{
    super::{Access, Ends, Notices, Reader, Report, SourceError, find_column},
    REFRESHING,
    delivery::Sink,
};
use crate::definition::{MembersBy, Name, Rows};
use attributes::Attributes;
pub use evaluations::Evaluations;
use instance::Instance;
use segments::Ready;
use std::sync::Arc;
use taking::Taking;

/// One segment.
pub struct Api {
    shared: Arc<Evaluations>,
    name: Name,
    /// Its name there.
    segment: String,
    access: Access,
}

impl Api {
    pub fn new(shared: Arc<Evaluations>, rows: &Rows, access: Access) -> Result<Self, SourceError> {
        Ok(Self { shared, name: rows.segment.clone(), segment: super::segment(rows)?, access })
    }
}

impl Reader for Api {
    fn columns(&mut self) -> Result<Vec<String>, SourceError> {
        let mut instance = Instance::open(&self.shared.at, &self.access)?;
        let segment = segments::known(&mut instance, &self.segment)?;
        Ok(Attributes::ask(&mut instance, segment.name())?.names)
    }

    fn read(&mut self, columns: &[&str], sink: Sink<'_>) -> Result<Report, SourceError> {
        let mut instance = Instance::open(&self.shared.at, &self.access)?;
        let before = segments::known(&mut instance, &self.segment)?.ready()?;
        let attributes = Attributes::ask(&mut instance, &before.name)?;
        let wanted = columns.iter().map(|column| find_column(column, &attributes.names, &self.name)).collect::<Result<_, _>>()?;
        let mut taking = Taking::new(&attributes, wanted, &before, sink);
        match self.shared.at.members {
            MembersBy::Pages => pages::read(&mut instance, &mut taking)?,
            MembersBy::Partitions => partitions::read(&mut instance, &mut taking)?,
        }
        let rows = taking.end()?;
        unchanged(&before, &segments::known(&mut instance, &self.segment)?.ready()?)?;
        let newest = Some(before.evaluated);
        self.shared.read(&self.segment, before)?;
        Ok(Report { rows, newest, notices: Notices::default(), ends: Ends::default() })
    }
}

fn unchanged(before: &Ready, after: &Ready) -> Result<(), SourceError> {
    if before == after { Ok(()) } else { Err(incomplete(&before.name, "it was evaluated anew during the reading")) }
}

/// What was read is not the segment.
fn incomplete(segment: &str, why: impl std::fmt::Display) -> SourceError {
    SourceError::new(format!("the reading of segment {segment} is incomplete: {why}"))
        .kind(REFRESHING)
        .hint("Customer Insights may be refreshing; it is read again later, and until then nobody is added or taken out")
}
