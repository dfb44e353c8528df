//! Identity: of accounts, audiences, lists, and of the directory that a state belongs to.

pub(super) const SQL: &str = "
ALTER TABLE meta ADD COLUMN directory BLOB;      -- the definitions' directory, as configured, absolute

CREATE TABLE consent (                 -- what privacy.acceptedOn was given for
  connection TEXT PRIMARY KEY,
  platform TEXT NOT NULL,
  origin TEXT NOT NULL,                -- scheme, host and port of the API and of the sign-in server
  account TEXT,                        -- NULL: the platform has not said yet, or does not say
  accepted_on TEXT NOT NULL
) STRICT, WITHOUT ROWID;

ALTER TABLE export ADD COLUMN audience_name TEXT; -- as the definition said when the audience was found; NULL: not by its name
UPDATE export SET audience_name = (SELECT p.name FROM place p WHERE p.id = export.place);

ALTER TABLE field ADD COLUMN shown INTEGER NOT NULL DEFAULT 0; -- a reading of the platform showed it

ALTER TABLE container ADD COLUMN segment TEXT;   -- the one that it serves, or served last
ALTER TABLE container ADD COLUMN made_ms INTEGER; -- when the platform says that it was made
UPDATE container SET segment = (SELECT s.name FROM segment s WHERE s.export = container.export AND s.bit = container.bit);
";
