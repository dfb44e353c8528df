//! The vendor's refusals: `{msg, code, params}`, with `params` null where there is nothing to add.

use crate::vendor::Reply;
use serde_json::{Map, Value, json};

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Refusal {
    pub status: u16,
    pub code: &'static str,
    pub msg: String,
    pub params: Value,
    /// The request itself was outside the contract: the rule, without values.
    pub violation: Option<String>,
}

impl Refusal {
    pub(super) fn new(status: u16, code: &'static str, msg: impl Into<String>) -> Self {
        Self { status, code, msg: msg.into(), params: Value::Null, violation: None }
    }

    pub(super) fn params(self, params: Value) -> Self {
        Self { params, ..self }
    }

    pub(super) fn violates(self, rule: impl Into<String>) -> Self {
        Self { violation: Some(rule.into()), ..self }
    }

    pub(super) fn bad_params(msg: impl Into<String>) -> Self {
        Self::new(400, "BadParams", msg)
    }

    pub(super) fn key(path: &str) -> Self {
        let params = json!({"ip": "127.0.0.1", "endpoint": format!("/api{path}")});
        Self::new(401, "BadApiKey", "Invalid API key").params(params)
    }

    pub(super) fn no_route(path: &str) -> Self {
        Self::new(404, "NotFound", format!("Endpoint not found: /api{path}")).violates("404 no such call")
    }

    /// The body is not JSON, or not of the shape that the call takes: what is wrong by place.
    pub(super) fn body(pattern: &str, wrong: &Map<String, Value>) -> Self {
        let rule = match wrong.iter().next() {
            Some((place, what)) => format!("400 {place}: {}", what.as_str().unwrap_or_default()),
            None => "400 the body is not JSON".to_owned(),
        };
        let refusal = Self::new(400, "BadJsonBody", format!("[/api{pattern}] Invalid JSON body"));
        refusal.params(Value::Object(wrong.clone())).violates(rule)
    }

    /// `endpoint` as the vendor's message ends.
    pub(super) fn rate(endpoint: &str) -> Self {
        Self::new(429, "RateLimitExceeded", format!("Exceeded rate limit for endpoint: {endpoint}")).params(json!({}))
    }

    pub(super) fn no_list(id: i64) -> Self {
        Self::bad_params(format!("Invalid listId {id}: error.lists.invalidListId"))
    }

    pub(super) fn bad_email(text: &str) -> Self {
        Self::new(400, "InvalidEmailAddressError", format!("Invalid email: {text}"))
    }

    pub(super) fn forgotten() -> Self {
        Self::new(409, "ForgottenUserError", "The user has been forgotten and cannot be updated.")
    }

    pub(super) fn no_user(email: &str, user_id: &str) -> Self {
        Self::bad_params(format!("User does not exist. Email: {email} UserId: {user_id}"))
    }

    pub(super) fn server() -> Self {
        Self::new(500, "GenericError", "An error occurred. Please try again later.")
    }

    /// With `lies`, the code says `Success` all the same, as the vendor's has been seen to.
    pub(super) fn reply(&self, lies: bool) -> Reply {
        let violations = self.violation.iter().cloned().collect();
        if self.status == 413 {
            return Reply { violations, ..Reply::bare(413) };
        }
        let code = if lies { "Success" } else { self.code };
        let body = json!({"msg": self.msg, "code": code, "params": self.params});
        Reply { violations, ..Reply::json(self.status, &body) }
    }
}

/// Why a call ended without its answer.
pub(super) type Fail = crate::kit::fail::Fail<Refusal>;

pub(super) type Result<T> = std::result::Result<T, Fail>;

impl crate::kit::fail::Refusal for Refusal {
    fn own_fault() -> Self {
        Self::server()
    }
}

impl From<Fail> for crate::Error {
    fn from(fail: Fail) -> Self {
        Self::Refused(fail.into_refusal().msg)
    }
}
