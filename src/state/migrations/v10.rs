//! Readings: watermarks by the platform's clock, and which statuses a reading covered.

pub(super) const SQL: &str = "";
