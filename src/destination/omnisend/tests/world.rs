//! A brand in the sandbox, whose time runs faster than the wall's, and a destination that talks to it.

use super::super::{
    super::{BatchRow, ContainerId, Destination, ErrorKind, JobOutcomes, Outcome, PageRequest, PlaceId, Submitted},
    *,
};
use crate::{
    definition::{Credentials, FieldType, Limits, Name, OnEmpty, Privacy, Region, Secret},
    http::InMemoryDays,
    member::{Key, Value},
    platform::Platform,
    platform::SubscriptionStatus,
};
use listkeeper_sandbox::{Fault, Faults, Options, Sandbox};
use serde_json::{Value as Json, json};
use std::time::Duration;

/// A minute of the vendor's is half a second.
const SPEED: u32 = 120;
pub(super) const TAG: &str = "vip-customers";

pub(super) struct World {
    pub sandbox: Sandbox,
    pub destination: Arc<dyn Destination>,
    _dir: tempfile::TempDir,
}

impl World {
    pub(super) async fn new() -> Self {
        Self::with(json!({})).await
    }

    /// With these settings of the sandbox's.
    pub(super) async fn with(settings: Json) -> Self {
        let (dir, options) = (tempfile::tempdir().unwrap(), Options { speed: SPEED, ..Options::default() });
        let sandbox = Sandbox::start(dir.path(), options).await.unwrap();
        sandbox.set("omnisend", &settings).unwrap();
        let destination = connect(&sandbox, "sandbox-key", false);
        Self { sandbox, destination, _dir: dir }
    }

    /// As a process that begins anew.
    pub(super) fn again(&mut self) {
        self.destination = connect(&self.sandbox, "sandbox-key", false);
    }

    /// With `target: {segment: true}`.
    pub(super) fn with_views(mut self) -> Self {
        self.destination = connect(&self.sandbox, "sandbox-key", true);
        self
    }

    pub(super) fn with_key(mut self, key: &str) -> Self {
        self.destination = connect(&self.sandbox, key, false);
        self
    }

    pub(super) fn person(&self, person: Json) {
        self.sandbox.set_person("omnisend", &person).unwrap();
    }

    pub(super) fn next_fault(&self, fault: Fault, method: &str, route: &str) {
        self.sandbox.set_faults(Faults::default().next(fault, method, route)).unwrap();
    }

    pub(super) async fn submit(&self, operation: Operation, rows: &[BatchRow]) -> Result<Submitted, Error> {
        self.destination.submit(&place(), &batch(operation, rows)).await
    }

    /// Sends, and waits until it is known what became of it.
    pub(super) async fn carry_out(&self, operation: Operation, rows: &[BatchRow]) -> Vec<Outcome> {
        match self.submit(operation, rows).await.unwrap() {
            Submitted::Done(outcomes) => outcomes,
            Submitted::Job(job) => each(&self.finish(&job, rows).await, rows),
        }
    }

    pub(super) async fn finish(&self, job: &JobId, rows: &[BatchRow]) -> JobOutcomes {
        self.finish_all(std::slice::from_ref(job), rows).await.remove(job).unwrap()
    }

    /// Asks as often as it is told to, until nothing is under way.
    pub(super) async fn finish_all(&self, jobs: &[JobId], rows: &[BatchRow]) -> BTreeMap<JobId, JobOutcomes> {
        let (mut left, mut finished) = (jobs.to_vec(), BTreeMap::new());
        let keys = |_: &JobId| rows.iter().map(|row| row.key).collect::<Vec<Key>>();
        while !left.is_empty() {
            let polled = self.destination.poll(&place(), &Jobs { ids: &left, rows: &keys, looks: &|_| None }).await.unwrap();
            finished.extend(polled.finished);
            left.retain(|job| !finished.contains_key(job));
            tokio::time::sleep(polled.after / SPEED).await;
        }
        finished
    }

    /// What the vendor has of a contact, once what it was told is carried out.
    pub(super) async fn contact(&self, email: &str) -> Json {
        tokio::time::sleep(Duration::from_secs(3) / SPEED).await;
        let url = self.sandbox.endpoint("omnisend").unwrap();
        let request = reqwest::Client::new().get(format!("{url}/contacts?email={}", email.replace('+', "%2B")));
        let request = request.header("Authorization", "Omnisend-API-Key test").header("Omnisend-Version", "2026-03-15");
        let text = request.send().await.unwrap().text().await.unwrap();
        serde_json::from_str::<Json>(&text).unwrap()["contacts"][0].clone()
    }

    /// How many calls of this kind came.
    pub(super) fn calls(&self, method: &str, route: &str) -> u64 {
        self.sandbox.counters().requests_of(method, route)
    }

    pub(super) fn observed(&self, what: &str) -> Json {
        self.sandbox.observed("omnisend").unwrap()[what].clone()
    }

    /// Nothing was outside the contract or the limits, nobody was welcomed, nobody's consent was touched.
    pub(super) fn is_innocent(&self) {
        let counters = self.sandbox.counters();
        assert_eq!(counters.last_violations, Vec::<String>::new());
        assert_eq!((self.observed("welcomeMessages"), self.observed("statusChanges")), (json!(0), json!(0)));
    }
}

pub(super) fn place() -> PlaceId {
    PlaceId("brand".into())
}

pub(super) fn batch(operation: Operation, rows: &[BatchRow]) -> Batch {
    let container = matches!(operation, Operation::Join | Operation::Leave).then(|| ContainerId(TAG.into()));
    Batch { operation, container, rows: rows.to_vec() }
}

fn connect(sandbox: &Sandbox, key: &str, views: bool) -> Arc<dyn Destination> {
    let connection = Connection {
        name: Name::new("shop").unwrap(),
        display_name: "Shop".into(),
        kind: Platform::Omnisend,
        credentials: Credentials::ApiKey(Secret::Plain(key.into())),
        privacy: Privacy { accepted_by: "dana@example.com".into(), accepted_on: chrono::NaiveDateTime::default() },
        export_user: None,
        endpoint: sandbox.endpoint("omnisend"),
        region: Region::default(),
        limits: Limits::default(),
    };
    let flag = AttributeSpec {
        columns: crate::definition::Columns::One("m".into()),
        kind: Some(FieldType::Boolean),
        on_empty: OnEmpty::Keep,
        line: 1,
    };
    let hub = Hub::with_days(Arc::new(InMemoryDays::default()), SPEED);
    open(&connection, views, &[("isMember".to_owned(), flag)].into(), &hub).unwrap()
}

/// Someone new, without consent, who joins the tag.
pub(super) fn row(address: &str) -> BatchRow {
    let email = Email::parse(address).unwrap().unwrap();
    BatchRow {
        key: Key::of(&email),
        email,
        attributes: vec![("firstName".into(), Value::Text("Ada".into())), ("isMember".into(), Value::Text("true".into()))],
        standing: Some(SubscriptionStatus::NonSubscribed),
        joins: vec![ContainerId(TAG.into())],
        consent_at: None,
        contact: None,
    }
}

pub(super) fn people(n: usize) -> Vec<BatchRow> {
    (0..n).map(|n| row(&format!("p{n}@example.com"))).collect()
}

pub(super) fn each(outcomes: &JobOutcomes, rows: &[BatchRow]) -> Vec<Outcome> {
    let of = |row: &BatchRow| outcomes.rows.iter().find(|(key, _)| *key == row.key).map_or(&outcomes.others, |(_, outcome)| outcome);
    rows.iter().map(|row| of(row).clone()).collect()
}

pub(super) fn codes(outcomes: &[Outcome]) -> Vec<String> {
    let code = |outcome: &Outcome| match outcome {
        Outcome::Done { standing: Some(standing) } => format!("{standing:?}"),
        Outcome::Done { standing: None } => "done".into(),
        Outcome::Rejected(why) => format!("rejected {}", why.code),
        Outcome::Later(why) => format!("later {}", why.code),
        Outcome::Unconfirmed(_) => "unconfirmed".into(),
        other => format!("{other:?}").to_lowercase(),
    };
    outcomes.iter().map(code).collect()
}

pub(super) fn page(changed_since: Option<&str>, standing: Option<SubscriptionStatus>) -> PageRequest {
    PageRequest { cursor: None, rows: 2, changed_since: changed_since.map(str::to_owned), standing }
}

pub(super) fn is_unknown(error: &Error) -> bool {
    matches!(error.kind, ErrorKind::Retry { unknown: true, .. })
}
