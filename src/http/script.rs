//! A transport that answers from a script, for tests on paused time.

use super::{Answer, Authorization, Client, Effect, Hub, InMemoryDays, Lost, Method, Raw, Request, Spend, Transport, Verdict};
use async_trait::async_trait;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::{
    fs::File,
    io::{AsyncSeekExt, AsyncWriteExt},
    time::Instant,
};

/// Answers in order; what it was sent, and when.
pub(crate) struct Script {
    steps: Mutex<VecDeque<Result<Raw, Lost>>>,
    /// What it answers when the steps are used up.
    last: Result<Raw, Lost>,
    /// How long each attempt takes.
    pub takes: Duration,
    pub seen: Mutex<Vec<(Instant, String, Option<String>)>>,
    /// What each attempt proved itself with.
    pub proofs: Mutex<Vec<Option<Authorization>>>,
}

impl Script {
    pub(crate) fn new(steps: impl IntoIterator<Item = Result<Raw, Lost>>, last: Result<Raw, Lost>) -> Self {
        Self {
            steps: Mutex::new(steps.into_iter().collect()),
            last,
            takes: Duration::ZERO,
            seen: Mutex::default(),
            proofs: Mutex::default(),
        }
    }

    pub(crate) fn taking(mut self, takes: Duration) -> Self {
        self.takes = takes;
        self
    }

    pub(crate) fn attempts(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

#[async_trait]
impl Transport for Script {
    async fn carry(&self, request: &Request) -> Result<Raw, Lost> {
        let body = request.body.as_ref().map(|body| String::from_utf8_lossy(body).into_owned());
        self.proofs.lock().unwrap().push(request.authorization.clone());
        self.seen.lock().unwrap().push((Instant::now(), format!("{} {}", request.method.as_str(), request.url), body));
        tokio::time::sleep(self.takes).await;
        self.steps.lock().unwrap().pop_front().unwrap_or_else(|| self.last.clone())
    }

    async fn download(&self, request: &Request, into: &mut File) -> Result<Raw, Lost> {
        let raw = self.carry(request).await?;
        into.set_len(0).await.unwrap();
        into.rewind().await.unwrap();
        into.write_all(&raw.body).await.unwrap();
        into.flush().await.unwrap();
        Ok(raw)
    }
}

pub(crate) fn json(status: u16, body: &str) -> Result<Raw, Lost> {
    Ok(Raw { status, content_type: "application/json".into(), retry_after: None, date: None, body: body.to_owned().into() })
}

pub(crate) fn after(status: u16, seconds: u64) -> Result<Raw, Lost> {
    json(status, "").map(|raw| Raw { retry_after: Some(Duration::from_secs(seconds)), ..raw })
}

pub(crate) fn hub(script: &Arc<Script>) -> Hub {
    Hub::new(script.clone(), Arc::new(InMemoryDays::default()), fastrand::Rng::with_seed(7))
}

pub(crate) const SPEND: Spend = Spend { connections: 8, per_second: None, per_minute: None, per_day: None };

pub(crate) fn client(script: &Arc<Script>) -> Client {
    hub(script).client("account", SPEND)
}

pub(crate) fn judge(_: &Request, answer: &Answer) -> Verdict {
    match answer.status {
        429 => Verdict::Throttled { after: None },
        500.. => Verdict::Failed,
        _ => Verdict::Take,
    }
}

pub(crate) fn request(effect: Effect) -> Request {
    let url = "http://api.example.com/3.0/lists/1?email=dana@example.com".parse().unwrap();
    Request {
        method: Method::Post,
        authorization: Some(Authorization::basic("user", &"hush-us6".to_owned().into())),
        effect,
        timeout: Duration::from_secs(130),
        judge,
        ..Request::get("script", "/lists/{id}", url)
    }
}
