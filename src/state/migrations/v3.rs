//! The daemon: how far schedules were followed, whose resources were made, who did what.

pub(super) const SQL: &str = "
ALTER TABLE run ADD COLUMN due_ms INTEGER; -- the scheduled time that it stands for

CREATE TABLE schedule (                -- the last due time dealt with
  export TEXT PRIMARY KEY,
  rule TEXT NOT NULL,                  -- the schedule it is about
  handled_ms INTEGER NOT NULL,
  pending_ms INTEGER                   -- a due time taken, its run not begun
) STRICT, WITHOUT ROWID;

CREATE TABLE prepared (                -- resources were made for this definition
  export TEXT PRIMARY KEY,
  digest TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE deleting (                -- deleted, and its onDelete not carried out yet
  export TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at_ms INTEGER NOT NULL,
  who TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  digest TEXT,
  detail TEXT NOT NULL
) STRICT;
";
