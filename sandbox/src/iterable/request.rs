//! One call as the handlers see it, and their answer.

use super::{
    refusal::{Refusal, Result},
    route::Route,
    shape,
};
use crate::vendor::Ask;
use axum::http::header;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Most bytes of a body: documented for bulk updates, taken for the list calls too.
const BODY_BYTES: usize = 4_000_000;

/// A parsed request, of the shape that its route takes.
#[derive(Debug)]
pub(super) struct Call {
    /// What the pattern's `{…}` stand for.
    pub params: Vec<String>,
    query: BTreeMap<String, String>,
    pub body: Map<String, Value>,
}

/// A success.
#[derive(Debug)]
pub(super) enum Answer {
    Json(Value),
    Text(String),
}

impl Answer {
    /// Where there is nothing to tell.
    pub(super) fn done(msg: impl Into<String>) -> Result<Self> {
        Ok(Self::Json(serde_json::json!({"msg": msg.into(), "code": "Success", "params": null})))
    }
}

impl Call {
    pub(super) fn parse(ask: &Ask, route: &Route, params: Vec<String>, notes: &mut Vec<String>) -> Result<Self> {
        let query: BTreeMap<_, _> = url::form_urlencoded::parse(ask.query.as_bytes()).into_owned().collect();
        let unknown = query.keys().filter(|name| !route.query.contains(&name.as_str()));
        notes.extend(unknown.map(|name| format!("unknown query parameter {name}")));
        let body = match route.body {
            Some(shape) => shape::check(route.pattern, json(ask, route)?, shape, notes)?,
            None if ask.body.is_empty() => Map::new(),
            None => {
                notes.push("a body where none is foreseen".to_owned());
                Map::new()
            }
        };
        Ok(Self { params, query, body })
    }

    /// Members that the request carries, for pacing and the log.
    pub(super) fn rows(&self) -> usize {
        let length = |key: &str| self.body.get(key).and_then(Value::as_array).map_or(0, Vec::len);
        length("subscribers") + length("users")
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.body.get(name)?.as_str()
    }

    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        self.body.get(name)?.as_bool()
    }

    /// A whole number that the shape demands.
    pub(super) fn number(&self, name: &str) -> i64 {
        self.body.get(name).and_then(Value::as_i64).unwrap_or_default()
    }

    pub(super) fn queried(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// A whole number from the query.
    pub(super) fn queried_number(&self, name: &str) -> Result<Option<i64>> {
        let Some(text) = self.queried(name) else { return Ok(None) };
        match text.parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => {
                let refusal = Refusal::bad_params(format!("For input string: {text:?}"));
                Err(refusal.violates(format!("400 {name} is a number")).into())
            }
        }
    }

    /// The list that the path or the query names.
    pub(super) fn list_id(&self) -> Result<i64> {
        let missing = || Refusal::bad_params("Missing parameter: listId").violates("400 listId is missing or no number");
        match self.params.first() {
            Some(text) => text.parse().map_err(|_| missing().into()),
            None => self.queried_number("listId")?.ok_or_else(|| missing().into()),
        }
    }
}

fn json(ask: &Ask, route: &Route) -> Result<Value> {
    if ask.body.len() > BODY_BYTES {
        let refusal = Refusal::new(413, "", "");
        return Err(if route.bytes_documented { refusal.violates("413 more than 4 MB") } else { refusal }.into());
    }
    let kind = ask.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let refuse = || Refusal::body(route.pattern, &Map::new());
    if !kind.starts_with("application/json") {
        return Err(refuse().violates("400 the content type is not application/json").into());
    }
    serde_json::from_slice(&ask.body).map_err(|_| refuse().into())
}

/// A moment as the vendor writes it.
pub(super) fn moment(ms: i64) -> String {
    chrono::DateTime::from_timestamp_millis(ms).map_or_else(String::new, |time| time.format("%Y-%m-%d %H:%M:%S +00:00").to_string())
}
