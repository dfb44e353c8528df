//! Segments on tags.

use super::bench::{Bench, errors, fixed};
use serde_json::{Value, json};

fn on(name: &str, tags: &[&str]) -> Value {
    let filter = json!({"property": "tags", "operator": "anyOf", "value": tags});
    json!({"name": name, "conditionGroups": [{"conditions": [{"entity": "contact", "junction": "and", "filters": [filter]}]}]})
}

#[tokio::test]
async fn a_segment_is_built_and_then_can_be_changed() {
    let bench = Bench::with(json!({"segmentDelayMs": fixed(1_000)})).await;
    bench.person(json!({"email": "a@example.com", "is": "subscribed", "tags": ["vip"]}));
    let (status, made) = bench.post("/segments", on("VIP", &["vip"])).await;
    assert_eq!((status, &made["status"], &made["archivedAt"]), (201, &json!("building"), &Value::Null));
    let (id, path) = (made["segmentID"].as_str().unwrap(), format!("/segments/{}", made["segmentID"].as_str().unwrap()));
    assert_eq!(bench.get(&format!("{path}/statistics")).await.1["contactsCount"], 0);
    assert_eq!((bench.put(&path, on("V", &["vip"])).await.0, bench.delete(&path).await.0), (409, 409));
    bench.later_ms(1_000);
    assert_eq!(bench.get(&path).await.1["status"], "ready");
    assert_eq!(bench.get(&format!("{path}/statistics")).await.1["contactsCount"], 1);
    let (_, members) = bench.get(&format!("/contacts?segmentID={id}")).await;
    assert_eq!((&members["contacts"][0]["email"], &members["contacts"][0]["segments"]), (&json!("a@example.com"), &json!([id])));
    let (status, changed) = bench.put(&path, on("VIPs", &["other", "vip"])).await;
    assert_eq!((status, &changed["status"], &changed["name"]), (200, &json!("building"), &json!("VIPs")));
    bench.later_ms(1_000);
    assert_eq!(bench.get(&format!("/contacts?segmentID={id}")).await.1["contacts"].as_array().unwrap().len(), 1);
    assert_eq!((bench.delete(&path).await.0, bench.get(&path).await.0), (204, 404));
}

#[tokio::test]
async fn names_and_rules_that_are_refused() {
    let bench = Bench::new().await;
    let name = |length: usize| "é".repeat(length);
    assert_eq!(bench.post("/segments", on(&name(256), &["t"])).await.0, 201);
    assert_eq!(errors(&bench.post("/segments", on(&name(257), &["t"])).await.1), ["name invalid_length"]);
    assert_eq!(errors(&bench.post("/segments", json!({})).await.1), ["conditionGroups required", "name required"]);
    let mut other = on("x", &["t"]);
    other["conditionGroups"][0]["conditions"][0]["filters"][0]["operator"] = json!("noneOf");
    assert_eq!(errors(&bench.post("/segments", other).await.1), ["conditionGroups not_emulated"]);
    assert_eq!(bench.sandbox.counters().violations, 2, "what is not emulated is the sandbox's shortcoming");
}

#[tokio::test]
async fn segments_are_listed_page_by_page() {
    let bench = Bench::new().await;
    for name in ["b", "d", "a", "c"] {
        bench.post("/segments", on(name, &["t"])).await;
    }
    let names =
        |page: &Value| page["segments"].as_array().unwrap().iter().map(|s| s["name"].as_str().unwrap().to_owned()).collect::<String>();
    let cursor = |page: &Value, name: &str| page["paging"]["cursors"][name].as_str().unwrap_or_default().to_owned();
    assert_eq!(names(&bench.get("/segments").await.1), "cadb");
    let (_, first) = bench.get("/segments?sort=name&direction=asc&limit=3").await;
    let after = cursor(&first, "after");
    let (_, second) = bench.get(&format!("/segments?limit=3&after={after}")).await;
    assert_eq!((names(&first), names(&second), &second["paging"]["hasMore"]), ("abc".into(), "d".into(), &json!(false)));
    let before = cursor(&second, "before");
    assert_eq!(names(&bench.get(&format!("/segments?limit=2&before={before}")).await.1), "bc");
    assert_eq!(errors(&bench.get(&format!("/segments?after={after}&sort=createdAt")).await.1), ["sort invalid_value"]);
    assert_eq!(errors(&bench.get("/segments?limit=51").await.1), ["limit invalid_value"]);
}
