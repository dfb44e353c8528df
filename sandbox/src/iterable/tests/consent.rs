//! What must not happen unseen: channels turned off, journeys started twice, profiles made by leaving.

use super::{Bench, LIST};
use rstest::rstest;
use serde_json::{Value, json};

#[rstest]
#[case(json!({"channelUnsubscribe": false}), false, &[])]
#[case(json!({"channelUnsubscribe": true}), true, &["an unsubscribe that is not denied for the channel"])]
#[case(json!({}), true, &["an unsubscribe that is not denied for the channel"])]
#[case(json!({"channelUnsubscribe": false, "campaignId": 0}), false, &["an unsubscribe that names a campaign"])]
#[tokio::test]
async fn unsubscribes(#[case] more: Value, #[case] channel_off: bool, #[case] violations: &[&str]) {
    let bench = Bench::new().await;
    bench.subscribe(json!([{"email": "a@example.com"}])).await;
    let mut body = json!({"listId": LIST, "subscribers": [{"email": "a@example.com"}]});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let (status, answer) = bench.post("/lists/unsubscribe", body).await;
    assert_eq!((status, &answer["successCount"], &answer["failCount"]), (200, &json!(1), &json!(0)));
    let profile = bench.profile("a@example.com").await;
    let channels = profile["dataFields"]["unsubscribedChannelIds"].as_array().unwrap().len();
    assert_eq!((channels, &profile["dataFields"]["emailListIds"]), (usize::from(channel_off), &json!([])));
    assert_eq!(bench.sandbox.observed("iterable").unwrap()["channelUnsubscribes"], i64::from(channel_off));
    assert_eq!(bench.violations(), violations);
}

#[tokio::test]
async fn list_subscribes_are_counted_by_person_and_list() {
    let bench = Bench::new().await;
    bench.subscribe(json!([{"email": "a@example.com"}, {"email": "bad@"}])).await;
    bench.subscribe(json!([{"email": "A@example.com"}, {"email": "b@example.com"}])).await;
    let expected = json!({
        "listSubscribes": 3, "joins": 2, "repeated": [{"list": LIST, "who": "a@example.com", "times": 2}],
        "channelUnsubscribes": 0, "madeByUnsubscribe": 0, "callsNotYetVisible": 0,
    });
    assert_eq!(bench.sandbox.observed("iterable").unwrap(), expected);
}

#[tokio::test]
async fn subscribing_turns_no_channel_on() {
    let bench = Bench::new().await;
    bench.person("a@example.com", json!("unsubscribed"));
    bench.subscribe(json!([{"email": "a@example.com"}])).await;
    let profile = bench.profile("a@example.com").await;
    assert_eq!(profile["dataFields"]["unsubscribedChannelIds"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_person_twice_in_a_batch_is_seen() {
    let bench = Bench::new().await;
    bench.subscribe(json!([{"email": "a@example.com"}, {"email": " A@EXAMPLE.com"}])).await;
    assert_eq!(bench.violations(), ["a user twice in one batch"]);
}
