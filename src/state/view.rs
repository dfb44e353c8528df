//! A connection that reads.

use super::{
    Result, StateDir, StateError, Store,
    migrations::{self, Fit},
    sql,
};
use chrono::{DateTime, Utc};
use rusqlite::{Connection, OpenFlags};
use std::{path::Path, time::Duration};

/// How long a statement waits for another's short write.
const BUSY: Duration = Duration::from_secs(10);

/// Reads the state. Sees whole commits only, also while the writer writes.
#[derive(Debug)]
pub struct View {
    pub(super) conn: Connection,
}

impl View {
    /// Opens for reading, without a lock. `None`: there is no state yet. A state of an older format is first brought up to
    /// date, for which nobody else may be writing (`now` is who holds the lock since when).
    pub fn open(dir: &StateDir, now: DateTime<Utc>) -> Result<Option<Self>> {
        if !present(dir)? {
            return Ok(None);
        }
        dir.protect_for_reading()?;
        let view = Self { conn: read_only(&dir.database())? };
        if migrations::fit(&view.conn)? == Fit::Older {
            drop(view);
            drop(Store::open(dir, now)?);
            return Ok(Some(Self { conn: read_only(&dir.database())? }));
        }
        Ok(Some(view))
    }

    /// A copy of what is committed, as a process that was killed leaves it.
    #[cfg(test)]
    pub(crate) fn copy_to(&self, dir: &StateDir) -> Result<()> {
        dir.create()?;
        let copy = dir.database().to_string_lossy().into_owned();
        Ok(self.conn.execute("VACUUM INTO ?1", [copy]).map(drop)?)
    }

    /// Tells this state from any other: random, once.
    pub fn lineage(&self) -> Result<String> {
        Ok(self.conn.query_row("SELECT lineage FROM meta", [], |row| row.get(0))?)
    }

    /// Grows by one with every commit that changed what was applied. Runs, held plans and budgets do not count.
    pub fn serial(&self) -> Result<u64> {
        sql::unsigned(self.conn.query_row("SELECT serial FROM meta", [], |row| row.get(0))?)
    }
}

/// Whether there is a database. Its log alone, without it, is damage: what was applied is not to be forgotten silently.
pub(super) fn present(dir: &StateDir) -> Result<bool> {
    let path = dir.database();
    let exists = |path: &Path| path.try_exists().map_err(|error| StateError::io("cannot look at", path, &error));
    let wal = path.with_file_name("state.db-wal");
    match (exists(&path)?, exists(&wal)?) {
        (true, _) => Ok(true),
        (false, false) => Ok(false),
        (false, true) => Err(StateError::damaged(format!("{} is missing, its log is there", path.display()))),
    }
}

fn read_only(path: &Path) -> Result<Connection> {
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    tune(&conn)?;
    Ok(conn)
}

/// What readers and the writer share. The cache is bounded (in KiB): memory must not grow with the number of members.
pub(super) fn tune(conn: &Connection) -> Result<()> {
    conn.busy_timeout(BUSY)?;
    conn.set_prepared_statement_cache_capacity(64);
    conn.pragma_update(None, "cache_size", -8_192)?;
    conn.pragma_update(None, "cell_size_check", true)?;
    Ok(conn.pragma_update(None, "trusted_schema", false)?)
}
