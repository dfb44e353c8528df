//! The one writer.

use super::{Result, StateDir, StateError, View, lock::Lock, migrations, view};
use chrono::{DateTime, Utc};
use rusqlite::{Connection, OpenFlags};
use std::{
    fs::{File, OpenOptions},
    ops::Deref,
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

/// The log grows to 32 MiB before it is moved into the file: pages that are written often are moved once.
const CHECKPOINT_PAGES: u32 = 4096;

/// Writes the state; there is one at a time. Reads too.
#[derive(Debug)]
pub struct Store {
    view: View,
    /// The open group changed what was applied.
    changed: bool,
    // Last, so that it is given back after the database is closed.
    _lock: Lock,
}

impl Deref for Store {
    type Target = View;
    fn deref(&self) -> &View {
        &self.view
    }
}

impl Store {
    /// Opens for writing, creating what is missing. A second one fails and says who holds the first. Runs that nobody
    /// ended are ended as interrupted, after a check of the whole database: whatever stopped them may have hurt it.
    pub fn open(dir: &StateDir, now: DateTime<Utc>) -> Result<Self> {
        dir.create()?;
        let lock = Lock::take(dir, now)?;
        if !view::present(dir)? {
            create(dir)?;
        }
        dir.narrow_files()?;
        let mut store = Self { view: View { conn: open(&dir.database())? }, changed: false, _lock: lock };
        store.end_interrupted_runs(now)?;
        Ok(store)
    }

    /// Begins a group of writes that become durable together.
    pub fn begin(&mut self) -> Result<()> {
        self.changed = false;
        Ok(self.conn.execute_batch("BEGIN IMMEDIATE")?)
    }

    /// Makes the group durable: when this returns, a power cut does not undo it.
    pub fn commit(&mut self) -> Result<()> {
        if self.changed {
            self.conn.prepare_cached("UPDATE meta SET serial = serial + 1")?.execute([])?;
        }
        let done = self.conn.execute_batch("COMMIT");
        if done.is_err() {
            self.rollback()?;
        }
        Ok(done?)
    }

    /// Drops the open group, if there is one.
    pub fn rollback(&mut self) -> Result<()> {
        self.changed = false;
        if self.conn.is_autocommit() { Ok(()) } else { Ok(self.conn.execute_batch("ROLLBACK")?) }
    }

    /// Whether a group is open. A grave error (disk full) ends it, with everything in it undone.
    pub fn in_group(&self) -> bool {
        !self.conn.is_autocommit()
    }

    /// From now on there is no room for more.
    #[cfg(test)]
    pub(crate) fn fill_disk(&mut self) -> Result<()> {
        let pages: i64 = self.conn.pragma_query_value(None, "page_count", |row| row.get(0))?;
        Ok(self.conn.pragma_update(None, "max_page_count", pages)?)
    }

    /// A write that changes what was applied.
    pub(super) fn apply<T>(&mut self, write: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.write(true, write)
    }

    /// A write of anything else.
    pub(super) fn note<T>(&mut self, write: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.write(false, write)
    }

    /// All of `write` or nothing of it: in the open group if there is one, else as a group of its own.
    fn write<T>(&mut self, changes: bool, write: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        if !self.conn.is_autocommit() {
            self.changed |= changes;
            return in_savepoint(&self.conn, write);
        }
        self.begin()?;
        self.changed = changes;
        match write(&self.conn) {
            Ok(value) => self.commit().map(|()| value),
            Err(error) => self.rollback().and(Err(error)),
        }
    }
}

fn in_savepoint<T>(conn: &Connection, write: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
    conn.prepare_cached("SAVEPOINT one")?.execute([])?;
    let result = write(conn);
    // A grave error (disk full) has rolled everything back already: the savepoint is gone with it.
    if result.is_err() && !conn.is_autocommit() {
        conn.execute_batch("ROLLBACK TO one")?;
    }
    if !conn.is_autocommit() {
        conn.prepare_cached("RELEASE one")?.execute([])?;
    }
    result
}

/// A link that another user put there would have us write elsewhere.
pub(super) const NO_LINK: i32 = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();

/// Builds a new database aside and renames it, so that a crash leaves none rather than half of one.
fn create(dir: &StateDir) -> Result<()> {
    let (path, aside) = (dir.database(), dir.unfinished());
    let failed = |error: std::io::Error| StateError::io("cannot create", &path, &error);
    // Created here, not by SQLite, for its mode; the log files that SQLite makes beside it take the same.
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).custom_flags(NO_LINK).open(&aside).map_err(failed)?;
    let mut conn = Connection::open_with_flags(&aside, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    conn.pragma_update(None, "page_size", 8192)?;
    migrations::migrate(&mut conn)?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.close().map_err(|(_, error)| error)?;
    std::fs::rename(&aside, &path).and_then(|()| File::open(dir.path())?.sync_all()).map_err(failed)
}

fn open(path: &Path) -> Result<Connection> {
    let mut conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    let fit = migrations::fit(&conn)?;
    view::tune(&conn)?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "foreign_keys", true)?;
    conn.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    // What is deleted is overwritten: an address that is forgotten must not linger in a free page.
    conn.pragma_update(None, "secure_delete", "FAST")?;
    if fit == migrations::Fit::Older {
        migrations::migrate(&mut conn)?;
    }
    Ok(conn)
}
