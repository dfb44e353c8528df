//! Keys, versions, limits.

use super::bench::{Bench, read, safe};
use crate::{Fault, Faults};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

const KEY: &str = "Omnisend-API-Key k";

#[rstest]
#[case(KEY, "2026-03-15", 200, 0)]
#[case(KEY, "2026-10-01", 200, 0)]
#[case("Bearer token", "2026-03-15", 200, 0)]
#[case("", "2026-03-15", 401, 1)]
#[case("Basic a2V5", "2026-03-15", 401, 1)]
#[case("Omnisend-API-Key invalid-1", "2026-03-15", 401, 0)]
#[case(KEY, "", 400, 1)]
#[case(KEY, "2025-01-01", 400, 1)]
#[case(KEY, "v5", 400, 1)]
#[tokio::test]
async fn key_and_version(#[case] key: &str, #[case] version: &str, #[case] status: u16, #[case] violations: u64) {
    let bench = Bench::new().await;
    let mut request = bench.bare(Method::GET, "/brands/current");
    for (name, value) in [("Authorization", key), ("Omnisend-Version", version)].into_iter().filter(|(_, value)| !value.is_empty()) {
        request = request.header(name, value);
    }
    let (got, answer) = read(request.send().await.unwrap()).await;
    assert_eq!((got, bench.sandbox.counters().violations), (status, violations), "{answer}");
    assert_eq!(
        if status == 200 { &answer["connected"] } else { &answer["status"] },
        &if status == 200 { json!(true) } else { json!(status) }
    );
}

#[tokio::test]
async fn a_retired_version() {
    let bench = Bench::with(json!({"versionRetired": true})).await;
    let (status, answer) = bench.get("/brands/current").await;
    assert_eq!((status, answer["type"].as_str().unwrap()), (410, "https://problems.omnisend.com/version-retired"));
    assert_eq!(bench.violations(), [""; 0]);
}

#[tokio::test]
async fn unknown_paths_methods_and_bodies() {
    let bench = Bench::new().await;
    assert_eq!(bench.get("/lists").await.0, 404);
    assert_eq!(bench.delete("/contacts").await.0, 405);
    assert_eq!(bench.get("/brands/current?x=1").await.0, 400);
    let broken = bench.request(Method::POST, "/contacts").body("{").send().await.unwrap();
    assert_eq!((broken.status().as_u16(), broken.headers()["content-type"].to_str().unwrap()), (400, "application/problem+json"));
    assert_eq!(
        bench.violations(),
        ["404 Not found", "405 Method not allowed", "400 x: This parameter is not known", "400 Malformed request"]
    );
}

async fn until_refused(bench: &Bench, path: &str) -> (u64, Value) {
    for calls in 0.. {
        let (status, answer) = bench.get(path).await;
        if status == 429 {
            return (calls, answer);
        }
    }
    unreachable!()
}

#[tokio::test]
async fn a_limit_slides_and_tells_when_there_is_room() {
    let bench = Bench::new().await;
    let (calls, answer) = until_refused(&bench, "/segments").await;
    assert_eq!((calls, &answer["retryAfter"]), (100, &json!(60)));
    assert_eq!(answer["type"], "https://problems.omnisend.com/rate-limit-exceeded");
    assert_eq!(bench.violations(), ["429 Rate limit exceeded"]);
    assert_eq!(bench.get("/contacts").await.0, 200, "another limit");
    bench.later_ms(60_000);
    assert_eq!(bench.get("/segments").await.0, 200);
    assert_eq!((bench.observed("calls")["segments"].clone(), bench.observed("refusedCalls")["segments"].clone()), (json!(102), json!(1)));
}

#[rstest]
#[case("documented", "/contacts?limit=1", true)]
#[case("documented", "/batches?endpoint=contacts", false)]
#[case("always", "/batches?endpoint=contacts", true)]
#[case("never", "/contacts?limit=1", false)]
#[tokio::test]
async fn what_others_use_up_is_not_our_violation(#[case] way: &str, #[case] path: &str, #[case] told: bool) {
    let bench = Bench::with(json!({"othersPerMinute": 395, "retryAfter": way})).await;
    let (calls, answer) = until_refused(&bench, path).await;
    assert_eq!((calls, answer["retryAfter"].is_number()), (5, told));
    assert_eq!(bench.violations(), [""; 0]);
}

#[tokio::test]
async fn bad_weather_in_the_vendors_words() {
    let bench = Bench::new().await;
    bench.sandbox.set_faults(Faults::default().next(Fault::TooManyRequests, "POST", "/contacts")).unwrap();
    let (status, answer) = bench.post("/contacts", safe("a@example.com")).await;
    assert_eq!((status, answer["type"].as_str().unwrap()), (429, "https://problems.omnisend.com/rate-limit-exceeded"));
    assert_eq!(bench.contact("a@example.com").await, Value::Null);
    bench.sandbox.set_faults(Faults::default().next(Fault::LostAnswer, "POST", "/contacts/tags")).unwrap();
    let request = bench.request(Method::POST, "/contacts/tags").json(&json!({"emails": ["a@example.com"], "tags": ["t"]}));
    assert!(request.send().await.is_err(), "the route's own name, not that of a contact's id");
}

#[rstest]
#[case(json!({"tagsOnUpsert": "drop"}))]
#[case(json!({"colour": 1}))]
#[case(json!({"tagDelayMs": {"minMs": 2, "maxMs": 1}}))]
#[tokio::test]
async fn settings_that_do_not_exist(#[case] settings: Value) {
    let bench = Bench::new().await;
    assert!(bench.sandbox.set("omnisend", &settings).is_err());
}
