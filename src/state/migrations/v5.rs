//! Vendors that want to be told their own ids of contacts, and jobs whose members were not known before.

pub(super) const SQL: &str = "
CREATE TABLE contact_id (              -- the vendor's own, where it asks for them
  place INTEGER NOT NULL,
  key BLOB NOT NULL,
  remote TEXT NOT NULL,
  PRIMARY KEY (place, key)
) STRICT, WITHOUT ROWID;

DROP TABLE job;                        -- archivings under way are asked for again, which ends as once
CREATE TABLE job (                     -- accepted by the vendor, or sent with an unknown outcome: to be polled
  id INTEGER PRIMARY KEY,
  export INTEGER NOT NULL REFERENCES export (id) ON DELETE CASCADE,
  run INTEGER NOT NULL,
  remote TEXT NOT NULL,
  operation TEXT NOT NULL,
  rows BLOB NOT NULL,                  -- who is in it, and what was sent of them
  at_ms INTEGER NOT NULL,
  UNIQUE (export, remote)
) STRICT;
";
