//! What was accepted is visible only later.

use super::Bench;
use crate::{Clock, Options, Sandbox};
use serde_json::{Value, json};
use std::sync::{Arc, atomic::Ordering};

#[tokio::test]
async fn writes_are_visible_within_their_bounds_and_survive_a_restart() {
    let bench = Bench::with(json!({"visibleAfterMs": [5_000, 60_000]})).await;
    assert_eq!(bench.subscribe(json!([{"email": "a@example.com"}])).await.1["successCount"], 1);
    bench.later(4_999);
    assert_eq!((bench.members().await.len(), bench.profile("a@example.com").await), (0, Value::Null), "accepted and not yet to be seen");
    let bench = bench.restart().await;
    assert_eq!(bench.members().await.len(), 0);
    bench.later(55_001);
    assert_eq!(bench.members().await, ["a@example.com"]);
}

#[tokio::test]
async fn calls_may_take_effect_in_the_other_order() {
    let bench = Bench::with(json!({"visibleAfterMs": [5_000, 60_000], "listCallsPerSecond": 100})).await;
    for n in 0..20 {
        let person = json!([{"email": format!("m{n}@example.com")}]);
        bench.subscribe(person.clone()).await;
        bench.unsubscribe(person).await;
    }
    bench.later(60_000);
    let other = bench.members().await.len();
    assert!((1..20).contains(&other), "{other} of 20 were taken off before they were put on");
}

#[tokio::test]
async fn what_was_deleted_meanwhile_does_not_come_back() {
    let bench = Bench::with(json!({"visibleAfterMs": [1_000, 1_000]})).await;
    bench.subscribe(json!([{"email": "a@example.com"}])).await;
    bench.post("/users/forget", json!({"email": "a@example.com"})).await;
    bench.later(1_000);
    assert_eq!(bench.profile("a@example.com").await, Value::Null, "forgotten before the write took effect");
}

#[tokio::test]
async fn data_is_replaced_merged_and_cleared() {
    let bench = Bench::new().await;
    let write = |data: Value, merge: bool| json!([{"email": "a@example.com", "dataFields": data, "mergeNestedObjects": merge}]);
    bench.subscribe(write(json!({"home": {"city": "Paris", "zip": "75001"}, "name": "Ada"}), false)).await;
    bench.post("/users/bulkUpdate", json!({"users": write(json!({"home": {"city": "Lyon"}}), true)})).await;
    let profile = bench.profile("a@example.com").await;
    assert_eq!(profile["dataFields"]["home"], json!({"city": "Lyon", "zip": "75001"}));
    bench.post("/users/bulkUpdate", json!({"users": write(json!({"home": {"city": "Lyon"}, "name": null}), false)})).await;
    let profile = bench.profile("a@example.com").await;
    assert_eq!((&profile["dataFields"]["home"], profile["dataFields"].get("name")), (&json!({"city": "Lyon"}), None));
    assert_eq!(bench.members().await, ["a@example.com"], "a bulk update touches no list");
}

#[tokio::test]
async fn a_faster_clock_brings_it_sooner() {
    let bench = Bench::with(json!({"visibleAfterMs": [60_000, 60_000]})).await;
    let Bench { sandbox, http, now_ms, dir } = bench;
    sandbox.shutdown().await;
    let wall = Arc::clone(&now_ms);
    let options = Options { clock: Clock::from_ms(move || wall.load(Ordering::SeqCst)), speed: 20, ..Options::default() };
    let bench = Bench { sandbox: Sandbox::start(dir.path(), options).await.unwrap(), http, now_ms, dir };
    bench.subscribe(json!([{"email": "a@example.com"}])).await;
    bench.later(2_999);
    assert_eq!(bench.members().await.len(), 0);
    bench.later(1);
    assert_eq!(bench.members().await, ["a@example.com"]);
}
