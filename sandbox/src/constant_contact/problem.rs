//! The vendor's refusals: an array of key and message, or a single object where its gateway speaks.

use serde_json::{Value, json};

const INVALID: &str = "contacts.api.validation.error";

/// A refusal. Its message names fields and rules, never an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub status: u16,
    pub key: &'static str,
    pub message: String,
    /// A single object instead of an array.
    pub alone: bool,
    /// The request itself was outside the contract or above a limit, whatever the state.
    pub violation: bool,
}

impl Problem {
    fn new(status: u16, key: &'static str, message: impl Into<String>) -> Self {
        Self { status, key, message: message.into(), alone: false, violation: false }
    }

    /// The request does not fit the contract.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self { violation: true, ..Self::new(400, INVALID, message) }
    }

    /// The request fits the contract but not the account.
    pub(super) fn unfit(message: impl Into<String>) -> Self {
        Self::new(400, INVALID, message)
    }

    pub(super) fn malformed(message: &str) -> Self {
        Self { violation: true, ..Self::new(400, "http.status.bad_request", message) }
    }

    pub(super) fn not_found(what: &str) -> Self {
        Self::new(404, "contacts.api.not_found", format!("{what} was not found."))
    }

    pub(super) fn no_id(what: &str) -> Self {
        Self { violation: true, ..Self::new(404, "contacts.api.not_found", format!("{what} is in an invalid format.")) }
    }

    pub(super) fn no_route() -> Self {
        Self { violation: true, ..Self::new(404, "http.status.not_found", "There is no such resource.") }
    }

    pub(super) fn method() -> Self {
        Self { violation: true, ..Self::new(405, "http.status.method_not_allowed", "Unsupported method used.") }
    }

    pub(super) fn media_type(message: &str) -> Self {
        Self { violation: true, ..Self::new(415, "http.status.unsupported_media_type", message) }
    }

    pub(super) fn conflict(message: impl Into<String>) -> Self {
        Self::new(409, "contacts.api.conflict", message)
    }

    pub(super) fn unauthorized(missing: bool) -> Self {
        Self { alone: true, violation: missing, ..Self::new(401, "unauthorized", "Unauthorized") }
    }

    /// More calls in a second than the app may make.
    pub(super) fn throttled() -> Self {
        Self::new(429, "throttled", "Too Many Requests")
    }

    /// More calls in a day than the app may make.
    pub(super) fn quota() -> Self {
        Self::new(429, "quota_exceeded", "Limit Exceeded")
    }

    pub(super) fn queue_full() -> Self {
        let message = "You exceeded 1,000 queued activities for this user account.";
        Self { violation: true, ..Self::new(429, "http.status.too_many_requests", message) }
    }

    pub(super) fn server() -> Self {
        Self::new(500, "http.status.internal_server_error", "There was a problem with our internal service.")
    }

    pub(super) fn forbidden() -> Self {
        Self::new(403, "http.status.forbidden", "Forbidden")
    }

    pub(super) fn unavailable() -> Self {
        Self::new(503, "http.status.service_unavailable", "Our internal service is temporarily unavailable.")
    }

    pub(super) fn to_json(&self) -> Value {
        let one = json!({"error_key": self.key, "error_message": self.message});
        if self.alone { one } else { json!([one]) }
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
        Self::Refused(fail.into_refusal().message)
    }
}
