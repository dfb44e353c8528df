//! Against the sandbox, over HTTP, on a clock that runs faster.

mod change;
mod fit;
mod join;
mod leave;
mod read;
mod sign_in;
mod weather;

use super::super::*;
use crate::{
    definition::{AttributeSpec, Columns, Connection, Credentials, FieldType, Limits, Name, OnEmpty, Privacy, Region, Secret, Verify},
    http::{Hub, InMemoryDays},
    member::{Email, Key, Value},
    oauth::{InMemoryTokens, SignIns},
    platform::Platform,
    platform::SubscriptionStatus,
};
use listkeeper_sandbox::{Options, Sandbox};
use serde_json::{Value as Json, json};
use std::{collections::BTreeMap, sync::Arc};

const VENDOR: &str = "constant-contact";
const SPEED: u32 = 200;
const LIST: &str = "04fe9a97-a579-43c5-bb1a-58ed29bf0a6a";

/// A sandbox with a list, and a destination that talks to it.
struct World {
    sandbox: Sandbox,
    destination: Arc<dyn Destination>,
    _dir: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        Self::mapping(&["first_name"]).await
    }

    /// An export that maps these attributes, all text but by their name.
    async fn mapping(tags: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let sandbox = Sandbox::start(dir.path(), Options { speed: SPEED, ..Options::default() }).await.unwrap();
        sandbox.ensure(VENDOR, LIST).unwrap();
        let destination = open(&sandbox, tags, None);
        Self { sandbox, destination, _dir: dir }
    }

    fn person(&self, email: &str, is: &str) {
        self.sandbox.set_person(VENDOR, &json!({"email": email, "list": LIST, "is": is})).unwrap();
    }

    fn observed(&self, what: &str) -> i64 {
        self.sandbox.observed(VENDOR).unwrap()[what].as_i64().unwrap()
    }

    async fn submit(&self, operation: Operation, rows: &[BatchRow]) -> Result<Submitted, Error> {
        let batch = Batch { operation, container: Some(ContainerId(LIST.into())), rows: rows.to_vec() };
        self.destination.submit(&place(), &batch).await
    }

    /// Submits, and waits for what becomes of each row.
    async fn carry_out(&self, operation: Operation, rows: &[BatchRow]) -> Vec<String> {
        match self.submit(operation, rows).await.unwrap() {
            Submitted::Done(outcomes) => outcomes.iter().map(told).collect(),
            Submitted::Job(job) => outcomes(&*self.destination, &job, rows).await,
        }
    }

    async fn change(&self, change: ResourceChange) -> Result<ResourceDone, Error> {
        self.destination.change(Some(&place()), &change).await
    }

    /// Who is on the list, with their ids.
    async fn members(&self) -> BTreeMap<String, ContactId> {
        let page = PageRequest { cursor: None, rows: 500, changed_since: None, standing: None };
        let page = self.destination.container_members(&place(), &ContainerId(LIST.into()), &page).await.unwrap();
        page.contacts.into_iter().map(|contact| (contact.email.as_str().to_owned(), contact.contact.unwrap())).collect()
    }

    async fn contact(&self, address: &str) -> Option<ContactRecord> {
        self.destination.find(&place(), &email(address)).await.unwrap()
    }

    /// Where the contact works, as the platform has it.
    async fn company(&self, address: &str) -> String {
        let endpoint = self.sandbox.endpoint(VENDOR).unwrap();
        let url = format!("{}/contacts?email={address}", endpoint.as_str().trim_end_matches('/'));
        let answer = reqwest::Client::new().get(url).bearer_auth("token").send().await.unwrap().text().await.unwrap();
        let contacts: Json = serde_json::from_str(&answer).unwrap();
        contacts["contacts"][0]["company_name"].as_str().unwrap_or_default().to_owned()
    }

    /// Nothing that the vendor documents was broken.
    fn clean(&self) {
        let counters = self.sandbox.counters();
        assert_eq!(counters.last_violations, Vec::<String>::new());
    }
}

/// Another process on the same sandbox.
fn open(sandbox: &Sandbox, tags: &[&str], verify: Option<Verify>) -> Arc<dyn Destination> {
    let hub = Hub::with_days(Arc::new(InMemoryDays::default()), SPEED);
    super::open(&connection(Some(sandbox.endpoint(VENDOR).unwrap())), &attributes(tags), verify, &hub, &nobody()).unwrap()
}

/// No sign-ins are kept.
fn nobody() -> SignIns {
    SignIns::new(Arc::new(InMemoryTokens::default()), Hub::with_days(Arc::new(InMemoryDays::default()), SPEED))
}

fn connection(endpoint: Option<url::Url>) -> Connection {
    Connection {
        name: Name::new("newsletter").unwrap(),
        display_name: "Newsletter".into(),
        kind: Platform::ConstantContact,
        credentials: Credentials::ApiKey(Secret::Plain("token".into())),
        privacy: Privacy { accepted_by: "dana@example.com".into(), accepted_on: chrono::NaiveDateTime::default() },
        export_user: None,
        endpoint,
        region: Region::default(),
        limits: Limits::default(),
    }
}

fn attributes(tags: &[&str]) -> BTreeMap<String, AttributeSpec> {
    tags.iter().map(|tag| ((*tag).to_owned(), spec(None))).collect()
}

fn spec(kind: Option<FieldType>) -> AttributeSpec {
    AttributeSpec { columns: Columns::One("column".into()), kind, on_empty: OnEmpty::Keep, line: 1 }
}

fn place() -> PlaceId {
    PlaceId("account".into())
}

async fn outcomes(destination: &dyn Destination, job: &JobId, rows: &[BatchRow]) -> Vec<String> {
    outcomes_of(destination, job, rows).await.iter().map(told).collect()
}

async fn outcomes_of(destination: &dyn Destination, job: &JobId, rows: &[BatchRow]) -> Vec<Outcome> {
    let keys = |_: &JobId| rows.iter().map(|row| row.key).collect();
    loop {
        let mut polled = destination.poll(&place(), &Jobs { ids: std::slice::from_ref(job), rows: &keys, looks: &|_| None }).await.unwrap();
        match polled.finished.pop() {
            Some((_, JobOutcomes { rows: some, others })) => {
                let some: BTreeMap<Key, Outcome> = some.into_iter().collect();
                return rows.iter().map(|row| some.get(&row.key).unwrap_or(&others).clone()).collect();
            }
            None => tokio::time::sleep(polled.after / SPEED).await,
        }
    }
}

fn told(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Rejected(rejection) => format!("rejected {}", rejection.code),
        Outcome::Unconfirmed(_) => "unconfirmed".to_owned(),
        other => format!("{other:?}").to_lowercase(),
    }
}

fn email(address: &str) -> Email {
    Email::parse(address).unwrap().unwrap()
}

pub(super) fn row(address: &str) -> BatchRow {
    let email = email(address);
    BatchRow { key: Key::of(&email), email, attributes: Vec::new(), standing: None, joins: Vec::new(), consent_at: None, contact: None }
}

pub(super) fn with(mut row: BatchRow, attributes: &[(&str, Value)]) -> BatchRow {
    row.attributes.extend(attributes.iter().map(|(tag, value)| ((*tag).to_owned(), value.clone())));
    row
}

/// With a value for the one attribute that a world maps unless it says otherwise.
fn rows(addresses: &[&str]) -> Vec<BatchRow> {
    addresses.iter().map(|address| with(row(address), &[("first_name", Value::Text("Ada".into()))])).collect()
}
