//! Errors as RFC 9457 has them.

use crate::{
    daemon::{self, Refused, RefusedKind},
    run::Failure,
    state::StateError,
};
use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why a request was not carried out: what, why, and what to do.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// The status in words.
    pub title: String,
    pub status: u16,
    /// What is wrong with this request.
    pub detail: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// What is wrong with definitions that were sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub diagnostics: Vec<daemon::Problem>,
}

impl Problem {
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let title = status.canonical_reason().unwrap_or("error").to_owned();
        Self { title, status: status.as_u16(), detail: detail.into(), hint: None, diagnostics: Vec::new() }
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(super) fn unknown_export(name: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("there is no export named {name}")).hint("GET /v1/exports lists them")
    }

    pub(super) fn stopping() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "the daemon is stopping").hint("ask again once it runs")
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let status = match refused.kind {
            RefusedKind::Unknown => StatusCode::NOT_FOUND,
            RefusedKind::Conflict => StatusCode::CONFLICT,
            RefusedKind::Stopping => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self { hint: refused.hint, ..Self::new(status, refused.message) }
    }
}

impl From<StateError> for Problem {
    fn from(error: StateError) -> Self {
        Self { hint: error.hint, ..Self::new(StatusCode::INTERNAL_SERVER_ERROR, error.message) }
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        let hint = (!failure.hints.is_empty()).then(|| failure.hints.join("; "));
        Self { hint, ..Self::new(StatusCode::INTERNAL_SERVER_ERROR, failure.message) }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self)).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"listkeeper\""));
        }
        if status == StatusCode::TOO_MANY_REQUESTS {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        response
    }
}
