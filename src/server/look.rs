//! What may be looked at: the board as it is now, the state as committed now.

use super::{
    Problem,
    api::{AuditTrail, Connections, Exports, Rejected, Runs, Waiting, WaitingPlan},
    extract::{Asked, Named},
    serve::App,
};
use crate::{
    daemon::{DirectoryView, ExportView},
    definition::Name,
    state::{HeldPlan, StateError, View},
};
use axum::{Json, extract::State, http::StatusCode};
use chrono::Utc;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;

type Answer<T> = Result<Json<T>, Problem>;

pub(super) async fn exports(State(app): State<App>) -> Json<Exports> {
    Json(Exports { exports: app.handle.board.read().exports.values().cloned().collect() })
}

pub(super) async fn export(State(app): State<App>, Named(name): Named<Name>) -> Answer<ExportView> {
    let found = app.handle.board.read().exports.get(name.as_str()).cloned();
    found.map(Json).ok_or_else(|| Problem::unknown_export(name.as_str()))
}

pub(super) async fn connections(State(app): State<App>) -> Json<Connections> {
    Json(Connections { connections: app.handle.board.read().connections.values().cloned().collect() })
}

pub(super) async fn directory(State(app): State<App>) -> Json<DirectoryView> {
    Json(app.handle.board.read().directory.clone())
}

/// How much of something long.
#[derive(Clone, Copy, Deserialize, Serialize)]
#[serde(try_from = "u32")]
pub(super) struct Limit<const MOST: u32>(pub u32);

impl<const MOST: u32> TryFrom<u32> for Limit<MOST> {
    type Error = String;

    fn try_from(n: u32) -> Result<Self, String> {
        if (1..=MOST).contains(&n) { Ok(Self(n)) } else { Err(format!("limit is 1 to {MOST}")) }
    }
}

impl<const MOST: u32> JsonSchema for Limit<MOST> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Limit{MOST}").into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "integer", "minimum": 1, "maximum": MOST})
    }
}

const fn limit<const MOST: u32, const N: u32>() -> Limit<MOST> {
    Limit(N)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RunsQuery {
    /// Only this export's.
    #[serde(default)]
    #[schemars(with = "Name")]
    export: Option<Name>,
    /// How many at most.
    #[serde(default = "limit::<1000, 100>")]
    limit: Limit<1000>,
}

pub(super) async fn runs(State(app): State<App>, Asked(query): Asked<RunsQuery>) -> Answer<Runs> {
    let runs = view(&app, move |view| view.runs(query.export.as_ref(), query.limit.0 as usize)).await?;
    Ok(Json(Runs { runs }))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AuditQuery {
    /// Only about this, such as `Export vip-newsletter`.
    #[serde(default)]
    #[schemars(with = "String")]
    subject: Option<String>,
    /// How many at most.
    #[serde(default = "limit::<1000, 100>")]
    limit: Limit<1000>,
}

pub(super) async fn audit(State(app): State<App>, Asked(query): Asked<AuditQuery>) -> Answer<AuditTrail> {
    let audit = view(&app, move |view| view.audits(query.subject.as_deref(), query.limit.0 as usize)).await?;
    Ok(Json(AuditTrail { audit }))
}

pub(super) async fn waiting(State(app): State<App>) -> Answer<Waiting> {
    let plans = view(&app, |view| view.held(None)).await?;
    let reading = app.handle.board.read().directory.held.clone();
    Ok(Json(Waiting { plans: plans.into_iter().map(waiting_plan).collect(), reading }))
}

fn waiting_plan(plan: HeldPlan) -> WaitingPlan {
    let HeldPlan { digest, export, made, reason, text, approved, json: _ } = plan;
    WaitingPlan { digest, export, made, reason, text, approved }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RejectedQuery {
    /// How many at most.
    #[serde(default = "limit::<100000, 1000>")]
    limit: Limit<100_000>,
}

pub(super) async fn rejected(State(app): State<App>, Named(name): Named<Name>, Asked(query): Asked<RejectedQuery>) -> Answer<Rejected> {
    if !app.handle.board.read().exports.contains_key(name.as_str()) {
        return Err(Problem::unknown_export(name.as_str()));
    }
    view(&app, move |view| listing(view, name, query.limit.0 as usize)).await.map(Json)
}

fn listing(view: &View, export: Name, limit: usize) -> Result<Rejected, StateError> {
    let run = view.rejected_run(&export)?;
    let (mut rows, mut more) = (Vec::new(), false);
    view.rejected(&export, |row| {
        more = rows.len() == limit;
        Ok::<_, StateError>(if more {
            ControlFlow::Break(())
        } else {
            rows.push(row);
            ControlFlow::Continue(())
        })
    })?;
    Ok(Rejected { export, run, rows, more })
}

/// Reads the state where blocking is allowed.
pub(super) async fn view<T: Send + 'static>(
    app: &App,
    read: impl FnOnce(&View) -> Result<T, StateError> + Send + 'static,
) -> Result<T, Problem> {
    let state = app.handle.engine.state.clone();
    let work = move || match View::open(&state, Utc::now())? {
        Some(view) => Ok(read(&view)?),
        None => Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "there is no state yet").hint("ask again in a moment")),
    };
    let stopped = |_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "reading the state stopped unexpectedly");
    tokio::task::spawn_blocking(work).await.map_err(stopped)?
}
