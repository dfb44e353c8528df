//! The controller: the directory watched, definitions reconciled, exports run at their times, until stopped.
//!
//! May know: definitions, `run`, the state. May not know: vendors, how a run works, terminals. Only calls down.
//!
//! The pure core decides, told what happened and what time it is: `judge` (is a reading taken), `timetable` (what is due),
//! `queue` (who waits for whom), `retry` (when again), `clock` (whether it was set), and `desk`, which puts them together. Around it the `controller`
//! hears (`watch`, `answer`), acts (`reconcile`, `act`, `work`) and shows (`show`, `board`, `metrics`, `listener`).

mod act;
mod answer;
mod author;
mod board;
mod clock;
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
mod sign_in;
mod timetable;
pub mod watch;
mod work;

pub use author::user_name;
pub use board::{Board, ConnectionView, DirectoryView, ExportView, HeldReading, Problem, Progress, ScheduleView, SharedBoard, SignInView};
pub use controller::{Config, Drained, Redirect, serve};
pub use handle::{By, Handle, Queued, Refused, RefusedKind, Requests};
pub use listener::{Listener, Reading};
pub use metrics::{Metrics, ReadingResult};
pub use timetable::next_run;

#[cfg(test)]
mod tests;
