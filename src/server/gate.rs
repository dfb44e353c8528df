//! Who may ask what.

use super::{Problem, caller::Caller, door::Peer, routes::Access, serve::App};
use crate::state::Scope;
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
    let local = matches!(request.extensions().get(), Some(Peer::Local { .. }));
    if app.loopback && !local && !names_loopback(request.uri(), request.headers()) {
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

/// The scope, where one is needed, and an end to waiting.
#[derive(Clone)]
pub(super) struct Rule {
    pub app: App,
    pub access: Access,
    /// It may wait for a run or a plan.
    pub waits: bool,
}

pub(super) async fn rule(State(rule): State<Rule>, request: Request, next: Next) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let caller = rule.admit(&parts.headers, parts.extensions.get()).await?;
    parts.extensions.insert(caller);
    let request = Request::from_parts(parts, body);
    if rule.waits {
        return Ok(next.run(request).await);
    }
    let late = |_| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "there was no answer within 30 seconds").hint("ask again later");
    tokio::time::timeout(PATIENCE, next.run(request)).await.map_err(late)
}

impl Rule {
    /// Who asks, if they may.
    async fn admit(&self, headers: &HeaderMap, peer: Option<&Peer>) -> Result<Caller, Problem> {
        let (access, app) = (self.access, &self.app);
        if access == Access::Probe {
            return Ok(Caller::nobody());
        }
        let refused = |why| app.handle.metrics.refused(why);
        let caller = match headers.get(header::AUTHORIZATION).map(|value| value.to_str().ok().and_then(bearer)) {
            Some(told) => match told.and_then(|told| app.keyring.find(told)) {
                Some(caller) => caller,
                None => {
                    refused("wrong");
                    return Err(app.strangers.refuse(peer, app.where_token).await);
                }
            },
            None => self.without_token(peer).await.ok_or_else(|| {
                refused("missing");
                Problem::new(StatusCode::UNAUTHORIZED, "this needs a token of this daemon")
                    .hint(format!("send `Authorization: Bearer TOKEN`; {}", app.where_token))
            })?,
        };
        if caller.may(self.needed()) {
            return Ok(caller);
        }
        refused("scope");
        Err(caller.refusal(access))
    }

    /// What a token must be good for.
    fn needed(&self) -> Access {
        if self.access == Access::Metrics && !self.app.loopback { Access::Scope(Scope::Read) } else { self.access }
    }

    /// Whom the daemon knows without one: whoever comes by the socket; on loopback the user who runs it, for looking.
    async fn without_token(&self, peer: Option<&Peer>) -> Option<Caller> {
        match peer? {
            Peer::Local { uid } => Some(Caller::user(*uid)),
            Peer::Tcp(_) if !self.app.loopback => None,
            Peer::Tcp(tcp) => match self.access {
                Access::Metrics => Some(Caller::nobody()),
                Access::Scope(Scope::Read) => tcp.same_user().await.map(Caller::reader),
                _ => None,
            },
        }
    }
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}
