//! One contact at a time.

use super::bench::{Bench, errors, safe, safe_with};
use rstest::rstest;
use serde_json::{Value, json};

const WHO: &str = "a+b@example.com";

#[tokio::test]
async fn an_upsert_creates_once_and_changes_field_by_field() {
    let bench = Bench::new().await;
    let first = safe_with(WHO, json!({"firstName": "A", "city": "Paris", "tags": ["vip"], "customProperties": {"ltv": 1, "tier": "x"}}));
    let (status, made) = bench.post("/contacts", first).await;
    assert_eq!((status, &made["email"], &made["tags"]), (201, &json!(WHO), &json!(["vip"])));
    assert_eq!(made["identifiers"][0]["channels"]["email"]["statusChangedAt"], "2000-01-01T00:00:00.000Z");
    bench.later_ms(1_000);
    let (status, changed) = bench.post("/contacts", safe_with(WHO, json!({"city": "Rome", "customProperties": {"ltv": 2}}))).await;
    assert_eq!((status, &changed["id"], &changed["firstName"], &changed["city"]), (200, &made["id"], &json!("A"), &json!("Rome")));
    assert_eq!((&changed["tags"], &changed["customProperties"]), (&json!(["vip"]), &json!({"ltv": 2, "tier": "x"})));
    assert_eq!((&changed["createdAt"], &changed["updatedAt"]), (&made["createdAt"], &json!("2026-11-22T00:00:01.000Z")));
    let (_, shown) = bench.get(&format!("/contacts/{}", made["id"].as_str().unwrap())).await;
    assert_eq!(shown, changed);
    assert_eq!(bench.violations(), [""; 0]);
}

#[rstest]
#[case("replace", json!(["b", "c"]))]
#[case("merge", json!(["a", "b", "c"]))]
#[tokio::test]
async fn tags_of_a_known_contact_are_replaced_or_merged(#[case] way: &str, #[case] expected: Value) {
    let bench = Bench::with(json!({"tagsOnUpsert": way})).await;
    bench.person(json!({"email": WHO, "is": "subscribed", "tags": ["a", "b"]}));
    bench.post("/contacts", safe_with(WHO, json!({"tags": ["b", "c"]}))).await;
    assert_eq!(bench.tags(WHO).await, expected);
    assert_eq!(bench.violations(), ["tags in an upsert of a contact that exists"]);
}

#[tokio::test]
async fn a_change_by_address_or_id() {
    let bench = Bench::new().await;
    let (_, made) = bench.post("/contacts", safe(WHO)).await;
    bench.post("/contacts", safe("b@example.com")).await;
    let by_id = format!("/contacts/{}", made["id"].as_str().unwrap());
    assert_eq!(bench.patch("/contacts?email=a%2Bb%40example.com", json!({"firstName": "B"})).await.1["firstName"], "B");
    assert_eq!(bench.patch(&by_id, json!({"lastName": "C"})).await.1["firstName"], "B");
    for (path, body, expected) in [
        ("/contacts?email=nobody@example.com", json!({}), 404),
        ("/contacts/60a6170900000000000000ff", json!({}), 404),
        ("/contacts?email=a+b@example.com", json!({}), 400),
        ("/contacts", json!({}), 400),
        (by_id.as_str(), safe("b@example.com"), 409),
        (by_id.as_str(), safe("c@example.com"), 200),
    ] {
        assert_eq!(bench.patch(path, body).await.0, expected, "{path}");
    }
    assert_eq!(bench.contact("c@example.com").await["id"], made["id"], "another address for the same contact");
}

#[rstest]
#[case(true, Value::Null, 201)]
#[case(false, json!("A@Example.com"), 200)]
#[tokio::test]
async fn addresses_with_and_without_case(#[case] case_sensitive: bool, #[case] found: Value, #[case] status: u16) {
    let bench = Bench::with(json!({"caseSensitive": case_sensitive})).await;
    bench.person(json!({"email": "A@Example.com", "is": "subscribed"}));
    assert_eq!(bench.contact("a@example.com").await["email"], found);
    assert_eq!(bench.post("/contacts", safe("a@example.com")).await.0, status);
}

#[tokio::test]
async fn a_phone_number_that_is_somebody_elses_is_ignored() {
    let bench = Bench::new().await;
    let phone =
        json!({"type": "phone", "id": "+33123456789", "sendWelcomeMessage": false, "channels": {"sms": {"status": "nonSubscribed"}}});
    let with_phone = |email: &str| {
        let mut contact = safe(email);
        contact["identifiers"].as_array_mut().unwrap().push(phone.clone());
        contact
    };
    let (_, first) = bench.post("/contacts", with_phone("a@example.com")).await;
    assert_eq!(first["phone"], json!(["+33123456789"]));
    let (status, second) = bench.post("/contacts", with_phone("b@example.com")).await;
    assert_eq!((status, &second["phone"]), (201, &Value::Null));
    assert_eq!(bench.patch("/contacts?email=b@example.com", json!({"identifiers": [phone]})).await.0, 409);
    assert_eq!(bench.post("/contacts", json!({"identifiers": [phone]})).await.0, 400);
    assert_eq!(bench.get("/contacts?phone=%2B33123456789").await.1["contacts"], json!([first]));
}

#[rstest]
#[case(json!({}), &["identifiers required"], 1)]
#[case(json!({"identifiers": []}), &["identifiers required"], 1)]
#[case(json!({"identifiers": [{"type": "email"}], "gender": "x"}), &["gender invalid_value", "identifiers.0.id required"], 1)]
#[case(json!({"identifiers": [{"type": "email", "id": "a@b"}], "firstName": ""}), &["firstName required", "identifiers.0.id invalid_format"], 0)]
#[case(json!({"identifiers": [{"type": "phone", "id": "0123"}]}), &["identifiers.0.id invalid_format"], 0)]
#[case(json!({"identifiers": [{"type": "email", "id": "a@example.com", "channels": {"sms": {"status": "subscribed"}}}]}),
    &["identifiers.0.channels.sms invalid_value"], 1)]
#[case(json!({"identifiers": [{"type": "email", "id": "a@example.com"}, {"type": "email", "id": "b@example.com"}]}), &["identifiers invalid_value"], 1)]
#[case(json!({"identifiers": [{"type": "email", "id": "a@example.com"}], "tags": vec!["t"; 101]}), &["tags invalid_length"], 1)]
#[case(json!({"identifiers": [{"type": "email", "id": "a@example.com"}], "firstName": null, "vip": true}), &["firstName invalid_type", "vip unknown"], 1)]
#[tokio::test]
async fn what_is_refused(#[case] body: Value, #[case] expected: &[&str], #[case] violations: u64) {
    let bench = Bench::new().await;
    let (status, answer) = bench.post("/contacts", body).await;
    assert_eq!((status, answer["type"].as_str().unwrap()), (400, "https://problems.omnisend.com/validation-failed"));
    assert_eq!(errors(&answer), expected);
    assert_eq!(bench.sandbox.counters().violations, violations, "data that no client can judge is no violation");
}

#[tokio::test]
async fn an_empty_text_clears_by_the_other_reading() {
    let bench = Bench::with(json!({"emptyText": "clears"})).await;
    bench.post("/contacts", safe_with(WHO, json!({"firstName": "A", "customProperties": {"tier": "x"}}))).await;
    let (_, after) = bench.post("/contacts", safe_with(WHO, json!({"firstName": "", "customProperties": {"tier": ""}}))).await;
    assert_eq!((&after["firstName"], &after["customProperties"]), (&Value::Null, &json!({})));
}
