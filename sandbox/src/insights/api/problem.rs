//! How the REST API says no: calls for data in the words of OData, all others in its own.

use crate::{kit::fail::Refusal, vendor::Reply};
use axum::http::{HeaderName, HeaderValue, header};
use serde_json::{Value, json};

#[derive(Debug)]
pub(super) struct Problem {
    status: u16,
    /// `None`: nothing but a status.
    body: Option<Value>,
    header: Option<(HeaderName, String)>,
    violation: Option<String>,
}

impl Problem {
    fn own(status: u16, word: &str, code: &str, message: &str) -> Self {
        let culprit = if status >= 500 { "system" } else { "user" };
        let body = json!({
            "exception": null, "httpStatusCode": word, "exceptionCulprit": culprit, "errorCode": code, "resultSeverity": "error",
            "message": message, "name": code, "params": {}, "ciResults": [],
        });
        Self { status, body: Some(body), header: None, violation: None }
    }

    fn odata(status: u16, code: &str, message: String, target: &str) -> Self {
        let body = json!({"errorCode": code, "message": message, "target": target, "details": [], "instanceAnnotations": []});
        Self { status, body: Some(body), header: None, violation: None }
    }

    fn wrong(self, what: &str) -> Self {
        Self { violation: Some(what.to_owned()), ..self }
    }

    /// Which of the two credentials it was is not said.
    pub(super) fn unauthorized() -> Self {
        Self { status: 401, body: None, header: Some((header::WWW_AUTHENTICATE, "Bearer".to_owned())), violation: None }
    }

    pub(super) fn forbidden() -> Self {
        Self::own(403, "forbidden", "RoleMissing", "The app has no role in this instance.")
    }

    pub(super) fn no_instance() -> Self {
        Self::own(404, "notFound", "InstanceNotFound", "There is no such instance.")
    }

    pub(super) fn no_entity(entity: &str) -> Self {
        Self::own(404, "notFound", "EntityNotFound", &format!("There is no table {entity}."))
    }

    pub(super) fn no_data(entity: &str) -> Self {
        Self::odata(404, "EntityNotFound", format!("There is no table {entity}."), entity)
    }

    pub(super) fn nowhere() -> Self {
        Self::own(404, "notFound", "ResourceNotFound", "There is nothing at this path.").wrong("there is nothing at this path")
    }

    pub(super) fn read_only() -> Self {
        Self::own(405, "methodNotAllowed", "ReadOnly", "The sandbox is read, never written.").wrong("the sandbox is read only")
    }

    pub(super) fn server() -> Self {
        Self::own(500, "internalServerError", "Unexpected", "Something went wrong in Customer Insights.")
    }

    pub(super) fn query(target: &str, why: &str) -> Self {
        Self::odata(400, "BadRequest", why.to_owned(), target).wrong(why)
    }

    /// Tenants differ in their columns: asking for one that is not there is within the contract.
    pub(super) fn no_column(column: &str) -> Self {
        let mut problem = Self::odata(400, "BadRequest", "The query names a property that is not there.".to_owned(), "$select");
        if let Some(body) = &mut problem.body {
            body["details"] = json!([{"errorCode": "UnknownProperty", "message": format!("No property {column}."), "target": column}]);
        }
        problem
    }

    /// Waits are told in whole seconds, never too short.
    pub(super) fn too_many(wait_ms: i64) -> Self {
        let problem = Self::own(429, "tooManyRequests", "RateLimit", "Too many calls in a minute.");
        Self { header: Some((header::RETRY_AFTER, ((wait_ms + 999) / 1000).to_string())), ..problem }
    }

    pub(super) fn reply(&self) -> Reply {
        let mut reply = self.body.as_ref().map_or_else(|| Reply::bare(self.status), |body| Reply::json(self.status, body));
        let header = self.header.as_ref().and_then(|(name, value)| Some((name.clone(), HeaderValue::from_str(value).ok()?)));
        reply.headers.extend(header);
        reply.violations = self.violation.iter().cloned().collect();
        reply
    }
}

impl Refusal for Problem {
    fn own_fault() -> Self {
        Self::server()
    }
}
