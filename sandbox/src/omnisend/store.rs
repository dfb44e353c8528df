//! How the brand is laid out in the database.

use crate::database::Layout;

/// `folded` is an address in lower case. Members of a tag are rows of `tagged`. `later` is what is due in the future, in its
/// order; `unfinished` the addresses of batches that are not finished.
pub(super) const LAYOUT: Layout = Layout {
    vendor: super::NAME,
    format: 1,
    schema: "
CREATE TABLE contacts(
  row INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT, folded TEXT, status INTEGER NOT NULL, status_at INTEGER NOT NULL,
  fields TEXT NOT NULL, consents TEXT NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL) STRICT;
CREATE INDEX contacts_folded ON contacts(folded);
CREATE INDEX contacts_updated ON contacts(updated, row);
CREATE TABLE phones(
  phone TEXT PRIMARY KEY, contact INTEGER NOT NULL, status INTEGER NOT NULL, status_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX phones_contact ON phones(contact);
CREATE TABLE tags(row INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE tagged(tag INTEGER NOT NULL, contact INTEGER NOT NULL, PRIMARY KEY(tag, contact)) STRICT, WITHOUT ROWID;
CREATE INDEX tagged_contact ON tagged(contact);
CREATE TABLE segments(
  row INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, groups TEXT NOT NULL, tags TEXT NOT NULL,
  created INTEGER NOT NULL, updated INTEGER NOT NULL, ready INTEGER NOT NULL) STRICT;
CREATE TABLE batches(
  row INTEGER PRIMARY KEY AUTOINCREMENT, method TEXT NOT NULL, origin TEXT NOT NULL, state INTEGER NOT NULL,
  created INTEGER NOT NULL, started INTEGER, ended INTEGER, total INTEGER NOT NULL, finished INTEGER NOT NULL,
  errors INTEGER NOT NULL, items TEXT NOT NULL, results TEXT NOT NULL) STRICT;
CREATE TABLE unfinished(folded TEXT NOT NULL, batch INTEGER NOT NULL, PRIMARY KEY(folded, batch)) STRICT, WITHOUT ROWID;
CREATE INDEX unfinished_batch ON unfinished(batch);
CREATE TABLE tag_jobs(row INTEGER PRIMARY KEY AUTOINCREMENT, job TEXT NOT NULL) STRICT;
CREATE TABLE later(
  due INTEGER NOT NULL, seq INTEGER NOT NULL, what INTEGER NOT NULL, row INTEGER NOT NULL, PRIMARY KEY(due, seq)) STRICT, WITHOUT ROWID;
CREATE TABLE awkward(folded TEXT PRIMARY KEY, is_what INTEGER NOT NULL) STRICT, WITHOUT ROWID;
",
};
