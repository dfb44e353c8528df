//! How the account is kept. Times are milliseconds. Numbers of rows are never used again, so that ids made of them are not.

use crate::database::Layout;

/// The number changes with the schema.
pub(super) const LAYOUT: Layout = Layout { vendor: super::NAME, format: 1, schema: SCHEMA };

const SCHEMA: &str = "
CREATE TABLE lists(
  row INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, folded TEXT NOT NULL, description TEXT,
  favorite INTEGER NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL, deleted INTEGER) STRICT;
CREATE TABLE fields(
  row INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, label TEXT NOT NULL, name TEXT NOT NULL,
  folded TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, extra TEXT NOT NULL, created INTEGER NOT NULL) STRICT;
CREATE TABLE contacts(
  row INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT, key TEXT UNIQUE, permission TEXT NOT NULL, opt_in_source TEXT NOT NULL,
  opt_in INTEGER NOT NULL, opt_out_source TEXT, opt_out INTEGER, opt_out_reason TEXT, profile TEXT NOT NULL,
  create_source TEXT NOT NULL, update_source TEXT NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL,
  deleted INTEGER) STRICT;
CREATE INDEX contacts_updated ON contacts(updated, row);
CREATE INDEX contacts_opt_out ON contacts(opt_out) WHERE opt_out IS NOT NULL;
CREATE TABLE memberships(list INTEGER NOT NULL, contact INTEGER NOT NULL, PRIMARY KEY(list, contact)) STRICT, WITHOUT ROWID;
CREATE INDEX memberships_contact ON memberships(contact);
CREATE TABLE leavers(list INTEGER NOT NULL, contact INTEGER NOT NULL, PRIMARY KEY(list, contact)) STRICT, WITHOUT ROWID;
CREATE TABLE refused(key TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE activities(
  row INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, created INTEGER NOT NULL,
  starts INTEGER NOT NULL, ends INTEGER NOT NULL, lot INTEGER NOT NULL, outcome TEXT, counts TEXT NOT NULL,
  errors TEXT NOT NULL, job TEXT, rows TEXT, people BLOB, result BLOB) STRICT;
CREATE INDEX activities_unfinished ON activities(ends, lot) WHERE outcome IS NULL;
CREATE TABLE days(day INTEGER PRIMARY KEY, requests INTEGER NOT NULL) STRICT;
CREATE TABLE tally(name TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT, WITHOUT ROWID;
";
