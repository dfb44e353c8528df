//! The daemon: retries by kind of work, the clock.

pub(super) const SQL: &str = "";
