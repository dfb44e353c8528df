use super::*;
use crate::{destination::Operation::Create, platform::SubscriptionStatus};
use rstest::rstest;
use serde_json::{Value as Json, json};

const AGREED: &str = "2024-05-01T00:00:00Z";

fn wanted(standing: SubscriptionStatus, consent_at: Option<&str>) -> BatchRow {
    BatchRow { standing: Some(standing), consent_at: consent_at.map(str::to_owned), joins: Vec::new(), ..row("one@example.com") }
}

#[rstest]
// what the contact is and since when, what is sent → what it is
#[case(Json::Null, wanted(SubscriptionStatus::Subscribed, Some(AGREED)), "subscribed 2024-05-01T00:00:00.000Z")]
#[case(Json::Null, wanted(SubscriptionStatus::Unsubscribed, Some(AGREED)), "unsubscribed 2000-01-01T00:00:00.000Z")]
#[case(Json::Null, wanted(SubscriptionStatus::NonSubscribed, Some(AGREED)), "nonSubscribed 2000-01-01T00:00:00.000Z")]
#[case(json!({"is": "unsubscribed", "at": "2025-01-01T00:00:00Z"}), wanted(SubscriptionStatus::Subscribed, Some(AGREED)), "unsubscribed 2025-01-01T00:00:00.000Z")]
#[case(json!({"is": "subscribed", "at": "2001-01-01T00:00:00Z"}), wanted(SubscriptionStatus::Unsubscribed, None), "subscribed 2001-01-01T00:00:00.000Z")]
#[case(json!({"is": "subscribed", "at": "2001-01-01T00:00:00Z"}), wanted(SubscriptionStatus::NonSubscribed, None), "subscribed 2001-01-01T00:00:00.000Z")]
#[tokio::test]
async fn the_latest_statement_holds_and_ours_is_as_old_as_it_is(#[case] mut before: Json, #[case] row: BatchRow, #[case] after: &str) {
    let world = World::new().await;
    if before.is_object() {
        before["email"] = json!("one@example.com");
        world.person(before);
    }
    world.carry_out(Create, &[row]).await;
    let contact = world.contact("one@example.com").await;
    let channel = &contact["identifiers"][0]["channels"]["email"];
    assert_eq!(format!("{} {}", channel["status"].as_str().unwrap(), channel["statusChangedAt"].as_str().unwrap()), after);
    world.is_innocent();
}

#[tokio::test]
async fn without_a_date_nobody_is_subscribed_and_the_others_are_not_held_up() {
    let world = World::new().await;
    let rows = [wanted(SubscriptionStatus::Subscribed, None), BatchRow { joins: Vec::new(), ..row("two@example.com") }];
    assert_eq!(codes(&world.carry_out(Create, &rows).await), ["rejected consent-date", "notdone"]);
    assert_eq!(world.calls("POST", "/batches"), 0);
}
