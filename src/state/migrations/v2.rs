//! What happened: runs, held plans, rejected rows, jobs, documents, budgets; and contacts while they are being read.

pub(super) const SQL: &str = "
CREATE TABLE run (                     -- by the export's name: history outlives the export
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  export TEXT NOT NULL,
  trigger TEXT NOT NULL,
  started_ms INTEGER NOT NULL,
  ended_ms INTEGER,                    -- NULL: running
  status TEXT,                         -- JSON
  counts TEXT NOT NULL,                -- JSON
  definition_digest TEXT NOT NULL,
  plan_digest TEXT,
  user TEXT NOT NULL,                  -- who ran it
  export_user TEXT                     -- as whom (exportUser)
) STRICT;
CREATE INDEX run_export ON run (export, id);

CREATE TABLE rejected (
  run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
  n INTEGER NOT NULL,
  address TEXT,
  segment TEXT NOT NULL,
  code TEXT NOT NULL,
  detail TEXT NOT NULL,
  field TEXT,
  PRIMARY KEY (run, n)
) STRICT, WITHOUT ROWID;
CREATE TABLE rejected_run (            -- whose rows are shown
  export TEXT PRIMARY KEY,
  run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX rejected_run_run ON rejected_run (run);

CREATE TABLE job (                     -- accepted by the vendor, to be polled
  id INTEGER PRIMARY KEY,
  export INTEGER NOT NULL REFERENCES export (id) ON DELETE CASCADE,
  run INTEGER NOT NULL,
  remote TEXT NOT NULL,
  operation TEXT NOT NULL,
  container TEXT,
  members BLOB NOT NULL,               -- per member: key (16 bytes), fingerprint (8 bytes)
  at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX job_export ON job (export);

CREATE TABLE held (
  digest TEXT PRIMARY KEY,
  export TEXT NOT NULL,
  made_ms INTEGER NOT NULL,
  reason TEXT NOT NULL,
  text TEXT NOT NULL,
  json TEXT NOT NULL,
  approved_by TEXT,
  approved_ms INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX held_export ON held (export);
CREATE TABLE held_removal (            -- what an approval allows to take out
  digest TEXT NOT NULL REFERENCES held (digest) ON DELETE CASCADE,
  key BLOB NOT NULL,
  PRIMARY KEY (digest, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE container_size (          -- the largest of each day
  place INTEGER NOT NULL REFERENCES place (id) ON DELETE CASCADE,
  remote TEXT NOT NULL,
  day TEXT NOT NULL,                   -- UTC, YYYY-MM-DD
  members INTEGER NOT NULL,
  PRIMARY KEY (place, remote, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE budget (
  key TEXT NOT NULL,                   -- what shares the vendor's budget
  day TEXT NOT NULL,                   -- UTC, YYYY-MM-DD
  used INTEGER NOT NULL,
  PRIMARY KEY (key, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE document (                -- the last good text of each definition
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  file TEXT NOT NULL,
  text TEXT NOT NULL,
  digest TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE settled (                 -- what a whole comparison found equal, and at which serial
  export INTEGER PRIMARY KEY REFERENCES export (id) ON DELETE CASCADE,
  serial INTEGER NOT NULL,
  digest BLOB NOT NULL,
  tally TEXT NOT NULL
) STRICT;

CREATE TABLE contact_spool (           -- pages of a reading in the order they came, until it is complete
  place INTEGER NOT NULL,
  key BLOB NOT NULL,
  standing INTEGER NOT NULL
) STRICT;
";
