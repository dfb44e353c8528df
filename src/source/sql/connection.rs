//! The connection that a stranger's SQL runs in.

use super::{collate, guard, numbers, shared::Shared, vtab};
use rusqlite::{Connection, OpenFlags, config::DbConfig, limits::Limit};
use std::sync::Arc;

/// No value may be longer: it bounds every buffer that a query can make SQLite allocate.
pub const MAX_CELL_BYTES: usize = 1 << 20;
/// Result columns, beyond what the tables themselves have.
const MAX_COLUMNS: usize = 256;

/// An empty in-memory database with the shared tables and nothing else to reach.
pub fn connect(shared: &Arc<Shared>) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_in_memory_with_flags(flags)?;
    // Negative: KiB. Sorts use as much again as the first; the second is where loaded tables are.
    connection.execute_batch("PRAGMA temp_store = FILE; PRAGMA cache_size = -16384; PRAGMA temp.cache_size = -65536;")?;
    harden(&connection)?;
    limit(&connection, shared)?;
    collate::add(&connection)?;
    numbers::value::add(&connection, shared)?;
    vtab::create(&connection, shared)?;
    guard::over(&mut connection, shared)?;
    Ok(connection)
}

fn harden(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    // A double-quoted word that is no column would otherwise be taken for a text: a typing error would select everyone.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    Ok(())
}

fn limit(connection: &Connection, shared: &Shared) -> rusqlite::Result<()> {
    let widest = shared.tables.iter().map(|table| table.columns.len()).sum::<usize>();
    let limits = [
        (Limit::SQLITE_LIMIT_LENGTH, MAX_CELL_BYTES + 1024),
        (Limit::SQLITE_LIMIT_SQL_LENGTH, 1 << 20),
        (Limit::SQLITE_LIMIT_COLUMN, (MAX_COLUMNS + widest).min(2000)),
        (Limit::SQLITE_LIMIT_EXPR_DEPTH, 200),
        (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 100),
        (Limit::SQLITE_LIMIT_VDBE_OP, 100_000),
        (Limit::SQLITE_LIMIT_FUNCTION_ARG, 100),
        (Limit::SQLITE_LIMIT_ATTACHED, 0),
        (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000),
        (Limit::SQLITE_LIMIT_VARIABLE_NUMBER, 0),
        (Limit::SQLITE_LIMIT_TRIGGER_DEPTH, 0),
        (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
    ];
    limits.into_iter().try_for_each(|(limit, value)| connection.set_limit(limit, value as i32).map(drop))
}
