//! What can go wrong with the state, and what to do about it.

use rusqlite::ErrorCode;
use std::path::Path;

/// A failure of the state: what, where, and what to do.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct StateError {
    pub kind: StateErrorKind,
    /// What is wrong and where. Never an address.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateErrorKind {
    /// The directory or a file in it cannot be used.
    Io,
    /// Another process writes to it.
    InUse,
    /// Written by a newer Listkeeper.
    Newer,
    /// The file is not what Listkeeper wrote.
    Damaged,
    /// A container or place is another's already (E16).
    Claimed,
    /// Asked for something that is not there, or that cannot be.
    Refused,
    /// SQLite could not do it (disk full, busy).
    Sql,
}

impl StateError {
    pub(super) fn new(kind: StateErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None }
    }

    #[must_use]
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(super) fn refused(message: impl Into<String>) -> Self {
        Self::new(StateErrorKind::Refused, message)
    }

    pub(super) fn io(what: &str, path: &Path, error: &std::io::Error) -> Self {
        Self::new(StateErrorKind::Io, format!("{what} {}: {error}", path.display()))
            .hint("the state directory must be writable by the user who runs Listkeeper; --state names another")
    }

    pub(super) fn damaged(why: impl std::fmt::Display) -> Self {
        Self::new(StateErrorKind::Damaged, format!("the state is damaged: {why}")).hint(
            "it is left as it is; restore it from a backup, or move the directory away to begin anew (the first plan then \
             shows every member as new, and is held if those are many)",
        )
    }
}

/// SQLite says "corrupt" or "not a database" at whichever statement meets the damage, so it is told apart here, for all.
impl From<rusqlite::Error> for StateError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::damaged(error),
            Some(ErrorCode::DiskFull) => {
                Self::new(StateErrorKind::Sql, "the disk that holds the state is full").hint("make room; nothing was half written")
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Self::new(StateErrorKind::Sql, "another program keeps the state's database locked")
                    .hint("close the SQLite client that has a transaction open on it, then try again")
            }
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                Self::new(StateErrorKind::Io, format!("the state's database cannot be opened: {error}"))
                    .hint("the state directory must be writable by the user who runs Listkeeper; --state names another")
            }
            _ => Self::new(StateErrorKind::Sql, format!("the state's database: {error}")),
        }
    }
}
