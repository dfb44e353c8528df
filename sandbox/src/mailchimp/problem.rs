//! The vendor's refusals: `application/problem+json`, with `type` missing where the vendor leaves it out.

use serde_json::{Value, json};

const TYPE: &str = "https://mailchimp.com/developer/marketing/docs/errors/";

/// A refusal, before it has an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub status: u16,
    pub title: &'static str,
    pub detail: String,
    /// The vendor leaves `type` out of some (Member Exists, Member In Compliance State, Forgotten Email).
    pub typed: bool,
    pub errors: Vec<FieldError>,
    /// 405: what would have been allowed.
    pub allow: Option<String>,
    /// The request itself was outside the contract, whatever the state.
    pub violation: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(super) struct FieldError {
    pub field: String,
    pub message: String,
}

impl FieldError {
    pub(super) fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

impl Problem {
    pub(super) fn new(status: u16, title: &'static str, detail: impl Into<String>) -> Self {
        Self { status, title, detail: detail.into(), typed: true, errors: Vec::new(), allow: None, violation: false }
    }

    fn untyped(title: &'static str, detail: String) -> Self {
        Self { typed: false, ..Self::new(400, title, detail) }
    }

    pub(super) fn not_found() -> Self {
        Self::new(404, "Resource Not Found", "The requested resource could not be found.")
    }

    pub(super) fn no_route() -> Self {
        Self { violation: true, ..Self::not_found() }
    }

    pub(super) fn method(allow: String) -> Self {
        let detail = "The requested method and resource are not compatible. See the Allow header for this resource's available methods.";
        Self { violation: true, allow: Some(allow), ..Self::new(405, "Method Not Allowed", detail) }
    }

    pub(super) fn not_removable() -> Self {
        let detail = "This list member cannot be removed. Can not archive a contact that is bounced, pending or archived";
        Self { allow: Some("GET, PUT".into()), ..Self::new(405, "Method Not Allowed", detail) }
    }

    pub(super) fn invalid(detail: impl Into<String>) -> Self {
        Self::new(400, "Invalid Resource", detail)
    }

    /// A limit of the contract was passed.
    pub(super) fn over_limit(detail: impl Into<String>) -> Self {
        Self { violation: true, ..Self::invalid(detail) }
    }

    /// The body does not fit the schema.
    pub(super) fn schema(errors: Vec<FieldError>) -> Self {
        let detail = "The resource submitted could not be validated. For field-specific details, see the 'errors' array.";
        Self { errors, violation: true, ..Self::invalid(detail) }
    }

    pub(super) fn field(field: &str, message: impl Into<String>) -> Self {
        Self::schema(vec![FieldError::new(field, message)])
    }

    pub(super) fn json() -> Self {
        let detail = "We encountered an unspecified JSON parsing error.";
        Self { violation: true, ..Self::new(400, "JSON Parse Error", detail) }
    }

    pub(super) fn merge_fields(errors: Vec<FieldError>) -> Self {
        Self { errors, ..Self::invalid("Your merge fields were invalid.") }
    }

    pub(super) fn member_exists(email: &str) -> Self {
        Self::untyped("Member Exists", format!("{email} is already a list member. Use PUT to insert or update list members."))
    }

    pub(super) fn compliance(email: &str) -> Self {
        let why = "is in a compliance state due to unsubscribe, bounce, or compliance review and cannot be subscribed.";
        Self::untyped("Member In Compliance State", format!("{email} {why}"))
    }

    pub(super) fn forgotten(email: &str) -> Self {
        let why = "was permanently deleted and cannot be re-imported. The contact must re-subscribe to get back on the list.";
        Self::untyped("Forgotten Email Not Subscribed", format!("{email} {why}"))
    }

    pub(super) fn too_many_lists(email: &str) -> Self {
        Self::invalid(format!("{email} has signed up to a lot of lists very recently; we're not allowing more signups for now"))
    }

    pub(super) fn bad_address() -> Self {
        Self::invalid("Please provide a valid email address.")
    }

    pub(super) fn fake_address(email: &str) -> Self {
        Self::invalid(format!("{email} looks fake or invalid, please enter a real email address."))
    }

    pub(super) fn key_invalid() -> Self {
        let detail = "Your API key may be invalid, or you've attempted to access the wrong datacenter.";
        Self::new(401, "API Key Invalid", detail)
    }

    pub(super) fn key_missing() -> Self {
        Self { violation: true, ..Self::new(401, "API Key Missing", "Your request did not include an API key.") }
    }

    pub(super) fn too_many_requests() -> Self {
        Self::new(429, "Too Many Requests", "You have exceeded the limit of 10 simultaneous connections.")
    }

    pub(super) fn server() -> Self {
        Self::new(500, "InternalServerError", "An unexpected internal error has occurred. Please contact Support for more information.")
    }

    pub(super) fn to_json(&self, instance: &str) -> Value {
        let mut body = json!({"title": self.title, "status": self.status, "detail": self.detail, "instance": instance});
        if self.typed {
            body["type"] = TYPE.into();
        }
        if !self.errors.is_empty() {
            body["errors"] = json!(self.errors);
        }
        body
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
