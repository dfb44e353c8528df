//! The guard's memory: approvals as objects that are used up, sizes of segments, what kept people out.

pub(super) const SQL: &str = "
DROP TABLE held_removal;
DROP TABLE held;                       -- what waited is held again by the next run, and says whom it concerns
CREATE TABLE held (
  id INTEGER PRIMARY KEY,
  digest TEXT NOT NULL,
  export TEXT NOT NULL,
  target TEXT NOT NULL,                -- account and audience
  made_ms INTEGER NOT NULL,
  reason TEXT NOT NULL,
  text TEXT NOT NULL,
  json TEXT NOT NULL,                  -- the verdict
  approved_by TEXT,
  approved_ms INTEGER,
  used_ms INTEGER                      -- a run carried it out: it allows nothing more
) STRICT;
CREATE INDEX held_export ON held (export);
CREATE INDEX held_digest ON held (digest);
CREATE TABLE held_change (             -- whom exactly
  held INTEGER NOT NULL REFERENCES held (id) ON DELETE CASCADE,
  kind INTEGER NOT NULL,               -- 0 removed, 1 added, 2 rows without an address
  list TEXT NOT NULL,                  -- as the export calls it; for rows, the segment
  keys BLOB NOT NULL,                  -- 16 bytes each, ascending
  PRIMARY KEY (held, kind, list)
) STRICT, WITHOUT ROWID;

CREATE TABLE segment_size (            -- the largest of each day, by the export that read it
  export TEXT NOT NULL,
  segment TEXT NOT NULL,
  day TEXT NOT NULL,                   -- UTC, YYYY-MM-DD
  members INTEGER NOT NULL,
  PRIMARY KEY (export, segment, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE accepted_size (           -- smaller sizes that somebody approved; larger readings raise them
  export TEXT NOT NULL,
  segment TEXT NOT NULL,
  day TEXT NOT NULL,
  members INTEGER NOT NULL,
  PRIMARY KEY (export, segment)
) STRICT, WITHOUT ROWID;

CREATE TABLE guard_memory (            -- what the guard compares the next plan with
  export TEXT PRIMARY KEY,
  suppress TEXT NOT NULL,              -- JSON: names of the suppression lists that were in force for it
  settings TEXT NOT NULL,              -- JSON: of these, the ones that the settings name, for every export
  dropped TEXT NOT NULL,               -- JSON: names that may be gone, as somebody approved
  rejected INTEGER NOT NULL,           -- rows rejected by the last complete run
  mails_new_contacts INTEGER NOT NULL, -- 1: a run in which the platform mails new contacts was let through
  went_through INTEGER NOT NULL        -- 1: a run was carried out to its end
) STRICT, WITHOUT ROWID;

CREATE TABLE accepted_row (            -- rows without an address in segments that keep people out, approved as they are
  export TEXT NOT NULL,
  segment TEXT NOT NULL,
  row BLOB NOT NULL,
  PRIMARY KEY (export, segment, row)
) STRICT, WITHOUT ROWID;
";
