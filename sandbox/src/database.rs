//! A vendor's database: one connection, one transaction a call. Nothing here is worth a disk flush: after a power cut the
//! sandbox may have forgotten its last seconds, after a crash of the process it has not.

use super::{Error, hold::Hold};
use rusqlite::{Connection, OpenFlags};
use std::{fs::OpenOptions, os::unix::fs::OpenOptionsExt as _, sync::Arc};

/// Members lie scattered in the index, so each call touches hundreds of its pages: a long log lets a checkpoint write each
/// of them once for many calls.
const PRAGMAS: &str = "
PRAGMA journal_mode=WAL;
PRAGMA synchronous=OFF;
PRAGMA wal_autocheckpoint=8000;
PRAGMA cache_size=-64000;
PRAGMA temp_store=FILE;
";

/// Whoever uses the connection holds the vendor's lock already.
const FLAGS: OpenFlags = OpenFlags::SQLITE_OPEN_READ_WRITE.union(OpenFlags::SQLITE_OPEN_CREATE).union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

/// What a vendor keeps, and how it is laid out.
#[derive(Debug)]
pub(super) struct Layout {
    pub vendor: &'static str,
    /// Number of the format; another number in the file is refused.
    pub format: i64,
    pub schema: &'static str,
}

/// The database; the folder stays held as long as it is open.
#[derive(Debug)]
pub(super) struct Database {
    pub db: Connection,
    _hold: Arc<Hold>,
}

impl Database {
    /// Opens or creates it (0600) in the held folder.
    pub(super) fn open(hold: &Arc<Hold>, layout: &Layout) -> Result<Self, Error> {
        let path = hold.database(layout.vendor);
        let opened = OpenOptions::new().create(true).append(true).mode(0o600).open(&path);
        opened.map_err(|source| Error::Folder { path: path.clone(), source })?;
        let failed = |source| Error::Store { path: path.clone(), source };
        let db = Connection::open_with_flags(&path, FLAGS).map_err(failed)?;
        db.set_prepared_statement_cache_capacity(100);
        db.execute_batch(PRAGMAS).map_err(failed)?;
        match db.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0)).map_err(failed)? {
            0 => create(&db, layout).map_err(failed)?,
            found if found == layout.format => {}
            found => return Err(Error::Format { path, found, expected: layout.format }),
        }
        Ok(Self { db, _hold: Arc::clone(hold) })
    }
}

fn create(db: &Connection, layout: &Layout) -> rusqlite::Result<()> {
    db.execute_batch(&format!("BEGIN; {} PRAGMA user_version={}; COMMIT;", layout.schema, layout.format))
}
