//! Tags, given and taken away.

use super::bench::{Bench, errors, fixed, safe};
use rstest::rstest;
use serde_json::{Value, json};

#[tokio::test]
async fn tags_come_and_go_later_and_strangers_are_left_out() {
    let bench = Bench::with(json!({"tagDelayMs": fixed(500)})).await;
    bench.person(json!({"email": "a@example.com", "is": "subscribed"}));
    bench.person(json!({"email": "b@example.com", "is": "unsubscribed", "tags": ["cdp vip"]}));
    let both = json!({"emails": ["a@example.com", "stranger@example.com"], "tags": ["cdp vip", "cdp: x"]});
    assert_eq!(bench.post("/contacts/tags", both).await, (202, Value::Null));
    assert_eq!(bench.untag(json!({"emails": ["b@example.com"], "tags": ["cdp vip", "never"]})).await, (202, Value::Null));
    assert_eq!((bench.tags("a@example.com").await, bench.tags("b@example.com").await), (json!([]), json!(["cdp vip"])));
    bench.later_ms(500);
    assert_eq!((bench.tags("a@example.com").await, bench.tags("b@example.com").await), (json!(["cdp vip", "cdp: x"]), json!([])));
    assert_eq!(bench.contact("a@example.com").await["updatedAt"], "2026-11-22T00:00:00.500Z");
    assert_eq!(bench.contact("stranger@example.com").await, Value::Null);
    assert_eq!(bench.violations(), [""; 0]);
}

#[tokio::test]
async fn who_is_in_an_unfinished_batch_is_not_tagged_yet() {
    let bench = Bench::with(json!({"batchDelayMs": fixed(1_000)})).await;
    let batch = bench.batch(vec![safe("x@example.com"), safe("a@example.com")]).await;
    let tag = json!({"emails": ["A@example.com"], "tags": ["t"]});
    bench.post("/contacts/tags", tag.clone()).await;
    assert_eq!(bench.violations(), ["an address was tagged while a batch with it was not finished"]);
    bench.later_ms(2_000);
    assert_eq!((bench.get(&batch).await.1["status"].clone(), bench.tags("a@example.com").await), (json!("finished"), json!([])), "lost");
    bench.post("/contacts/tags", json!({"emails": ["a@example.com"], "tags": ["t"]})).await;
    assert_eq!(bench.tags("a@example.com").await, json!(["t"]));
    assert_eq!(bench.violations().len(), 1);
}

#[tokio::test]
async fn selectors_are_added_up() {
    let bench = Bench::new().await;
    let (_, a) = bench.post("/contacts", safe("a@example.com")).await;
    bench.person(json!({"email": "b@example.com", "is": "subscribed"}));
    bench.person(json!({"email": "c@example.com", "is": "subscribed", "tags": ["old"]}));
    let rule = json!([{"conditions": [{"entity": "contact", "junction": "and", "filters": [{"property": "tags", "operator": "anyOf", "value": ["old"]}]}]}]);
    let (_, segment) = bench.post("/segments", json!({"name": "old", "conditionGroups": rule})).await;
    let body = json!({"contactIDs": [a["id"], "none"], "emails": ["b@example.com"], "segmentID": segment["segmentID"], "tags": ["t"]});
    assert_eq!(bench.post("/contacts/tags", body).await.0, 202);
    let (_, found) = bench.get("/contacts?tag=t&sort=createdAt&direction=asc").await;
    let emails: Vec<_> = found["contacts"].as_array().unwrap().iter().map(|contact| contact["email"].as_str().unwrap()).collect();
    assert_eq!(emails, ["a@example.com", "b@example.com", "c@example.com"]);
}

fn emails(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("m{n}@example.com")).collect()
}

#[rstest]
#[case(json!({"tags": ["t"], "emails": emails(250)}), &[])]
#[case(json!({"tags": ["t"], "emails": emails(251)}), &["emails invalid_length"])]
#[case(json!({"tags": ["t"]}), &["emails required"])]
#[case(json!({"tags": ["t"], "emails": []}), &["emails required"])]
#[case(json!({"tags": [], "emails": ["x"]}), &["emails.0 invalid_format", "tags invalid_length"])]
#[case(json!({"tags": vec!["t"; 101], "emails": emails(1)}), &["tags invalid_length"])]
#[case(json!({"tags": ["été"], "emails": emails(1), "list": 1}), &["list unknown", "tags.0 invalid_value"])]
#[case(json!({"tags": ["t"], "segmentID": "none"}), &["segmentID invalid_value"])]
#[tokio::test]
async fn what_is_refused(#[case] body: Value, #[case] expected: &[&str]) {
    let bench = Bench::new().await;
    for (status, answer) in [bench.post("/contacts/tags", body.clone()).await, bench.untag(body).await] {
        assert_eq!(
            (status, errors(&answer)),
            (if expected.is_empty() { 202 } else { 400 }, expected.iter().map(|e| (*e).to_owned()).collect())
        );
    }
}
