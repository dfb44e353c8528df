//! Exports at their times: what is due, one run of an export at a time, until stopped.
//!
//! May know: definitions' schedules, `run`. May not know: vendors, how a run works, terminals. Only calls down.

mod controller;
mod due;

pub use controller::{Listener, serve};
pub use due::next_run;
