//! SQLite's errors in words that help.

use super::super::{
    SourceError,
    columns::{did_you_mean, listed},
};
use super::shared::Shared;
use crate::definition::Rows;
use rusqlite::{Error, ffi::ErrorCode};

/// Why SQLite does not take a query: the reason that a callback kept, else SQLite's own with what could be meant. No row has
/// been read yet: it can only repeat the query's own text.
pub fn explain(error: &Error, shared: &Shared, rows: &Rows) -> SourceError {
    let failed = told(&message(error), error, shared, rows);
    let place = place(error);
    if failed.query.is_none() { failed.of_query(place) } else { failed }
}

/// Why SQLite failed while it read. It quotes values of rows then (`bad JSON path: '…'`), and a query may choose which: only
/// its code is told, or what it says of any row in the same words.
pub fn explain_at_row(error: &Error, shared: &Shared, rows: &Rows) -> SourceError {
    let message = match error {
        Error::SqliteFailure(_, Some(message)) if FIXED.contains(&message.as_str()) => message.clone(),
        Error::SqliteFailure(code, _) => {
            let what = rusqlite::ffi::code_to_str(code.extended_code);
            format!("SQLite failed at a row of it (code {}: {what})", code.extended_code)
        }
        _ => "SQLite failed at a row of it".to_owned(),
    };
    let hidden = !FIXED.contains(&message.as_str());
    let failed = told(&message, error, shared, rows);
    if hidden && failed.hint.is_none() && failed.message.contains(&message) { failed.hint(NOT_REPEATED) } else { failed }
}

const NOT_REPEATED: &str = "its words are not repeated, for they may quote the row: run the query on some rows to see them";

fn told(message: &str, error: &Error, shared: &Shared, rows: &Rows) -> SourceError {
    if let Some(reason) = shared.take_failure() {
        return reason;
    }
    if let Some(double) = missing(message).and_then(|name| shared.tables.iter().find_map(|table| table.file.doubles().of(name))) {
        return double;
    }
    let failed = SourceError::new(format!("{}, segment {}: {message}{}", rows.file.display(), rows.segment, placed(error)));
    match hint(message, error, shared, rows) {
        Some(hint) => failed.hint(hint),
        None => failed,
    }
}

/// What SQLite says at a row in the same words whatever the row is.
const FIXED: [&str; 10] = [
    "malformed JSON",
    "JSON cannot hold BLOB values",
    "integer overflow",
    "string or blob too big",
    "LIKE or GLOB pattern too complex",
    "ESCAPE expression must be a single character",
    "interrupted",
    "database or disk is full",
    "disk I/O error",
    "out of memory",
];

fn message(error: &Error) -> String {
    match error {
        Error::SqlInputError { msg, .. } => msg.clone(),
        Error::MultipleStatement => "the query holds more than one statement".to_owned(),
        Error::SqliteFailure(_, Some(message)) => message.clone(),
        other => other.to_string(),
    }
}

/// Line and column within the query, both from 1.
fn place(error: &Error) -> Option<(usize, usize)> {
    let Error::SqlInputError { sql, offset, .. } = error else { return None };
    let before = sql.get(..usize::try_from(*offset).ok()?)?;
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Some((line, column))
}

fn placed(error: &Error) -> String {
    place(error).map(|(line, column)| format!(" (query line {line}, column {column})")).unwrap_or_default()
}

fn hint(message: &str, error: &Error, shared: &Shared, rows: &Rows) -> Option<String> {
    if let Some(name) = missing(message) {
        return Some(columns_hint(name, shared));
    }
    if let Some(name) = message.strip_prefix("no such table: ") {
        let tables = shared.known.iter().map(String::as_str).collect::<Vec<_>>();
        return Some(format!("{}the tables of {} are {}", did_you_mean(name, &tables), rows.source.name, tables.join(", ")));
    }
    match error {
        Error::MultipleStatement => Some("a segment is one SELECT".to_owned()),
        Error::SqliteFailure(code, _) if code.code == ErrorCode::TooBig => {
            Some("no value or row of a query may be longer than 1 MiB".to_owned())
        }
        Error::SqliteFailure(code, _) if code.code == ErrorCode::DiskFull => {
            Some("sorts and joins need room for temporary files: SQLITE_TMPDIR says where".to_owned())
        }
        _ => None,
    }
}

/// The column that a query names and no table has.
fn missing(message: &str) -> Option<&str> {
    let name = message.strip_prefix("no such column: ")?;
    // Of a name in double quotes SQLite asks whether a text was meant.
    let name = name.split(" - should this be").next().unwrap_or(name);
    let (_, name) = name.rsplit_once('.').unwrap_or(("", name));
    Some(name.trim_matches('"'))
}

fn columns_hint(name: &str, shared: &Shared) -> String {
    let columns = shared.tables.iter().flat_map(|table| table.file.columns.iter().map(|column| column.name.as_str())).collect::<Vec<_>>();
    let tables = shared.tables.iter().map(|table| {
        let names = table.file.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>();
        format!("{} has {}", table.name, listed(&names))
    });
    let late =
        if shared.tables.iter().any(|table| table.late_keys()) { "; of NDJSON the keys of the first 1,000 lines are columns" } else { "" };
    format!("{}{} (a text is written in single quotes){late}", did_you_mean(name, &columns), tables.collect::<Vec<_>>().join("; "))
}
