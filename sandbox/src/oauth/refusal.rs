//! How an authorization server says no.

use super::super::vendor::Reply;
use serde_json::json;

/// The standard's word and a sentence.
#[derive(Debug)]
pub(super) struct Refusal {
    status: u16,
    pub error: &'static str,
    pub why: &'static str,
    /// The request was outside the contract.
    violation: bool,
}

impl Refusal {
    /// Within the contract: a code or token that is no longer good, a person who said no or nothing yet.
    pub(super) fn no(error: &'static str, why: &'static str) -> Self {
        Self { status: 400, error, why, violation: false }
    }

    /// The request is not as the vendor documents it.
    pub(super) fn wrong(error: &'static str, why: &'static str) -> Self {
        Self { status: 400, error, why, violation: true }
    }

    pub(super) fn client(why: &'static str) -> Self {
        Self { status: 401, error: "invalid_client", why, violation: false }
    }

    pub(super) fn reply(&self) -> Reply {
        let body = json!({"error": self.error, "error_description": self.why});
        let violations = self.violation.then(|| format!("{}: {}", self.error, self.why)).into_iter().collect();
        Reply { violations, ..Reply::json(self.status, &body) }
    }
}
