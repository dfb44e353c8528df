//! Signing in: what a connection's sign-in gave.

pub(super) const SQL: &str = "
CREATE TABLE token (
  connection TEXT PRIMARY KEY,
  vendor TEXT NOT NULL,                -- they are good for this vendor,
  endpoint TEXT NOT NULL,              -- this authorization server
  client_id TEXT NOT NULL,             -- and this app, and sent nowhere else
  access TEXT NOT NULL,
  refresh TEXT,                        -- NULL: nothing to renew
  obtained_ms INTEGER NOT NULL,
  expires_ms INTEGER,                  -- of the access token; NULL: never
  account TEXT,                        -- whose it is, for people
  api TEXT                             -- where the account's API is
) STRICT, WITHOUT ROWID;
";
