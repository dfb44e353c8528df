//! One member at a time.

use crate::{
    mailchimp::PersonIs,
    testing::{Bench, member, member_md5, problem},
};
use rstest::rstest;
use serde_json::{Value, json};

#[rstest]
#[case("AAAAA", "Please provide a valid email address.")]
#[case("a b@contoso.test", "Please provide a valid email address.")]
#[case("a@localhost", "Please provide a valid email address.")]
#[case("foo@example.com", "foo@example.com looks fake or invalid, please enter a real email address.")]
#[case("foo@EXAMPLE.com", "foo@EXAMPLE.com looks fake or invalid, please enter a real email address.")]
#[case("ok@contoso.test", "")]
#[tokio::test]
async fn addresses(#[case] email: &str, #[case] detail: &str) {
    let bench = Bench::new().await;
    let (status, answer) = bench.post("/lists/cdp/members", json!({"email_address": email, "status": "subscribed"})).await;
    assert_eq!(answer["detail"].as_str().unwrap_or_default(), detail);
    assert_eq!(status, if detail.is_empty() { 200 } else { 400 });
    assert!(detail.is_empty() || problem(&answer).1 == "Invalid Resource");
}

#[tokio::test]
async fn a_member_is_found_by_md5_address_and_contact_id() {
    let bench = Bench::new().await;
    bench.subscribe("Dana+News@contoso.test").await;
    let (_, by_address) = bench.get(&member("dana+news@contoso.test")).await;
    let (_, by_md5) = bench.get(&member_md5("DANA+news@contoso.test")).await;
    let contact = by_md5["contact_id"].as_str().unwrap();
    let (_, by_contact) = bench.get(&format!("/lists/cdp/members/{contact}")).await;
    assert_eq!(by_address["email_address"], "Dana+News@contoso.test");
    assert_eq!((&by_address, &by_contact), (&by_md5, &by_md5));
    assert_eq!(bench.get(&member_md5("other@contoso.test")).await.0, 404);
}

#[tokio::test]
async fn creating_twice_is_member_exists_without_a_type() {
    let bench = Bench::new().await;
    let body = json!({"email_address": "dana@contoso.test", "status": "subscribed", "tags": ["vip"]});
    assert_eq!(bench.post("/lists/cdp/members", body.clone()).await.0, 200);
    assert_eq!(bench.tags("dana@contoso.test").await, ["vip"]);
    let (status, answer) = bench.post("/lists/cdp/members", body.clone()).await;
    let detail = "dana@contoso.test is already a list member. Use PUT to insert or update list members.";
    assert_eq!((status, problem(&answer)), (400, (None, "Member Exists", detail)));
    bench.delete(&member("dana@contoso.test")).await;
    let (status, answer) = bench.post("/lists/cdp/members", body).await;
    assert_eq!((status, &answer["status"]), (200, &json!("subscribed")), "archived: revived");
}

#[tokio::test]
async fn put_renames_and_never_overwrites_another() {
    let bench = Bench::new().await;
    bench.subscribe("old@contoso.test").await;
    bench.subscribe("other@contoso.test").await;
    let to = |email: &str| json!({"email_address": email, "status_if_new": "subscribed"});
    let (status, answer) = bench.put(&member("old@contoso.test"), to("other@contoso.test")).await;
    assert_eq!((status, problem(&answer).1), (400, "Member Exists"));
    let (status, answer) = bench.put(&member("old@contoso.test"), to("new@contoso.test")).await;
    assert_eq!((status, &answer["email_address"]), (200, &json!("new@contoso.test")));
    assert_eq!(bench.get(&member("old@contoso.test")).await.0, 404);
    assert_eq!(bench.get(&member_md5("new@contoso.test")).await.0, 200);
    let (status, answer) = bench.put(&member_md5("nobody@contoso.test"), to("other@contoso.test")).await;
    assert_eq!((status, problem(&answer).1), (400, "Member Exists"), "unknown hash, known address");
    let (status, answer) = bench.put(&member_md5("nobody@contoso.test"), to("third@contoso.test")).await;
    assert_eq!((status, &answer["email_address"]), (200, &json!("third@contoso.test")), "unknown hash, new address");
}

#[tokio::test]
async fn put_needs_a_status_for_a_new_member_only() {
    let bench = Bench::new().await;
    let body = json!({"email_address": "dana@contoso.test"});
    let (status, answer) = bench.put(&member("dana@contoso.test"), body.clone()).await;
    assert_eq!((status, &answer["errors"][0]["message"]), (400, &json!("Required fields were not provided: status_if_new")));
    let with = json!({"email_address": "dana@contoso.test", "status": "unsubscribed"});
    assert_eq!(bench.put(&member("dana@contoso.test"), with).await.0, 200);
    assert_eq!(bench.put(&member("dana@contoso.test"), body).await.0, 200);
    assert_eq!(bench.status("dana@contoso.test").await, "unsubscribed");
}

#[tokio::test]
async fn forgetting_is_for_good() {
    let bench = Bench::new().await;
    bench.subscribe("dana@contoso.test").await;
    let path = format!("{}/actions/delete-permanent", member("dana@contoso.test"));
    assert_eq!(bench.post(&path, Value::Null).await.0, 204);
    assert_eq!(bench.get(&member("dana@contoso.test")).await.0, 404);
    let (_, answer) = bench.post("/lists/cdp/members", json!({"email_address": "dana@contoso.test", "status": "subscribed"})).await;
    assert_eq!(problem(&answer).1, "Forgotten Email Not Subscribed");
}

#[rstest]
#[case(json!({"status": "subscribed"}), "", "Required fields were not provided: email_address")]
#[case(json!({"email_address": "a@contoso.test", "status": "archived"}), "status",
    "Value must be one of: subscribed, unsubscribed, cleaned, pending, transactional")]
#[case(json!({"email_address": 7, "status": "subscribed"}), "email_address", "Schema describes string, integer found instead")]
#[case(json!({"email_address": "a@contoso.test", "status": "subscribed", "timestamp_opt": "yesterday"}), "timestamp_opt",
    "This value is not a valid datetime.")]
#[tokio::test]
async fn bodies_outside_the_schema(#[case] body: Value, #[case] field: &str, #[case] message: &str) {
    let bench = Bench::new().await;
    let (status, answer) = bench.post("/lists/cdp/members", body).await;
    assert_eq!((status, problem(&answer).1), (400, "Invalid Resource"));
    assert!(problem(&answer).2.contains("For field-specific details, see the 'errors' array."));
    assert_eq!(answer["errors"][0], json!({"field": field, "message": message}));
    assert_eq!(bench.sandbox.counters().violations, 1);
}

#[tokio::test]
async fn every_change_moves_last_changed_and_empty_times_are_empty() {
    let bench = Bench::new().await;
    bench.person("dana@contoso.test", PersonIs::UnsubscribedByAdmin);
    let path = member("dana@contoso.test");
    let changed = async || bench.get(&path).await.1["last_changed"].as_str().unwrap().to_owned();
    let mut seen = vec![changed().await];
    let (_, answer) = bench.get(&path).await;
    assert_eq!((&answer["timestamp_signup"], &answer["timestamp_opt"]), (&json!(""), &json!("2026-11-22T00:00:00+00:00")));
    bench.later(1);
    bench.patch(&path, json!({"merge_fields": {"FNAME": "Dana"}})).await;
    seen.push(changed().await);
    bench.later(1);
    bench.post(&format!("{path}/tags"), json!({"tags": [{"name": "vip", "status": "active"}]})).await;
    seen.push(changed().await);
    bench.later(1);
    bench.post(&format!("{path}/tags"), json!({"tags": [{"name": "VIP", "status": "active"}]})).await;
    assert_eq!(changed().await, seen[2], "nothing changed");
    bench.delete(&path).await;
    seen.push(changed().await);
    let ends: Vec<_> = seen.iter().map(|at| &at[17..19]).collect();
    assert_eq!(ends, ["00", "01", "02", "03"]);
}
