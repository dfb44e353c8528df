//! How `match.id` was written in the last complete run, since ids of another column are other ids; and which segments kept
//! people out. And in which folder an export was defined, so that another folder's of the same name does not inherit its lists.
//! And whom a run was about to remove from lists, so that a removal whose answer was lost is not taken for somebody else's.

pub(super) const SQL: &str = "
ALTER TABLE guard_memory ADD COLUMN ids TEXT NOT NULL DEFAULT '';  -- '': none, or not known
ALTER TABLE guard_memory ADD COLUMN excluding TEXT NOT NULL DEFAULT '[]';
ALTER TABLE export ADD COLUMN folder TEXT;  -- '': administrators'; NULL: not known

CREATE TABLE leaving (
  export INTEGER NOT NULL REFERENCES export (id) ON DELETE CASCADE,
  key BLOB NOT NULL,
  PRIMARY KEY (export, key)
) STRICT, WITHOUT ROWID;
";
