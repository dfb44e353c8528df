//! One call as the handlers see it, and their answer.

use super::{
    cursor::Cursor,
    problem::{Problem, Result},
};
use crate::kit::path::segments;
use axum::{
    body::Bytes,
    http::{HeaderMap, Method, header},
};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A request below the API's base.
#[derive(Debug)]
pub(super) struct Call {
    pub method: Method,
    /// The path as it came, for cursors.
    pub at: String,
    pub path: Vec<String>,
    pub query: Query,
    /// Where an earlier page ended.
    pub after: Option<(i64, i64)>,
    pub content_type: String,
    pub body: Bytes,
}

impl Call {
    /// A cursor stands for the whole query of the reading it goes on with.
    pub(super) fn parse(method: Method, path: &str, query: &str, headers: &HeaderMap, body: Bytes) -> Result<Self> {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let mut query = Query::parse(query);
        let mut after = None;
        if let Some(text) = query.text("cursor") {
            let cursor = Cursor::read(text, path).ok_or_else(|| Problem::invalid("cursor is not valid"))?;
            if query.0.len() > 1 {
                return Err(Problem::invalid("cursor stands alone").into());
            }
            after = Some(cursor.after);
            query = Query::parse(&cursor.query);
        }
        let at = path.trim_end_matches('/').to_owned();
        Ok(Self { method, path: segments(path), at, query, after, content_type: kind.to_owned(), body })
    }

    /// The body as a JSON object.
    pub(super) fn object(&self) -> Result<Map<String, Value>> {
        match serde_json::from_slice(&self.body) {
            Ok(Value::Object(object)) => Ok(object),
            Ok(_) => Err(Problem::malformed("The body has to be an object.").into()),
            Err(_) => Err(Problem::malformed("The body is not JSON.").into()),
        }
    }
}

/// The query, last value of each name.
#[derive(Debug, Default)]
pub(super) struct Query(BTreeMap<String, String>);

impl Query {
    fn parse(text: &str) -> Self {
        Self(url::form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    /// As it would be written again.
    pub(super) fn encoded(&self) -> String {
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.0).finish()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(super) fn flag(&self, name: &str) -> Result<bool> {
        match self.text(name) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(Problem::invalid(format!("{name} does not have a valid value")).into()),
        }
    }

    /// Rows on a page: 50 unless given.
    pub(super) fn limit(&self, most: i64) -> Result<i64> {
        let Some(text) = self.text("limit") else { return Ok(50) };
        let good = text.parse().ok().filter(|limit| (1..=most).contains(limit));
        Ok(good.ok_or_else(|| Problem::invalid(format!("limit has to be 1 to {most}")))?)
    }

    /// Comma-separated values, at most so many.
    pub(super) fn values(&self, name: &str, most: usize) -> Result<Vec<&str>> {
        let values: Vec<_> = self.text(name).into_iter().flat_map(|text| text.split(',')).map(str::trim).collect();
        if values.len() > most || values.contains(&"") {
            return Err(Problem::invalid(format!("{name} takes 1 to {most} values")).into());
        }
        Ok(values)
    }

    /// Comma-separated values, each one of the given words.
    pub(super) fn words(&self, name: &str, allowed: &[&str]) -> Result<Vec<&str>> {
        let words = self.values(name, 50)?;
        match words.iter().all(|word| allowed.contains(word)) {
            true => Ok(words),
            false => Err(Problem::invalid(format!("{name} has to be of {}", allowed.join(", "))).into()),
        }
    }

    /// An ISO 8601 moment in milliseconds. A `+` that was not percent-encoded arrives as a blank and is refused.
    pub(super) fn time(&self, name: &str) -> Result<Option<i64>> {
        let Some(text) = self.text(name) else { return Ok(None) };
        match chrono::DateTime::parse_from_rfc3339(text) {
            Ok(time) => Ok(Some(time.timestamp_millis())),
            Err(_) => Err(Problem::invalid(format!("{name} is not an ISO-8601 time")).into()),
        }
    }
}

/// A success.
#[derive(Debug)]
pub(super) struct Answer {
    pub status: u16,
    pub body: Content,
    pub location: Option<String>,
}

#[derive(Debug)]
pub(super) enum Content {
    None,
    Json(Value),
    Csv(Vec<u8>),
}

impl Answer {
    pub(super) fn json(status: u16, body: Value) -> Result<Self> {
        Ok(Self { status, body: Content::Json(body), location: None })
    }

    pub(super) fn none() -> Result<Self> {
        Ok(Self { status: 204, body: Content::None, location: None })
    }
}

/// A moment as the vendor writes it, to the second.
pub(super) fn moment(ms: i64) -> String {
    chrono::DateTime::from_timestamp_millis(ms).map_or_else(String::new, |time| time.format("%Y-%m-%dT%H:%M:%SZ").to_string())
}

pub(super) fn day(ms: i64) -> String {
    chrono::DateTime::from_timestamp_millis(ms).map_or_else(String::new, |time| time.format("%Y-%m-%d").to_string())
}
