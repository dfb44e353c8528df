//! Speaking with a daemon: the one at work on a state directory, or one elsewhere.

use super::{Globals, exit, render, session};
use crate::{
    run,
    server::{Endpoint, Problem, Token, TokenRef, api::USER_HEADER},
    state::StateDir,
};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, de::DeserializeOwned};
use std::time::Duration;

/// Longest that finding out whether a daemon is there takes.
const FIND: Duration = Duration::from_secs(5);

/// Where a daemon's API token is.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct Access {
    /// Where the daemon's API token is, if not the one it made: env:NAME, file:PATH or credential:NAME
    #[arg(long, value_name = "REF")]
    pub api_token: Option<TokenRef>,
}

/// A daemon that answers.
pub struct Remote {
    http: reqwest::Client,
    address: String,
    token: Option<SecretString>,
}

impl Remote {
    /// The daemon at work on the state. `None`: there is none.
    pub async fn find(globals: &Globals, sandbox: bool, access: &Access) -> Result<Option<Self>, u8> {
        let state = session::state_dir(globals, sandbox)?;
        let Some(endpoint) = Endpoint::find(&state) else { return Ok(None) };
        let remote = Self { http: client()?, address: endpoint.address, token: local_token(access, &state)? };
        // Something else may hold the state, after a daemon that was killed.
        let alive = remote.request(Method::GET, "/livez").timeout(FIND).send().await;
        Ok(alive.is_ok().then_some(remote))
    }

    /// As [`Remote::find`]; says that there must be one, and what to do.
    pub async fn need(globals: &Globals, sandbox: bool, access: &Access, instead: &str) -> Result<Self, u8> {
        let flag = if sandbox { " --sandbox" } else { "" };
        Self::find(globals, sandbox, access).await?.ok_or_else(|| {
            let hint = format!("`listkeeper run DIR{flag}` starts one; {instead}");
            session::fail("no daemon runs on this state", Some(&hint))
        })
    }

    /// One elsewhere.
    pub fn at(address: &str, access: &Access) -> Result<Self, u8> {
        let hint = "--api-token env:NAME, file:PATH or credential:NAME says where its token is";
        let Some(reference) = &access.api_token else {
            return Err(session::fail("a daemon plans for those who have its API token", Some(hint)));
        };
        let token = reference.read().map_err(|error| session::fail(&error.message, Some(&error.hint)))?;
        Ok(Self { http: client()?, address: address.trim_end_matches('/').to_owned(), token: Some(token) })
    }

    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, u8> {
        self.answer(self.request(Method::GET, path)).await
    }

    pub async fn post<T: DeserializeOwned>(&self, path: &str) -> Result<T, u8> {
        self.answer(self.request(Method::POST, path)).await
    }

    pub async fn send<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, u8> {
        self.answer(self.request(Method::POST, path).json(body)).await
    }

    pub async fn put<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, u8> {
        self.answer(self.request(Method::PUT, path).json(body)).await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.address)).header(USER_HEADER, header_text(&run::user()));
        match &self.token {
            Some(token) => request.bearer_auth(token.expose_secret()),
            None => request,
        }
    }

    async fn answer<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, u8> {
        let response = request.send().await.map_err(|error| self.lost(&error))?;
        if !response.status().is_success() {
            return Err(refused(response).await);
        }
        response.json().await.map_err(|error| self.lost(&error))
    }

    fn lost(&self, error: &reqwest::Error) -> u8 {
        let what = if error.is_connect() { "cannot be reached" } else { "did not answer as a daemon does" };
        let mut cause: &dyn std::error::Error = error;
        while let Some(inner) = cause.source() {
            cause = inner;
        }
        session::fail(&format!("the daemon at {} {what}: {cause}", self.address), Some("its log says more; is it still running?"))
    }
}

/// The token given, else the one that the daemon made; looking needs none.
fn local_token(access: &Access, state: &StateDir) -> Result<Option<SecretString>, u8> {
    match &access.api_token {
        Some(reference) => reference.read().map(Some).map_err(|error| session::fail(&error.message, Some(&error.hint))),
        None => Ok(Token::read_made(state).ok()),
    }
}

/// Says what the daemon said; gives the exit code.
async fn refused(response: Response) -> u8 {
    let status = response.status();
    let text = response.text().await.unwrap_or_default();
    let Ok(problem) = serde_json::from_str::<Problem>(&text) else {
        return session::fail(&format!("the answer was {status}, and no daemon's"), Some("is the address that of a listkeeper daemon?"));
    };
    for one in &problem.diagnostics {
        let place = [Some(one.file.clone()), one.line.map(|n| n.to_string()), one.column.map(|n| n.to_string())];
        let place = place.into_iter().flatten().collect::<Vec<_>>().join(":");
        render::talk(&format!("{}: {place}: {}", one.severity, one.message));
        one.hint.iter().for_each(|hint| render::talk(&format!("  hint: {hint}")));
    }
    let code = session::fail(&problem.detail, problem.hint.as_deref().filter(|_| problem.diagnostics.is_empty()));
    if status == StatusCode::UNPROCESSABLE_ENTITY && !problem.diagnostics.is_empty() { exit::INVALID } else { code }
}

/// What the header may hold.
fn header_text(user: &str) -> String {
    let text: String = user.chars().filter(char::is_ascii_graphic).take(64).collect();
    if text.is_empty() { "unknown".to_owned() } else { text }
}

/// Straight, never through a proxy; a wait for a run has no end of its own.
fn client() -> Result<reqwest::Client, u8> {
    let built = reqwest::Client::builder().no_proxy().connect_timeout(FIND).build();
    built.map_err(|error| session::fail(&format!("no client can be made: {error}"), None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cli::LogFormat, server::api, server::tests::world::World};
    use rstest::rstest;
    use std::path::Path;

    fn globals(world: &Path) -> Globals {
        Globals { state: Some(world.join("state")), log_format: LogFormat::Text }
    }

    async fn find(world: &World) -> Option<Remote> {
        Remote::find(&globals(world.dir.path()), false, &Access::default()).await.unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_daemon_is_found_by_its_state_and_asked_with_its_token() {
        let world = World::new().await;
        let remote = find(&world).await.unwrap();
        let exports: api::Exports = remote.get("/v1/exports").await.unwrap();
        assert_eq!(exports.exports.len(), 2);
        let queued: api::Triggered = remote.post("/v1/exports/news/runs").await.unwrap();
        assert!(!queued.already);
        assert_eq!(remote.post::<api::Triggered>("/v1/exports/nobody/runs").await.unwrap_err(), exit::FAILED);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_address_that_a_killed_daemon_left_is_no_daemon() {
        let world = World::new().await;
        let file = world.dir.path().join("state/daemon.json");
        let left = std::fs::read(&file).unwrap();
        let World { server, dir, http: _http, .. } = world;
        server.shutdown().await;
        let access = Access::default();
        assert!(Remote::find(&globals(dir.path()), false, &access).await.unwrap().is_none());
        // The state is still held, by somebody who does not listen there.
        std::fs::write(&file, left).unwrap();
        assert!(Remote::find(&globals(dir.path()), false, &access).await.unwrap().is_none());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn definitions_that_the_daemon_calls_invalid_are_invalid_here() {
        let world = World::new().await;
        let text = "apiVersion: listkeeper/v1\nkind: Exprot\n".to_owned();
        let files = vec![api::ProposedFile { path: "a/b.yaml".into(), text }];
        let proposal = api::Proposal { files, exports: Vec::new(), members: false };
        let code = find(&world).await.unwrap().send::<api::Planned>("/v1/plan", &proposal).await.unwrap_err();
        assert_eq!(code, exit::INVALID);
    }

    #[rstest]
    #[case("dana", "dana")]
    #[case("da na\n", "dana")]
    #[case("é", "unknown")]
    fn a_users_name_fits_a_header(#[case] user: &str, #[case] expected: &str) {
        assert_eq!(header_text(user), expected);
    }
}
