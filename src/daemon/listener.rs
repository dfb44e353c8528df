//! Who hears what the daemon does: a terminal, a log, systemd.

use crate::{
    definition::{Catalog, Export},
    plan::Plan,
    run::{Failure, Report, Watch},
};
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::Arc;

/// How a look at the directory came out.
pub enum Reading<'a> {
    /// Somebody asked for a look, and nothing had changed.
    Same,
    /// It is what goes on from now; broken documents are in its diagnostics.
    Taken(&'a Catalog),
    /// It lacks so much that someone must approve it; what was there before goes on.
    Held { catalog: &'a Catalog, reason: &'a str, missing: &'a [String] },
}

/// Every method is called from the controller's own task, one at a time; none may block for long.
pub trait Listener {
    /// The directory was read and is being looked at: [`Listener::reading`] follows.
    fn reloading(&self);
    fn reading(&self, reading: &Reading<'_>);
    /// The directory keeps being watched in another way than before; why it is only polled.
    fn watching(&self, polling: Option<&str>);
    /// Lists, tags and fields of an export were made (how many), or could not be.
    fn prepared(&self, export: &Export, result: &Result<usize, Failure>);
    /// Nothing is under way; this is the next time that something is due.
    fn waiting(&self, next: Option<DateTime<Utc>>);
    /// An export waits for another's turn to end.
    fn queued(&self, export: &Export, behind: &str);
    /// A run begins; who watches it.
    fn starts(&self, export: &Export) -> Arc<dyn Watch>;
    /// A run has a plan.
    fn planned(&self, export: &Export, plan: &Plan);
    /// A run has ended; when it is tried again.
    fn ended(&self, export: &Export, report: &Report, again: Option<DateTime<Utc>>);
    /// Due times were not run.
    fn skipped(&self, export: &Export, reason: &str);
    /// A connection was probed; why it failed.
    fn probed(&self, connection: &str, failed: Option<&str>);
    /// The clock was set by so much; when everything is due was computed again.
    fn clock_moved(&self, by: TimeDelta);
    /// Something is wrong with the daemon itself.
    fn trouble(&self, failure: &Failure);
    /// Called at least every few seconds while all is well.
    fn alive(&self);
    /// No new run begins; runs under way are stopping.
    fn stopping(&self, running: usize);
}
