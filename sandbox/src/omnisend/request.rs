//! One call as the handlers see it, and their answer.

use super::{
    formats::{is_email, moment},
    problem::{FieldError, Problem, Result},
    schema,
};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A parsed request.
#[derive(Debug)]
pub(super) struct Call {
    query: BTreeMap<String, String>,
    body: Option<Value>,
}

impl Call {
    /// `query` as it came; the last value of each name.
    pub(super) fn parse(query: &str, body: &[u8]) -> Result<Self> {
        let body = match body.trim_ascii() {
            [] => None,
            text => Some(serde_json::from_slice(text).map_err(|_| Problem::json())?),
        };
        Ok(Self { query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(), body })
    }

    /// The body as an object.
    pub(super) fn object(&self) -> Result<&Map<String, Value>> {
        self.body.as_ref().and_then(Value::as_object).ok_or_else(|| Problem::json().into())
    }

    /// The query, to be read against the names that are known.
    pub(super) fn query(&self, known: &[&str]) -> Query<'_> {
        let unknown = self.query.keys().filter(|name| !known.contains(&name.as_str()));
        let errors = unknown.map(|name| FieldError::new(name.clone(), "unknown", "This parameter is not known"));
        Query { errors: errors.collect(), values: &self.query }
    }

    /// Members that the request carries, for pacing and the log.
    pub(super) fn rows(&self) -> usize {
        let length = |name: &str| self.body.as_ref().and_then(|b| b.get(name)).and_then(Value::as_array).map_or(0, Vec::len);
        length("items") + length("emails") + length("contactIDs") + length("phones")
    }
}

/// The query's values; what does not fit is gathered and told at once by `done`.
#[derive(Debug)]
pub(super) struct Query<'a> {
    values: &'a BTreeMap<String, String>,
    errors: Vec<FieldError>,
}

impl<'a> Query<'a> {
    pub(super) fn refuse(&mut self, name: &str, code: &'static str, message: &str) {
        self.errors.push(FieldError::new(name, code, message));
    }

    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        self.values.get(name).map(String::as_str)
    }

    pub(super) fn required(&mut self, name: &str) -> &'a str {
        let value = self.text(name).unwrap_or_default();
        if value.is_empty() {
            self.refuse(name, "required", "This parameter is required");
        }
        value
    }

    pub(super) fn number(&mut self, name: &str, default: i64, least: i64, most: i64) -> i64 {
        let Some(text) = self.text(name) else { return default };
        let number = text.parse().ok().filter(|number| (least..=most).contains(number));
        number.unwrap_or_else(|| {
            let message = if most == i64::MAX { format!("Must be {least} or more") } else { format!("Must be {least} to {most}") };
            self.refuse(name, "invalid_value", &message);
            default
        })
    }

    pub(super) fn word(&mut self, name: &str, allowed: &[&str]) -> Option<&'a str> {
        let text = self.text(name)?;
        if !allowed.contains(&text) {
            self.refuse(name, "invalid_value", &format!("Must be one of: {}", allowed.join(", ")));
        }
        Some(text)
    }

    /// A time as RFC 3339 writes it. A `+` that was not percent-encoded arrives as a blank and is refused.
    pub(super) fn moment(&mut self, name: &str) -> Option<i64> {
        let found = moment(self.text(name)?);
        if found.is_none() {
            self.refuse(name, "invalid_format", "Must be a time as RFC 3339 writes it");
        }
        found
    }

    /// A date, as the milliseconds at its beginning.
    pub(super) fn day(&mut self, name: &str) -> Option<i64> {
        let found = moment(&format!("{}T00:00:00Z", self.text(name)?));
        if found.is_none() {
            self.refuse(name, "invalid_format", "Must be a date, YYYY-MM-DD");
        }
        found
    }

    /// An address. A `+` that was not percent-encoded arrives as a blank and is refused.
    pub(super) fn email(&mut self, name: &str) -> Option<&'a str> {
        let text = self.text(name)?;
        if !is_email(text) {
            self.refuse(name, "invalid_format", "Must be a valid email address");
        }
        Some(text)
    }

    /// Everything but these, in one text: what a cursor is bound to.
    pub(super) fn without(&self, names: &[&str]) -> String {
        let kept = self.values.iter().filter(|(name, _)| !names.contains(&name.as_str()));
        kept.map(|(name, value)| format!("{name}={value}&")).collect()
    }

    pub(super) fn done(self) -> Result<()> {
        schema::refuse(self.errors)
    }
}

/// A success.
#[derive(Debug)]
pub(super) struct Answer {
    pub status: u16,
    pub body: Option<Value>,
}

impl Answer {
    pub(super) fn new(status: u16, body: Value) -> Self {
        Self { status, body: Some(body) }
    }

    pub(super) fn empty(status: u16) -> Self {
        Self { status, body: None }
    }
}
