//! Who may ask what.

use super::{Problem, routes::Access, serve::App};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode, Uri, header},
    middleware::Next,
    response::Response,
};
use std::{net::IpAddr, time::Duration};

/// Longest that anything takes that does not wait for a run or a plan.
const PATIENCE: Duration = Duration::from_secs(30);

/// On loopback a request must say so itself: a page elsewhere can make a browser send requests here under its own name
/// (DNS rebinding).
pub(super) async fn host(State(app): State<App>, request: Request, next: Next) -> Result<Response, Problem> {
    if app.loopback && !names_loopback(request.uri(), request.headers()) {
        return Err(Problem::new(
            StatusCode::MISDIRECTED_REQUEST,
            "this daemon listens on loopback only, and the request names another host",
        )
        .hint("ask http://127.0.0.1 or http://localhost"));
    }
    Ok(next.run(request).await)
}

fn names_loopback(uri: &Uri, headers: &HeaderMap) -> bool {
    let named = uri.authority().map(|authority| authority.as_str()).or_else(|| headers.get(header::HOST)?.to_str().ok());
    let Some(authority) = named.and_then(|text| text.parse::<axum::http::uri::Authority>().ok()) else { return false };
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// The token, where it is needed, and an end to waiting.
#[derive(Clone)]
pub(super) struct Rule {
    pub app: App,
    pub access: Access,
    /// It may wait for a run or a plan.
    pub waits: bool,
}

pub(super) async fn rule(State(rule): State<Rule>, request: Request, next: Next) -> Result<Response, Problem> {
    let needed = match rule.access {
        Access::Probe => false,
        Access::Look => !rule.app.loopback,
        Access::Token => true,
    };
    if needed {
        check(&rule.app, request.headers())?;
    }
    if rule.waits {
        return Ok(next.run(request).await);
    }
    let late = |_| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "there was no answer within 30 seconds").hint("ask again later");
    tokio::time::timeout(PATIENCE, next.run(request)).await.map_err(late)
}

fn check(app: &App, headers: &HeaderMap) -> Result<(), Problem> {
    let told = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(bearer);
    match told {
        Some(told) if app.token.is(told) => Ok(()),
        Some(_) => Err(Problem::new(StatusCode::UNAUTHORIZED, "this is not the daemon's API token").hint(app.where_token)),
        None => Err(Problem::new(StatusCode::UNAUTHORIZED, "this needs the daemon's API token")
            .hint(format!("send `Authorization: Bearer TOKEN`; {}", app.where_token))),
    }
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}
