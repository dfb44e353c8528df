//! Constant Contact's rules, each over HTTP.

mod activities;
mod contacts;
mod door;
mod exports;
mod imports;
mod lists;
mod people;

use crate::{Clock, Options, Sandbox, testing::NOW};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

const VENDOR: &str = "constant-contact";

/// A sandbox with a clock that stands still, an app that may ask as much as it likes, and activities that are done at once.
struct Bench {
    sandbox: Sandbox,
    http: reqwest::Client,
    now_ms: Arc<AtomicI64>,
    dir: tempfile::TempDir,
}

impl Bench {
    async fn new() -> Self {
        Self::with(json!({"perSecond": 10_000, "perDay": 1_000_000, "delayMinMs": 0, "delayMaxMs": 0})).await
    }

    async fn with(settings: Value) -> Self {
        let now_ms = Arc::new(AtomicI64::new(NOW * 1000));
        Self::start(tempfile::tempdir().unwrap(), now_ms, &settings).await
    }

    async fn start(dir: tempfile::TempDir, now_ms: Arc<AtomicI64>, settings: &Value) -> Self {
        let time = Arc::clone(&now_ms);
        let clock = Clock::from_ms(move || time.load(Ordering::SeqCst));
        let sandbox = Sandbox::start(dir.path(), Options { clock, ..Options::default() }).await.unwrap();
        sandbox.set(VENDOR, settings).unwrap();
        Self { sandbox, http: reqwest::Client::new(), now_ms, dir }
    }

    /// Stops it and starts it again on the same folder.
    async fn restart(self, settings: &Value) -> Self {
        let Self { sandbox, now_ms, dir, .. } = self;
        sandbox.shutdown().await;
        Self::start(dir, now_ms, settings).await
    }

    fn later(&self, ms: i64) {
        self.now_ms.fetch_add(ms, Ordering::SeqCst);
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.sandbox.endpoint(VENDOR).unwrap())
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> (u16, Value) {
        let response = request.bearer_auth(self.sandbox.api_key()).send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    /// `"POST /contact_lists"` with a body, or without one if it is null.
    async fn ask(&self, call: &str, body: Value) -> (u16, Value) {
        let (method, path) = call.split_once(' ').unwrap();
        let request = self.http.request(method.parse::<Method>().unwrap(), self.url(path));
        self.send(if body.is_null() { request } else { request.json(&body) }).await
    }

    async fn get(&self, path: &str) -> Value {
        let (status, answer) = self.ask(&format!("GET {path}"), Value::Null).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    async fn made(&self, call: &str, body: Value) -> Value {
        let (status, answer) = self.ask(call, body).await;
        assert_eq!(status, 201, "{answer}");
        answer
    }

    async fn list(&self, name: &str) -> String {
        text(&self.made("POST /contact_lists", json!({"name": name})).await["list_id"])
    }

    async fn field(&self, label: &str) {
        self.made("POST /contact_custom_fields", json!({"label": label, "type": "string"})).await;
    }

    /// Imports rows and gives the figures of the finished activity.
    async fn import(&self, list: &str, rows: Value) -> Value {
        let made = self.made("POST /activities/contacts_json_import", json!({"import_data": rows, "list_ids": [list]})).await;
        self.done(&made).await["status"].clone()
    }

    async fn done(&self, activity: &Value) -> Value {
        let seen = self.get(&format!("/activities/{}", text(&activity["activity_id"]))).await;
        assert_eq!(seen["state"], "completed", "{seen}");
        seen
    }

    async fn contact(&self, email: &str) -> Value {
        let query = format!("status=all&include=custom_fields,list_memberships&email={}", email.replace('+', "%2B"));
        self.get(&format!("/contacts?{query}")).await["contacts"][0].clone()
    }

    async fn id(&self, email: &str) -> String {
        text(&self.contact(email).await["contact_id"])
    }

    /// A CSV file for one list, as a browser would send it.
    async fn upload(&self, list: &str, file: &str) -> (u16, Value) {
        let part = |name: &str, content: &str| format!("--frontier\r\nContent-Disposition: form-data; name={name}\r\n\r\n{content}\r\n");
        let body = part("\"file\"; filename=\"a.csv\"", file) + &part("\"list_ids\"", list) + "--frontier--\r\n";
        let request = self.http.post(self.url("/activities/contacts_file_import"));
        self.send(request.header("content-type", "multipart/form-data; boundary=frontier").body(body)).await
    }

    fn person(&self, email: &str, list: &str, is: &str) {
        self.sandbox.set_person(VENDOR, &json!({"email": email, "list": list, "is": is})).unwrap();
    }

    fn observed(&self, what: &str) -> i64 {
        self.sandbox.observed(VENDOR).unwrap()[what].as_i64().unwrap()
    }

    /// What was outside the contract since the start, without route.
    fn violations(&self) -> Vec<String> {
        let said = self.sandbox.counters().last_violations;
        said.iter().map(|text| text.split_once(": ").unwrap().1.to_owned()).collect()
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is not text")).to_owned()
}

/// Key and message of a refusal in an array.
fn error(answer: &Value) -> (String, String) {
    (text(&answer[0]["error_key"]), text(&answer[0]["error_message"]))
}

fn row(email: &str) -> Value {
    json!({"email": email})
}

/// Activities wait for a second and take another.
fn slow() -> Value {
    json!({"perSecond": 10_000, "perDay": 1_000_000, "delayMinMs": 1_000, "delayMaxMs": 1_000})
}
