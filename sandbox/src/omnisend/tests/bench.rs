//! A sandbox in which what is due later is due at once, unless a test says otherwise, and a client without manners.

use crate::{Clock, Options, Sandbox};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// 2026-11-22T00:00:00Z
const NOW_MS: i64 = 1_795_305_600_000;
const AT_ONCE: [&str; 3] = ["batchDelayMs", "tagDelayMs", "segmentDelayMs"];

pub(super) struct Bench {
    pub sandbox: Sandbox,
    http: reqwest::Client,
    now_ms: Arc<AtomicI64>,
    dir: tempfile::TempDir,
}

pub(super) fn fixed(ms: i64) -> Value {
    json!({"minMs": ms, "maxMs": ms})
}

impl Bench {
    pub(super) async fn new() -> Self {
        Self::with(json!({})).await
    }

    /// With these settings.
    pub(super) async fn with(settings: Value) -> Self {
        let (dir, now_ms) = (tempfile::tempdir().unwrap(), Arc::new(AtomicI64::new(NOW_MS)));
        let sandbox = start(dir.path(), &now_ms).await;
        let bench = Self { sandbox, http: reqwest::Client::new(), now_ms, dir };
        bench.set(settings);
        bench
    }

    /// Stops it and starts it again on the same folder.
    pub(super) async fn restart(self) -> Self {
        let Self { sandbox, http, now_ms, dir } = self;
        sandbox.shutdown().await;
        Self { sandbox: start(dir.path(), &now_ms).await, http, now_ms, dir }
    }

    pub(super) fn set(&self, mut settings: Value) {
        for name in AT_ONCE.iter().filter(|name| settings[**name].is_null()).collect::<Vec<_>>() {
            settings[*name] = fixed(0);
        }
        self.sandbox.set("omnisend", &settings).unwrap();
    }

    pub(super) fn later_ms(&self, ms: i64) {
        self.now_ms.fetch_add(ms, Ordering::SeqCst);
    }

    /// A request without the headers that the vendor asks for.
    pub(super) fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.sandbox.endpoint("omnisend").unwrap()))
    }

    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let key = format!("Omnisend-API-Key {}", self.sandbox.api_key());
        self.bare(method, path).header("Authorization", key).header("Omnisend-Version", "2026-03-15")
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let request = self.request(method, path);
        read(body.iter().fold(request, |request, body| request.json(body)).send().await.unwrap()).await
    }

    pub(super) async fn get(&self, path: &str) -> (u16, Value) {
        self.call(Method::GET, path, None).await
    }

    pub(super) async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.call(Method::POST, path, Some(body)).await
    }

    pub(super) async fn put(&self, path: &str, body: Value) -> (u16, Value) {
        self.call(Method::PUT, path, Some(body)).await
    }

    pub(super) async fn patch(&self, path: &str, body: Value) -> (u16, Value) {
        self.call(Method::PATCH, path, Some(body)).await
    }

    pub(super) async fn delete(&self, path: &str) -> (u16, Value) {
        self.call(Method::DELETE, path, None).await
    }

    pub(super) async fn untag(&self, body: Value) -> (u16, Value) {
        self.call(Method::DELETE, "/contacts/tags", Some(body)).await
    }

    /// One batch; its path.
    pub(super) async fn batch(&self, items: Vec<Value>) -> String {
        let (status, made) = self.post("/batches", json!({"method": "POST", "endpoint": "contacts", "items": items})).await;
        assert_eq!(status, 201, "{made}");
        format!("/batches/{}", made["batchID"].as_str().unwrap())
    }

    pub(super) fn person(&self, person: Value) {
        self.sandbox.set_person("omnisend", &person).unwrap();
    }

    /// The contact with the address; null if there is none.
    pub(super) async fn contact(&self, email: &str) -> Value {
        let (status, found) = self.get(&format!("/contacts?email={}", email.replace('+', "%2B"))).await;
        assert_eq!(status, 200, "{found}");
        found["contacts"][0].clone()
    }

    pub(super) async fn tags(&self, email: &str) -> Value {
        self.contact(email).await["tags"].clone()
    }

    pub(super) fn observed(&self, name: &str) -> Value {
        self.sandbox.observed("omnisend").unwrap()[name].clone()
    }

    /// The last violations in words, without the call.
    pub(super) fn violations(&self) -> Vec<String> {
        let counters = self.sandbox.counters();
        let told = counters.last_violations.iter().map(|line| line.split_once(": ").map_or(line.as_str(), |(_, what)| what));
        told.map(str::to_owned).collect()
    }
}

async fn start(dir: &std::path::Path, now_ms: &Arc<AtomicI64>) -> Sandbox {
    let now_ms = Arc::clone(now_ms);
    let clock = Clock::from_ms(move || now_ms.load(Ordering::SeqCst));
    Sandbox::start(dir, Options { clock, ..Options::default() }).await.unwrap()
}

pub(super) async fn read(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    (status, serde_json::from_str(&response.text().await.unwrap()).unwrap_or(Value::Null))
}

/// A contact in the form that does no harm.
pub(super) fn safe(email: &str) -> Value {
    let channel = json!({"status": "nonSubscribed", "statusChangedAt": "2000-01-01T00:00:00Z"});
    json!({"identifiers": [{"type": "email", "id": email, "sendWelcomeMessage": false, "channels": {"email": channel}}]})
}

/// The same with more about the contact.
pub(super) fn safe_with(email: &str, more: Value) -> Value {
    let mut contact = safe(email);
    contact.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    contact
}

/// Fields and codes of what is wrong with a request.
pub(super) fn errors(answer: &Value) -> Vec<String> {
    let line = |error: &Value| format!("{} {}", error["field"].as_str().unwrap(), error["code"].as_str().unwrap());
    let mut lines: Vec<_> = answer["errors"].as_array().into_iter().flatten().map(line).collect();
    lines.sort();
    lines
}
