//! Against the sandbox's Iterable over HTTP, in a time that runs faster; pacing against a script on paused time.

mod joining;
mod leaving;
mod looking_up;
mod new_fields;
mod observing;
mod pacing;
mod unknown_users;
mod young_lists;

use super::super::*;
use crate::{
    definition::{Connection, Credentials, FieldType, Limits, Name, Privacy, Region, Secret},
    http::{Hub, InMemoryDays},
    member::{Email, Key, Value},
    platform::Platform,
};
use listkeeper_sandbox::{Options, Sandbox};
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// A minute is 120 ms.
const SPEED: u32 = 500;

struct World {
    sandbox: Sandbox,
    hub: Hub,
    destination: Arc<dyn Destination>,
    list: ContainerId,
    _dir: tempfile::TempDir,
}

impl World {
    /// One list, which is empty; what is written shows at once.
    async fn new() -> Self {
        Self::with(json!({"visibleAfterMs": [0, 0], "newListUnknownMs": 0})).await
    }

    async fn with(settings: Json) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let sandbox = Sandbox::start(dir.path(), Options { speed: SPEED, ..Options::default() }).await.unwrap();
        sandbox.set("iterable", &json!({"newListUnknownMs": 0})).unwrap();
        sandbox.set("iterable", &settings).unwrap();
        let hub = Hub::with_days(Arc::new(InMemoryDays::default()), SPEED);
        let destination = super::open(&connection(sandbox.endpoint("iterable")), &hub).unwrap();
        let made = destination.change(None, &ResourceChange::CreateContainer { name: "Gold".into() }).await.unwrap();
        let ResourceDone::Container(list) = made else { panic!("{made:?}") };
        Self { sandbox, hub, destination, list: list.id, _dir: dir }
    }

    /// As a new process sees the project.
    fn again(&self) -> Arc<dyn Destination> {
        super::open(&connection(self.sandbox.endpoint("iterable")), &self.hub).unwrap()
    }

    async fn field(&self, name: &str, field_type: FieldType) {
        let change = ResourceChange::CreateField { tag: name.into(), field_type };
        self.destination.change(None, &change).await.unwrap();
    }

    fn batch(&self, operation: Operation, rows: Vec<BatchRow>) -> Batch {
        Batch { operation, container: Some(self.list.clone()), rows }
    }

    async fn submit(&self, operation: Operation, rows: Vec<BatchRow>) -> Result<Vec<Outcome>, Error> {
        match self.destination.submit(&place(), &self.batch(operation, rows)).await? {
            Submitted::Done(outcomes) => Ok(outcomes),
            Submitted::Job(job) => panic!("{job:?}"),
        }
    }

    async fn told(&self, operation: Operation, rows: Vec<BatchRow>) -> Vec<String> {
        self.submit(operation, rows).await.unwrap().iter().map(told).collect()
    }

    async fn members(&self) -> Vec<String> {
        let request = PageRequest { cursor: None, rows: 1_000, changed_since: None, standing: None };
        let page = self.destination.container_members(&place(), &self.list, &request).await.unwrap();
        let mut members: Vec<_> = page.contacts.iter().map(|contact| contact.email.as_str().to_owned()).collect();
        members.sort();
        members
    }

    /// What the project holds of someone.
    async fn profile(&self, email: &str) -> Json {
        let url = format!("{}/users/getByEmail?email={email}", self.sandbox.endpoint("iterable").unwrap());
        let answer = reqwest::Client::new().get(url).header("Api-Key", Sandbox::API_KEY).send().await.unwrap();
        serde_json::from_str::<Json>(&answer.text().await.unwrap()).unwrap()["user"]["dataFields"].clone()
    }

    fn person(&self, email: &str, is: Json) {
        self.sandbox.set_person("iterable", &json!({"email": email, "is": is})).unwrap();
    }

    fn asked(&self, method: &str, route: &str) -> u64 {
        self.sandbox.counters().requests_of(method, route)
    }

    /// Nothing outside the contract, nobody joined twice, nobody's consent touched.
    fn is_clean(&self) {
        let (counters, seen) = (self.sandbox.counters(), self.sandbox.observed("iterable").unwrap());
        assert!(counters.last_violations.is_empty(), "{:?}", counters.last_violations);
        let untouched = (&seen["repeated"], &seen["channelUnsubscribes"], &seen["madeByUnsubscribe"]);
        assert_eq!(untouched, (&json!([]), &json!(0), &json!(0)));
    }
}

fn connection(endpoint: Option<url::Url>) -> Connection {
    Connection {
        name: Name::new("app").unwrap(),
        display_name: "App".into(),
        kind: Platform::Iterable,
        credentials: Credentials::ApiKey(Secret::Plain(Sandbox::API_KEY.into())),
        privacy: Privacy { accepted_by: "dana@example.com".into(), accepted_on: chrono::NaiveDateTime::default() },
        export_user: None,
        endpoint,
        region: Region::default(),
        limits: Limits::default(),
    }
}

fn place() -> PlaceId {
    PlaceId("127.0.0.1".into())
}

fn row(address: &str, attributes: &[(&str, Value)]) -> BatchRow {
    let email = Email::parse(address).unwrap().unwrap();
    let attributes = attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    BatchRow { key: Key::of(&email), email, attributes, standing: None, joins: Vec::new(), consent_at: None, contact: None }
}

fn text(value: &str) -> Value {
    Value::Text(value.into())
}

fn number(value: &str) -> Value {
    Value::Number(value.into())
}

fn told(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Done { .. } => "done".to_owned(),
        Outcome::Rejected(why) => {
            assert!(!why.detail.contains('@'), "{}", why.detail);
            format!("{} {}", why.code, why.field.clone().unwrap_or_default()).trim_end().to_owned()
        }
        other => format!("{other:?}").to_lowercase(),
    }
}
