//! Everything that can be asked, in one table.

use super::{
    Problem,
    api::{
        ApprovedNow, AuditTrail, Connections, Done, Exports, NewSecret, NewToken, Planned, Proposal, Rejected, Runs, SentTokens,
        SignedInNow, TokenList, Triggered, TriggeredAll, Waiting,
    },
    health, look, openapi, rehearse,
    serve::App,
    sign_in, tokens, work,
};
use crate::{
    daemon::{DirectoryView, ExportView},
    state::{RunRecord, Scope},
};
use axum::routing::{MethodRouter, delete, get, post, put};
use schemars::{JsonSchema, Schema, SchemaGenerator};

/// Who may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Anyone who reaches the address.
    Probe,
    /// On loopback anyone; elsewhere whoever has the scope `read`.
    Metrics,
    /// Whoever has the scope. For `read`, on loopback the user who runs the daemon needs no token.
    Scope(Scope),
    /// Whoever has the administrator's token. As everything, it is open to who comes by the socket.
    Administrator,
}

const READ: Access = Access::Scope(Scope::Read);
const PLAN: Access = Access::Scope(Scope::Plan);
const OPERATE: Access = Access::Scope(Scope::Operate);
const CONNECT: Access = Access::Scope(Scope::Connect);

/// One thing that can be asked.
pub(super) struct Route {
    pub method: &'static str,
    pub path: &'static str,
    pub access: Access,
    /// It may wait for a run or a plan.
    pub waits: bool,
    pub handler: MethodRouter<App>,
    pub about: About,
}

/// What the document says of it.
pub(super) struct About {
    pub id: &'static str,
    pub summary: &'static str,
    pub query: Option<Shape>,
    pub body: Option<Shape>,
    /// Status → what is answered. Text where there is no shape.
    pub answers: Vec<(u16, &'static str, Option<Shape>)>,
}

/// A type's schema.
pub(super) type Shape = fn(&mut SchemaGenerator) -> Schema;

fn shape<T: JsonSchema>() -> Option<Shape> {
    Some(SchemaGenerator::subschema_for::<T>)
}

impl Route {
    fn get(path: &'static str, id: &'static str, access: Access, handler: MethodRouter<App>) -> Self {
        Self::new("get", path, id, access, handler)
    }

    fn post(path: &'static str, id: &'static str, access: Access, handler: MethodRouter<App>) -> Self {
        Self::new("post", path, id, access, handler)
    }

    fn new(method: &'static str, path: &'static str, id: &'static str, access: Access, handler: MethodRouter<App>) -> Self {
        let about = About { id, summary: "", query: None, body: None, answers: Vec::new() };
        Self { method, path, access, waits: false, handler, about }
    }

    fn says(mut self, summary: &'static str) -> Self {
        self.about.summary = summary;
        self
    }

    fn answers<T: JsonSchema>(mut self, status: u16, what: &'static str) -> Self {
        self.about.answers.push((status, what, shape::<T>()));
        self
    }

    fn text(mut self, what: &'static str) -> Self {
        self.about.answers.push((200, what, None));
        self
    }

    fn fails(mut self, status: u16, what: &'static str) -> Self {
        self.about.answers.push((status, what, shape::<Problem>()));
        self
    }

    fn query<T: JsonSchema>(mut self) -> Self {
        // The query itself is no part of the document: its fields are, as parameters.
        self.about.query = Some(|generator| T::json_schema(generator));
        self.fails(400, "A parameter is not understood")
    }

    fn body<T: JsonSchema>(mut self) -> Self {
        self.about.body = shape::<T>();
        self.fails(400, "The body is not JSON")
            .fails(408, "The body did not arrive in time")
            .fails(413, "The body is too large")
            .fails(415, "The body is not said to be JSON")
            .fails(422, "The body is not what is asked for, or the definitions in it are invalid")
    }

    fn waits(mut self) -> Self {
        self.waits = true;
        self
    }

    /// Its path names a token.
    fn of_token(self) -> Self {
        self.fails(400, "This is not a token's name").fails(404, "There is no such token")
    }

    /// Its path names an export.
    fn of_export(self) -> Self {
        self.fails(400, "This is not an export's name").fails(404, "There is no such export")
    }
}

/// All of it, in the order of the document.
pub(super) fn table() -> Vec<Route> {
    [probes(), looks(), works(), keys()].into_iter().flatten().collect()
}

fn probes() -> Vec<Route> {
    vec![
        Route::get("/livez", "live", Access::Probe, get(health::live)).says("Whether the process answers").text("It does"),
        Route::get("/readyz", "ready", Access::Probe, get(health::ready))
            .says("Whether the directory was read and the state is open")
            .text("Both")
            .fails(503, "Not yet, and why"),
        Route::get("/metrics", "metrics", Access::Metrics, get(health::metrics))
            .says("Metrics for Prometheus")
            .text("Prometheus text format"),
    ]
}

fn looks() -> Vec<Route> {
    let get_ = |path, id, handler| Route::get(path, id, READ, handler);
    vec![
        get_("/v1/exports", "listExports", get(look::exports)).says("Every export as it stands").answers::<Exports>(200, "By name"),
        get_("/v1/exports/{name}", "getExport", get(look::export))
            .says("One export as it stands")
            .answers::<ExportView>(200, "The export")
            .of_export(),
        Route::get("/v1/exports/{name}/rejected", "listRejected", OPERATE, get(look::rejected))
            .says("Rows of an export that a check or the platform refused, with their addresses")
            .query::<look::RejectedQuery>()
            .answers::<Rejected>(200, "Of the latest run that read its source whole")
            .of_export(),
        get_("/v1/runs", "listRuns", get(look::runs)).says("What ran").query::<look::RunsQuery>().answers::<Runs>(200, "The newest first"),
        get_("/v1/connections", "listConnections", get(look::connections))
            .says("Every connection and whether it is connected")
            .answers::<Connections>(200, "By name"),
        get_("/v1/directory", "getDirectory", get(look::directory))
            .says("The directory of definitions and what is wrong in it")
            .answers::<DirectoryView>(200, "As last read"),
        get_("/v1/plans", "listHeld", get(look::waiting))
            .says("What is held until a person approves it")
            .answers::<Waiting>(200, "The newest first"),
        get_("/v1/audit", "listAudit", get(look::audit))
            .says("Who changed or asked for what")
            .query::<look::AuditQuery>()
            .answers::<AuditTrail>(200, "The newest first"),
        get_("/v1/openapi.json", "getDocument", get(openapi::served))
            .says("This document")
            .answers::<serde_json::Map<String, serde_json::Value>>(200, "OpenAPI 3.1"),
    ]
}

fn works() -> Vec<Route> {
    vec![
        Route::post("/v1/exports/{name}/runs", "triggerExport", OPERATE, post(work::trigger))
            .says("Run an export now")
            .query::<work::TriggerQuery>()
            .answers::<RunRecord>(200, "With `wait`: how it ended")
            .answers::<Triggered>(202, "It is queued")
            .of_export()
            .fails(409, "It cannot run as things are")
            .waits(),
        Route::post("/v1/runs", "triggerAll", OPERATE, post(work::trigger_all))
            .says("Run every export that has an active schedule now")
            .answers::<TriggeredAll>(202, "They are queued"),
        Route::post("/v1/exports/{name}/cancel", "cancelExport", OPERATE, post(work::cancel))
            .says("Stop a run, under way or queued")
            .answers::<Done>(202, "It is being stopped")
            .of_export()
            .fails(409, "It does not run"),
        Route::post("/v1/plans/{digest}/approve", "approve", OPERATE, post(work::approve))
            .says("Approve a held plan, or a held reading of the directory, by the beginning of its digest")
            .answers::<ApprovedNow>(200, "It is approved")
            .fails(400, "This is not the beginning of a digest")
            .fails(404, "Nothing like it is held")
            .fails(409, "Several begin so"),
        Route::new("put", "/v1/connections/{connection}/tokens", "signIn", CONNECT, put(sign_in::keep))
            .says("Keep what a person's sign-in gave, and ask the platform with it")
            .body::<SentTokens>()
            .answers::<SignedInNow>(200, "They are kept; how the platform answered")
            .fails(400, "This is not a connection's name, or the body is not JSON")
            .fails(404, "There is no such connection")
            .fails(409, "They are not for this connection")
            .waits(),
        Route::post("/v1/reload", "reload", OPERATE, post(work::reload))
            .says("Look at the directory again, now")
            .answers::<Done>(202, "It is"),
        Route::post("/v1/plan", "plan", PLAN, post(rehearse::plan))
            .says("What an apply of these definitions would do; nothing is applied")
            .body::<Proposal>()
            .answers::<Planned>(200, "A plan, or why there is none, of every export")
            .waits(),
    ]
}

fn keys() -> Vec<Route> {
    let route = |method, path, id, handler| Route::new(method, path, id, Access::Administrator, handler);
    vec![
        route("get", "/v1/tokens", "listTokens", get(tokens::list))
            .says("Every token, masked: its scopes, its folders, when it was made and last used")
            .answers::<TokenList>(200, "By name"),
        route("post", "/v1/tokens", "createToken", post(tokens::create))
            .says("Make a token; it is shown this once")
            .body::<NewToken>()
            .answers::<NewSecret>(201, "The token")
            .fails(409, "There is one of this name"),
        route("post", "/v1/tokens/{token}/rotate", "rotateToken", post(tokens::rotate))
            .says("Another secret for a token; the one before is good for nothing at once")
            .answers::<NewSecret>(200, "The token")
            .of_token(),
        route("delete", "/v1/tokens/{token}", "revokeToken", delete(tokens::revoke))
            .says("Revoke a token; it is good for nothing at once")
            .answers::<Done>(200, "It is revoked")
            .of_token(),
    ]
}
