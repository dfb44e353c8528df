//! Persons: ids across the exports of one audience.

pub(super) const SQL: &str = "";
