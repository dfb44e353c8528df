//! Batches: accepted, carried out later, kept for a week.

use super::bench::{Bench, errors, fixed, safe, safe_with};
use serde_json::{Value, json};

fn people(count: usize) -> Vec<Value> {
    (0..count).map(|n| safe_with(&format!("m{n}@example.com"), json!({"tags": ["cdp vip"]}))).collect()
}

fn progress(batch: &Value) -> (&str, i64, i64) {
    (batch["status"].as_str().unwrap(), batch["finishedCount"].as_i64().unwrap(), batch["errorsCount"].as_i64().unwrap())
}

#[tokio::test]
async fn a_batch_from_beginning_to_end() {
    let bench = Bench::with(json!({"batchDelayMs": fixed(1_000)})).await;
    let batch = bench.batch(people(4)).await;
    let mut seen = Vec::new();
    for _ in 0..3 {
        let (_, now) = bench.get(&batch).await;
        let members = bench.get("/contacts?tag=cdp+vip").await.1["contacts"].as_array().unwrap().len();
        seen.push((now["status"].as_str().unwrap().to_owned(), now["finishedCount"].as_i64().unwrap(), members));
        bench.later_ms(1_000);
    }
    assert_eq!(seen, [("pending".into(), 0, 0), ("inProgress".into(), 2, 2), ("finished".into(), 4, 4)]);
    let (_, done) = bench.get(&batch).await;
    assert_eq!((&done["startedAt"], &done["endedAt"]), (&json!("2026-11-22T00:00:01.000Z"), &json!("2026-11-22T00:00:02.000Z")));
    assert_eq!((&done["totalCount"], &done["method"], &done["endpoint"]), (&json!(4), &json!("POST"), &json!("contacts")));
    assert_eq!(bench.violations(), [""; 0]);
}

#[tokio::test]
async fn what_is_under_way_survives_a_restart_and_is_forgotten_after_a_week() {
    let bench = Bench::with(json!({"batchDelayMs": fixed(1_000)})).await;
    let batch = bench.batch(people(2)).await;
    bench.later_ms(1_000);
    assert_eq!(progress(&bench.get(&batch).await.1), ("inProgress", 1, 0));
    let bench = bench.restart().await;
    bench.later_ms(1_000);
    assert_eq!(progress(&bench.get(&batch).await.1), ("finished", 2, 0));
    bench.later_ms(7 * 86_400_000 - 2_001);
    assert_eq!(bench.get(&batch).await.0, 200);
    bench.later_ms(1);
    assert_eq!(bench.get(&batch).await.0, 404);
    assert_eq!(bench.contact("m0@example.com").await["tags"], json!(["cdp vip"]), "the contacts stay");
}

#[tokio::test]
async fn items_are_told_apart_by_what_became_of_them() {
    let bench = Bench::new().await;
    bench.person(json!({"email": "known@example.com", "is": "unsubscribed"}));
    bench.person(json!({"email": "refused@example.com", "is": "refused"}));
    bench.person(json!({"email": "busy@example.com", "is": "busy-once"}));
    let who = ["known@example.com", "refused@example.com", "busy@example.com", "new@example.com", "broken"];
    let batch = bench.batch(who.map(safe).to_vec()).await;
    let (_, items) = bench.get(&format!("{batch}/items")).await;
    assert_eq!(progress(&items), ("finished", 5, 3));
    let codes = |name: &str| {
        let code =
            |item: &Value| (item["request"]["identifiers"][0]["id"].as_str().unwrap().to_owned(), item["responseCode"].as_i64().unwrap());
        let mut codes: Vec<_> = items[name].as_array().unwrap().iter().map(code).collect();
        codes.sort();
        codes
    };
    assert_eq!(codes("responses"), [("known@example.com".into(), 200), ("new@example.com".into(), 201)]);
    assert_eq!(codes("errors"), [("broken".into(), 400), ("busy@example.com".into(), 503), ("refused@example.com".into(), 400)]);
    let broken = items["errors"].as_array().unwrap().iter().find(|item| item["request"]["identifiers"][0]["id"] == "broken").unwrap();
    let lines = json!({"0": ["identifiers[0].id: Must be a valid email address"]});
    assert_eq!(broken["response"], json!({"error": "1 error(s) found. Check 'fields' array for details.", "fields": lines}));
    let again = bench.batch(vec![safe("busy@example.com")]).await;
    assert_eq!(progress(&bench.get(&again).await.1), ("finished", 1, 0), "busy once only");
    assert_eq!(bench.violations(), [""; 0]);
}

#[tokio::test]
async fn too_many_errors_stop_a_batch() {
    let bench = Bench::with(json!({"stopAfterErrors": 2})).await;
    let batch = bench.batch(["x", "y", "a@example.com", "b@example.com"].map(safe).to_vec()).await;
    let (_, items) = bench.get(&format!("{batch}/items")).await;
    assert_eq!((progress(&items), items["responses"].as_array().unwrap().len()), (("stopped", 2, 2), 0));
    assert_eq!(bench.contact("a@example.com").await, Value::Null, "the rest was not worked on");
}

#[tokio::test]
async fn updates_are_for_known_contacts() {
    let bench = Bench::new().await;
    bench.person(json!({"email": "known@example.com", "is": "subscribed"}));
    let items = ["known@example.com", "new@example.com"].map(|email| safe_with(email, json!({"city": "Rome"})));
    let (_, made) = bench.post("/batches", json!({"method": "PUT", "endpoint": "contacts", "items": items})).await;
    let (_, items) = bench.get(&format!("/batches/{}/items", made["batchID"].as_str().unwrap())).await;
    assert_eq!((&items["responses"][0]["responseCode"], &items["errors"][0]["responseCode"]), (&json!(200), &json!(404)));
    assert_eq!(bench.contact("known@example.com").await["city"], "Rome");
}

#[tokio::test]
async fn nobody_is_in_two_batches_at_a_time() {
    let bench = Bench::with(json!({"batchDelayMs": fixed(1_000)})).await;
    bench.batch(vec![safe("a@example.com"), safe("b@example.com")]).await;
    bench.batch(vec![safe("A@example.com"), safe("c@example.com")]).await;
    let twice = "an address is in two batches that are not finished, or twice in one";
    assert_eq!(bench.violations(), [twice]);
    bench.later_ms(2_000);
    bench.batch(vec![safe("a@example.com")]).await;
    assert_eq!(bench.violations(), [twice], "the first two are finished");
    bench.batch(vec![safe("d@example.com"), safe("d@example.com")]).await;
    assert_eq!(bench.violations().len(), 2);
}

#[tokio::test]
async fn batches_are_listed_newest_first() {
    let bench = Bench::with(json!({"batchDelayMs": fixed(1_000)})).await;
    let mut made = Vec::new();
    for n in 0..5 {
        made.push(bench.batch(vec![safe(&format!("m{n}@example.com"))]).await.replace("/batches/", ""));
        bench.later_ms(1_000);
    }
    let (_, page) = bench.get("/batches?endpoint=contacts&limit=2&offset=2").await;
    let ids =
        |page: &Value| page["batches"].as_array().unwrap().iter().map(|b| b["batchID"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(ids(&page), [made[2].as_str(), made[1].as_str()]);
    let next = page["paging"]["next"].as_str().unwrap();
    assert!(next.ends_with("/omnisend/api/batches?endpoint=contacts&limit=2&offset=4"), "{next}");
    let (_, under_way) = bench.get("/batches?endpoint=contacts&status=inProgress").await;
    assert_eq!((ids(&under_way), &under_way["paging"]["next"]), (vec![made[4].clone()], &json!("")));
    assert_eq!(ids(&bench.get("/batches?endpoint=contacts&dateTo=2026-11-21").await.1), [""; 0]);
    assert_eq!(ids(&bench.get("/batches?endpoint=products").await.1), [""; 0]);
    assert_eq!(errors(&bench.get("/batches?limit=251").await.1), ["endpoint required", "limit invalid_value"]);
}

#[tokio::test]
async fn one_to_a_hundred_items() {
    let bench = Bench::new().await;
    bench.batch(people(100)).await;
    for count in [0, 101] {
        let body = json!({"method": "POST", "endpoint": "contacts", "items": people(count)});
        assert_eq!(errors(&bench.post("/batches", body).await.1), ["items invalid_length"], "{count}");
    }
    let body = json!({"method": "PATCH", "endpoint": "products", "items": [1]});
    assert_eq!(errors(&bench.post("/batches", body).await.1), ["endpoint invalid_value", "items.0 invalid_type", "method invalid_value"]);
}
