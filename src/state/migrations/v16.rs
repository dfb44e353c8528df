//! Fields that are made again at the platform are told from those they replace.

pub(super) const SQL: &str = "
CREATE TABLE field_seen (
  place INTEGER NOT NULL REFERENCES place (id) ON DELETE CASCADE,
  tag TEXT NOT NULL,
  remote TEXT,                         -- the platform's id of it; '': seen before ids were kept; NULL: gone at the last look
  remade INTEGER NOT NULL,             -- how often a field of this name was made again
  PRIMARY KEY (place, tag)
) STRICT, WITHOUT ROWID;
INSERT INTO field_seen SELECT place, tag, '', 0 FROM field WHERE shown;
";
