//! What SQLite's callbacks and the session tell each other.

use super::super::{Notices, SourceError};
use super::{numbers::value::Odd, shown::Shown};
use std::{
    collections::BTreeSet,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

/// Shared by a session, its virtual tables and its authorizer.
pub struct Shared {
    pub tables: Vec<Shown>,
    /// Every table that a query could name.
    pub known: Vec<String>,
    /// Why a callback failed: SQLite keeps a code, people need the reason.
    failure: Mutex<Option<SourceError>>,
    /// (table, column) that the statement being prepared compares with another table's value.
    joined: Mutex<BTreeSet<(usize, usize)>>,
    /// Cells that are no numbers.
    pub odd: Odd,
    /// What was odd in the rows.
    notices: Mutex<Notices>,
    /// The query as written was prepared; from now on only our own text is.
    vetted: AtomicBool,
    /// The session's own statements are being run.
    trusted: AtomicBool,
}

impl Shared {
    pub fn new(tables: Vec<Shown>, known: Vec<String>) -> Self {
        Self {
            tables,
            known,
            failure: Mutex::default(),
            joined: Mutex::default(),
            notices: Mutex::default(),
            odd: Odd::default(),
            vetted: AtomicBool::new(false),
            trusted: AtomicBool::new(false),
        }
    }

    /// Keeps the first reason; gives what to return to SQLite.
    pub fn fail(&self, error: SourceError) -> rusqlite::Error {
        let answer = rusqlite::Error::ModuleError(error.message.clone());
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        answer
    }

    pub fn take_failure(&self) -> Option<SourceError> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub fn join(&self, table: usize, column: usize) {
        self.joined.lock().unwrap_or_else(PoisonError::into_inner).insert((table, column));
    }

    /// The columns of `table` that are compared with other tables' values.
    pub fn joined(&self, table: usize) -> Vec<usize> {
        let joined = self.joined.lock().unwrap_or_else(PoisonError::into_inner);
        joined.iter().filter(|(of, _)| *of == table).map(|(_, column)| *column).collect()
    }

    pub fn notice(&self, notices: Notices) {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner).extend(notices);
    }

    pub fn take_notices(&self) -> Notices {
        std::mem::take(&mut *self.notices.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn is_vetted(&self) -> bool {
        self.vetted.load(Ordering::Relaxed)
    }

    /// The query as written was prepared.
    pub fn vet(&self) {
        self.vetted.store(true, Ordering::Relaxed);
    }

    pub fn is_trusted(&self) -> bool {
        self.trusted.load(Ordering::Relaxed)
    }

    /// Runs the session's own statements.
    pub fn trusting<T>(&self, run: impl FnOnce() -> T) -> T {
        self.trusted.store(true, Ordering::Relaxed);
        let result = run();
        self.trusted.store(false, Ordering::Relaxed);
        result
    }
}
