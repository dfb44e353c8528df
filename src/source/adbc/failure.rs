//! What a driver says, in words that help: what, where, why, and whether trying again is worth it.

use super::{
    super::{SourceError, SourceErrorKind},
    redact::Blots,
};
use crate::definition::Rows;
use adbc_core::error::{Error, Status};
use std::ffi::c_char;

/// Parts of messages that tell that a connection is gone or never was. Drivers give streams' errors as text only.
const LOST: [&str; 21] = [
    "server closed the connection",
    "terminating connection",
    "connection refused",
    "connection reset",
    "connection error",
    "connection to server",
    "no connection to the server",
    "connection not open",
    "lost synchronization",
    "broken pipe",
    "could not receive data",
    "could not send data",
    "could not translate host name",
    "could not set lock",
    "database is locked",
    "the database system is",
    "too many clients",
    "ssl syscall error",
    "unavailable",
    "transport",
    "unexpected eof",
];

/// Tells what happened to one reading.
#[derive(Clone)]
pub struct Failures {
    pub rows: Rows,
    pub blots: Blots,
}

impl Failures {
    /// No connection came about, or it could not be made read-only.
    pub fn connecting(&self, error: &Error) -> SourceError {
        let source = &self.rows.source.name;
        let failed = SourceError::new(format!("{source} cannot be reached: {}", self.words(&error.message)));
        match error.status {
            Status::Unauthenticated | Status::Unauthorized => {
                failed.hint("see the source's `uri` and `options`, and what their secrets hold")
            }
            _ if is_lost(error) => failed
                .kind(SourceErrorKind::Unreachable { after: None })
                .hint("see whether the engine runs and the source's `uri` is right"),
            _ => failed.hint("see the source's `driver`, `uri` and `options`"),
        }
    }

    /// The engine did not take the query.
    pub fn query(&self, error: &Error) -> SourceError {
        let (file, segment) = (self.rows.file.display(), &self.rows.segment);
        let failed = SourceError::new(format!("{file}, segment {segment}: {}", self.words(&error.message)));
        if is_lost(error) { failed.kind(SourceErrorKind::Unreachable { after: None }) } else { failed }
    }

    /// The stream broke off.
    pub fn stream(&self, rows: u64, message: &str) -> SourceError {
        let source = &self.rows.source.name;
        let failed = SourceError::new(format!("{source}: the reading broke off after {rows} rows: {}", self.words(message)))
            .hint("the engine's log may say why; a later run reads all of it again");
        if sounds_lost(message) { failed.kind(SourceErrorKind::Unreachable { after: None }) } else { failed }
    }

    /// The engine's words on one line, without what it repeats of the query and of its plans.
    fn words(&self, message: &str) -> String {
        let lines = message.trim_start().lines().map(str::trim);
        let told = lines.take_while(|line| {
            !line.is_empty() && !["Query was:", "query: ", "== SQL ==", "'", "+-"].iter().any(|start| line.starts_with(start))
        });
        let told = told.filter(|line| !line.trim_matches(['^', '-']).is_empty()).collect::<Vec<_>>().join("; ");
        self.blots.over(if told.is_empty() { "the driver gives no reason" } else { &told })
    }
}

fn is_lost(error: &Error) -> bool {
    // SQLSTATE 08: connections; 53: no room; 57P: shut down.
    let state = error.sqlstate.map(|letter: c_char| letter as u8);
    matches!(error.status, Status::IO | Status::Timeout)
        || [&b"08"[..], b"53", b"57P"].iter().any(|class| state.starts_with(class))
        || sounds_lost(&error.message)
}

fn sounds_lost(message: &str) -> bool {
    let message = message.to_lowercase();
    LOST.iter().any(|lost| message.contains(lost))
}
