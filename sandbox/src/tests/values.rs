//! Merge fields and their values.

use crate::testing::{Bench, member, problem};
use rstest::rstest;
use serde_json::{Value, json};

const NUMBER: &str = "Please enter a number";
const DATE: &str = "Please enter a valid date";
const BIRTHDAY: &str = "Please enter a month (01-12) and a day (01-31)";
const ADDRESS: &str = "Please enter a complete address";

#[rstest]
#[case("text", json!({}), json!("é".repeat(127)), "")]
#[case("text", json!({}), json!("é".repeat(128)), "Please limit your entry to 255 characters")]
#[case("text", json!({}), json!(true), "Schema describes string, something else found instead")]
#[case("number", json!({}), json!(12.5), "")]
#[case("number", json!({}), json!("12.5"), "")]
#[case("number", json!({}), json!("AAAAA"), NUMBER)]
#[case("number", json!({}), json!(true), NUMBER)]
#[case("date", json!({}), json!("2024-02-29"), "")]
#[case("date", json!({}), json!("2023-02-29"), DATE)]
#[case("date", json!({}), json!("02/29/2024"), DATE)]
#[case("birthday", json!({}), json!("02/29"), "")]
#[case("birthday", json!({}), json!("13/01"), BIRTHDAY)]
#[case("birthday", json!({"date_format": "DD/MM"}), json!("13/01"), "")]
#[case("phone", json!({}), json!("+31 20 123"), "")]
#[case("phone", json!({"phone_format": "US"}), json!("(404) 555-0100"), "")]
#[case("phone", json!({"phone_format": "US"}), json!("+31 20 123"), "Please enter a valid phone number")]
#[case("url", json!({}), json!("https://contoso.test/x"), "")]
#[case("url", json!({}), json!("contoso.test"), "Please enter a valid URL")]
#[case("imageurl", json!({}), json!("ftp://contoso.test/x.png"), "Please enter a valid URL")]
#[case("zip", json!({}), json!("30308"), "")]
#[case("zip", json!({}), json!("30308-1234"), "")]
#[case("zip", json!({}), json!("1011 AB"), "Please enter a zip code")]
#[case("radio", json!({"choices": ["red", "blue"]}), json!("blue"), "")]
#[case("dropdown", json!({"choices": ["red", "blue"]}), json!("Blue"), "Please select one of the choices")]
#[case("address", json!({}), json!({"addr1": "1 Main St", "city": "Paris", "state": "IDF", "zip": "75001"}), "")]
#[case("address", json!({}), json!({"addr1": "1 Main St", "city": "Paris", "state": "", "zip": "75001"}), ADDRESS)]
#[case("address", json!({}), json!("1 Main St"), ADDRESS)]
#[tokio::test]
async fn values(#[case] kind: &str, #[case] options: Value, #[case] value: Value, #[case] refusal: &str) {
    let bench = Bench::new().await;
    bench.field(json!({"tag": "X", "name": "X", "type": kind, "options": options})).await;
    let body = json!({"email_address": "dana@contoso.test", "status": "subscribed", "merge_fields": {"X": value, "UNKNOWN": 1}});
    let (status, answer) = bench.post("/lists/cdp/members", body).await;
    if refusal.is_empty() {
        assert_eq!(status, 200, "{answer}");
        let kept = if value == json!("12.5") { json!(12.5) } else { value };
        assert_eq!(answer["merge_fields"]["X"], kept);
        assert_eq!(answer["merge_fields"].get("UNKNOWN"), None);
        let (_, answer) = bench.patch(&member("dana@contoso.test"), json!({"merge_fields": {"X": ""}})).await;
        assert_eq!(answer["merge_fields"]["X"], "", "an empty text erases any kind");
    } else {
        assert_eq!((status, problem(&answer).1, problem(&answer).2), (400, "Invalid Resource", "Your merge fields were invalid."));
        assert_eq!(answer["errors"], json!([{"field": "X", "message": refusal}]));
    }
}

#[rstest]
#[case(json!({"name": "X", "type": "text", "tag": "LONGER_THAN"}), "tag")]
#[case(json!({"name": "X", "type": "text", "tag": "A-B"}), "tag")]
#[case(json!({"name": "X", "type": "text", "tag": "EMAIL"}), "tag")]
#[case(json!({"name": " ", "type": "text"}), "name")]
#[case(json!({"name": "X", "type": "colour"}), "type")]
#[case(json!({"name": "X", "type": "radio"}), "options.choices")]
#[case(json!({"name": "X"}), "")]
#[tokio::test]
async fn fields_that_are_refused(#[case] body: Value, #[case] field: &str) {
    let bench = Bench::new().await;
    let (status, answer) = bench.post("/lists/cdp/merge-fields", body).await;
    assert_eq!((status, &answer["errors"][0]["field"]), (400, &json!(field)));
}

#[tokio::test]
async fn fields_live_and_die() {
    let bench = Bench::new().await;
    let made = bench.field(json!({"name": "Life", "type": "number", "tag": "ltv"})).await;
    assert_eq!((&made["tag"], &made["merge_id"], &made["total_items"]), (&json!("LTV"), &json!(5), &json!(5)));
    assert_eq!(bench.field(json!({"name": "N", "type": "text"})).await["tag"], "MMERGE6");
    let (status, answer) = bench.post("/lists/cdp/merge-fields", json!({"name": "Again", "type": "text", "tag": "LTV"})).await;
    assert_eq!(status, 400, "{answer}");
    let row = json!({"email_address": "dana@contoso.test", "status": "subscribed", "merge_fields": {"LTV": 3}});
    bench.bulk(false, row).await;
    let (_, renamed) = bench.patch("/lists/cdp/merge-fields/5", json!({"tag": "VALUE", "type": "text"})).await;
    assert_eq!((&renamed["tag"], &renamed["type"]), (&json!("VALUE"), &json!("number")), "the type stays");
    assert_eq!(bench.get(&member("dana@contoso.test")).await.1["merge_fields"]["VALUE"], 3);
    assert_eq!(bench.delete("/lists/cdp/merge-fields/5").await.0, 204);
    assert_eq!(bench.get("/lists/cdp/merge-fields/5").await.0, 404);
    assert_eq!(bench.get(&member("dana@contoso.test")).await.1["merge_fields"].get("VALUE"), None);
    let (_, all) = bench.get("/lists/cdp/merge-fields?count=1000&type=address").await;
    assert_eq!((&all["total_items"], &all["merge_fields"][0]["tag"]), (&json!(1), &json!("ADDRESS")));
}

#[tokio::test]
async fn thirty_fields_at_most() {
    let bench = Bench::new().await;
    for n in 5..=30 {
        bench.field(json!({"name": format!("F{n}"), "type": "text"})).await;
    }
    let (status, answer) = bench.post("/lists/cdp/merge-fields", json!({"name": "F31", "type": "text"})).await;
    assert_eq!(status, 400);
    assert!(problem(&answer).2.contains("limit of 30"), "{answer}");
}
