//! Tokens of the API: what callers elsewhere may ask.

pub(super) const SQL: &str = "
CREATE TABLE api_token (
  name TEXT PRIMARY KEY,
  hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32), -- BLAKE3 of the token, which is kept nowhere
  ending TEXT NOT NULL,                -- its last characters, to tell it by
  scopes TEXT NOT NULL,                -- JSON array of words
  folders TEXT NOT NULL,               -- JSON array; what `plan` is bound to
  created_ms INTEGER NOT NULL,         -- or rotated
  created_by TEXT NOT NULL,
  expires_ms INTEGER,                  -- NULL: never
  used_ms INTEGER                      -- NULL: not yet; to the minute
) STRICT, WITHOUT ROWID;
";
