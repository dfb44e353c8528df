//! Identity: of accounts, audiences, lists, and of the directory that a state belongs to.

pub(super) const SQL: &str = "";
