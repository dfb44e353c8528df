//! The control surface below `/_sandbox`, for tests and for people with curl. It needs no credentials: it listens on
//! loopback only, and answers only to loopback names, so that a page in a browser cannot be tricked into reading it.

use super::{Error, Faults, app::App, vendor::Vendor};
use axum::{
    Json, Router,
    extract::{Path, Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/_sandbox/faults", get(faults).post(set_faults).delete(clear_faults))
        .route("/_sandbox/mailchimp/lists", get(lists).post(ensure_list))
        .route("/_sandbox/requests", get(requests))
        .route("/_sandbox/{vendor}/requests", get(requests_of))
        .route("/_sandbox/{vendor}/people", post(people))
        .route("/_sandbox/{vendor}/settings", post(settings))
        .route("/_sandbox/{vendor}/observed", get(observed))
        .route("/_sandbox/{vendor}/containers", get(containers).post(ensure))
}

/// Refuses other names than loopback's in `Host` (DNS rebinding).
pub(super) async fn loopback_only(request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    match name {
        "127.0.0.1" | "localhost" | "[::1]" => next.run(request).await,
        _ => (StatusCode::FORBIDDEN, "this page answers to 127.0.0.1 and localhost only\n").into_response(),
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        (StatusCode::BAD_REQUEST, Json(json!({"error": self.to_string()}))).into_response()
    }
}

async fn faults(State(app): State<Arc<App>>) -> Json<Faults> {
    Json(app.injector().faults().clone())
}

async fn set_faults(State(app): State<Arc<App>>, Json(faults): Json<Faults>) -> Result<Json<Faults>, Error> {
    app.set_faults(faults.clone())?;
    Ok(Json(faults))
}

async fn clear_faults(State(app): State<Arc<App>>) -> Result<Json<Faults>, Error> {
    app.set_faults(Faults::default())?;
    Ok(Json(Faults::default()))
}

/// Runs what blocks off the async threads.
pub(super) async fn blocking<T: Send + 'static>(
    app: &Arc<App>,
    act: impl FnOnce(&App) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let app = Arc::clone(app);
    let done = tokio::task::spawn_blocking(move || act(&app)).await;
    done.unwrap_or_else(|error| Err(Error::Refused(error.to_string())))
}

async fn lists(State(app): State<Arc<App>>) -> Result<Response, Error> {
    let lists = blocking(&app, |app| app.mailchimp.lists()).await?;
    Ok(Json(json!({"lists": lists})).into_response())
}

async fn requests(State(app): State<Arc<App>>) -> Response {
    Json(app.log.counters()).into_response()
}

async fn requests_of(State(app): State<Arc<App>>, Path(name): Path<String>) -> Result<Response, Error> {
    let vendor = app.vendor(&name)?.about().name;
    Ok(Json(app.log.counters().of(vendor)).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EnsureList {
    id: String,
    name: String,
}

async fn ensure_list(State(app): State<Arc<App>>, Json(list): Json<EnsureList>) -> Result<StatusCode, Error> {
    blocking(&app, move |app| app.mailchimp.ensure_list(&list.id, &list.name)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Runs what a vendor does off the async threads.
async fn at<T: Send + 'static>(
    app: &Arc<App>,
    name: String,
    act: impl FnOnce(&dyn Vendor) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    blocking(app, move |app| act(&**app.vendor(&name)?)).await
}

async fn people(State(app): State<Arc<App>>, Path(name): Path<String>, Json(people): Json<Value>) -> Result<StatusCode, Error> {
    let people = match people {
        Value::Array(people) => people,
        one => vec![one],
    };
    at(&app, name, move |vendor| people.iter().try_for_each(|person| vendor.person(person))).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn settings(State(app): State<Arc<App>>, Path(name): Path<String>, Json(settings): Json<Value>) -> Result<StatusCode, Error> {
    at(&app, name, move |vendor| vendor.set(&settings)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn observed(State(app): State<Arc<App>>, Path(name): Path<String>) -> Result<Response, Error> {
    Ok(Json(at(&app, name, |vendor| vendor.observed()).await?).into_response())
}

async fn containers(State(app): State<Arc<App>>, Path(name): Path<String>) -> Result<Response, Error> {
    Ok(Json(json!({"containers": at(&app, name, |vendor| vendor.containers()).await?})).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ensure {
    id: String,
}

async fn ensure(State(app): State<Arc<App>>, Path(name): Path<String>, Json(ask): Json<Ensure>) -> Result<StatusCode, Error> {
    at(&app, name, move |vendor| vendor.ensure(&ask.id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
