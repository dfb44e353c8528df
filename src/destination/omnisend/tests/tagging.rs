use super::*;
use crate::destination::Operation::{Create, Join, Leave, Update};
use rstest::rstest;
use serde_json::json;

#[tokio::test]
async fn a_first_load_creates_everybody_with_their_tag() {
    let world = World::new().await;
    let rows = people(100);
    let outcomes = world.carry_out(Create, &rows).await;
    assert_eq!(codes(&outcomes), vec!["NonSubscribed"; 100]);
    let contact = world.contact("p99@example.com").await;
    let expected = (json!([TAG]), json!("nonSubscribed"), json!("Ada"), json!({"isMember": true}));
    assert_eq!(
        (&contact["tags"], &contact["status"], &contact["firstName"], &contact["customProperties"]),
        (&expected.0, &expected.1, &expected.2, &expected.3)
    );
    assert_eq!(world.calls("POST", "/batches"), 1);
    world.is_innocent();
}

#[rstest]
#[case("replace", "subscribed")]
#[case("merge", "subscribed")]
#[case("replace", "unsubscribed")]
#[tokio::test]
async fn a_known_contact_keeps_its_tags_and_its_status(#[case] tags_on_upsert: &str, #[case] status: &str) {
    let world = World::with(json!({"tagsOnUpsert": tags_on_upsert})).await;
    world.person(json!({"email": "known@example.com", "is": status, "tags": ["theirs"]}));
    let known = [row("known@example.com")];
    assert_eq!(codes(&world.carry_out(Update, &known).await), ["done"]);
    assert_eq!(world.carry_out(Join, &known).await, [Outcome::Unverified]);
    let contact = world.contact("known@example.com").await;
    assert_eq!((&contact["tags"], &contact["status"], &contact["firstName"]), (&json!(["theirs", TAG]), &json!(status), &json!("Ada")));
    assert_eq!(world.carry_out(Leave, &known).await, [Outcome::Unverified]);
    assert_eq!(world.contact("known@example.com").await["tags"], json!(["theirs"]));
    world.is_innocent();
}

#[tokio::test]
async fn a_contact_that_is_gone_does_not_come_back_as_subscribed() {
    let world = World::with(json!({"withoutChannels": "subscribed"})).await;
    assert_eq!(codes(&world.carry_out(Update, &[row("gone@example.com")]).await), ["done"]);
    assert_eq!(world.contact("gone@example.com").await["status"], json!("nonSubscribed"));
    world.is_innocent();
}
