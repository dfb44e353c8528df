//! Between Rust's types and SQLite's columns.

use super::{Result, StateError};
use crate::{definition::Name, member::Key};
use chrono::{DateTime, Utc};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

impl FromSql for Key {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let bytes: [u8; 16] = value.as_blob()?.try_into().map_err(|_| FromSqlError::InvalidType)?;
        Ok(Self::from_bytes(bytes))
    }
}

impl ToSql for Name {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.as_str()))
    }
}

impl FromSql for Name {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Self::new(value.as_str()?).map_err(|rule| FromSqlError::Other(rule.into()))
    }
}

/// Milliseconds since 1970, UTC: integers compare and any client can show them (`datetime(x / 1000, 'unixepoch')`).
pub(super) fn millis(time: DateTime<Utc>) -> i64 {
    time.timestamp_millis()
}

pub(super) fn time(millis: i64) -> Result<DateTime<Utc>> {
    DateTime::from_timestamp_millis(millis).ok_or_else(|| StateError::damaged(format!("{millis} is not a time")))
}

/// A column that never holds less than zero.
pub(super) fn unsigned(value: i64) -> Result<u64> {
    u64::try_from(value).map_err(|_| StateError::damaged(format!("a count of {value}")))
}

/// A count as SQLite holds it. No count here comes near 2^63.
pub(super) fn count(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(super) fn to_json<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| StateError::refused(format!("cannot be written as JSON: {error}")))
}

pub(super) fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| StateError::damaged(format!("JSON that Listkeeper did not write ({error})")))
}
