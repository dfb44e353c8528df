//! What a request carries, taken strictly: whatever is wrong with it is a [`Problem`].

use super::{Problem, api::USER_HEADER};
use axum::{
    Json,
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::{StatusCode, request::Parts},
};
use serde::de::DeserializeOwned;
use std::time::Duration;

/// Longest that a body may take to arrive.
const BODY: Duration = Duration::from_secs(60);
const USER_CHARS: usize = 64;

/// A JSON body.
pub(super) struct Sent<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Sent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let read = tokio::time::timeout(BODY, Json::from_request(request, state)).await;
        let taken = read.map_err(|_| Problem::new(StatusCode::REQUEST_TIMEOUT, "the body did not arrive within a minute"))?;
        taken.map(|Json(value)| Self(value)).map_err(|rejection| Problem::new(rejection.status(), rejection.body_text()))
    }
}

/// The query.
pub(super) struct Asked<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let taken = Query::from_request_parts(parts, state).await;
        taken.map(|Query(value)| Self(value)).map_err(|rejection| Problem::new(rejection.status(), rejection.body_text()))
    }
}

/// The variable part of the path.
pub(super) struct Named<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Named<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let taken = Path::from_request_parts(parts, state).await;
        taken.map(|Path(value)| Self(value)).map_err(|rejection| Problem::new(rejection.status(), rejection.body_text()))
    }
}

/// Who asks, for the audit trail.
pub(super) struct By(pub String);

impl<S: Send + Sync> FromRequestParts<S> for By {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get(USER_HEADER) else { return Ok(Self("api".to_owned())) };
        let printable = |name: &&str| !name.is_empty() && name.len() <= USER_CHARS && name.chars().all(|c| c.is_ascii_graphic());
        let name = value.to_str().ok().filter(printable);
        name.map(|name| Self(name.to_owned())).ok_or_else(|| {
            Problem::new(StatusCode::BAD_REQUEST, format!("{USER_HEADER} is not a name"))
                .hint(format!("1 to {USER_CHARS} printable ASCII characters without spaces that say who asks, or leave it out"))
        })
    }
}
