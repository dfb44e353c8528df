//! A directory of definitions, one vendor's stand-in, and an engine between them.

use crate::platform::Platform;
use chrono::{DateTime, Utc};
use listkeeper::{
    definition::{self, Export},
    http::{Hub, InMemoryDays},
    oauth::{InMemoryTokens, SignIns},
    plan::Plan,
    run::{Decision, Engine, Failure, Prepared, Recorder, Report, Silent},
    source::Isolation,
    state::{End, StateDir, Store, Trigger},
};
use listkeeper_sandbox::{self as sandbox, Faults, Options, Sandbox};
use serde_json::Value;
use std::{fmt::Write as _, fs, path::PathBuf, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// How many times faster than the wall the vendor's time runs.
const SPEED: u32 = 20;

pub struct World {
    pub platform: Platform,
    pub sandbox: Sandbox,
    pub cancel: CancellationToken,
    /// More lines of the segment, the export's target and the export.
    pub segment: String,
    pub target: String,
    pub export: String,
    /// `privacy.acceptedOn`.
    pub accepted_on: &'static str,
    dir: tempfile::TempDir,
    recorder: sandbox::Recorder,
    http: reqwest::Client,
}

/// Someone of this number.
pub fn email(id: u32) -> String {
    format!("p{id}@contoso.test")
}

impl World {
    pub async fn new(platform: Platform) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let recorder = sandbox::Recorder::new();
        let options = Options { recorder: Some(recorder.clone()), speed: SPEED, ..Options::default() };
        let sandbox = Sandbox::start(&dir.path().join("platform"), options).await.unwrap();
        if platform == Platform::Mailchimp {
            sandbox.ensure("mailchimp", "cdp").unwrap();
        }
        fs::create_dir(dir.path().join("definitions")).unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let (segment, target, export) = ("displayName: Everyone\n".to_owned(), String::new(), String::new());
        let world = Self {
            platform,
            sandbox,
            cancel: CancellationToken::new(),
            segment,
            target,
            export,
            accepted_on: "2026-11-22",
            dir,
            recorder,
            http,
        };
        fs::write(world.directory().join("key"), "sandbox-us0\n").unwrap();
        world
    }

    /// Another account of the platform, which knows nothing of this one.
    pub async fn another_account(&self) -> Sandbox {
        let recorder = Some(self.recorder.clone());
        Sandbox::start(&self.dir.path().join("another"), Options { recorder, speed: SPEED, ..Options::default() }).await.unwrap()
    }

    fn directory(&self) -> PathBuf {
        self.dir.path().join("definitions")
    }

    fn state(&self) -> StateDir {
        StateDir::resolve(Some(&self.dir.path().join("state"))).unwrap()
    }

    /// These people, with a first name and a number each.
    pub fn people(&self, people: impl IntoIterator<Item = (u32, String)>) {
        let mut text = String::from("Id,Email,First,Value\n");
        for (id, first) in people {
            let _ = writeln!(text, "{id},{},{first},{id}", email(id));
        }
        fs::write(self.directory().join("people.csv"), text).unwrap();
    }

    /// People of these numbers, called alike.
    pub fn crowd(&self, ids: std::ops::Range<u32>) {
        self.people(ids.map(|id| (id, format!("First{id}"))));
    }

    fn read(&self) -> Arc<Export> {
        let (platform, endpoint) = (self.platform, self.sandbox.endpoint(self.platform.name()).unwrap());
        let credentials = if platform == Platform::ConstantContact {
            "credentials: {oauth: {clientId: app}}"
        } else {
            "credentials: {apiKey: {file: key}}"
        };
        let yaml = format!(
            "apiVersion: listkeeper/v1
kind: Source
name: crm
type: files
tables: {{people: people.csv}}
---
apiVersion: listkeeper/v1
kind: Connection
name: account
type: {}
endpoint: {endpoint}
{credentials}
privacy: {{acceptedBy: privacy@contoso.test, acceptedOn: {}}}
{}---
apiVersion: listkeeper/v1
kind: Segment
name: everyone
source: crm
query: SELECT * FROM people
{}---
apiVersion: listkeeper/v1
kind: Export
name: news
connection: account
segments: [everyone]
match: {{email: Email, id: Id}}
mode: mirror
guard: {{maxRemovals: 100%}}
{}{}{}{}",
            platform.name(),
            self.accepted_on,
            platform.limits(),
            self.segment,
            platform.target(&self.target),
            platform.attributes(),
            platform.new_contacts(),
            self.export,
        );
        fs::write(self.directory().join("listkeeper.yaml"), yaml).unwrap();
        let catalog = definition::read(&self.directory());
        assert!(!catalog.has_errors(), "{:?}", catalog.diagnostics);
        let export = catalog.exports.values().next().unwrap();
        // The stand-in takes any token; signing in has tests of its own.
        let mut connection = definition::Connection::clone(&export.connection);
        connection.credentials = definition::Credentials::ApiKey(definition::Secret::Plain("sandbox-us0".into()));
        Arc::new(Export { connection: Arc::new(connection), ..Export::clone(export) })
    }

    fn engine(&self, recorder: Option<Recorder>) -> Engine {
        let hub = Hub::with_days(Arc::new(InMemoryDays::default()), SPEED);
        Engine {
            sign_ins: SignIns::new(Arc::new(InMemoryTokens::default()), hub.clone()),
            hub,
            state: self.state(),
            recorder,
            temp: std::env::temp_dir(),
            isolation: Isolation::InProcess,
            cancel: self.cancel.clone(),
            retention: None,
            exports: Default::default(),
        }
    }

    /// One run, carried out if the guard lets it. Its counts add up, and the platform saw nothing wrong.
    pub async fn apply(&self) -> Report {
        self.apply_deciding(&|_| Decision::Go).await
    }

    pub async fn approve(&self) -> Report {
        self.apply_deciding(&|_| Decision::Approve { by: "dana".into() }).await
    }

    async fn apply_deciding(&self, decide: &dyn Fn(&Prepared) -> Decision) -> Report {
        let now: DateTime<Utc> = Utc::now();
        let (recorder, writer) = Recorder::start(Store::open(&self.state(), now).unwrap());
        let engine = self.engine(Some(recorder));
        let report = engine.recorded(&self.read(), Trigger::OnDemand, Arc::new(Silent), now, decide).await;
        drop(engine);
        tokio::task::spawn_blocking(move || writer.join().unwrap()).await.unwrap();
        assert_eq!(report.counts.accounted(), report.counts.read, "the counts do not add up: {report:?}");
        self.check();
        report
    }

    /// The definition lands: what is missing is made, and nobody is sent (E5).
    pub async fn land(&self) {
        let now = Utc::now();
        let (recorder, writer) = Recorder::start(Store::open(&self.state(), now).unwrap());
        let engine = self.engine(Some(recorder));
        let context = engine.connect(&self.read(), Arc::new(Silent), now).await.unwrap();
        let turn = engine.at_turn(context).await.unwrap();
        assert!(engine.create_resources(&turn).await.unwrap() > 0);
        drop((turn, engine));
        tokio::task::spawn_blocking(move || writer.join().unwrap()).await.unwrap();
        self.check();
    }

    /// A run that must end well.
    pub async fn succeed(&self) -> Report {
        let report = self.apply().await;
        assert!(matches!(report.end, End::Succeeded { .. }), "{:?} {:?}", report.end, report.hints);
        report
    }

    pub async fn try_plan(&self) -> Result<Plan, Failure> {
        let engine = self.engine(None);
        let context = engine.connect(&self.read(), Arc::new(Silent), Utc::now()).await?;
        let plan = engine.plan(&context).await?.plan;
        self.check();
        Ok(plan)
    }

    /// G3.
    pub async fn nothing_left(&self) {
        let plan = self.try_plan().await.unwrap();
        assert!(plan.is_empty(), "{}", listkeeper::plan::text(&plan));
    }

    pub fn weather(&self, faults: Faults) {
        self.sandbox.set_faults(faults).unwrap();
    }

    /// What was asked since the last call: method, path, body.
    pub fn asked(&self) -> Vec<(String, String, String)> {
        self.recorder.take().into_iter().map(|each| (each.method, each.path, each.body)).collect()
    }

    fn check(&self) {
        let counters = self.sandbox.counters();
        assert_eq!(counters.violations, 0, "{:?}", counters.last_violations);
    }

    /// The container's members, once what was written has become visible.
    pub async fn members(&self, container: &str) -> Vec<u32> {
        self.weather(Faults::default());
        if self.platform == Platform::Iterable {
            tokio::time::sleep(Duration::from_secs(60) / SPEED).await;
        }
        let found = self.platform.members(self, container).await.unwrap_or_default();
        let id = |address: &String| address.strip_prefix('p')?.strip_suffix("@contoso.test")?.parse().ok();
        let mut ids: Vec<u32> = found.iter().map(|address| id(address).unwrap()).collect();
        ids.sort_unstable();
        self.asked();
        ids
    }

    pub async fn get(&self, path: &str) -> Value {
        serde_json::from_str(&self.text(path).await).unwrap_or(Value::Null)
    }

    pub async fn text(&self, path: &str) -> String {
        self.send("GET", path, Value::Null).await
    }

    /// A request of somebody else.
    pub async fn ask(&self, method: &str, path: &str, body: Value) -> Value {
        serde_json::from_str(&self.send(method, path, body).await).unwrap_or(Value::Null)
    }

    /// Patient: our own requests may have used the limits up.
    async fn send(&self, method: &str, path: &str, body: Value) -> String {
        let url = format!("{}{path}", self.sandbox.endpoint(self.platform.name()).unwrap());
        tokio::time::sleep(Duration::from_millis(700)).await;
        let mut request = self.http.request(method.parse().unwrap(), &url);
        request = match self.platform {
            Platform::Mailchimp | Platform::ConstantContact => request.bearer_auth("sandbox-us0"),
            Platform::Omnisend => request.header("authorization", "Omnisend-API-Key sandbox").header("omnisend-version", "2026-03-15"),
            Platform::Iterable => request.header("api-key", "sandbox"),
        };
        if !body.is_null() {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        assert!(response.status().is_success(), "{method} {path}: {}", response.status());
        response.text().await.unwrap()
    }
}
