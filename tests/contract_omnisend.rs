//! The sandbox's Omnisend against the vendor's own contract.

#![allow(clippy::print_stderr, clippy::print_stdout, clippy::unwrap_used, reason = "a test stops where it stands")]

#[path = "support/contract.rs"]
mod contract;

use contract::Contract;
use listkeeper_sandbox::{Clock, Exchange, Options, Recorder, Sandbox};
use rstest::rstest;
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

const DOCUMENT: &str = "omnisend/omnisend-subset-oas3.json";

struct Run {
    sandbox: Sandbox,
    recorder: Recorder,
    http: reqwest::Client,
    now: Arc<AtomicI64>,
    _dir: tempfile::TempDir,
}

impl Run {
    async fn new() -> Self {
        let (dir, recorder, now) = (tempfile::tempdir().unwrap(), Recorder::new(), Arc::new(AtomicI64::new(1_795_305_600)));
        let ticking = Arc::clone(&now);
        let clock = Clock::new(move || ticking.load(Ordering::SeqCst));
        let options = Options { recorder: Some(recorder.clone()), clock, ..Options::default() };
        let sandbox = Sandbox::start(dir.path(), options).await.unwrap();
        Self { sandbox, recorder, http: reqwest::Client::new(), now, _dir: dir }
    }

    async fn ask(&self, call: &str, body: Value) -> Value {
        let (method, path) = call.split_once(' ').unwrap();
        let url = format!("{}{path}", self.sandbox.endpoint("omnisend").unwrap());
        let key = format!("Omnisend-API-Key {}", self.sandbox.api_key());
        let mut request = self.http.request(method.parse().unwrap(), url).header("Authorization", key);
        request = request.header("Omnisend-Version", "2026-03-15");
        if !body.is_null() {
            request = request.json(&body);
        }
        let text = request.send().await.unwrap().text().await.unwrap();
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    async fn get(&self, path: &str) -> Value {
        self.ask(&format!("GET {path}"), Value::Null).await
    }

    /// Long enough for everything that is due later.
    fn later(&self) {
        self.now.fetch_add(60, Ordering::SeqCst);
    }
}

fn contact(email: &str) -> Value {
    let channel = json!({"status": "nonSubscribed", "statusChangedAt": "2000-01-01T00:00:00Z"});
    json!({
        "identifiers": [{"type": "email", "id": email, "sendWelcomeMessage": false, "channels": {"email": channel}}],
        "firstName": "A", "lastName": "B", "birthdate": "1990-01-01", "gender": "f", "customProperties": {"ltv": 1.5, "tier": "x"},
    })
}

/// Everything the sandbox can do, in ways the contract foresees.
async fn everything(run: &Run) {
    run.get("/brands/current").await;
    contacts(run).await;
    batches(run).await;
    segments(run).await;
}

async fn contacts(run: &Run) {
    let made = run.ask("POST /contacts", contact("a@example.com")).await;
    run.ask("POST /contacts", contact("a@example.com")).await;
    run.ask("PATCH /contacts?email=a%40example.com", json!({"city": "Paris"})).await;
    run.ask("PATCH /contacts?email=nobody%40example.com", json!({"city": "Paris"})).await;
    let one = format!("/contacts/{}", made["id"].as_str().unwrap());
    run.ask(&format!("PATCH {one}"), json!({"state": "IDF", "country": "France", "countryCode": "FR"})).await;
    run.get(&one).await;
    run.get("/contacts/unknown").await;
    run.ask("POST /contacts/tags", json!({"emails": ["a@example.com"], "tags": ["cdp vip"]})).await;
    run.later();
    run.ask("POST /contacts", contact("b@example.com")).await;
    let first = run.get("/contacts?limit=1&sort=updatedAt&direction=asc").await;
    let after = first["paging"]["cursors"]["after"].as_str().unwrap();
    run.get(&format!("/contacts?limit=1&sort=updatedAt&direction=asc&after={after}")).await;
    assert_eq!(run.get("/contacts?tag=cdp%20vip").await["contacts"][0]["email"], "a@example.com");
    run.ask("DELETE /contacts/tags", json!({"contactIDs": [made["id"]], "tags": ["cdp vip"]})).await;
    run.get("/contacts?updatedAtFrom=2026-11-22T00%3A00%3A00Z").await;
}

async fn batches(run: &Run) {
    run.sandbox.set_person("omnisend", &json!({"email": "refused@example.com", "is": "refused"})).unwrap();
    let items = json!([contact("c@example.com"), contact("refused@example.com")]);
    let made = run.ask("POST /batches", json!({"method": "POST", "endpoint": "contacts", "origin": "api", "items": items})).await;
    let batch = format!("/batches/{}", made["batchID"].as_str().unwrap());
    run.get(&batch).await;
    run.later();
    assert_eq!(run.get(&batch).await["status"], "finished");
    assert_eq!(run.get(&format!("{batch}/items")).await["errors"].as_array().unwrap().len(), 1);
    run.get("/batches?endpoint=contacts&limit=250&offset=0&status=finished&dateFrom=2026-11-01").await;
    run.get("/batches/unknown").await;
}

async fn segments(run: &Run) {
    let filter = json!({"operator": "anyOf", "property": "tags", "value": ["cdp vip"]});
    let groups = json!([{"conditions": [{"entity": "contact", "junction": "and", "filters": [filter]}]}]);
    let made = run.ask("POST /segments", json!({"name": "VIP", "conditionGroups": groups})).await;
    let segment = format!("/segments/{}", made["segmentID"].as_str().unwrap());
    run.ask(&format!("DELETE {segment}"), Value::Null).await;
    run.later();
    run.ask(&format!("PUT {segment}"), json!({"name": "VIPs", "conditionGroups": groups})).await;
    run.get(&segment).await;
    run.get("/segments?limit=50&sort=name&direction=asc").await;
    run.get(&format!("{segment}/statistics")).await;
    run.later();
    run.ask(&format!("DELETE {segment}"), Value::Null).await;
    run.get(&segment).await;
}

#[tokio::test]
async fn every_endpoint_answers_as_the_contract_says() {
    let Some(contract) = Contract::load(DOCUMENT) else { return };
    let run = Run::new().await;
    everything(&run).await;
    let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
    for Exchange { method, path, query, body, status, answer, .. } in run.recorder.take() {
        let say = |what| format!("{method} {path}?{query} ({status}): {what}");
        found.extend(contract.request(&method, &path, &query, &body).into_iter().map(say));
        found.extend(contract.answer(&method, &path, status, &answer).into_iter().map(say));
        seen.extend(contract.name(&method, &path).filter(|_| status < 300));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    let missed: Vec<_> = contract.operations().filter(|name| !seen.contains(name)).collect();
    assert!(missed.is_empty(), "never asked with success: {missed:?}");
    assert_eq!(run.sandbox.counters().violations, 0, "{:?}", run.sandbox.counters().last_violations);
}

/// Refused by the contract, and by the sandbox too.
#[rstest]
#[case("GET", "/contacts", "limit=251", "")]
#[case("GET", "/contacts", "colour=red", "")]
#[case("GET", "/contacts", "status=pending", "")]
#[case("GET", "/batches", "endpoint=lists", "")]
#[case("GET", "/segments", "limit=51", "")]
#[case("POST", "/contacts", "", r#"{"identifiers": [{"type": "fax", "id": "a@example.com"}]}"#)]
#[case("POST", "/contacts", "", r#"{"identifiers": [{"type": "email", "id": "a@example.com"}], "colour": "red"}"#)]
#[case("POST", "/batches", "", r#"{"method": "POST", "endpoint": "contacts", "items": []}"#)]
#[case("POST", "/batches", "", r#"{"method": "DELETE", "endpoint": "contacts", "items": [{}]}"#)]
#[case("POST", "/contacts/tags", "", r#"{"emails": ["a@example.com"]}"#)]
#[case("POST", "/contacts/tags", "", r#"{"emails": "a@example.com", "tags": ["t"]}"#)]
#[case("DELETE", "/contacts/tags", "", r#"{"emails": ["a@example.com"], "tags": []}"#)]
#[case("POST", "/segments", "", r#"{"name": "x"}"#)]
#[tokio::test]
async fn what_the_contract_refuses_is_a_violation(#[case] method: &str, #[case] path: &str, #[case] query: &str, #[case] body: &str) {
    let Some(contract) = Contract::load(DOCUMENT) else { return };
    assert_eq!(contract.request(method, path, query, body).len(), 1, "{:?}", contract.request(method, path, query, body));
    let run = Run::new().await;
    let answer = run.ask(&format!("{method} {path}?{query}"), serde_json::from_str(body).unwrap_or(Value::Null)).await;
    assert_eq!((&answer["status"], run.sandbox.counters().violations), (&json!(400), 1), "{answer}");
}
