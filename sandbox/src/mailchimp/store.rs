//! How the account is kept.

use super::{addresses::Addresses, memo::Memo};
use crate::{
    Error,
    database::{Database, Layout},
    hold::Hold,
};
use std::sync::Arc;

/// Number of the format below; another number is refused.
const FORMAT: i64 = 1;

const SCHEMA: &str = "
CREATE TABLE lists(
  row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, settings TEXT NOT NULL,
  created INTEGER NOT NULL, next_merge_id INTEGER NOT NULL) STRICT;
CREATE TABLE fields(
  list INTEGER NOT NULL, merge_id INTEGER NOT NULL, tag TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL,
  required INTEGER NOT NULL, default_value TEXT NOT NULL, public INTEGER NOT NULL, display_order INTEGER NOT NULL,
  options TEXT NOT NULL, help_text TEXT NOT NULL, PRIMARY KEY(list, merge_id)) STRICT, WITHOUT ROWID;
CREATE TABLE members(
  id INTEGER PRIMARY KEY, list INTEGER NOT NULL, hash BLOB NOT NULL, email TEXT NOT NULL, status INTEGER NOT NULL,
  prior INTEGER, blocked INTEGER NOT NULL, merge TEXT NOT NULL, extra TEXT, opted INTEGER NOT NULL,
  changed INTEGER NOT NULL) STRICT;
CREATE INDEX members_changed ON members(list, changed, id, status);
CREATE TABLE tags(
  id INTEGER PRIMARY KEY AUTOINCREMENT, list INTEGER NOT NULL, name TEXT NOT NULL, folded TEXT NOT NULL,
  created INTEGER NOT NULL, updated INTEGER NOT NULL, UNIQUE(list, folded)) STRICT;
CREATE TABLE tagged(
  tag INTEGER NOT NULL, member INTEGER NOT NULL, added INTEGER NOT NULL, PRIMARY KEY(tag, member)) STRICT, WITHOUT ROWID;
CREATE INDEX tagged_member ON tagged(member);
CREATE TABLE forgotten(list INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY(list, hash)) STRICT, WITHOUT ROWID;
CREATE TABLE too_many_lists(hash BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE batches(
  row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, state INTEGER NOT NULL, submitted INTEGER NOT NULL,
  completed INTEGER NOT NULL, operations INTEGER NOT NULL, finished INTEGER NOT NULL, errored INTEGER NOT NULL,
  fetches INTEGER NOT NULL) STRICT;
CREATE TABLE operations(
  batch INTEGER NOT NULL, seq INTEGER NOT NULL, operation TEXT NOT NULL, status INTEGER, response TEXT,
  PRIMARY KEY(batch, seq)) STRICT, WITHOUT ROWID;
INSERT INTO sqlite_sequence(name, seq) VALUES ('tags', 10000);
";

/// The database and what is remembered about it.
#[derive(Debug)]
pub(super) struct Store {
    pub database: Database,
    pub memo: Memo,
}

impl Store {
    pub(super) fn open(hold: &Arc<Hold>) -> Result<Self, Error> {
        let layout = Layout { vendor: "mailchimp", format: FORMAT, schema: SCHEMA };
        let database = Database::open(hold, &layout)?;
        let failed = |source| Error::Store { path: hold.database(layout.vendor), source };
        let addresses = Addresses::load(&database.db).map_err(failed)?;
        Ok(Self { database, memo: Memo::of(addresses) })
    }
}
