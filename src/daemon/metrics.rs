//! What is counted while the daemon runs. Labels are bounded: export, destination, reason.

use crate::{
    definition::{Export, Name},
    run::Report,
};
use std::time::Duration;

/// Cheap to clone; counts are shared.
#[derive(Clone, Debug, Default)]
pub struct Metrics {}

/// How a look at the directory ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReadingResult {
    Unchanged,
    Accepted,
    /// Accepted, and some of it is broken.
    Broken,
    Held,
    Unreadable,
}

impl Metrics {
    /// A run has ended.
    pub fn run_ended(&self, _export: &Export, _report: &Report, _took: Duration) {}

    /// A run began so much later than it was due.
    pub fn lag(&self, _export: &Name, _late: Duration) {}

    /// Due times that were not run.
    pub fn missed(&self, _export: &Name, _times: u64) {}

    /// The directory was looked at.
    pub fn reading(&self, _result: ReadingResult) {}

    /// Something said "look again": `event`, `poll`, `signal`, `request`.
    pub fn hint(&self, _kind: &'static str) {}

    /// An export is gone: so are its series.
    pub fn forget(&self, _export: &Name) {}
}
