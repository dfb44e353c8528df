//! A directory of definitions, a platform, and an engine between them.

use super::contract::Contract;
use chrono::{DateTime, Utc};
use listkeeper::{
    definition::{self, Export},
    http::Hub,
    oauth::SignIns,
    plan::Plan,
    run::{Decision, DurableTokens, Engine, Failure, Recorder, Report, Silent},
    source::Isolation,
    state::{End, RejectedRow, StateDir, Store, Trigger, View},
};
use listkeeper_sandbox::{
    self as sandbox, Exchange, Faults, Options, Sandbox,
    mailchimp::{Person, PersonIs},
};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::Arc,
};

/// The audience every test writes to.
pub const LIST: &str = "cdp";
const CONTRACT: &str = "mailchimp/marketing-subset.patched.openapi3.json";

/// What is written into the directory. The parts are YAML as a person would write it.
pub struct Defined {
    /// Segment → SQL.
    pub segments: Vec<(&'static str, String)>,
    /// More lines of each segment (`name` → lines).
    pub more: BTreeMap<&'static str, &'static str>,
    pub target: String,
    /// More lines of the connection, and of the export.
    pub connection: String,
    pub export: String,
    pub status: &'static str,
    pub name: &'static str,
}

impl Default for Defined {
    fn default() -> Self {
        Self {
            segments: vec![("everyone", "SELECT * FROM people".into())],
            more: BTreeMap::new(),
            target: format!("{{audienceId: {LIST}}}"),
            connection: String::new(),
            export: String::new(),
            status: "subscribed",
            name: "news",
        }
    }
}

impl Defined {
    /// Two segments that overlap: everyone, and those of a value above 100.
    pub fn overlapping() -> Self {
        let rich = ("rich", "SELECT * FROM people WHERE CAST(Value AS REAL) > 100".into());
        Self { segments: vec![Self::default().segments[0].clone(), rich], ..Self::default() }
    }

    pub fn export(mut self, lines: &str) -> Self {
        self.export.push_str(lines);
        self
    }

    pub fn yaml(&self, endpoint: &str) -> String {
        let mut yaml = format!(
            "apiVersion: listkeeper/v1
kind: Source
name: crm
type: files
tables: {{people: people.csv}}
---
apiVersion: listkeeper/v1
kind: Connection
name: account
displayName: Newsletter account
type: mailchimp
endpoint: {endpoint}
credentials: {{apiKey: {{file: key}}}}
privacy: {{acceptedBy: privacy@contoso.test, acceptedOn: 2026-11-22}}
{}",
            self.connection
        );
        for (name, sql) in &self.segments {
            let more = self.more.get(name).copied().unwrap_or_default();
            let title = if more.contains("displayName") { String::new() } else { format!("displayName: {}\n", title(name)) };
            let _ = write!(yaml, "---\napiVersion: listkeeper/v1\nkind: Segment\nname: {name}\n{title}source: crm\nquery: {sql}\n{more}");
        }
        let names: Vec<_> = self.segments.iter().map(|(name, _)| *name).collect();
        let _ = write!(
            yaml,
            "---
apiVersion: listkeeper/v1
kind: Export
name: {}
connection: account
segments: [{}]
target: {}
match: {{email: Email, id: Id}}
attributes: {{FNAME: First, VALUE: {{column: Value, type: number, onEmpty: clear}}}}
newContacts: {{status: {}}}
{}",
            self.name,
            names.join(", "),
            self.target,
            self.status,
            self.export
        );
        yaml
    }
}

/// `everyone` → `Everyone`.
pub fn title(name: &str) -> String {
    name[..1].to_uppercase() + &name[1..]
}

/// A row of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub id: u64,
    pub email: String,
    pub first: String,
    pub value: String,
}

/// Someone of this number, as the file has them: even numbers are rich.
pub fn row(id: u64) -> Row {
    let value = if id.is_multiple_of(2) { 101 + id % 90 } else { id % 100 };
    Row { id, email: format!("p{id}@contoso.test"), first: format!("First{id}"), value: value.to_string() }
}

pub fn rows(ids: std::ops::Range<u64>) -> Vec<Row> {
    ids.map(row).collect()
}

/// What the platform holds of one address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    pub status: String,
    pub first: String,
    pub value: String,
    pub tags: Vec<String>,
}

/// What [`Defined::overlapping`] and a first load make of rows.
pub fn desired(rows: &[Row]) -> BTreeMap<String, Held> {
    let held = |row: &Row| {
        let mut tags = vec!["Everyone".to_owned()];
        if row.value.parse::<f64>().is_ok_and(|value| value > 100.0) {
            tags.push("Rich".into());
        }
        Held { status: "subscribed".into(), first: row.first.clone(), value: row.value.clone(), tags }
    };
    rows.iter().map(|row| (row.email.clone(), held(row))).collect()
}

pub struct World {
    pub dir: tempfile::TempDir,
    pub sandbox: Sandbox,
    pub now: DateTime<Utc>,
    recorder: sandbox::Recorder,
    http: reqwest::Client,
    contract: Option<Contract>,
    state: PathBuf,
}

impl World {
    /// An audience with nobody in it, and a definition of it.
    pub async fn new(defined: &Defined, rows: &[Row]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let recorder = sandbox::Recorder::new();
        let options = Options { recorder: Some(recorder.clone()), ..Options::default() };
        let sandbox = Sandbox::start(&dir.path().join("platform"), options).await.unwrap();
        sandbox.ensure_mailchimp_list(LIST, "CDP").unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let state = dir.path().join("state");
        let world = Self { dir, sandbox, now: Utc::now(), recorder, http, contract: Contract::load(CONTRACT), state };
        fs::create_dir(world.directory()).unwrap();
        fs::write(world.directory().join("key"), "sandbox-us0\n").unwrap();
        world.define(defined);
        world.write(rows);
        world
    }

    pub fn directory(&self) -> PathBuf {
        self.dir.path().join("definitions")
    }

    pub fn state(&self) -> StateDir {
        StateDir::resolve(Some(&self.state)).unwrap()
    }

    /// From now on the state is in a folder of this one.
    pub fn keep_state_in(&mut self, folder: &Path) {
        self.state = folder.join("state");
    }

    pub fn define(&self, defined: &Defined) {
        let yaml = defined.yaml(self.sandbox.mailchimp_endpoint().as_str());
        fs::write(self.directory().join("listkeeper.yaml"), yaml).unwrap();
    }

    pub fn write(&self, rows: &[Row]) {
        let mut text = String::from("Id,Email,First,Value\n");
        for Row { id, email, first, value } in rows {
            let _ = writeln!(text, "{id},{email},{first},{value}");
        }
        self.write_text(&text);
    }

    pub fn write_text(&self, text: &str) {
        fs::write(self.directory().join("people.csv"), text).unwrap();
    }

    pub fn person(&self, email: &str, is: PersonIs) {
        self.sandbox.set_mailchimp_person(&Person { list: LIST.into(), email: email.into(), is }).unwrap();
    }

    pub fn weather(&self, faults: Faults) {
        self.sandbox.set_faults(faults).unwrap();
    }

    pub fn read(&self) -> Arc<Export> {
        let catalog = definition::read(&self.directory());
        assert!(!catalog.has_errors(), "{:?}", catalog.diagnostics);
        catalog.exports.values().next().unwrap().clone()
    }

    /// One run, carried out if the guard lets it. Its counts must add up.
    pub async fn apply(&self) -> Report {
        self.apply_deciding(&|_| Decision::Go).await
    }

    /// A run of an export as a file alone cannot say it: deleted, or of a broken document.
    pub async fn apply_export(&self, export: &Arc<Export>) -> Report {
        self.run(export, &|_| Decision::Go).await
    }

    pub async fn apply_deciding(&self, decide: &dyn Fn(&listkeeper::run::Prepared) -> Decision) -> Report {
        self.run(&self.read(), decide).await
    }

    async fn run(&self, export: &Arc<Export>, decide: &dyn Fn(&listkeeper::run::Prepared) -> Decision) -> Report {
        let (recorder, writer) = Recorder::start(Store::open(&self.state(), self.now).unwrap());
        let engine = self.engine(Some(recorder));
        let report = engine.recorded(export, Trigger::OnDemand, Arc::new(Silent), self.now, decide).await;
        drop(engine);
        tokio::task::spawn_blocking(move || writer.join().unwrap()).await.unwrap();
        assert_eq!(report.counts.accounted(), report.counts.read, "the counts do not add up: {report:?}");
        report
    }

    /// A run that must end well.
    pub async fn succeed(&self) -> Report {
        let report = self.apply().await;
        assert!(matches!(report.end, End::Succeeded { .. }), "{:?}", report.end);
        report
    }

    pub async fn plan(&self) -> Plan {
        self.try_plan().await.unwrap()
    }

    pub async fn try_plan(&self) -> Result<Plan, Failure> {
        let engine = self.engine(None);
        let context = engine.connect(&self.read(), Arc::new(Silent), self.now).await?;
        Ok(engine.plan(&context).await?.plan)
    }

    pub fn engine(&self, recorder: Option<Recorder>) -> Engine {
        let tokens = DurableTokens::new(recorder.clone(), self.state());
        Engine {
            hub: Hub::default(),
            sign_ins: SignIns::new(Arc::new(tokens), Hub::default()),
            state: self.state(),
            recorder,
            temp: std::env::temp_dir(),
            isolation: Isolation::InProcess,
            cancel: Default::default(),
            retention: None,
            exports: Default::default(),
        }
    }

    /// What the latest listing of refused rows says: address → code.
    pub fn rejected(&self) -> BTreeMap<String, String> {
        let view = View::open(&self.state(), self.now).unwrap().unwrap();
        let mut found = BTreeMap::new();
        let keep = |row: RejectedRow| {
            found.insert(row.address.unwrap_or_default(), row.code);
            Ok::<_, listkeeper::state::StateError>(ControlFlow::Continue(()))
        };
        view.rejected(&self.read().name, keep).unwrap();
        found
    }

    /// What the client asked since the last call; each request was held against the vendor's contract.
    pub fn asked(&self) -> Vec<Exchange> {
        let asked = self.recorder.take();
        self.check(&asked);
        asked
    }

    fn check(&self, asked: &[Exchange]) {
        let counters = self.sandbox.counters();
        assert!(counters.most_at_once <= 10, "{} at one time", counters.most_at_once);
        assert_eq!(counters.violations, 0, "{:?}", counters.last_violations);
        let Some(contract) = &self.contract else { return };
        let mut big = 0;
        for each in asked {
            // A look at some of the large ones is enough: they come from one place.
            big += usize::from(each.body.len() > 20_000);
            if each.body.len() <= 20_000 || big <= 2 {
                let wrong = contract.request(&each.method, &each.path, &each.query, &each.body);
                assert!(wrong.is_empty(), "{} {}: {wrong:?}", each.method, each.path);
            }
        }
    }

    /// Everyone at the platform, archived people included.
    pub async fn held(&self) -> BTreeMap<String, Held> {
        self.asked();
        self.weather(Faults::default());
        let mut held = BTreeMap::new();
        loop {
            let page = self.get(&format!("/lists/{LIST}/members?count=1000&offset={}", held.len())).await;
            let members = page["members"].as_array().unwrap();
            held.extend(members.iter().map(read_member));
            if members.is_empty() || held.len() as u64 >= page["total_items"].as_u64().unwrap() {
                break;
            }
        }
        self.recorder.take();
        held
    }

    /// Name → members of every tag.
    pub async fn tags(&self) -> BTreeMap<String, u64> {
        self.asked();
        self.weather(Faults::default());
        let answer = self.get(&format!("/lists/{LIST}/segments?count=1000&type=static&include_unsubscribed=true")).await;
        let tags = answer["segments"].as_array().unwrap();
        let found: BTreeMap<String, u64> =
            tags.iter().map(|tag| (tag["name"].as_str().unwrap().to_owned(), tag["member_count"].as_u64().unwrap())).collect();
        assert_eq!(found.len(), tags.len(), "two tags of one name: {tags:?}");
        self.recorder.take();
        found
    }

    /// Merge tags of the audience.
    pub async fn fields(&self) -> Vec<String> {
        self.asked();
        self.weather(Faults::default());
        let answer = self.get(&format!("/lists/{LIST}/merge-fields?count=1000")).await;
        self.recorder.take();
        answer["merge_fields"].as_array().unwrap().iter().map(|field| field["tag"].as_str().unwrap().to_owned()).collect()
    }

    pub async fn get(&self, path: &str) -> Value {
        self.ask("GET", path, Value::Null).await
    }

    /// A request of somebody else.
    pub async fn ask(&self, method: &str, path: &str, body: Value) -> Value {
        let url = format!("{}{path}", self.sandbox.mailchimp_endpoint());
        let mut request = self.http.request(method.parse().unwrap(), url).bearer_auth(self.sandbox.api_key());
        if !body.is_null() {
            request = request.json(&body);
        }
        let text = request.send().await.unwrap().text().await.unwrap();
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.asked();
        }
    }
}

fn read_member(member: &Value) -> (String, Held) {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let fields = &member["merge_fields"];
    let mut tags: Vec<_> = member["tags"].as_array().unwrap().iter().map(|tag| text(&tag["name"])).collect();
    tags.sort();
    let value = fields.get("VALUE").map(text).unwrap_or_default();
    let value = value.strip_suffix(".0").unwrap_or(&value).to_owned();
    let held = Held { status: text(&member["status"]), first: text(&fields["FNAME"]), value, tags };
    (text(&member["email_address"]), held)
}

/// Addresses that requests carried, by what they were sent for.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Sent {
    pub created: Vec<String>,
    /// Whose attributes were updated by the bulk call.
    pub updated: Vec<String>,
    /// How many contacts' attributes were told, one call each.
    pub patched: usize,
    pub joined: Vec<String>,
    pub parted: Vec<String>,
}

impl Sent {
    pub fn of(asked: &[Exchange]) -> Self {
        let mut sent = Self::default();
        for each in asked.iter().filter(|each| each.method != "GET") {
            let body: Value = serde_json::from_str(&each.body).unwrap_or(Value::Null);
            let list = |name: &str| body[name].as_array().cloned().unwrap_or_default();
            let members = list("members").into_iter().map(|m| m["email_address"].as_str().unwrap().to_owned());
            if body["update_existing"] == true { &mut sent.updated } else { &mut sent.created }.extend(members);
            sent.joined.extend(list("members_to_add").iter().map(|m| m.as_str().unwrap().to_owned()));
            sent.parted.extend(list("members_to_remove").iter().map(|m| m.as_str().unwrap().to_owned()));
            sent.patched += usize::from(each.method == "PATCH" && each.path.contains("/members/"));
        }
        sent.created.sort();
        sent.updated.sort();
        sent.joined.sort();
        sent.parted.sort();
        sent
    }
}
