//! How the files of each table ended, so that one that is cut off in its last row is seen.

pub(super) const SQL: &str = "
ALTER TABLE guard_memory ADD COLUMN ends TEXT NOT NULL DEFAULT '{}';
";
