//! The sandbox's Customer Insights against the contract of its REST API, as it was reconstructed from the vendor's own client.

#![allow(clippy::print_stderr, clippy::print_stdout, clippy::unwrap_used, reason = "a test stops where it stands")]

#[path = "support/contract.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod contract;

use contract::Contract;
use listkeeper_sandbox::{Clock, Exchange, Options, Recorder, Sandbox};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const DOCUMENT: &str = "customer_insights/customer-insights-openapi.reconstructed.json";
/// What a source asks; the document has much more, most of it for writing.
const EMULATED: [&str; 7] = [
    "GET /instances",
    "GET /instances/{instanceId}/data/{relativePath}",
    "GET /instances/{instanceId}/manage/entities",
    "GET /instances/{instanceId}/manage/entities/{entityName}/entitysize",
    "GET /instances/{instanceId}/manage/segments",
    "GET /instances/{instanceId}/workflows/{workflowName}/jobs",
    "GET /instances/{instanceId}/workflows/{workflowName}/schedules",
];

struct Run {
    sandbox: Sandbox,
    recorder: Recorder,
    http: reqwest::Client,
    token: String,
    _dir: tempfile::TempDir,
}

impl Run {
    async fn new() -> Self {
        let (dir, recorder) = (tempfile::tempdir().unwrap(), Recorder::new());
        let options = Options { recorder: Some(recorder.clone()), clock: Clock::new(|| 1_795_305_600), ..Options::default() };
        let sandbox = Sandbox::start(dir.path(), options).await.unwrap();
        sandbox.ensure("customer-insights", "High value").unwrap();
        let mut run = Self { sandbox, recorder, http: reqwest::Client::new(), token: String::new(), _dir: dir };
        run.token = run.sign_in().await;
        run
    }

    async fn sign_in(&self) -> String {
        let form = "grant_type=client_credentials&client_id=sandbox-app&client_secret=sandbox-us0\
                    &scope=https%3A%2F%2Fapi.ci.ai.microsoft.com%2F.default";
        let url = format!("{}/sandbox/oauth2/v2.0/token", self.sandbox.endpoint("entra").unwrap());
        let request = self.http.post(url).header("content-type", "application/x-www-form-urlencoded").body(form);
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    }

    async fn get(&self, path: &str, key: &str) {
        let url = format!("{}{path}", self.sandbox.endpoint("customer-insights").unwrap());
        let request = self.http.get(url).bearer_auth(&self.token).header("Ocp-Apim-Subscription-Key", key);
        request.send().await.unwrap();
    }

    /// Below the instance.
    async fn ask(&self, path: &str) {
        self.get(&format!("/instances/{}{path}", Sandbox::INSTANCE), "any").await;
    }
}

/// Everything the sandbox can do, in ways the contract foresees.
async fn everything(run: &Run) {
    run.get("/instances", "any").await;
    for path in [
        "/manage/segments?includeHistoricStats=false",
        "/manage/entities",
        "/manage/entities/High_value/entitysize",
        "/data/Customer?$top=10&$skip=20",
        "/data/High_value?$select=CustomerId,LifetimeValue",
        "/data/High_value?$select=*&proxy=true",
        "/workflows/main/schedules",
        "/workflows/main/jobs",
    ] {
        run.ask(path).await;
    }
    run.sandbox.set("customer-insights", &json!({"refresh": "begin", "segments": {"High_value": {"state": "invalid"}}})).unwrap();
    run.ask("/workflows/main/jobs").await;
    run.ask("/manage/segments").await;
    run.ask("/data/None").await;
    run.ask("/data/High_value?$select=None").await;
    run.ask("/manage/entities/None/entitysize").await;
    run.get("/instances", "invalid").await;
}

#[tokio::test]
async fn every_endpoint_answers_as_the_contract_says() {
    let Some(contract) = Contract::load(DOCUMENT) else { return };
    let run = Run::new().await;
    everything(&run).await;
    let kept: Vec<_> = run.recorder.take().into_iter().filter(|kept| kept.vendor == "customer-insights").collect();
    let found: Vec<_> = kept.iter().flat_map(|kept| findings(&contract, kept)).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
    let good = kept.iter().filter(|kept| kept.status < 300);
    let seen: BTreeSet<_> = good.filter_map(|kept| contract.name(&kept.method, &kept.path)).collect();
    let there: BTreeSet<_> = contract.operations().filter(|name| EMULATED.contains(&name.as_str())).collect();
    assert_eq!((&seen, there.len()), (&there, EMULATED.len()));
    assert_eq!(run.sandbox.counters().violations, 0, "{:?}", run.sandbox.counters().last_violations);
    assert_eq!(kept.iter().filter(|kept| kept.status >= 400).count(), 4, "refusals were judged too");
}

fn findings(contract: &Contract, kept: &Exchange) -> Vec<String> {
    let mut found = contract.request(&kept.method, &kept.path, &kept.query, &kept.body);
    found.extend(contract.answer(&kept.method, &kept.path, kept.status, &kept.answer));
    found.into_iter().map(|what| format!("{} {}?{} ({}): {what}", kept.method, kept.path, kept.query, kept.status)).collect()
}

/// An answer that says something else than the contract is found out.
#[test]
fn the_judge_judges() {
    let Some(contract) = Contract::load(DOCUMENT) else { return };
    let said = |body| contract.answer("GET", "/instances/a/manage/segments", 200, body).join("; ");
    assert_eq!(said(r#"[{"name": "Gold", "state": "active"}]"#), "");
    assert_eq!(said(r#"[{"name": 5}]"#), r#"/0/name: 5 is not of type "string""#);
    assert!(said(r#"[{"state": "asleep"}]"#).starts_with(r#"/0/state: "asleep" is not one of"#));
}
