//! Rejected rows that stay listed until they are accepted or gone.

pub(super) const SQL: &str = "";
