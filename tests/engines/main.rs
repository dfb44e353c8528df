//! Segments where they live: real engines, started by `tests/engines/run`. Without it every test says loudly that it was skipped.

#![allow(clippy::print_stderr, clippy::print_stdout, clippy::unwrap_used, reason = "a test stops where it stands")]

mod bounds;
mod broken;
mod kit;
mod moment;
mod refused;
mod same;
mod types;
