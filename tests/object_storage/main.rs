//! Readings from object storage, at servers that are not ours: `tests/object_storage/run` starts them.

#![allow(clippy::print_stderr, clippy::print_stdout, clippy::unwrap_used, reason = "a test stops where it stands")]

mod changing;
mod refused;
mod same;
mod world;
