//! The vendor's rules, each over HTTP, with a clock that stands still and writes that are visible at once unless a test
//! says otherwise.

mod calls;
mod consent;
mod fields;
mod later;
mod limits;
mod lists;
mod projects;

use crate::{Clock, Options, Sandbox};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

/// 2026-11-22T00:00:00Z
const NOW_MS: i64 = 1_795_305_600_000;
const LIST: i64 = 1_068_682;

struct Bench {
    sandbox: Sandbox,
    http: reqwest::Client,
    now_ms: Arc<AtomicI64>,
    dir: tempfile::TempDir,
}

impl Bench {
    async fn new() -> Self {
        Self::with(json!({})).await
    }

    async fn with(settings: Value) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let now_ms = Arc::new(AtomicI64::new(NOW_MS));
        let sandbox = start(dir.path(), &now_ms).await;
        sandbox.ensure("iterable", &LIST.to_string()).unwrap();
        sandbox.set("iterable", &json!({"visibleAfterMs": [0, 0], "newListUnknownMs": 0})).unwrap();
        sandbox.set("iterable", &settings).unwrap();
        Self { sandbox, http: reqwest::Client::new(), now_ms, dir }
    }

    /// Stops it and starts it again on the same folder.
    async fn restart(self) -> Self {
        let Self { sandbox, http, now_ms, dir } = self;
        sandbox.shutdown().await;
        let sandbox = start(dir.path(), &now_ms).await;
        Self { sandbox, http, now_ms, dir }
    }

    fn later(&self, ms: i64) {
        self.now_ms.fetch_add(ms, Ordering::SeqCst);
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.sandbox.endpoint("iterable").unwrap()))
    }

    async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Response {
        let request = self.request(method, path).header("Api-Key", self.sandbox.api_key());
        let request = if let Some(body) = body { request.json(body) } else { request };
        request.send().await.unwrap()
    }

    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> (u16, Value) {
        let response = self.send(method, path, body).await;
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.call(Method::GET, path, None).await
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.call(Method::POST, path, Some(&body)).await
    }

    async fn delete(&self, path: &str) -> (u16, Value) {
        self.call(Method::DELETE, path, None).await
    }

    async fn subscribe(&self, subscribers: Value) -> (u16, Value) {
        self.post("/lists/subscribe", json!({"listId": LIST, "subscribers": subscribers})).await
    }

    async fn unsubscribe(&self, subscribers: Value) -> (u16, Value) {
        self.post("/lists/unsubscribe", json!({"listId": LIST, "subscribers": subscribers, "channelUnsubscribe": false})).await
    }

    async fn members(&self) -> Vec<String> {
        let response = self.send(Method::GET, &format!("/lists/getUsers?listId={LIST}"), None).await;
        assert_eq!((response.status().as_u16(), &response.headers()["content-type"]), (200, &"text/plain; charset=utf-8".parse().unwrap()));
        response.text().await.unwrap().lines().map(str::to_owned).collect()
    }

    /// A user's profile; null if there is none.
    async fn profile(&self, email: &str) -> Value {
        let (status, answer) = self.get(&format!("/users/getByEmail?email={}", email.replace('+', "%2B"))).await;
        assert_eq!(status, 200, "{answer}");
        answer["user"].clone()
    }

    fn person(&self, email: &str, is: Value) {
        self.sandbox.set_person("iterable", &json!({"email": email, "is": is})).unwrap();
    }

    fn violations(&self) -> Vec<String> {
        let counters = self.sandbox.counters();
        counters.last_violations.iter().map(|line| line.split_once(": ").unwrap().1.to_owned()).collect()
    }
}

async fn start(dir: &Path, now_ms: &Arc<AtomicI64>) -> Sandbox {
    let now_ms = Arc::clone(now_ms);
    let clock = Clock::from_ms(move || now_ms.load(Ordering::SeqCst));
    Sandbox::start(dir, Options { clock, ..Options::default() }).await.unwrap()
}
