//! The controller: the directory watched, definitions reconciled, exports run at their times, until stopped.
//!
//! May know: definitions, `run`, the state. May not know: vendors, how a run works, terminals. Only calls down.

mod board;
mod controller;
mod due;
#[cfg(test)]
pub(crate) mod fake;
mod handle;
mod metrics;

pub use board::{Board, ConnectionView, DirectoryView, ExportView, HeldReading, Problem, Progress, ScheduleView, SharedBoard};
pub use controller::{Listener, serve};
pub use due::next_run;
pub use handle::{Handle, Queued, Refused, RefusedKind};
pub use metrics::{Metrics, ReadingResult};
