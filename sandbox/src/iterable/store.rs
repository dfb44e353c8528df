//! How the project is kept.

use crate::database::Layout;

/// Addresses are kept in lower case, times in milliseconds.
const SCHEMA: &str = "
CREATE TABLE settings(id INTEGER PRIMARY KEY, json TEXT NOT NULL) STRICT;
CREATE TABLE lists(
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, description TEXT, kind TEXT NOT NULL,
  in_use INTEGER NOT NULL, created INTEGER NOT NULL) STRICT;
CREATE TABLE users(
  id INTEGER PRIMARY KEY, email TEXT, user_id TEXT, data TEXT NOT NULL, channels TEXT NOT NULL,
  created INTEGER NOT NULL, updated INTEGER NOT NULL) STRICT;
CREATE INDEX users_email ON users(email) WHERE email IS NOT NULL;
CREATE INDEX users_user_id ON users(user_id) WHERE user_id IS NOT NULL;
CREATE TABLE members(list INTEGER NOT NULL, user INTEGER NOT NULL, PRIMARY KEY(list, user)) STRICT, WITHOUT ROWID;
CREATE INDEX members_user ON members(user);
CREATE TABLE fields(name TEXT PRIMARY KEY, kind TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE refused(who TEXT PRIMARY KEY, why TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE forgets(at INTEGER NOT NULL) STRICT;
CREATE TABLE pending(
  seq INTEGER PRIMARY KEY AUTOINCREMENT, due INTEGER NOT NULL, change TEXT NOT NULL) STRICT;
CREATE INDEX pending_due ON pending(due, seq);
CREATE TABLE counts(name TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO sqlite_sequence(name, seq) VALUES ('lists', 1056556);
";

pub(super) const LAYOUT: Layout = Layout { vendor: "iterable", format: 1, schema: SCHEMA };

/// What databases of earlier versions lack. Accepted list subscribes in the order they came: looked at seldom, and written with
/// every call.
pub(super) const ADDED: &str = "CREATE TABLE IF NOT EXISTS joined(list INTEGER NOT NULL, who TEXT NOT NULL) STRICT";
