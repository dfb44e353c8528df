//! How `match.id` was written in the last complete run: ids on record of another column are other ids.

pub(super) const SQL: &str = "
ALTER TABLE guard_memory ADD COLUMN ids TEXT NOT NULL DEFAULT '';  -- '': none, or not known
";
