//! A sandbox with one audience, a clock that stands still, and a client without manners.

use super::{
    Clock, Options, Sandbox,
    mailchimp::{Person, PersonIs},
};
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
pub(super) const NOW: i64 = 1_795_305_600;

pub(super) struct Bench {
    pub sandbox: Sandbox,
    pub http: reqwest::Client,
    now: Arc<AtomicI64>,
    pub dir: tempfile::TempDir,
}

impl Bench {
    pub(super) async fn new() -> Self {
        Self::with(Options::default()).await
    }

    pub(super) async fn with(options: Options) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let now = Arc::new(AtomicI64::new(NOW));
        let sandbox = start(dir.path(), &now, options).await;
        sandbox.ensure_mailchimp_list("cdp", "CDP").unwrap();
        Self { sandbox, http: reqwest::Client::new(), now, dir }
    }

    /// Stops it and starts it again on the same folder.
    pub(super) async fn restart(self, options: Options) -> Self {
        let Self { sandbox, http, now, dir } = self;
        sandbox.shutdown().await;
        let sandbox = start(dir.path(), &now, options).await;
        Self { sandbox, http, now, dir }
    }

    pub(super) fn later(&self, seconds: i64) {
        self.now.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.sandbox.mailchimp_endpoint())
    }

    pub(super) async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> reqwest::Result<Response> {
        let mut request = self.http.request(method, self.url(path)).basic_auth("any", Some(self.sandbox.api_key()));
        if let Some(body) = body {
            request = request.json(body);
        }
        request.send().await
    }

    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> (u16, Value) {
        let response = self.send(method, path, body).await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    pub(super) async fn get(&self, path: &str) -> (u16, Value) {
        self.call(Method::GET, path, None).await
    }

    pub(super) async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.call(Method::POST, path, Some(&body)).await
    }

    pub(super) async fn put(&self, path: &str, body: Value) -> (u16, Value) {
        self.call(Method::PUT, path, Some(&body)).await
    }

    pub(super) async fn patch(&self, path: &str, body: Value) -> (u16, Value) {
        self.call(Method::PATCH, path, Some(&body)).await
    }

    pub(super) async fn delete(&self, path: &str) -> (u16, Value) {
        self.call(Method::DELETE, path, None).await
    }

    pub(super) fn person(&self, email: &str, is: PersonIs) {
        self.sandbox.set_mailchimp_person(&Person { list: "cdp".into(), email: email.into(), is }).unwrap();
    }

    /// One row by the bulk call; the answer.
    pub(super) async fn bulk(&self, update_existing: bool, row: Value) -> Value {
        let body = json!({"members": [row], "update_existing": update_existing});
        let (status, answer) = self.post("/lists/cdp", body).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    pub(super) async fn subscribe(&self, email: &str) {
        let answer = self.bulk(false, json!({"email_address": email, "status": "subscribed"})).await;
        assert_eq!(answer["total_created"], 1, "{answer}");
    }

    pub(super) async fn status(&self, email: &str) -> String {
        let (_, member) = self.get(&member(email)).await;
        member["status"].as_str().unwrap_or("(unknown)").to_owned()
    }

    /// Names of a member's tags.
    pub(super) async fn tags(&self, email: &str) -> Vec<String> {
        let (_, answer) = self.get(&format!("{}/tags?count=1000", member(email))).await;
        answer["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap().to_owned()).collect()
    }

    pub(super) async fn field(&self, field: Value) -> Value {
        let (status, answer) = self.post("/lists/cdp/merge-fields", field).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    pub(super) async fn tag(&self, name: &str) -> String {
        let (status, tag) = self.post("/lists/cdp/segments", json!({"name": name, "static_segment": []})).await;
        assert_eq!(status, 200, "{tag}");
        format!("/lists/cdp/segments/{}", tag["id"])
    }
}

async fn start(dir: &Path, now: &Arc<AtomicI64>, options: Options) -> Sandbox {
    let now = Arc::clone(now);
    let clock = Clock::new(move || now.load(Ordering::SeqCst));
    Sandbox::start(dir, Options { clock, ..options }).await.unwrap()
}

/// A member's path, by address.
pub(super) fn member(email: &str) -> String {
    format!("/lists/cdp/members/{}", email.replace('@', "%40").replace('+', "%2B"))
}

/// A member's path, by md5.
pub(super) fn member_md5(email: &str) -> String {
    use md5::Digest as _;
    format!("/lists/cdp/members/{}", hex::encode(md5::Md5::digest(email.to_lowercase().as_bytes())))
}

/// The parts of a problem that clients read.
pub(super) fn problem(answer: &Value) -> (Option<&str>, &str, &str) {
    (answer["type"].as_str(), answer["title"].as_str().unwrap_or_default(), answer["detail"].as_str().unwrap_or_default())
}
