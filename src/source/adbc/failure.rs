//! What a driver says, in words that help: what, where, why, and whether trying again is worth it.
//!
//! Engines quote values of rows (`invalid input syntax for type integer: "…"`), and a query may choose which. So of what they
//! say after they began to read, only the code is told; before that, only what quotes the query itself.

use super::{
    super::{SourceError, SourceErrorKind},
    redact::Blots,
};
use crate::definition::{Rows, Selection};
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

    /// The engine did not take the query: it has read nothing yet.
    pub fn query(&self, error: &Error) -> SourceError {
        if is_lost(error) || is_about_values(error) {
            return self.execution(error);
        }
        self.of_segment(&own_words(&self.words(&error.message), self.query_text()))
    }

    /// The engine failed while it read.
    pub fn execution(&self, error: &Error) -> SourceError {
        let lost = is_lost(error);
        let what = match lost {
            true => "the connection to the engine broke off",
            false if says_read_only(&error.message) => WRITES,
            false => "the engine failed while it read",
        };
        let failed = self.of_segment(&format!("{what}{}", code(error)));
        if lost { failed.kind(SourceErrorKind::Unreachable { after: None }) } else { failed.hint(NOT_REPEATED) }
    }

    fn of_segment(&self, what: &str) -> SourceError {
        SourceError::new(format!("{}, segment {}: {what}", self.rows.file.display(), self.rows.segment))
    }

    fn query_text(&self) -> &str {
        match &self.rows.select {
            Selection::Query(text) | Selection::Table(text) => text,
        }
    }

    /// The stream broke off.
    pub fn stream(&self, rows: u64, message: &str) -> SourceError {
        let source = &self.rows.source.name;
        let lost = sounds_lost(message);
        let why = match sort(message) {
            _ if lost => ": the connection was lost".to_owned(),
            _ if says_read_only(message) => format!(": {WRITES}"),
            sort => sort.map_or_else(String::new, |sort| format!(": {sort}")),
        };
        let failed = SourceError::new(format!("{source}: the reading broke off after {rows} rows{why}"))
            .hint("the engine's log may say why; a later run reads all of it again");
        if lost { failed.kind(SourceErrorKind::Unreachable { after: None }) } else { failed }
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

const WRITES: &str = "the query writes, and the reading is read-only";

fn says_read_only(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    ["read-only", "read only", "read-write mode"].iter().any(|words| message.contains(words))
}

const NOT_REPEATED: &str = "the engine's words are not repeated, for they may quote a row: run the query there to see them";

/// DuckDB's sorts of errors that are about values.
const ABOUT_VALUES: [&str; 6] =
    ["Conversion Error", "Invalid Input Error", "Out of Range Error", "Constraint Error", "Invalid Type Error", "Out of Memory Error"];

/// A sort of error, if the message begins with one.
fn sort(message: &str) -> Option<&'static str> {
    let begins = |sort: &&&str| message.split(": ").take(2).any(|part| part.trim() == **sort);
    ABOUT_VALUES.iter().find(begins).copied()
}

/// SQLSTATE 22: a value; 23: a constraint; P0: raised by a function.
fn is_about_values(error: &Error) -> bool {
    let state = error.sqlstate.map(|letter: c_char| letter as u8);
    [&b"22"[..], b"23", b"P0"].iter().any(|class| state.starts_with(class)) || sort(&error.message).is_some()
}

/// ` (SQLSTATE 22P02)`, or the engine's sort of error.
fn code(error: &Error) -> String {
    let state: String = error.sqlstate.iter().map(|letter| char::from(*letter as u8)).filter(char::is_ascii_alphanumeric).collect();
    match sort(&error.message) {
        _ if state.len() == 5 && state != "00000" => format!(" (SQLSTATE {state})"),
        Some(sort) => format!(" ({sort})"),
        None => String::new(),
    }
}

/// What an engine says of a query, to the first quotation that is not of the query's own text.
fn own_words(message: &str, query: &str) -> String {
    let query = query.to_lowercase();
    let mut at = 0;
    while let Some(quote) = message[at..].find(['\'', '"', '`']).map(|found| at + found) {
        let (mark, inside) = (&message[quote..=quote], &message[quote + 1..]);
        let end = inside.find(mark).filter(|end| *end > 0 && query.contains(&inside[..*end].to_lowercase()));
        let Some(end) = end else { return format!("{}…", &message[..quote]) };
        at = quote + 1 + end + 1;
    }
    message.to_owned()
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
