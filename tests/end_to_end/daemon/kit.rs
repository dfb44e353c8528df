//! A daemon process over a world's directory, and its API.

use crate::world::World;
use listkeeper::{
    definition::Name,
    state::{RunRecord, View},
};
use serde_json::Value;
use std::{
    fs,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

/// How long anything may take before a test gives up; nothing is measured by it.
const PATIENCE: Duration = Duration::from_secs(120);

pub struct Daemon {
    child: Child,
    state: PathBuf,
    log: PathBuf,
    http: reqwest::Client,
}

impl Daemon {
    /// Starts one, and waits until it has taken its first reading.
    pub async fn start(world: &World) -> Self {
        Self::start_with(world, &["--listen", "127.0.0.1:0"]).await
    }

    /// The same, with these options.
    pub async fn start_with(world: &World, options: &[&str]) -> Self {
        let state = world.state().path().to_owned();
        let log = world.dir.path().join("daemon.log");
        let stderr = fs::OpenOptions::new().create(true).append(true).open(&log).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_listkeeper"))
            .arg("run")
            .arg(world.directory())
            .args(options)
            .arg("--state")
            .arg(&state)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(stderr)
            .spawn()
            .unwrap();
        let ca = include_bytes!("../../support/tls/ca.pem");
        let http = reqwest::Client::builder().no_proxy().tls_certs_only([reqwest::Certificate::from_pem(ca).unwrap()]).build().unwrap();
        let daemon = Self { child, state, log, http };
        daemon.until("it is ready", async || daemon.get("/readyz").await.is_some()).await;
        daemon
    }

    pub fn address(&self) -> Option<String> {
        let text = fs::read_to_string(self.state.join("daemon.json")).ok()?;
        let file: Value = serde_json::from_str(&text).ok()?;
        (file["pid"] == self.child.id()).then(|| file["address"].as_str().map(str::to_owned)).flatten()
    }

    /// `None`: no answer, or one that is no success.
    pub async fn get(&self, path: &str) -> Option<Value> {
        let answer = self.http.get(format!("{}{path}", self.address()?)).send().await.ok()?;
        answer.status().is_success().then_some(())?;
        Some(serde_json::from_str(&answer.text().await.ok()?).unwrap_or(Value::Null))
    }

    pub async fn post(&self, path: &str) -> Option<Value> {
        let token = fs::read_to_string(self.state.join("api-token")).ok()?;
        let request = self.http.post(format!("{}{path}", self.address()?)).bearer_auth(token.trim());
        let answer = request.send().await.ok()?;
        let (status, text) = (answer.status(), answer.text().await.ok()?);
        status.is_success().then(|| serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// Waits for something to become true.
    pub async fn until(&self, what: &str, is: impl AsyncFn() -> bool) {
        let wait = async {
            while !is().await {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        if tokio::time::timeout(PATIENCE, wait).await.is_err() {
            panic!("waited in vain until {what}:\n{}", self.log());
        }
    }

    /// What it said so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    pub async fn ended(mut self) -> ExitStatus {
        tokio::task::spawn_blocking(move || self.child.wait().unwrap()).await.unwrap()
    }

    pub async fn stop(self) {
        self.signal("TERM");
        let log = self.log.clone();
        let ended = self.ended().await;
        assert!(ended.success(), "{ended}:\n{}", fs::read_to_string(log).unwrap());
    }
}

/// The run that says how an export stands.
pub fn last_run(world: &World, export: &str) -> Option<RunRecord> {
    let view = View::open(&world.state(), world.now).unwrap()?;
    view.last_run(&Name::new(export).unwrap()).unwrap()
}
