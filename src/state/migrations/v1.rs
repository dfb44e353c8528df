//! What was applied: places, exports, containers, members, contacts.
//!
//! `member` and `contact` are clustered on what they are read by, in key order, so that a plan reads them as one
//! sequential scan. Their narrow columns come first: SQLite decodes a row only as far as it is asked.

pub(super) const SQL: &str = "
CREATE TABLE meta (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  lineage TEXT NOT NULL,               -- random, once: tells this state from any other
  serial INTEGER NOT NULL              -- +1 with every commit that changed what was applied
) STRICT;
INSERT INTO meta VALUES (1, lower(hex(randomblob(16))), 0);

CREATE TABLE place (                   -- what holds contacts (Mailchimp: an audience)
  id INTEGER PRIMARY KEY,
  account TEXT NOT NULL,               -- whose: the account's id at the vendor
  remote TEXT NOT NULL,
  name TEXT NOT NULL,
  origin INTEGER NOT NULL,             -- 0 created, 1 adopted, 2 named by its id
  read_watermark TEXT,                 -- contacts: the last complete reading
  read_at_ms INTEGER,
  read_count INTEGER,
  UNIQUE (account, remote)
) STRICT;

CREATE TABLE field (
  place INTEGER NOT NULL REFERENCES place (id) ON DELETE CASCADE,
  tag TEXT NOT NULL,
  kind TEXT NOT NULL,                  -- JSON
  PRIMARY KEY (place, tag)
) STRICT, WITHOUT ROWID;

CREATE TABLE export (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  place INTEGER REFERENCES place (id)
) STRICT;
CREATE INDEX export_place ON export (place);

CREATE TABLE segment (
  export INTEGER NOT NULL REFERENCES export (id) ON DELETE CASCADE,
  bit INTEGER NOT NULL CHECK (bit BETWEEN 0 AND 62),
  name TEXT NOT NULL,
  PRIMARY KEY (export, bit),
  UNIQUE (export, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE container (               -- what holds members (Mailchimp: a tag); one export's alone
  place INTEGER NOT NULL REFERENCES place (id) ON DELETE CASCADE,
  remote TEXT NOT NULL,
  name TEXT NOT NULL,
  origin INTEGER NOT NULL,
  found_read INTEGER NOT NULL,         -- who was in it before us is recorded
  export INTEGER NOT NULL REFERENCES export (id) ON DELETE CASCADE,
  bit INTEGER,                         -- NULL: no segment uses it any more
  PRIMARY KEY (place, remote),
  UNIQUE (export, bit)
) STRICT, WITHOUT ROWID;

CREATE TABLE intent (                  -- about to be created: a crash before the answer is recognised by it
  export INTEGER NOT NULL REFERENCES export (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,                  -- place, field, container
  name TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  PRIMARY KEY (export, kind, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE member (
  export INTEGER NOT NULL,
  key BLOB NOT NULL,                   -- xxh3-128 of the address, big-endian
  segments INTEGER NOT NULL,           -- bits of the segments whose containers we put them in
  found INTEGER NOT NULL,              -- bits of the containers they were in before us
  fingerprint INTEGER,                 -- of the attributes told; NULL: never told
  state INTEGER NOT NULL,              -- 0 applied, 1 rejected, 2 left, 3 leaving, 4 former
  person INTEGER,                      -- xxh3-64 of match.id
  address TEXT NOT NULL,               -- empty for those who left or are former
  refused INTEGER,                     -- fingerprint that was rejected
  code TEXT,
  detail TEXT,
  field TEXT,
  PRIMARY KEY (export, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX member_person ON member (export, person) WHERE person IS NOT NULL;

CREATE TABLE contact (
  place INTEGER NOT NULL,
  key BLOB NOT NULL,
  standing INTEGER NOT NULL,
  origin INTEGER NOT NULL,             -- 0 found, 1 added by us
  archived_from INTEGER,               -- archived by us: the standing it had
  PRIMARY KEY (place, key)
) STRICT, WITHOUT ROWID;
";
