//! Nothing yet.

pub(super) const SQL: &str = "";
