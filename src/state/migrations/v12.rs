//! How `match.id` was written in the last complete run, since ids of another column are other ids; and which segments kept
//! people out.

pub(super) const SQL: &str = "
ALTER TABLE guard_memory ADD COLUMN ids TEXT NOT NULL DEFAULT '';  -- '': none, or not known
ALTER TABLE guard_memory ADD COLUMN excluding TEXT NOT NULL DEFAULT '[]';
";
