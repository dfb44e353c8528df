//! The vendor's refusals: problem documents that name everything that is wrong with a request at once.

use super::settings::RowPaths;
use serde_json::{Value, json};

const TYPE: &str = "https://problems.omnisend.com/";

/// A refusal, before it has an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub status: u16,
    kind: &'static str,
    title: &'static str,
    pub detail: String,
    pub errors: Vec<FieldError>,
    retry_after: Option<i64>,
    /// The request itself was outside the contract, whatever the state.
    pub violation: bool,
}

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(super) struct FieldError {
    pub field: String,
    pub code: &'static str,
    pub message: String,
    #[serde(skip)]
    violation: bool,
}

impl FieldError {
    /// Outside the contract.
    pub(super) fn new(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self { field: field.into(), code, message: message.into(), violation: true }
    }

    /// Data that the vendor does not take, such as a malformed address: no client can know beforehand.
    pub(super) fn data(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self { violation: false, ..Self::new(field, code, message) }
    }

    pub(super) fn below(self, parent: &str) -> Self {
        Self { field: format!("{parent}.{}", self.field), ..self }
    }
}

impl Problem {
    pub(super) fn new(status: u16, kind: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self { status, kind, title, detail: detail.into(), errors: Vec::new(), retry_after: None, violation: false }
    }

    fn violation(self) -> Self {
        Self { violation: true, ..self }
    }

    pub(super) fn validation(errors: Vec<FieldError>) -> Self {
        let violation = errors.iter().any(|error| error.violation);
        Self { errors, violation, ..Self::new(400, "validation-failed", "Validation failed", "One or more fields are invalid.") }
    }

    pub(super) fn field(field: &str, code: &'static str, message: impl Into<String>) -> Self {
        Self::validation(vec![FieldError::new(field, code, message)])
    }

    pub(super) fn json() -> Self {
        Self::new(400, "malformed-request", "Malformed request", "The request's body is not the JSON that is expected.").violation()
    }

    pub(super) fn version(detail: &str) -> Self {
        Self::new(400, "invalid-version", "Invalid API version", detail).violation()
    }

    pub(super) fn retired() -> Self {
        Self::new(410, "version-retired", "API version retired", "This version of the API is no longer served.")
    }

    pub(super) fn key_missing() -> Self {
        Self::new(401, "unauthorized", "Unauthorized", "No API key was sent.").violation()
    }

    pub(super) fn key_invalid() -> Self {
        Self::new(401, "unauthorized", "Unauthorized", "The API key is not valid.")
    }

    pub(super) fn forbidden() -> Self {
        Self::new(403, "forbidden", "Forbidden", "The API key may not do this.")
    }

    pub(super) fn not_found(what: &str) -> Self {
        Self::new(404, "not-found", "Not found", format!("There is no such {what}."))
    }

    pub(super) fn no_route() -> Self {
        Self::not_found("resource").violation()
    }

    pub(super) fn method() -> Self {
        Self::new(405, "method-not-allowed", "Method not allowed", "The resource does not know this method.").violation()
    }

    pub(super) fn conflict(detail: &str) -> Self {
        Self::new(409, "conflict", "Conflict", detail)
    }

    pub(super) fn too_many_requests(retry_after: Option<i64>, violation: bool) -> Self {
        let made = Self::new(429, "rate-limit-exceeded", "Rate limit exceeded", "Too many requests for this brand in one minute.");
        Self { retry_after, violation, ..made }
    }

    pub(super) fn server() -> Self {
        Self::new(500, "internal", "Internal error", "Something went wrong. Try again later.")
    }

    pub(super) fn unavailable() -> Self {
        Self::new(503, "unavailable", "Service unavailable", "The service is busy. Try again later.")
    }

    /// The same, with fields named as this brand's refusals do.
    pub(super) fn placed(mut self, paths: RowPaths) -> Self {
        let steps = |field: &str| field.replace('[', ".").replace(']', "");
        match paths {
            RowPaths::Brackets => {}
            RowPaths::Dots => self.errors.iter_mut().for_each(|error| error.field = steps(&error.field)),
            RowPaths::Pointers => {
                self.errors.iter_mut().for_each(|error| error.field = format!("/{}", steps(&error.field).replace('.', "/")));
            }
            RowPaths::None => self.errors.clear(),
        }
        self
    }

    pub(super) fn to_json(&self) -> Value {
        let instance = format!("urn:omnisend:request:{}", uuid::Uuid::new_v4());
        let kind = format!("{TYPE}{}", self.kind);
        let mut body = json!({"type": kind, "title": self.title, "status": self.status, "detail": self.detail, "instance": instance});
        if !self.errors.is_empty() {
            body["errors"] = json!(self.errors);
        }
        if let Some(seconds) = self.retry_after {
            body["retryAfter"] = seconds.into();
        }
        body
    }

    /// The older form, in which the items of a batch are answered.
    pub(super) fn to_legacy(&self) -> Value {
        let lines: Vec<_> = self.errors.iter().map(|error| format!("{}: {}", error.field, error.message)).collect();
        match lines.is_empty() {
            true => json!({"error": self.detail}),
            false => {
                let error = format!("{} error(s) found. Check 'fields' array for details.", lines.len());
                json!({"error": error, "fields": {"0": lines}})
            }
        }
    }

    /// For the log: fields and rules, never values.
    pub(super) fn in_words(&self) -> String {
        match self.errors.iter().find(|error| error.violation) {
            Some(error) => format!("{} {}: {}", self.status, error.field, error.message),
            None => format!("{} {}", self.status, self.title),
        }
    }
}

/// Why a call ended without its answer.
pub(super) type Fail = crate::kit::fail::Fail<Problem>;

pub(super) type Result<T> = std::result::Result<T, Fail>;

impl crate::kit::fail::Refusal for Problem {
    fn own_fault() -> Self {
        Self::server()
    }
}

impl From<Fail> for crate::Error {
    fn from(fail: Fail) -> Self {
        Self::Refused(fail.into_refusal().detail)
    }
}
