//! What may be asked of the controller.

use super::{
    Problem,
    api::{ApprovedNow, Done, Triggered, TriggeredAll},
    extract::{Asked, Asker, Named},
    look::view,
    serve::App,
};
use crate::definition::Name;
use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;

/// So much of a digest must be given at least, and there is no more of it.
const DIGEST_CHARS: std::ops::RangeInclusive<usize> = 4..=64;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TriggerQuery {
    /// Answer with the run's record once it has ended.
    #[serde(default)]
    wait: bool,
}

pub(super) async fn trigger(
    State(app): State<App>,
    Named(export): Named<Name>,
    Asked(query): Asked<TriggerQuery>,
    Asker(by): Asker,
) -> Result<Response, Problem> {
    let place = if query.wait { Some(waiting(&app)?) } else { None };
    let queued = app.handle.trigger(export.clone(), by).await?;
    if place.is_none() {
        return Ok((StatusCode::ACCEPTED, Json(Triggered { export, already: queued.already })).into_response());
    }
    tokio::select! {
        run = queued.ended => run.map(|run| Json(run).into_response()).map_err(|_| gone(&export)),
        () = app.stop.cancelled() => Err(Problem::stopping()),
    }
}

/// A place among those who wait for a run.
fn waiting(app: &App) -> Result<OwnedSemaphorePermit, Problem> {
    Arc::clone(&app.waiting).try_acquire_owned().map_err(|_| {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too many callers wait for runs").hint("ask without `wait`, or again later")
    })
}

/// Nobody will tell how it ends.
fn gone(export: &Name) -> Problem {
    Problem::new(StatusCode::CONFLICT, format!("the run of {export} was taken out of the queue before it began"))
        .hint(format!("GET /v1/exports/{export} says how it stands"))
}

pub(super) async fn trigger_all(State(app): State<App>, Asker(by): Asker) -> Result<(StatusCode, Json<TriggeredAll>), Problem> {
    Ok((StatusCode::ACCEPTED, Json(TriggeredAll { exports: app.handle.trigger_all(by).await? })))
}

pub(super) async fn cancel(
    State(app): State<App>,
    Named(export): Named<Name>,
    Asker(by): Asker,
) -> Result<(StatusCode, Json<Done>), Problem> {
    app.handle.cancel(export.clone(), by).await?;
    let message = format!("{export} is stopped, or taken out of the queue; what was in flight is finished and recorded");
    Ok((StatusCode::ACCEPTED, Json(Done { message })))
}

pub(super) async fn reload(State(app): State<App>, Asker(by): Asker) -> Result<(StatusCode, Json<Done>), Problem> {
    app.handle.reload(by).await?;
    Ok((StatusCode::ACCEPTED, Json(Done { message: "the directory is being looked at again".to_owned() })))
}

pub(super) async fn approve(State(app): State<App>, Named(begins): Named<String>, Asker(by): Asker) -> Result<Json<ApprovedNow>, Problem> {
    let digest = whole(&app, begins).await?;
    let message = app.handle.approve(digest.clone(), by).await?;
    Ok(Json(ApprovedNow { digest, message }))
}

/// The one held digest that begins so.
async fn whole(app: &App, begins: String) -> Result<String, Problem> {
    if !DIGEST_CHARS.contains(&begins.len()) || !begins.chars().all(|c| c.is_ascii_hexdigit()) {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "this is not the beginning of a digest").hint(format!(
            "give {} to {} hexadecimal digits; GET /v1/plans lists what is held",
            DIGEST_CHARS.start(),
            DIGEST_CHARS.end()
        )));
    }
    let reading = app.handle.board.read().directory.held.as_ref().map(|held| held.digest.clone());
    let prefix = begins.to_ascii_lowercase();
    let reading = reading.filter(|digest| digest.starts_with(&prefix));
    let plans = view(app, move |view| view.held_by_digest(&prefix)).await?;
    let mut found: Vec<String> = plans.into_iter().map(|plan| plan.digest).chain(reading).collect();
    match (found.pop(), found.is_empty()) {
        (Some(digest), true) => Ok(digest),
        (None, _) => Err(Problem::new(StatusCode::NOT_FOUND, format!("nothing that begins with {begins} is held"))
            .hint("GET /v1/plans lists what is held")),
        (Some(_), false) => Err(Problem::new(StatusCode::CONFLICT, format!("several digests begin with {begins}")).hint("give more of it")),
    }
}
