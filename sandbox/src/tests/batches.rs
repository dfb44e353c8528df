//! Batches and their results.

use crate::testing::{Bench, member_md5, problem};
use serde_json::{Value, json};
use std::io::Read as _;

fn operations(count: usize) -> Value {
    json!({"operations": vec![json!({"method": "GET", "path": "/ping"}); count]})
}

async fn submit(bench: &Bench, body: Value) -> String {
    let (status, batch) = bench.post("/batches", body).await;
    assert_eq!((status, &batch["status"], &batch["response_body_url"]), (200, &json!("pending"), &json!("")));
    format!("/batches/{}", batch["id"].as_str().unwrap())
}

async fn unpacked(bench: &Bench, url: &str) -> Value {
    let packed = bench.http.get(url).send().await.unwrap().error_for_status().unwrap().bytes().await.unwrap();
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(&packed[..]));
    let mut text = String::new();
    archive.entries().unwrap().next().unwrap().unwrap().read_to_string(&mut text).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn a_batch_goes_through_its_states_to_a_result() {
    let bench = Bench::new().await;
    bench.subscribe("a@contoso.test").await;
    let archive = |email: &str, id: &str| json!({"method": "DELETE", "path": member_md5(email), "operation_id": id});
    let read = json!({"method": "GET", "path": "/lists/cdp/members", "params": {"fields": "total_items"}});
    let tag = json!({"method": "POST", "path": "/lists/cdp/segments", "body": "{\"name\":\"vip\",\"static_segment\":[]}"});
    let body = json!({"operations": [archive("a@contoso.test", "one"), archive("a@contoso.test", "two"), read, tag]});
    let path = submit(&bench, body).await;
    let mut states = Vec::new();
    let done = loop {
        let (_, batch) = bench.get(&path).await;
        states.push(batch["status"].as_str().unwrap().to_owned());
        if batch["status"] == "finished" {
            break batch;
        }
    };
    assert_eq!(states, ["pending", "preprocessing", "started", "finalizing", "finished"]);
    assert_eq!((&done["total_operations"], &done["finished_operations"], &done["errored_operations"]), (&json!(4), &json!(4), &json!(1)));
    let url = done["response_body_url"].as_str().unwrap();
    assert_eq!(bench.http.get(url).send().await.unwrap().status(), 400, "just finished");
    assert_eq!(bench.http.get(url).bearer_auth("key-us6").send().await.unwrap().status(), 400, "signed addresses take no key");
    let results = unpacked(&bench, url).await;
    let codes: Vec<_> =
        results.as_array().unwrap().iter().map(|r| (r["operation_id"].as_str(), r["status_code"].as_i64().unwrap())).collect();
    assert_eq!(codes, [(Some("one"), 204), (Some("two"), 405), (None, 200), (None, 200)]);
    assert_eq!(results[0]["response"], "");
    assert_eq!(results[2]["response"], "{\"total_items\":1}");
    let refused: Value = serde_json::from_str(results[1]["response"].as_str().unwrap()).unwrap();
    assert_eq!(problem(&refused).1, "Method Not Allowed");
}

#[tokio::test]
async fn results_expire_and_asking_again_gives_a_new_address() {
    let bench = Bench::new().await;
    let path = submit(&bench, operations(1)).await;
    let url = async || bench.get(&path).await.1["response_body_url"].as_str().unwrap().to_owned();
    while url().await.is_empty() {}
    let old = url().await;
    bench.http.get(&old).send().await.unwrap();
    bench.later(601);
    assert_eq!(bench.http.get(&old).send().await.unwrap().status(), 403);
    assert_eq!(bench.http.get(old.replace("1795306", "1795307")).send().await.unwrap().status(), 403, "signed");
    assert_eq!(unpacked(&bench, &url().await).await[0]["status_code"], 200);
}

#[tokio::test]
async fn one_batch_runs_at_a_time() {
    let bench = Bench::new().await;
    let first = submit(&bench, operations(600)).await;
    let second = submit(&bench, operations(1)).await;
    let mut seen = Vec::new();
    for _ in 0..20 {
        let state = async |path: &str| bench.get(&format!("{path}?fields=status")).await.1["status"].as_str().unwrap().to_owned();
        let now = (state(&first).await, state(&second).await);
        assert!(now.1 == "pending" || now.0 == "finished" || now.0 == "finalizing", "{now:?}");
        seen.push(now);
    }
    assert_eq!(seen.last().unwrap(), &("finished".to_owned(), "finished".to_owned()));
}

#[tokio::test]
async fn limits_and_deletion() {
    let bench = Bench::new().await;
    assert_eq!(bench.post("/batches", operations(1001)).await.0, 400);
    assert_eq!(bench.post("/batches", operations(0)).await.0, 400);
    let first = submit(&bench, operations(1)).await;
    for _ in 1..500 {
        submit(&bench, operations(1)).await;
    }
    let (status, answer) = bench.post("/batches", operations(1)).await;
    assert_eq!((status, problem(&answer).1), (429, "Too Many Requests"));
    assert_eq!(bench.delete(&first).await.0, 204);
    assert_eq!(bench.get(&first).await.0, 404);
    submit(&bench, operations(1)).await;
    assert_eq!(bench.get("/batches?count=1").await.1["total_items"], 500);
}
