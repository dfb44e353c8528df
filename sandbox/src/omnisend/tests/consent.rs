//! Who may be written to, and what must not come about by a synchronisation.

use super::bench::{Bench, safe};
use rstest::rstest;
use serde_json::{Value, json};

const WHO: &str = "a@example.com";
const NO_DATE: &str = "a contact became subscribed without a date";
const NOW: &str = "a contact became subscribed with a date of now";
const WELCOME: &str = "a new contact was sent a welcome message: sendWelcomeMessage was not false";

fn contact(more: Value) -> Value {
    let mut identifier = json!({"type": "email", "id": WHO, "sendWelcomeMessage": false});
    identifier.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({"identifiers": [identifier]})
}

fn channel(status: &str, at: &str) -> Value {
    match at {
        "" => json!({"channels": {"email": {"status": status}}}),
        at => json!({"channels": {"email": {"status": status, "statusChangedAt": at}}}),
    }
}

#[rstest]
#[case(channel("nonSubscribed", "2000-01-01T00:00:00Z"), "nonSubscribed", &[])]
#[case(channel("subscribed", "2020-01-01T00:00:00Z"), "subscribed", &[])]
#[case(channel("subscribed", "2026-11-21T23:30:00Z"), "subscribed", &[NOW])]
#[case(channel("subscribed", ""), "subscribed", &[NO_DATE])]
#[case(json!({}), "subscribed", &[NO_DATE])]
#[case(json!({"channels": {}}), "subscribed", &[NO_DATE])]
#[case(json!({"consent": {}, "channels": {"email": {"status": "nonSubscribed", "statusChangedAt": "2000-01-01T00:00:00Z"}}}), "subscribed", &[NO_DATE])]
#[case(json!({"sendWelcomeMessage": true, "channels": {"email": {"status": "nonSubscribed"}}}), "nonSubscribed", &[WELCOME])]
#[tokio::test]
async fn a_new_contact(#[case] identifier: Value, #[case] status: &str, #[case] violations: &[&str]) {
    let bench = Bench::with(json!({"emailChannel": "optional"})).await;
    let (code, made) = bench.post("/contacts", contact(identifier)).await;
    assert_eq!((code, made["status"].as_str().unwrap()), (201, status), "{made}");
    assert_eq!(bench.violations(), violations);
    assert_eq!(bench.observed("welcomeMessages"), u64::from(violations == [WELCOME]));
}

const WAS_SUBSCRIBED: &str = "the status of a contact that was subscribed was changed";
const WAS_UNSUBSCRIBED: &str = "the status of a contact that was unsubscribed was changed";

/// All of them since the beginning of 2024.
#[rstest]
#[case("subscribed", channel("nonSubscribed", "2000-01-01T00:00:00Z"), "subscribed", &[])]
#[case("unsubscribed", channel("subscribed", "2020-01-01T00:00:00Z"), "unsubscribed", &[])]
#[case("unsubscribed", channel("subscribed", "2025-01-01T00:00:00Z"), "subscribed", &[WAS_UNSUBSCRIBED])]
#[case("unsubscribed", channel("subscribed", ""), "subscribed", &[WAS_UNSUBSCRIBED, NO_DATE])]
#[case("unsubscribed", json!({"consent": {}}), "subscribed", &[WAS_UNSUBSCRIBED, NO_DATE])]
#[case("unsubscribed", json!({}), "unsubscribed", &[])]
#[case("subscribed", channel("nonSubscribed", ""), "nonSubscribed", &[WAS_SUBSCRIBED])]
#[case("subscribed", channel("unsubscribed", "2025-01-01T00:00:00Z"), "unsubscribed", &[WAS_SUBSCRIBED])]
#[case("non-subscribed", channel("subscribed", "2025-01-01T00:00:00Z"), "subscribed", &[])]
#[case("subscribed", channel("subscribed", ""), "subscribed", &[])]
#[tokio::test]
async fn a_known_contact(#[case] is: &str, #[case] identifier: Value, #[case] status: &str, #[case] violations: &[&str]) {
    let bench = Bench::with(json!({"emailChannel": "optional"})).await;
    bench.person(json!({"email": WHO, "is": is, "at": "2024-01-01T00:00:00Z"}));
    let before = bench.contact(WHO).await["status"].clone();
    let (code, after) = bench.post("/contacts", contact(identifier)).await;
    assert_eq!((code, after["status"].as_str().unwrap()), (200, status), "{after}");
    assert_eq!(bench.violations(), violations);
    assert_eq!(bench.observed("statusChanges"), u64::from(before != after["status"]));
    assert_eq!(bench.observed("welcomeMessages"), 0, "not new");
}

#[tokio::test]
async fn the_other_reading_of_silence() {
    let bench = Bench::with(json!({"withoutChannels": "non-subscribed", "emailChannel": "optional"})).await;
    let (_, made) = bench.post("/contacts", contact(json!({}))).await;
    assert_eq!(made["status"], "nonSubscribed");
    assert_eq!(bench.violations(), [""; 0]);
}

#[tokio::test]
async fn items_of_batches_are_held_to_the_same() {
    let bench = Bench::with(json!({"emailChannel": "optional"})).await;
    bench.batch(vec![contact(json!({"sendWelcomeMessage": true})), safe("b@example.com")]).await;
    assert_eq!(bench.contact(WHO).await["status"], "subscribed");
    assert_eq!(bench.violations(), [WELCOME, NO_DATE]);
    assert_eq!((bench.observed("welcomeMessages"), bench.observed("becameSubscribed")), (json!(1), json!(1)));
}

#[tokio::test]
async fn an_email_identifier_without_its_channel_is_refused() {
    let bench = Bench::new().await;
    let (code, answer) = bench.post("/contacts", contact(json!({}))).await;
    assert_eq!((code, &answer["errors"][0]["message"]), (400, &json!("Provide email channel for email identifier")));
    assert_eq!(bench.contact(WHO).await, Value::Null);
}

/// Against its documents: what the client's canary is for.
#[tokio::test]
async fn an_older_date_overrides_where_the_platform_misbehaves() {
    let bench = Bench::with(json!({"olderDate": "overrides"})).await;
    bench.person(json!({"email": WHO, "is": "subscribed", "at": "2024-01-01T00:00:00Z"}));
    let (_, after) = bench.post("/contacts", contact(channel("nonSubscribed", "2000-01-01T00:00:00Z"))).await;
    assert_eq!((&after["status"], bench.observed("statusChanges")), (&json!("nonSubscribed"), json!(1)));
}
