//! The sandbox's Iterable against the vendor's own contract.

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

const DOCUMENT: &str = "iterable/iterable-subset-oas3.json";
/// In the document, not emulated, or refused: subscriptions are consent.
const NOT_EMULATED: &[&str] =
    &["/api/export", "/api/messageTypes", "/api/subscriptions", "/api/users/updateSub", "/api/users/bulkUpdateSub"];
/// Answered in plain text, on which the document's schemas have nothing to say.
const PLAIN: &[&str] = &["/lists/getUsers", "/lists/previewUsers"];

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
        sandbox.set("iterable", &json!({"newListUnknownMs": 0})).unwrap();
        Self { sandbox, recorder, http: reqwest::Client::new(), now, _dir: dir }
    }

    /// Asks, and lets everything that was accepted become visible.
    async fn ask(&self, call: &str, body: Value) -> Value {
        let (method, path) = call.split_once(' ').unwrap();
        let url = format!("{}{path}", self.sandbox.endpoint("iterable").unwrap());
        let mut request = self.http.request(method.parse().unwrap(), url).header("Api-Key", self.sandbox.api_key());
        if !body.is_null() {
            request = request.json(&body);
        }
        let text = request.send().await.unwrap().text().await.unwrap();
        self.now.fetch_add(60, Ordering::SeqCst);
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    async fn get(&self, path: &str) -> Value {
        self.ask(&format!("GET {path}"), Value::Null).await
    }
}

/// Everything the sandbox can do, in ways the contract foresees.
async fn everything(run: &Run) {
    let made = run.ask("POST /lists", json!({"name": "Gold", "description": "kept"})).await;
    let list = made["listId"].as_i64().unwrap();
    let people = json!([
        {"email": "a@example.com", "dataFields": {"city": "Paris", "visits": 3}, "mergeNestedObjects": true},
        {"email": "b@example.com", "dataFields": {"since": "2026-01-02 03:04:05 +00:00"}}, {"email": "bad@"},
    ]);
    run.ask("POST /lists/subscribe", json!({"listId": list, "subscribers": people, "updateExistingUsersOnly": false})).await;
    run.ask("POST /users/bulkUpdate", json!({"users": people, "createNewFields": false})).await;
    run.ask("POST /users/update", json!({"email": "a@example.com", "dataFields": {"visits": 4}})).await;
    run.ask("POST /users/update", json!({"email": "a@example.com", "dataFields": {"visits": "many"}})).await;
    for path in ["/lists", "/channels", "/users/getFields", "/users/getByEmail?email=a%40example.com", "/users/a%40example.com"] {
        run.get(path).await;
    }
    run.get("/users/nobody%40example.com").await;
    run.get(&format!("/lists/getUsers?listId={list}&preferUserId=false")).await;
    run.get(&format!("/lists/previewUsers?listId={list}&size=10")).await;
    run.get(&format!("/lists/{list}/size")).await;
    leave(run, list).await;
}

async fn leave(run: &Run, list: i64) {
    let leavers = json!({"listId": list, "subscribers": [{"email": "a@example.com"}], "channelUnsubscribe": false});
    run.ask("POST /lists/unsubscribe", leavers.clone()).await;
    run.ask("DELETE /users/a%40example.com", Value::Null).await;
    run.ask("POST /users/forget", json!({"email": "b@example.com"})).await;
    run.ask("POST /users/update", json!({"email": "b@example.com"})).await;
    run.get("/users/forgotten").await;
    run.ask(&format!("DELETE /lists/{list}"), Value::Null).await;
    run.ask("POST /lists/unsubscribe", leavers).await;
    run.get("/users/000").await;
}

#[tokio::test]
async fn every_endpoint_answers_as_the_contract_says() {
    let Some(contract) = Contract::load(DOCUMENT) else { return };
    let run = Run::new().await;
    everything(&run).await;
    let kept = run.recorder.take();
    let found: Vec<_> = kept.iter().flat_map(|kept| findings(&contract, kept)).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
    let good = kept.iter().filter(|kept| kept.status < 300);
    let seen: BTreeSet<_> = good.filter_map(|kept| contract.name(&kept.method, &path(kept))).collect();
    let missed: Vec<_> = contract.operations().filter(|name| !seen.contains(name)).collect();
    let missed: Vec<_> = missed.iter().filter(|name| !NOT_EMULATED.iter().any(|path| name.contains(path))).collect();
    assert!(missed.is_empty(), "never asked with success: {missed:?}");
    assert_eq!(run.sandbox.counters().violations, 0, "{:?}", run.sandbox.counters().last_violations);
    assert!(kept.iter().filter(|kept| kept.status >= 400).count() >= 4, "refusals were judged too");
}

/// As the document writes it.
fn path(kept: &Exchange) -> String {
    format!("/api{}", kept.path)
}

fn findings(contract: &Contract, kept: &Exchange) -> Vec<String> {
    let path = path(kept);
    let mut found = contract.request(&kept.method, &path, &kept.query, &kept.body);
    if !PLAIN.contains(&kept.path.as_str()) {
        found.extend(contract.answer(&kept.method, &path, kept.status, &kept.answer));
    }
    found.into_iter().map(|what| format!("{} {path}?{} ({}): {what}", kept.method, kept.query, kept.status)).collect()
}

#[rstest]
#[case("/api/lists/subscribe", r#"{"listId": 1, "subscribers": [{"email": "a@example.com"}]}"#, "")]
#[case(
    "/api/lists/subscribe",
    r#"{"listId": 1, "subscribers": [{"mail": "a@example.com"}]}"#,
    "/subscribers/0: Additional properties are not allowed ('mail' was unexpected)"
)]
#[case("/api/lists/unsubscribe", r#"{"listId": "1", "subscribers": []}"#, r#"/listId: "1" is not of type "integer""#)]
#[case("/api/campaigns", "{}", "POST /api/campaigns is not in the contract")]
#[test]
fn the_judge_judges(#[case] path: &str, #[case] body: &str, #[case] expected: &str) {
    let Some(contract) = Contract::load(DOCUMENT) else { return };
    assert_eq!(contract.request("POST", path, "", body).join("; "), expected);
}
