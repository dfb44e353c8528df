//! The sandbox's own database: one connection, one transaction a call. Nothing here is worth a disk flush: after a power
//! cut the sandbox may have forgotten its last seconds, after a crash of the process it has not.

use super::memo::Memo;
use crate::sandbox::{Error, hold::Hold};
use rusqlite::Connection;
use std::{fs::OpenOptions, os::unix::fs::OpenOptionsExt as _};

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
CREATE UNIQUE INDEX members_hash ON members(list, hash);
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

/// Members lie scattered in the index by hash, so each call touches hundreds of its pages: a long log lets a checkpoint
/// write each of them once for many calls.
const PRAGMAS: &str = "
PRAGMA journal_mode=WAL;
PRAGMA synchronous=OFF;
PRAGMA wal_autocheckpoint=8000;
PRAGMA cache_size=-16000;
PRAGMA temp_store=FILE;
";

/// The database and what is remembered about it.
#[derive(Debug)]
pub(super) struct Store {
    pub db: Connection,
    pub memo: Memo,
    /// Kept as long as the database is open.
    _hold: Hold,
}

impl Store {
    /// Opens or creates the database (0600) in the held folder.
    pub(super) fn open(hold: Hold) -> Result<Self, Error> {
        let path = hold.database();
        let opened = OpenOptions::new().create(true).append(true).mode(0o600).open(&path);
        opened.map_err(|source| Error::Folder { path: path.clone(), source })?;
        let failed = |source| Error::Store { path: path.clone(), source };
        let db = Connection::open(&path).map_err(failed)?;
        db.set_prepared_statement_cache_capacity(100);
        db.execute_batch(PRAGMAS).map_err(failed)?;
        match db.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0)).map_err(failed)? {
            0 => create(&db).map_err(failed)?,
            FORMAT => {}
            found => return Err(Error::Format { path, found, expected: FORMAT }),
        }
        Ok(Self { db, memo: Memo::default(), _hold: hold })
    }
}

fn create(db: &Connection) -> rusqlite::Result<()> {
    db.execute_batch(&format!("BEGIN; {SCHEMA} PRAGMA user_version={FORMAT}; COMMIT;"))
}
