//! Attributes in bulk, by audience: which trials went well, why the audience takes them no more, and a trial under way, so that a
//! contact whose status it changed is put back whatever became of the run.

pub(super) const SQL: &str = "
CREATE TABLE bulk_passed (
  place INTEGER NOT NULL REFERENCES place (id) ON DELETE CASCADE,
  standing INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  PRIMARY KEY (place, standing)
) STRICT, WITHOUT ROWID;

CREATE TABLE bulk_stopped (
  place INTEGER PRIMARY KEY REFERENCES place (id) ON DELETE CASCADE,
  at_ms INTEGER NOT NULL,
  why TEXT NOT NULL
) STRICT;

CREATE TABLE bulk_trial (
  place INTEGER PRIMARY KEY REFERENCES place (id) ON DELETE CASCADE,
  address TEXT NOT NULL,
  standing INTEGER NOT NULL,           -- read right before
  at_ms INTEGER NOT NULL
) STRICT;
";
