//! What a request carries, taken strictly: whatever is wrong with it is a [`Problem`].

use super::{
    Problem,
    api::{Proposal, USER_HEADER},
    caller::Caller,
    serve::App,
    sign_in::SentTokens,
    tokens::NewToken,
};
use crate::daemon::By;
use axum::{
    Json,
    body::{Body as Incoming, HttpBody},
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::{HeaderMap, StatusCode, header, request::Parts},
};
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;
use std::{sync::Arc, time::Duration};
use tokio::{sync::OwnedSemaphorePermit, time::timeout};

/// Longest that a body may take to arrive.
const BODY: Duration = Duration::from_secs(60);
/// Longest that nothing of it comes.
const SILENT: Duration = Duration::from_secs(10);
/// Longest that a large body waits for its place.
const PLACE: Duration = Duration::from_secs(10);
/// What needs no place: as much as heads take.
const SMALL_BYTES: usize = 64 << 10;
const USER_CHARS: usize = 64;

/// What is sent as a body, and how large it is at most.
pub(super) trait Body: DeserializeOwned {
    const MOST_BYTES: usize;
}

impl Body for Proposal {
    const MOST_BYTES: usize = 16 << 20;
}

impl Body for SentTokens {
    const MOST_BYTES: usize = SMALL_BYTES;
}

impl Body for NewToken {
    const MOST_BYTES: usize = SMALL_BYTES;
}

/// A JSON body, and its place: so many large ones are in memory at once.
pub(super) struct Sent<T> {
    pub value: T,
    pub place: Option<OwnedSemaphorePermit>,
}

impl<T: Body> FromRequest<App> for Sent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the body is not said to be JSON")
                .hint("send `Content-Type: application/json`"));
        }
        let place = if T::MOST_BYTES > SMALL_BYTES { Some(place(app).await?) } else { None };
        let bytes = read(request.into_body(), T::MOST_BYTES).await?;
        let taken = Json::from_bytes(&bytes).map_err(|rejection| Problem::new(rejection.status(), rejection.body_text()));
        taken.map(|Json(value)| Self { value, place })
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

async fn place(app: &App) -> Result<OwnedSemaphorePermit, Problem> {
    let place = timeout(PLACE, Arc::clone(&app.bodies).acquire_owned()).await;
    place.ok().and_then(Result::ok).ok_or_else(|| {
        app.handle.metrics.refused("busy");
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too many requests with large bodies are under way").hint("ask again in a minute")
    })
}

/// The whole body, of so many bytes at most, in time.
async fn read(body: Incoming, most: usize) -> Result<Vec<u8>, Problem> {
    let late = |_| Problem::new(StatusCode::REQUEST_TIMEOUT, "the body did not arrive within a minute");
    timeout(BODY, frames(body, most)).await.map_err(late)?
}

async fn frames(mut body: Incoming, most: usize) -> Result<Vec<u8>, Problem> {
    let large = || Problem::new(StatusCode::PAYLOAD_TOO_LARGE, format!("the body is larger than {} KiB", most >> 10));
    if body.size_hint().lower() > most as u64 {
        return Err(large());
    }
    let mut bytes = Vec::new();
    loop {
        let frame = timeout(SILENT, body.frame()).await;
        let frame = frame.map_err(|_| Problem::new(StatusCode::REQUEST_TIMEOUT, "nothing of the body came for ten seconds"))?;
        let Some(frame) = frame else { return Ok(bytes) };
        let frame = frame.map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "the body broke off"))?;
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len() + data.len() > most {
            return Err(large());
        }
        bytes.extend_from_slice(&data);
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

/// Who asks, for the audit trail: whom the gate knows it to be, and whom the caller says it is.
pub(super) struct Asker(pub By);

impl FromRequestParts<App> for Asker {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let who = Caller::from_request_parts(parts, app).await?.name;
        let Some(value) = parts.headers.get(USER_HEADER) else { return Ok(Self(By { who, remark: None })) };
        let printable = |name: &&str| !name.is_empty() && name.len() <= USER_CHARS && name.chars().all(|c| c.is_ascii_graphic());
        let name = value.to_str().ok().filter(printable);
        name.map(|name| Self(By { who, remark: Some(name.to_owned()) })).ok_or_else(|| {
            Problem::new(StatusCode::BAD_REQUEST, format!("{USER_HEADER} is not a name"))
                .hint(format!("1 to {USER_CHARS} printable ASCII characters without spaces that say who asks, or leave it out"))
        })
    }
}
