use super::*;
use crate::{
    destination::{
        ErrorKind,
        Operation::{Create, Join},
    },
    sandbox::Fault,
};
use rstest::rstest;
use serde_json::json;

#[tokio::test]
async fn a_retired_version_says_to_update() {
    let world = World::with(json!({"versionRetired": true})).await;
    let error = world.destination.verify().await.unwrap_err();
    assert_eq!((error.kind, error.hint.as_deref()), (ErrorKind::Stall, Some("update Listkeeper; nothing else has to change")));
}

#[tokio::test]
async fn a_key_that_is_not_accepted_stalls() {
    let world = World::new().await.with_key("invalid");
    assert_eq!(world.destination.verify().await.unwrap_err().kind, ErrorKind::Stall);
}

#[rstest]
#[case("documented")]
#[case("never")]
#[case("always")]
#[tokio::test]
async fn what_others_leave_of_the_budget_is_enough(#[case] retry_after: &str) {
    let world = World::with(json!({"othersPerMinute": 396, "retryAfter": retry_after})).await;
    for n in 0..8 {
        world.submit(Create, &[row(&format!("p{n}@example.com"))]).await.unwrap();
    }
    assert_ne!(world.observed("refusedCalls")["common"], json!(0));
    world.is_innocent();
}

#[rstest]
#[case(Fault::BadGateway)]
#[case(Fault::PlainTooManyRequests)]
#[case(Fault::LostAnswer)]
#[case(Fault::ResetConnection)]
#[tokio::test]
async fn tagging_is_said_again_through_bad_weather(#[case] fault: Fault) {
    let world = World::new().await;
    world.carry_out(Create, &[BatchRow { joins: Vec::new(), ..row("one@example.com") }]).await;
    world.next_fault(fault, "POST", "/contacts/tags");
    assert_eq!(world.carry_out(Join, &[row("one@example.com")]).await, [Outcome::Unverified]);
    assert_eq!(world.contact("one@example.com").await["tags"], json!([TAG]));
    world.is_innocent();
}
