//! How Dataverse says no: a number that its documents list, and a sentence.

use crate::{kit::fail::Refusal, vendor::Reply};
use axum::http::{HeaderName, HeaderValue, header};
use serde_json::json;

#[derive(Debug)]
pub(super) struct Problem {
    status: u16,
    code: &'static str,
    message: String,
    headers: Vec<(HeaderName, String)>,
    violation: bool,
}

/// Of a query that Dataverse does not take.
const QUERY: &str = "0x80060888";

impl Problem {
    fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), headers: Vec::new(), violation: false }
    }

    fn wrong(self) -> Self {
        Self { violation: true, ..self }
    }

    fn later(mut self, seconds: i64) -> Self {
        self.headers.push((header::RETRY_AFTER, seconds.to_string()));
        self
    }

    pub(super) fn query(why: impl Into<String>) -> Self {
        Self::new(400, QUERY, why).wrong()
    }

    pub(super) fn no_column(column: &str, kind: &str) -> Self {
        // Tenants differ in their columns: asking for one that is not there is within the contract.
        Self::new(400, QUERY, format!("There is no property '{column}' on type 'Microsoft.Dynamics.CRM.{kind}'."))
    }

    /// Dataverse may well take it; the stand-in does not.
    pub(super) fn not_emulated(what: &str) -> Self {
        Self::new(501, "0x80060000", format!("The sandbox does not emulate this: {what}.")).wrong()
    }

    pub(super) fn stale_link() -> Self {
        Self::new(400, "0x80040203", "The link's token is not one that this table gave for this query.").wrong()
    }

    pub(super) fn untracked() -> Self {
        Self::new(400, "0x80060888", "Change tracking is not switched on for this table.").wrong()
    }

    pub(super) fn nowhere() -> Self {
        Self::new(404, "0x8006088a", "There is no resource at this path.").wrong()
    }

    pub(super) fn read_only() -> Self {
        Self::new(405, "0x80060000", "The sandbox's tables are read, never written.").wrong()
    }

    pub(super) fn forbidden() -> Self {
        Self::new(403, "0x80040220", "The app's user lacks a privilege on this table.")
    }

    pub(super) fn server() -> Self {
        Self::new(500, "0x80040216", "Something went wrong in Dataverse.")
    }

    pub(super) fn unauthorized(origin: &str) -> Self {
        let challenge = format!("Bearer authorization_uri={origin}/entra/sandbox/oauth2/authorize, resource_id={origin}/dataverse/");
        let problem = Self::new(401, "0x80072560", "A token for this environment is needed; this is none, or no longer good.");
        Self { headers: vec![(header::WWW_AUTHENTICATE, challenge)], ..problem }
    }

    /// Waits are told in whole seconds, never too short.
    pub(super) fn too_many(limit: u32, wait_ms: i64) -> Self {
        Self::new(429, "0x80072322", format!("More than {limit} requests in 300 seconds.")).later((wait_ms + 999) / 1000)
    }

    pub(super) fn at_once(limit: usize) -> Self {
        Self::new(429, "0x80072326", format!("More than {limit} requests at one time.")).later(2)
    }

    pub(super) fn reply(&self) -> Reply {
        let mut reply = Reply::json(self.status, &json!({"error": {"code": self.code, "message": self.message}}));
        let header = |(name, value): &(HeaderName, String)| Some((name.clone(), HeaderValue::from_str(value).ok()?));
        reply.headers.extend(self.headers.iter().filter_map(header));
        reply.violations = self.violation.then(|| format!("{}: {}", self.code, self.message)).into_iter().collect();
        reply
    }
}

impl Refusal for Problem {
    fn own_fault() -> Self {
        Self::server()
    }
}
