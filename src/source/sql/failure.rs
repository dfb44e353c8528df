//! SQLite's errors in words that help.

use super::super::{SourceError, columns::did_you_mean};
use super::shared::Shared;
use crate::definition::Rows;
use rusqlite::{Error, ffi::ErrorCode};

/// Why SQLite failed: the reason that a callback kept, else SQLite's own with what could be meant.
pub fn explain(error: &Error, shared: &Shared, rows: &Rows) -> SourceError {
    if let Some(reason) = shared.take_failure() {
        return reason;
    }
    let message = message(error);
    let failed = SourceError::new(format!("{}, segment {}: {message}{}", rows.file.display(), rows.segment, place(error)));
    match hint(&message, error, shared, rows) {
        Some(hint) => failed.hint(hint),
        None => failed,
    }
}

fn message(error: &Error) -> String {
    match error {
        Error::SqlInputError { msg, .. } => msg.clone(),
        Error::MultipleStatement => "the query holds more than one statement".to_owned(),
        Error::SqliteFailure(_, Some(message)) => message.clone(),
        other => other.to_string(),
    }
}

/// Line and column within the query, both from 1.
fn place(error: &Error) -> String {
    let Error::SqlInputError { sql, offset, .. } = error else { return String::new() };
    let Some(before) = usize::try_from(*offset).ok().and_then(|offset| sql.get(..offset)) else { return String::new() };
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!(" (query line {line}, column {column})")
}

fn hint(message: &str, error: &Error, shared: &Shared, rows: &Rows) -> Option<String> {
    if let Some(name) = message.strip_prefix("no such column: ") {
        let (_, name) = name.rsplit_once('.').unwrap_or(("", name));
        return Some(columns_hint(name.trim_matches('"'), shared));
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

fn columns_hint(name: &str, shared: &Shared) -> String {
    let columns = shared.tables.iter().flat_map(|table| table.columns.iter().map(|column| column.name.as_str())).collect::<Vec<_>>();
    let tables = shared.tables.iter().map(|table| {
        let names = table.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>();
        format!("{} has {}", table.name, names.join(", "))
    });
    let late =
        if shared.tables.iter().any(|table| table.late_keys()) { "; of NDJSON the keys of the first 1,000 lines are columns" } else { "" };
    format!("{}{} (a text is written in single quotes){late}", did_you_mean(name, &columns), tables.collect::<Vec<_>>().join("; "))
}
