//! A daemon's API on a port of its own, and a client.

use crate::{
    daemon::{Board, ConnectionView, ExportView, HeldReading, fake},
    server::{Server, Setup, TlsFiles, Token, TokenRef, api::NewSecret},
    state::{HeldPlan, RejectedRow, RunStart, StateDir, Trigger},
};
use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;
use serde_json::Value;
use std::{net::SocketAddr, path::Path};

pub(crate) const HELD: &str = "aabbccdd00112233";
pub(crate) const HELD_READING: &str = "aabb99";

pub(crate) struct World {
    pub server: Server,
    pub token: String,
    pub seen: fake::Seen,
    pub http: reqwest::Client,
    pub dir: tempfile::TempDir,
}

/// An answer as it came.
pub(crate) struct Answer {
    pub status: u16,
    pub kind: String,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }
}

impl World {
    pub async fn new() -> Self {
        Self::listening("127.0.0.1:0".parse().unwrap(), None).await
    }

    pub async fn listening(listen: SocketAddr, token: Option<&str>) -> Self {
        Self::with(listen, token, None).await
    }

    pub async fn with(listen: SocketAddr, token: Option<&str>, tls: Option<TlsFiles>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let state = StateDir::from(dir.path().join("state"));
        let (handle, seen) = fake::handle(board(), &state, Path::new("examples/quickstart"));
        record(&handle.engine).await;
        let given: Option<TokenRef> = token.map(|token| {
            let file = dir.path().join("token");
            std::fs::write(&file, token).unwrap();
            format!("file:{}", file.display()).parse().unwrap()
        });
        let opened = Token::open(given.as_ref(), &state).unwrap();
        let token = token.map_or_else(|| Token::read_made(&state).unwrap().expose_secret().to_owned(), str::to_owned);
        let server = Server::start(Setup { listen, handle, token: opened, redirect: None, tls }).await.unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { server, token, seen, http, dir }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server.url())
    }

    pub fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method.parse().unwrap(), self.url(path))
    }

    /// With the token.
    pub async fn ask(&self, method: &str, path: &str) -> Answer {
        send(self.request(method, path).bearer_auth(&self.token)).await
    }

    /// Makes a token; gives the token itself.
    pub async fn made(&self, name: &str, scopes: &[&str], folders: &[&str]) -> String {
        let body = serde_json::json!({"name": name, "scopes": scopes, "folders": folders});
        let answer = send(self.request("POST", "/v1/tokens").bearer_auth(&self.token).json(&body)).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        serde_json::from_str::<NewSecret>(&answer.text).unwrap().secret
    }

    /// With another token.
    pub async fn ask_with(&self, token: &str, method: &str, path: &str) -> Answer {
        send(self.request(method, path).bearer_auth(token)).await
    }

    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

pub(crate) async fn send(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let header = |name: &str| response.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    let (status, kind, headers) = (response.status().as_u16(), header("content-type"), response.headers().clone());
    Answer { status, kind, headers, text: response.text().await.unwrap() }
}

pub(crate) fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_327_200 + second, 0).unwrap()
}

pub(crate) fn board() -> Board {
    let mut board = Board::default();
    board.directory.read_at = Some(at(0));
    board.directory.digest = "d1".into();
    board.directory.held = Some(HeldReading { digest: HELD_READING.into(), reason: "3 exports are gone".into(), missing: vec![] });
    for name in ["idle", "news"] {
        board.exports.insert(name.into(), export(name));
    }
    let connection = ConnectionView {
        name: "account".into(),
        display_name: "Account".into(),
        destination: "mailchimp".into(),
        connected: Some(true),
        probed_at: Some(at(1)),
        why: None,
        sign_in: None,
    };
    board.connections.insert("account".into(), connection);
    board
}

pub(crate) fn export(name: &str) -> ExportView {
    ExportView {
        defined: true,
        file: Some("marketing/news.yaml".into()),
        line: Some(3),
        connection: Some("account".into()),
        destination: Some("mailchimp".into()),
        digest: Some("d1".into()),
        ..ExportView::of(&crate::definition::Name::new(name).unwrap())
    }
}

/// A run of `news` with two refused rows, and a held plan.
async fn record(engine: &crate::run::Engine) {
    let name = crate::definition::Name::new("news").unwrap();
    let row = |address: &str| RejectedRow {
        address: Some(address.into()),
        segment: "everyone".into(),
        code: "not-an-address".into(),
        detail: "it lacks an @".into(),
        field: None,
        since: None,
    };
    let work = move |store: &mut crate::state::Store| {
        let start = RunStart {
            export: &name,
            trigger: Trigger::Schedule,
            definition_digest: "d1",
            plan_digest: None,
            user: "tests",
            export_user: None,
            due: None,
        };
        let run = store.start_run(&start, at(2))?;
        store.add_rejected(run, &[row("dana.example.com"), row("kim.example.com")])?;
        store.publish_rejected(&name, run, at(2))?;
        store.finish_run(run, &crate::state::End::Held { reason: "too many".into() }, &crate::plan::Counts::default(), at(3))?;
        let held = HeldPlan {
            digest: HELD.into(),
            export: "news".into(),
            made: at(3),
            reason: "too many".into(),
            text: "a plan".into(),
            json: "{}".into(),
            approved: None,
        };
        store.hold(&held, &crate::plan::approval::Changes::default())
    };
    engine.recorder.as_ref().unwrap().record(work).await.unwrap();
}
