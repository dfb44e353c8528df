//! What a look at a job showed, so that the next process need not begin again; and which contacts' statuses were seen to be kept by
//! updates.

pub(super) const SQL: &str = "
ALTER TABLE job ADD COLUMN look TEXT;           -- JSON: when, how often, a hash of the rows that it did not show
CREATE TABLE status_proof (
  place INTEGER NOT NULL REFERENCES place (id) ON DELETE CASCADE,
  standing INTEGER NOT NULL,                    -- of the contact that was updated
  became INTEGER NOT NULL,                      -- what it was afterwards; the same: it is kept
  who TEXT NOT NULL,                            -- masked; '' where it was kept
  at_ms INTEGER NOT NULL,
  accepted_on TEXT NOT NULL,                    -- the consent under which it was changed: a later one is another try
  PRIMARY KEY (place, standing)
) STRICT, WITHOUT ROWID;
";
