//! The database's format, in steps. A step that was released is never changed; a new format is a new step.

mod v1;
mod v10;
mod v11;
mod v12;
mod v13;
mod v16;
mod v17;
mod v18;
mod v19;
mod v2;
mod v20;
mod v21;
mod v3;
mod v4;
mod v5;
mod v6;
mod v7;
mod v8;
mod v9;

use super::{Result, StateError, StateErrorKind};
use rusqlite::Connection;

/// In order; the format number is how many were carried out.
const STEPS: &[&str] = &[
    v1::SQL,
    v2::SQL,
    v3::SQL,
    v4::SQL,
    v5::SQL,
    v6::SQL,
    v7::SQL,
    v8::SQL,
    v9::SQL,
    v10::SQL,
    v11::SQL,
    v12::SQL,
    v13::SQL,
    v16::SQL,
    v17::SQL,
    v18::SQL,
    v19::SQL,
    v20::SQL,
    v21::SQL,
];

/// Marks the file as ours among SQLite files ("Lkep").
const APPLICATION_ID: i64 = 0x4C6B_6570;

/// The format this build reads and writes.
pub(super) const FORMAT: i64 = STEPS.len() as i64;

/// How an existing file relates to this build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    Current,
    Older,
}

/// Refuses what is not ours and what is newer than this build.
pub(super) fn fit(conn: &Connection) -> Result<Fit> {
    let application: i64 = conn.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let format: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if application != APPLICATION_ID || format < 1 {
        return Err(StateError::damaged("state.db is empty, or not a database of Listkeeper's"));
    }
    if format > FORMAT {
        let message = format!("the state was written by a newer Listkeeper (format {format}; this one knows {FORMAT})");
        return Err(StateError::new(StateErrorKind::Newer, message)
            .hint("use that newer version, or a state of this version (a backup, or another --state DIR)"));
    }
    Ok(if format == FORMAT { Fit::Current } else { Fit::Older })
}

/// Carries out the steps that are missing, all or none.
pub(super) fn migrate(conn: &mut Connection) -> Result<()> {
    migrate_to(conn, FORMAT)
}

/// Up to a certain format, which tests use to build old ones.
pub(super) fn migrate_to(conn: &mut Connection, format: i64) -> Result<()> {
    let tx = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Exclusive)?;
    let done: i64 = tx.pragma_query_value(None, "user_version", |row| row.get(0))?;
    for step in (done..format).filter_map(|n| STEPS.get(usize::try_from(n).ok()?)) {
        tx.execute_batch(step)?;
    }
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    tx.pragma_update(None, "user_version", format)?;
    Ok(tx.commit()?)
}
