//! What the common door needs of a vendor. A new vendor is a folder that implements this, and a line in `vendors`.

use super::{Error, Fault};
use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderName, HeaderValue, Method, header},
};
use serde::Serialize;
use serde_json::Value;

/// One account at one vendor. Its methods block and are called off the async threads, except `refuse` and those that only
/// name things.
pub(super) trait Vendor: Send + Sync + std::fmt::Debug {
    fn about(&self) -> About;

    /// Calls worked on at one time, where the vendor limits them.
    fn slots(&self) -> Option<usize> {
        None
    }

    /// Answers one request: credentials, rates, validation, work.
    fn answer(&self, ask: &Ask) -> Reply;

    /// How the vendor words bad weather that keeps a request from being worked on.
    fn refuse(&self, fault: Fault) -> Reply;

    /// The place or list that a definition names by this id exists afterwards.
    fn ensure(&self, _id: &str) -> Result<(), Error> {
        Ok(())
    }

    /// Lists, tags and the like, for the page.
    fn containers(&self) -> Result<Vec<Held>, Error>;

    /// Makes a person awkward on purpose: what only the person or the vendor's staff can bring about. JSON of the vendor's own.
    fn person(&self, _person: &Value) -> Result<(), Error> {
        Err(Error::Refused(format!("{} has no people to set", self.about().title)))
    }

    /// Changes how the vendor behaves where its documents leave it open, or where accounts differ. JSON of its own.
    fn set(&self, _settings: &Value) -> Result<(), Error> {
        Err(Error::Refused(format!("{} has nothing to set", self.about().title)))
    }

    /// What happened behind the answers (journeys started, consent touched), for tests and people.
    fn observed(&self) -> Result<Value, Error> {
        Ok(Value::Null)
    }
}

/// What names a vendor and its paths.
pub(super) struct About {
    /// As logs, counters and the control surface write it.
    pub name: &'static str,
    /// As people write it.
    pub title: &'static str,
    /// Where its API begins, below the sandbox's address.
    pub base: &'static str,
    /// The template of a path below the base, `(unknown)` if there is none; for logs and planned faults.
    pub route: fn(&str) -> &'static str,
}

/// One request.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub method: Method,
    /// Below the vendor's base, percent-encoded as it came.
    pub path: String,
    /// Without `?`, as it came.
    pub query: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// What goes back over the wire, and what the log keeps of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Reply {
    pub status: u16,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub body: Vec<u8>,
    /// What about the request was outside the contract: rules, never values.
    pub violations: Vec<String>,
    /// Members that the request carried.
    pub rows: usize,
}

impl Reply {
    pub(super) fn json(status: u16, body: &impl Serialize) -> Self {
        let kind = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Self { status, headers: vec![kind], body: serde_json::to_vec(body).unwrap_or_default(), ..Self::default() }
    }

    pub(super) fn text(status: u16, body: impl Into<Vec<u8>>) -> Self {
        let kind = (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        Self { status, headers: vec![kind], body: body.into(), ..Self::default() }
    }

    /// A status and nothing else.
    pub(super) fn bare(status: u16) -> Self {
        Self { status, ..Self::default() }
    }
}

/// A list, a tag, a segment: what holds contacts.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Held {
    /// What the vendor calls it.
    pub kind: &'static str,
    pub id: String,
    pub name: String,
    pub members: i64,
}
