//! One call as the vendor's handlers see it, and their answer.

use super::{
    problem::{Problem, Result},
    written::Array,
};
use crate::kit::path::segments;
use axum::http::Method;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A parsed request, the same whether it came over HTTP or inside a batch.
#[derive(Debug)]
pub(super) struct Call {
    pub method: Method,
    /// Below `/3.0`, percent-decoded segments.
    pub path: Vec<String>,
    pub query: Query,
    pub body: Option<Value>,
}

impl Call {
    /// `path` and `query` as they came; a body that is not JSON is refused as the vendor does.
    pub(super) fn parse(method: Method, path: &str, query: &str, body: &[u8]) -> Result<Self> {
        let body = match body.trim_ascii() {
            [] => None,
            text => Some(serde_json::from_slice(text).map_err(|_| Problem::json())?),
        };
        Ok(Self { method, path: segments(path), query: Query::parse(query), body })
    }

    /// The body as an object.
    pub(super) fn object(&self) -> Result<&Map<String, Value>> {
        match &self.body {
            Some(Value::Object(object)) => Ok(object),
            Some(_) => Err(Problem::field("", "Schema describes object, something else found instead").into()),
            None => Err(Problem::json().into()),
        }
    }

    /// Members that the request carries, for pacing and the log.
    pub(super) fn rows(&self) -> usize {
        let length = |key: &str| self.body.as_ref().and_then(|b| b.get(key)).and_then(Value::as_array).map_or(0, Vec::len);
        length("members") + length("members_to_add") + length("members_to_remove") + length("operations")
    }
}

/// The query, last value of each name.
#[derive(Debug, Default)]
pub(super) struct Query(BTreeMap<String, String>);

impl Query {
    pub(super) fn parse(text: &str) -> Self {
        Self(url::form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    pub(super) fn from_params(params: &Map<String, Value>) -> Self {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Self(params.iter().map(|(name, value)| (name.clone(), text(value))).collect())
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(super) fn flag(&self, name: &str) -> Result<bool> {
        match self.text(name) {
            None | Some("false" | "0" | "") => Ok(false),
            Some("true" | "1") => Ok(true),
            Some(_) => Err(Problem::field(name, "Schema describes boolean, string found instead").into()),
        }
    }

    fn number(&self, name: &str, default: i64) -> Result<i64> {
        let Some(text) = self.text(name) else { return Ok(default) };
        let number = text.parse().map_err(|_| Problem::field(name, "Schema describes integer, string found instead"))?;
        if number < 0 {
            return Err(Problem::field(name, "This value should be 0 or more.").into());
        }
        Ok(number)
    }

    /// `count` (10 unless given, at most 1000) and `offset`.
    pub(super) fn page(&self) -> Result<Page> {
        let count = self.number("count", 10)?;
        if count > 1000 {
            return Err(Problem::field("count", "This value should be 1000 or less.").into());
        }
        Ok(Page { count, offset: self.number("offset", 0)? })
    }

    /// One of the given words.
    pub(super) fn word<'a>(&'a self, name: &str, allowed: &[&str]) -> Result<Option<&'a str>> {
        match self.text(name) {
            Some(text) if !allowed.contains(&text) => {
                Err(Problem::field(name, format!("Value must be one of: {}", allowed.join(", "))).into())
            }
            found => Ok(found),
        }
    }

    /// An ISO 8601 time as Unix seconds. A `+` that was not percent-encoded arrives as a blank and is refused.
    pub(super) fn time(&self, name: &str) -> Result<Option<i64>> {
        let Some(text) = self.text(name).filter(|text| !text.is_empty()) else { return Ok(None) };
        match chrono::DateTime::parse_from_rfc3339(text) {
            Ok(time) => Ok(Some(time.timestamp())),
            Err(_) => Err(Problem::field(name, "This value is not a valid datetime.").into()),
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Page {
    pub count: i64,
    pub offset: i64,
}

/// A success.
#[derive(Debug)]
pub(super) struct Answer {
    pub status: u16,
    pub body: Option<Value>,
    /// More of the body, which is an object then.
    pub members: Vec<Array>,
}

impl Answer {
    pub(super) fn ok(body: Value) -> Result<Self> {
        Ok(Self { status: 200, body: Some(body), members: Vec::new() })
    }

    pub(super) fn with(body: Value, members: impl Into<Vec<Array>>) -> Result<Self> {
        Ok(Self { members: members.into(), ..Self::ok(body)? })
    }

    pub(super) fn none() -> Result<Self> {
        Ok(Self { status: 204, body: None, members: Vec::new() })
    }

    /// The body as it goes over the wire.
    pub(super) fn text(&self) -> serde_json::Result<Vec<u8>> {
        let Some(body) = &self.body else { return Ok(Vec::new()) };
        let mut text = serde_json::to_vec(body)?;
        if !self.members.is_empty() {
            text.pop();
            self.members.iter().for_each(|array| array.append_to(&mut text));
            text.push(b'}');
        }
        Ok(text)
    }
}

/// A moment as the vendor writes it; 0 is never, which the vendor writes as an empty text.
pub(super) fn moment(seconds: i64) -> String {
    match chrono::DateTime::from_timestamp(seconds, 0) {
        Some(time) if seconds != 0 => time.to_rfc3339_opts(chrono::SecondsFormat::Secs, false),
        _ => String::new(),
    }
}
