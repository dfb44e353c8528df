use super::*;
use crate::{
    destination::Operation::{Create, Join, Leave, Update},
    member::Email,
};
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

/// Somebody entered it in capitals: it is called so, and gets no twin, whether or not the platform tells addresses apart by case.
#[rstest]
#[tokio::test]
async fn a_known_contact_is_called_as_the_platform_spells_it(#[values(true, false)] case_sensitive: bool) {
    let world = World::with(json!({"caseSensitive": case_sensitive})).await;
    world.person(json!({"email": "Dana@Example.com", "is": "subscribed"}));
    let read = world.destination.contacts(&place(), &page(None, None)).await.unwrap();
    let contact = read.contacts[0].clone();
    assert_eq!(contact.email, Email::parse("dana@example.com").unwrap().unwrap());
    let dana = [BatchRow { contact: contact.contact, ..row("dana@example.com") }];
    assert_eq!(codes(&world.carry_out(Update, &dana).await), ["done"]);
    assert_eq!(world.carry_out(Join, &dana).await, [Outcome::Unverified]);
    let found = world.contact("Dana@Example.com").await;
    assert_eq!((&found["firstName"], &found["tags"], &found["status"]), (&json!("Ada"), &json!([TAG]), &json!("subscribed")));
    assert_eq!(world.destination.contacts(&place(), &page(None, None)).await.unwrap().contacts.len(), 1, "no twin");
    assert_eq!(world.carry_out(Leave, &dana).await, [Outcome::Unverified]);
    assert_eq!(world.contact("Dana@Example.com").await["tags"], json!([]));
    world.is_innocent();
}

/// Where the service demands the channel and where it does not.
#[rstest]
#[tokio::test]
async fn every_email_identifier_has_its_channel(#[values("demanded", "optional")] channel: &str) {
    let world = World::with(json!({"emailChannel": channel})).await;
    let rows = people(2);
    assert_eq!(codes(&world.carry_out(Create, &rows).await), ["NonSubscribed", "NonSubscribed"]);
    assert_eq!(codes(&world.carry_out(Update, &rows).await), ["done", "done"]);
    world.is_innocent();
}
