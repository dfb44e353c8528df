//! Wire shapes against a server of canned answers; behaviour over time against a script.

mod change;
mod contract;
mod in_bulk;
mod observe;
mod read;
mod submit;

use super::super::*;
use crate::{
    definition::{
        AttributeSpec, AudienceCreate, AudienceRef, Columns, Connection, Credentials, Limits, Name, OnEmpty, Privacy, Region, Secret,
    },
    http::{Hub, InMemoryDays},
    member::{Email, Key, Value},
    platform::Platform,
    platform::SubscriptionStatus,
};
use serde_json::{Value as Json, json};
use std::sync::Arc;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

const KEY: &str = "hush0123456789-us6";

/// A connection whose key is in a file that lives as long as the guard.
fn connection(endpoint: Option<&str>, limits: Limits) -> (Connection, tempfile::NamedTempFile) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), KEY).unwrap();
    let connection = Connection {
        name: Name::new("newsletter").unwrap(),
        display_name: "Newsletter".into(),
        kind: Platform::Mailchimp,
        credentials: Credentials::ApiKey(Secret::File(file.path().into())),
        privacy: Privacy { accepted_by: "dana@example.com".into(), accepted_on: chrono::NaiveDateTime::default() },
        export_user: None,
        endpoint: endpoint.map(|url| url.parse().unwrap()),
        region: Region::default(),
        limits,
    };
    (connection, file)
}

/// Nobody signed in anywhere.
fn nobody() -> crate::oauth::SignIns {
    crate::oauth::SignIns::new(Arc::new(crate::oauth::InMemoryTokens::default()), Hub::default())
}

fn named(create: bool) -> AudienceRef {
    let create = create.then(|| {
        Box::new(AudienceCreate {
            company: "Acme".into(),
            address1: "1 Main St".into(),
            address2: String::new(),
            city: "Paris".into(),
            state: String::new(),
            zip: "75001".into(),
            country: "FR".into(),
            phone: String::new(),
            permission_reminder: "You signed up.".into(),
            from_name: "Acme".into(),
            from_email: "news@example.org".into(),
            subject: String::new(),
            language: "en".into(),
            email_type_option: false,
        })
    });
    AudienceRef::Named { name: "Customers".into(), create, adopt: false }
}

/// A server of canned answers and a destination that talks to it.
struct World {
    server: MockServer,
    destination: Arc<dyn Destination>,
}

impl World {
    async fn new() -> Self {
        Self::with(AudienceRef::Id("a1".into()), Limits::default()).await
    }

    async fn with(audience: AudienceRef, limits: Limits) -> Self {
        let server = MockServer::start().await;
        let (connection, _file) = connection(Some(&format!("{}/3.0/", server.uri())), limits);
        // Waits are short.
        let hub = Hub::with_days(Arc::new(InMemoryDays::default()), 100);
        let destination = crate::destination::mailchimp::open(&connection, &audience, &hub, &nobody()).unwrap();
        Self { server, destination }
    }

    /// Answers `METHOD /path` (below /3.0), whatever the query.
    async fn on(&self, method: &str, path: &str, status: u16, body: Json) -> &Self {
        self.mock(method, path, status, body).mount(&self.server).await;
        self
    }

    /// As [`World::on`], where a query parameter has a value.
    async fn on_query(&self, path: &str, name: &str, value: &str, body: Json) -> &Self {
        let mock = Mock::given(matchers::method("GET")).and(matchers::path(format!("/3.0{path}")));
        let respond = ResponseTemplate::new(200).set_body_json(body);
        mock.and(matchers::query_param(name, value)).respond_with(respond).mount(&self.server).await;
        self
    }

    fn mock(&self, method: &str, path: &str, status: u16, body: Json) -> Mock {
        let respond = if body.is_null() { ResponseTemplate::new(status) } else { ResponseTemplate::new(status).set_body_json(body) };
        Mock::given(matchers::method(method)).and(matchers::path(format!("/3.0{path}"))).respond_with(respond)
    }

    async fn submit(&self, operation: Operation, rows: Vec<BatchRow>) -> Result<Vec<Outcome>, Error> {
        let container = matches!(operation, Operation::Join | Operation::Leave).then(|| ContainerId("77".into()));
        let batch = Batch { operation, container, rows };
        match self.destination.submit(&PlaceId("a1".into()), &batch).await? {
            Submitted::Done(outcomes) => Ok(outcomes),
            Submitted::Job(job) => panic!("{job:?}"),
        }
    }

    /// What the server was sent: `METHOD /path?query`, and the body.
    async fn seen(&self) -> Vec<(String, Json)> {
        let requests = self.server.received_requests().await.unwrap();
        let line = |r: &wiremock::Request| {
            let query = r.url.query().map_or(String::new(), |query| format!("?{query}"));
            format!("{} {}{query}", r.method, r.url.path().trim_start_matches("/3.0"))
        };
        requests.iter().map(|r| (line(r), serde_json::from_slice(&r.body).unwrap_or(Json::Null))).collect()
    }

    async fn poll(&self, job: &JobId) -> Polled {
        let ids = [job.clone()];
        self.destination.poll(&PlaceId("a1".into()), &Jobs { ids: &ids, rows: &|_| Vec::new(), looks: &|_| None }).await.unwrap()
    }

    async fn lines(&self) -> Vec<String> {
        self.seen().await.into_iter().map(|(line, _)| line).collect()
    }
}

fn row(address: &str, standing: SubscriptionStatus) -> BatchRow {
    let email = Email::parse(address).unwrap().unwrap();
    BatchRow {
        key: Key::of(&email),
        email,
        attributes: Vec::new(),
        standing: Some(standing),
        joins: Vec::new(),
        consent_at: None,
        contact: None,
    }
}

fn with_attributes(mut row: BatchRow, attributes: &[(&str, Value)]) -> BatchRow {
    row.attributes = attributes.iter().map(|(tag, value)| ((*tag).to_owned(), value.clone())).collect();
    row
}

fn hash(address: &str) -> String {
    super::wire::subscriber_hash(&Email::parse(address).unwrap().unwrap())
}

fn done(standing: SubscriptionStatus) -> Outcome {
    Outcome::Done { standing: Some(standing) }
}

fn code(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Done { standing } => format!("done {standing:?}"),
        Outcome::Rejected(rejection) => format!("rejected {}", rejection.code),
        Outcome::Later(rejection) => format!("later {}", rejection.code),
        Outcome::Unconfirmed(_) => "unconfirmed".to_owned(),
        other => format!("{other:?}").to_lowercase(),
    }
}

fn problem(status: u16, title: &str, detail: &str) -> Json {
    json!({"title": title, "status": status, "detail": detail, "instance": "i"})
}

fn spec(columns: Columns, kind: Option<crate::definition::FieldType>) -> AttributeSpec {
    AttributeSpec { columns, kind, on_empty: OnEmpty::Keep, line: 1 }
}
