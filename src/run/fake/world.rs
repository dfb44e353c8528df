//! A directory of definitions, a state, and the platform between them.

use super::{Like, Platform, platform::Fake};
use crate::{
    definition::{self, Connection, Credentials, Export, Secret},
    destination::{self, Capabilities},
    http::Hub,
    oauth::{InMemoryTokens, SignIns},
    run::{Context, Decision, Engine, Failure, Prepared, Recorder, Report, Silent, Watch, page_size::PageSize, report},
    state::{Applied, RunStart, StateDir, StateError, Store, Trigger, View},
};
use chrono::{DateTime, Utc};
use std::{
    fs,
    ops::ControlFlow,
    path::PathBuf,
    sync::{Arc, Mutex},
};

/// One export `news` of the segment `everyone` (display name `Everyone`, list of that name).
pub(crate) struct World {
    dir: tempfile::TempDir,
    like: Like,
    /// Instead of the real destination's capabilities.
    limits: Option<&'static Capabilities>,
    /// More segments of the same rows: name and condition.
    segments: Vec<(String, String)>,
    platform: Platform,
    pub(crate) now: DateTime<Utc>,
    /// Who is told of the runs.
    pub(crate) watch: Arc<dyn Watch>,
    /// Another one after each kill.
    state: Mutex<PathBuf>,
}

impl World {
    /// `export`: more lines of the export.
    pub(crate) async fn new(like: Like, export: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let state = Mutex::new(dir.path().join("state-0"));
        let world = Self {
            dir,
            like,
            limits: None,
            segments: Vec::new(),
            platform: Platform::new(),
            now: Utc::now(),
            watch: Arc::new(Silent),
            state,
        };
        fs::create_dir(world.directory()).unwrap();
        fs::write(world.directory().join("key"), "key-us0\n").unwrap();
        world.define(export);
        world.write("");
        world
    }

    /// A platform with these limits instead of the real ones.
    pub(crate) fn limited(mut self, limits: &'static Capabilities) -> Self {
        self.limits = Some(limits);
        self
    }

    /// More segments, each of the rows that a condition holds for; a list each, where the platform has several.
    pub(crate) fn with_segments(mut self, segments: &[(&str, &str)], export: &str) -> Self {
        self.segments = segments.iter().map(|(name, holds)| ((*name).to_owned(), (*holds).to_owned())).collect();
        self.define(export);
        self
    }

    pub(crate) fn directory(&self) -> PathBuf {
        self.dir.path().join("definitions")
    }

    /// The export has these lines from now on.
    pub(crate) fn define(&self, export: &str) {
        let (connection, lines) = match self.like {
            Like::Mailchimp => (
                "type: mailchimp\ncredentials: {apiKey: {file: key}}",
                "target: {audienceId: cdp}\nattributes: {FNAME: First}\nnewContacts: {status: subscribed}",
            ),
            Like::Omnisend => (
                "type: omnisend\ncredentials: {apiKey: {file: key}}",
                "target: {names: {everyone: Everyone}}\nattributes: {firstName: First}\nnewContacts: {status: non-subscribed}",
            ),
            Like::ConstantContact => (
                "type: constant-contact\ncredentials: {oauth: {clientId: abc}}",
                "target: {list: Everyone}\nattributes: {first_name: First}",
            ),
            Like::Iterable => {
                ("type: iterable\nregion: eu\ncredentials: {apiKey: {file: key}}", "attributes: {firstName: {column: First, type: text}}")
            }
        };
        let names: String = self.segments.iter().map(|(name, _)| format!(", {name}")).collect();
        let documents = self.segments.iter().map(|(name, holds)| {
            format!("---\napiVersion: listkeeper/v1\nkind: Segment\nname: {name}\nsource: crm\nquery: SELECT * FROM people WHERE {holds}\n")
        });
        let documents: String = documents.collect();
        let yaml = format!(
            "apiVersion: listkeeper/v1
kind: Source
name: crm
type: files
tables: {{people: people.csv}}
---
apiVersion: listkeeper/v1
kind: Segment
name: everyone
displayName: Everyone
source: crm
table: people
---
apiVersion: listkeeper/v1
kind: Connection
name: account
{connection}
privacy: {{acceptedBy: privacy@contoso.test, acceptedOn: 2026-11-22}}
---
apiVersion: listkeeper/v1
kind: Export
name: news
connection: account
segments: [everyone{names}]
match: {{email: Email}}
{lines}
{export}
{documents}"
        );
        fs::write(self.directory().join("listkeeper.yaml"), yaml).unwrap();
    }

    /// Rows of `people.csv`, without its header: `Email,First`.
    pub(crate) fn write(&self, rows: &str) {
        self.table(&format!("Email,First\n{rows}"));
    }

    /// The whole of `people.csv`.
    pub(crate) fn table(&self, text: &str) {
        fs::write(self.directory().join("people.csv"), text).unwrap();
    }

    /// The whole of `people.csv`.
    pub(crate) fn csv(&self, text: &str) {
        fs::write(self.directory().join("people.csv"), text).unwrap();
    }

    /// Replaces a text of the definitions, which must be there.
    pub(crate) fn edit(&self, from: &str, to: &str) {
        let path = self.directory().join("listkeeper.yaml");
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from} is not in {text}");
        fs::write(path, text.replace(from, to)).unwrap();
    }

    pub(crate) fn platform(&self) -> &Platform {
        &self.platform
    }

    pub(crate) fn export(&self) -> Arc<Export> {
        let catalog = definition::read(&self.directory());
        assert!(!catalog.has_errors(), "{:?}", catalog.diagnostics);
        catalog.exports.values().next().unwrap().clone()
    }

    pub(crate) fn state(&self) -> StateDir {
        StateDir::resolve(Some(&self.state.lock().unwrap())).unwrap()
    }

    pub(crate) fn view(&self) -> View {
        View::open(&self.state(), self.now).unwrap().unwrap()
    }

    pub(crate) fn engine(&self, recorder: Option<Recorder>) -> Engine {
        Engine {
            hub: Hub::default(),
            sign_ins: SignIns::new(Arc::new(InMemoryTokens::default()), Hub::default()),
            state: self.state(),
            recorder,
            temp: std::env::temp_dir(),
            isolation: crate::source::Isolation::InProcess,
            cancel: Default::default(),
            retention: None,
            exports: Default::default(),
        }
    }

    /// What a run of the engine needs, with the platform for a destination.
    pub(crate) fn context(&self, engine: &Engine) -> Context {
        let export = self.export();
        // A key is good for every platform that is never asked.
        let connection = Connection { credentials: Credentials::ApiKey(Secret::Plain("key-us0".into())), ..(*export.connection).clone() };
        let keyed = Export { connection: Arc::new(connection), ..(*export).clone() };
        let real = destination::open(&keyed, &engine.hub, &engine.sign_ins, Arc::new(destination::Anything)).unwrap();
        let capabilities = self.limits.unwrap_or_else(|| real.capabilities());
        let connections = capabilities.connections_default;
        Context {
            destination: Arc::new(Fake {
                life: self.platform.life(),
                like: self.like,
                platform: self.platform.clone(),
                real,
                capabilities,
            }),
            capabilities,
            account: destination::Account { id: "account".into(), name: "Contoso".into(), budget_key: "fake".into(), shows: None },
            export,
            watch: Arc::clone(&self.watch),
            now: self.now,
            run: None,
            cancel: engine.cancel.child_token(),
            early: Arc::default(),
            temp: engine.temp.clone(),
            isolation: engine.isolation,
            connections,
            pages: Arc::new(PageSize::new(capabilities.page_rows)),
            hub: engine.hub.clone(),
            exports: Arc::clone(&engine.exports),
            turn: None,
        }
    }

    /// A plan that writes nothing.
    pub(crate) async fn plan(&self) -> Result<Prepared, Failure> {
        let engine = self.engine(None);
        engine.plan(&self.context(&engine)).await
    }

    /// A whole run, which passes or is held; its counts add up.
    pub(crate) async fn run(&self) -> Report {
        self.deciding(&|_| Decision::Go).await
    }

    pub(crate) async fn deciding(&self, decide: &dyn Fn(&Prepared) -> Decision) -> Report {
        let (recorder, writer) = Recorder::start(Store::open(&self.state(), self.now).unwrap());
        let engine = self.engine(Some(recorder));
        let report = self.recorded(&engine, decide).await;
        drop(engine);
        tokio::task::spawn_blocking(move || writer.join().unwrap()).await.unwrap();
        assert_eq!(report.counts.accounted(), report.counts.read, "the counts do not add up: {report:?}");
        report
    }

    /// A run whose state has no room from now on.
    pub(crate) async fn with_full_disk(&self) -> Report {
        let mut store = Store::open(&self.state(), self.now).unwrap();
        let (name, now) = (self.export().name.clone(), self.now);
        let start = RunStart {
            export: &name,
            trigger: Trigger::OnDemand,
            definition_digest: "d",
            plan_digest: None,
            user: "tests",
            export_user: None,
            due: None,
        };
        let run = store.start_run(&start, now).unwrap();
        store.fill_disk().unwrap();
        let (recorder, writer) = Recorder::start(store);
        let engine = self.engine(Some(recorder));
        let context = Context { run: Some(run), ..self.context(&engine) };
        let turn = engine.at_turn(context).await.unwrap();
        let report = report::concluded(&turn.export, engine.run(&turn, &|_| Decision::Go).await);
        drop((turn, engine));
        tokio::task::spawn_blocking(move || writer.join().unwrap()).await.unwrap();
        report
    }

    async fn recorded(&self, engine: &Engine, decide: &dyn Fn(&Prepared) -> Decision) -> Report {
        let mut context = self.context(engine);
        let (name, now) = (context.export.name.clone(), self.now);
        let start = move |store: &mut Store| {
            let (trigger, user) = (Trigger::OnDemand, "tests");
            let start = RunStart { export: &name, trigger, definition_digest: "d", plan_digest: None, user, export_user: None, due: None };
            store.start_run(&start, now)
        };
        let run = engine.recorder().unwrap().record(start).await.unwrap();
        context.run = Some(run);
        let turn = engine.at_turn(context).await.unwrap();
        let mut report = report::concluded(&turn.export, engine.run(&turn, decide).await);
        drop(turn);
        report.run = Some(run);
        engine.finish(run, &report).await.unwrap();
        report
    }

    /// A run that the process does not survive once the platform has had so many requests: what is not durable by then is lost.
    /// `None`: it ended first.
    pub(crate) async fn killed_after(&self, requests: u64) -> Option<()> {
        self.platform.dies_after(requests);
        let (recorder, _) = Recorder::start(Store::open(&self.state(), self.now).unwrap());
        let engine = self.engine(Some(recorder));
        let killed = tokio::select! {
            _ = self.recorded(&engine, &|_| Decision::Go) => None,
            () = self.platform.died() => Some(()),
        };
        let after = self.dir.path().join(format!("state-{}", self.platform.requests()));
        self.view().copy_to(&StateDir::resolve(Some(&after)).unwrap()).unwrap();
        *self.state.lock().unwrap() = after;
        self.platform.revive();
        killed
    }

    /// Every member on record.
    pub(crate) fn members(&self) -> Vec<Applied> {
        let view = self.view();
        let Some(state) = view.export(&self.export().name).unwrap() else { return Vec::new() };
        let mut members = Vec::new();
        let keep = |row: crate::state::AppliedRow<'_>| {
            members.push(row.to_applied());
            Ok::<_, StateError>(ControlFlow::Continue(()))
        };
        view.members(state.id, keep).unwrap();
        members
    }

    /// One member on record.
    pub(crate) fn member(&self, email: &str) -> Option<Applied> {
        let key = crate::member::Key::of(&crate::member::Email::trusted(email));
        self.members().into_iter().find(|member| member.key == key)
    }

    /// What is on record of a contact.
    pub(crate) fn contact(&self, email: &str) -> Option<crate::state::Contact> {
        let (view, key) = (self.view(), crate::member::Key::of(&crate::member::Email::trusted(email)));
        let place = view.export(&self.export().name).unwrap()?.place?;
        view.contact(place.row, key).unwrap()
    }
}
