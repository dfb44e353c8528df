//! Conversations with the services, scripted: what is asked, what is answered, what comes of it.

mod api;
mod dataverse;
mod sign_in;
mod standin;

use super::super::{Access, Cell, Net, Report, SourceError, SourceErrorKind, SqlLimits, open};
use crate::{
    definition::{Dataverse, EntraApp, InsightsApi, MembersBy, Name, Rows, Secret, Selection, Source, SourceKind},
    http::{Authorization, Hub, InMemoryDays, Lost, Raw, Request, Transport},
};
use async_trait::async_trait;
use std::{
    collections::VecDeque,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    fs::File,
    io::{AsyncSeekExt, AsyncWriteExt},
};

const ORG: &str = "https://contoso.crm4.dynamics.com";
const API: &str = "https://api.example.com/v1";

/// What the other side does when it is asked something.
#[derive(Clone)]
enum Step {
    Say(u16, String),
    /// Refuses, and asks to wait so many seconds.
    Later(u16, u64),
    /// The connection breaks.
    Break,
    /// Never answers, and the reading is stopped meanwhile.
    Stop,
}

/// Answers in order. Tokens are given to whoever asks, numbered, and are no part of the script.
struct Desk {
    steps: Mutex<VecDeque<Step>>,
    /// What the token endpoint says; `{n}` is the number.
    token: (u16, &'static str),
    seen: Mutex<Vec<String>>,
    tokens: Mutex<Vec<String>>,
    cancel: Arc<AtomicBool>,
}

/// An hour, in a time that runs a million times as fast.
const TOKEN: (u16, &str) = (200, r#"{"token_type":"Bearer","expires_in":3599000000,"access_token":"token-{n}"}"#);

impl Desk {
    fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        let steps = Mutex::new(steps.into_iter().collect());
        Self { steps, token: TOKEN, seen: Mutex::default(), tokens: Mutex::default(), cancel: Arc::default() }
    }

    fn note(&self, request: &Request) {
        let prefer = request.headers.iter().find(|(name, _)| *name == "prefer").map(|(_, value)| format!(" ({value})"));
        let url = request.url.as_str().replace(ORG, "").replace(API, "");
        self.seen.lock().unwrap().push(format!("{}: {url}{}", who(request), prefer.unwrap_or_default()));
    }

    fn grant(&self, request: &Request) -> Raw {
        let mut tokens = self.tokens.lock().unwrap();
        let body = String::from_utf8_lossy(request.body.as_deref().unwrap_or_default()).into_owned();
        tokens.push(format!("{} {body}", request.url));
        raw(self.token.0, self.token.1.replace("{n}", &tokens.len().to_string()))
    }
}

/// By whose right a request asks.
fn who(request: &Request) -> String {
    let Some(authorization) = &request.authorization else { return "nobody".to_owned() };
    let secret = |text: &str| text.to_owned().into();
    let key = Authorization::header("ocp-apim-subscription-key", &secret("key-1"));
    for n in 1..10 {
        let bearer = Authorization::bearer(&secret(&format!("token-{n}")));
        if *authorization == bearer {
            return format!("token-{n}");
        }
        if *authorization == key.clone().and(bearer) {
            return format!("key+token-{n}");
        }
    }
    if *authorization == Authorization::header("x-ms-version", &secret("2019-02-02")) { "nobody, version".into() } else { "?".into() }
}

fn raw(status: u16, body: String) -> Raw {
    Raw { status, content_type: "application/json".into(), retry_after: None, date: None, body: body.into() }
}

#[async_trait]
impl Transport for Desk {
    async fn carry(&self, request: &Request) -> Result<Raw, Lost> {
        if request.url.path().ends_with("/token") {
            return Ok(self.grant(request));
        }
        self.note(request);
        let step = self.steps.lock().unwrap().pop_front();
        match step.expect("nothing more was expected to be asked") {
            Step::Say(status, body) => Ok(raw(status, body)),
            Step::Later(status, seconds) => {
                Ok(Raw { retry_after: Some(Duration::from_secs(seconds)), ..raw(status, r#"{"error":{"code":"0x80072322"}}"#.into()) })
            }
            Step::Break => Err(Lost::Broken("connection reset".into())),
            Step::Stop => {
                self.cancel.store(true, Relaxed);
                std::future::pending().await
            }
        }
    }

    async fn download(&self, request: &Request, into: &mut File) -> Result<Raw, Lost> {
        let raw = self.carry(request).await?;
        into.set_len(0).await.unwrap();
        into.rewind().await.unwrap();
        into.write_all(&raw.body).await.unwrap();
        into.flush().await.unwrap();
        Ok(raw)
    }
}

fn app() -> EntraApp {
    let secret = |text: &str| Secret::Plain(text.to_owned());
    EntraApp { tenant: secret("tenant-1"), client_id: secret("client-1"), client_secret: secret("hush"), authority: None }
}

fn dataverse() -> SourceKind {
    SourceKind::Dataverse(Dataverse { url: ORG.parse().unwrap(), app: app() })
}

fn api(members: MembersBy) -> SourceKind {
    let subscription_key = Secret::Plain("key-1".into());
    SourceKind::InsightsApi(InsightsApi { url: API.parse().unwrap(), instance: "i-1".into(), app: app(), subscription_key, members })
}

/// What came of a reading.
#[derive(Debug)]
struct Told {
    /// Cells by `|`.
    rows: Vec<String>,
    end: Result<Report, SourceError>,
    /// Who asked for what.
    asked: Vec<String>,
    tokens: Vec<String>,
}

impl Told {
    /// `ok`, or the kind of error, its message and its hint.
    fn end(&self) -> String {
        match &self.end {
            Ok(report) => format!("{} rows", report.rows),
            Err(error) => {
                let kind = match error.kind {
                    SourceErrorKind::Broken => "broken".to_owned(),
                    SourceErrorKind::UnderWay { .. } => "under way".to_owned(),
                    SourceErrorKind::Unfit => "unfit".to_owned(),
                    SourceErrorKind::Unreachable { after } => {
                        after.map_or("unreachable".into(), |after| format!("unreachable for {} s", after.as_secs()))
                    }
                };
                format!("{kind}: {}\n{}", error.message, error.hint.as_deref().unwrap_or("-"))
            }
        }
    }
}

fn access(desk: &Arc<Desk>, runtime: &tokio::runtime::Runtime) -> Access {
    // Fast enough that no wait that is asked for is felt.
    let hub = Hub::at_speed(desk.clone(), Arc::new(InMemoryDays::default()), fastrand::Rng::with_seed(7), 1_000_000);
    let net = Some(Net { hub, runtime: runtime.handle().clone() });
    Access::new(SqlLimits::default(), Arc::clone(&desk.cancel), net)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

fn rows(kind: SourceKind, segment: &str) -> Rows {
    let source = Arc::new(Source { name: Name::new("insights").unwrap(), kind, export_user: None });
    let select = Selection::Table(segment.to_owned());
    Rows { segment: Name::new("gold").unwrap(), file: PathBuf::from("gold.yaml"), source, select, written: None }
}

fn read(kind: SourceKind, segment: &str, columns: &[&str], desk: Desk) -> Told {
    let (desk, runtime) = (Arc::new(desk), runtime());
    let mut reader = open(&rows(kind, segment), &access(&desk, &runtime)).unwrap();
    let mut rows = Vec::new();
    let end = reader.read(columns, &mut |batch| {
        for row in 0..batch.len() {
            let cells = (0..columns.len()).map(|column| text(batch.cell(row, column)));
            rows.push(cells.collect::<Vec<_>>().join("|"));
        }
        Ok(())
    });
    if end.is_ok() {
        assert!(desk.steps.lock().unwrap().is_empty(), "more was expected to be asked");
    }
    let told = Told { rows, end, asked: desk.seen.lock().unwrap().clone(), tokens: desk.tokens.lock().unwrap().clone() };
    assert!(!told.end().contains("hush"), "a secret is told");
    told
}

fn columns(kind: SourceKind, segment: &str, desk: Desk) -> Vec<String> {
    let (desk, runtime) = (Arc::new(desk), runtime());
    open(&rows(kind, segment), &access(&desk, &runtime)).unwrap().columns().unwrap()
}

fn text(cell: Cell<'_>) -> String {
    match cell {
        Cell::Null => "∅".to_owned(),
        Cell::Integer(value) => format!("i:{value}"),
        Cell::Real(value) => format!("r:{value}"),
        Cell::Text(text) => text.to_owned(),
    }
}

fn say(body: impl Into<String>) -> Step {
    Step::Say(200, body.into())
}

/// A page of these rows, with these links.
fn page(rows: &str, links: &str) -> Step {
    say(format!(r#"{{"@odata.context":"{ORG}/api/data/v9.2/$metadata","value":[{rows}]{links}}}"#))
}

#[test]
fn without_a_network_nothing_is_asked() {
    let reader = open(&rows(dataverse(), "Gold"), &Access::local(SqlLimits::default(), Arc::default()));
    let error = reader.unwrap().columns().unwrap_err();
    assert!(error.message.contains("over the network"), "{error}");
}
