//! How Entra ID says no.

use crate::vendor::Reply;
use axum::http::{HeaderValue, header};
use chrono::DateTime;
use serde_json::json;

/// The standard's word, the number that Entra ID's documents list, and a sentence.
#[derive(Debug)]
pub(super) struct Refusal {
    status: u16,
    error: &'static str,
    number: u32,
    why: String,
    /// The request was outside the contract.
    violation: bool,
}

impl Refusal {
    fn new(status: u16, error: &'static str, number: u32, why: impl Into<String>) -> Self {
        Self { status, error, number, why: why.into(), violation: false }
    }

    fn wrong(self) -> Self {
        Self { violation: true, ..self }
    }

    pub(super) fn missing(name: &str) -> Self {
        Self::new(400, "invalid_request", 900_144, format!("The body needs the parameter {name}.")).wrong()
    }

    pub(super) fn not_a_form() -> Self {
        Self::new(400, "invalid_request", 900_144, "The body is no form, so it has no grant_type.").wrong()
    }

    pub(super) fn no_tenant() -> Self {
        Self::new(400, "invalid_request", 90_002, "There is no such tenant.")
    }

    pub(super) fn grant() -> Self {
        Self::new(400, "unsupported_grant_type", 70_003, "The app cannot use this grant.").wrong()
    }

    pub(super) fn no_app() -> Self {
        Self::new(400, "unauthorized_client", 700_016, "The tenant has no app with this id.")
    }

    pub(super) fn wrong_secret() -> Self {
        Self::new(401, "invalid_client", 7_000_215, "The client secret is not the app's.")
    }

    pub(super) fn scope() -> Self {
        Self::new(400, "invalid_scope", 1_002_012, "With client credentials the scope is a resource followed by /.default.").wrong()
    }

    pub(super) fn resource() -> Self {
        Self::new(400, "invalid_resource", 500_011, "The tenant has no such resource.").wrong()
    }

    pub(super) fn busy() -> Self {
        Self::new(429, "temporarily_unavailable", 90_055, "Too many requests.")
    }

    pub(super) fn own_fault() -> Self {
        Self::new(500, "server_error", 90_099, "Something went wrong at the authorization server.")
    }

    pub(super) fn reply(&self, now_ms: i64) -> Reply {
        let id = || uuid::Uuid::new_v4().to_string();
        let timestamp = DateTime::from_timestamp_millis(now_ms).unwrap_or_default().format("%Y-%m-%d %H:%M:%SZ").to_string();
        let body = json!({
            "error": self.error,
            "error_description": format!("AADSTS{}: {}", self.number, self.why),
            "error_codes": [self.number],
            "timestamp": timestamp,
            "trace_id": id(),
            "correlation_id": id(),
        });
        let mut reply = Reply::json(self.status, &body);
        if self.status == 429 {
            reply.headers.push((header::RETRY_AFTER, HeaderValue::from_static("2")));
        }
        reply.violations = self.violation.then(|| format!("{}: {}", self.error, self.why)).into_iter().collect();
        reply
    }
}
