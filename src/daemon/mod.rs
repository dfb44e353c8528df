//! The controller: the directory watched, definitions reconciled, exports run at their times, until stopped.
//!
//! May know: definitions, `run`, the state. May not know: vendors, how a run works, terminals. Only calls down.

mod act;
mod answer;
mod author;
mod board;
mod controller;
mod desk;
#[cfg(test)]
pub(crate) mod fake;
mod handle;
mod judge;
mod listener;
mod metrics;
mod queue;
mod reconcile;
mod records;
mod retry;
mod show;
mod timetable;
pub mod watch;
mod work;

pub use board::{Board, ConnectionView, DirectoryView, ExportView, HeldReading, Problem, Progress, ScheduleView, SharedBoard};
pub use controller::{Config, Drained, Redirect, serve};
pub use handle::{Handle, Queued, Refused, RefusedKind, Requests};
pub use listener::{Listener, Reading};
pub use metrics::{Metrics, ReadingResult};
pub use timetable::next_run;

#[cfg(test)]
mod tests;
