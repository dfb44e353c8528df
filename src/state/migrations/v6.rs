//! The guard's memory: approvals as objects, sizes of segments, what excluded people.

pub(super) const SQL: &str = "";
