use super::*;
use crate::destination::{
    ErrorKind,
    Operation::{self, Create, Join, Leave, Update},
    Submitted,
};
use listkeeper_sandbox::Fault;
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

/// Whichever way the rows are named; a call to tag, to untag, and a batch.
#[rstest]
#[tokio::test]
async fn the_bad_row_of_a_refused_call_is_rejected_and_the_others_are_sent_again(
    #[values("dots", "brackets", "pointers")] paths: &str,
    #[values(Create, Update, Join, Leave)] operation: Operation,
) {
    let world = World::with(json!({"rowPaths": paths, "badRows": "refuse-the-call"})).await;
    world.person(json!({"email": "p2@example.com", "is": "refused"}));
    let rows = people(4);
    let Submitted::Done(outcomes) = world.submit(operation, &rows).await.unwrap() else { panic!("no job") };
    assert_eq!(codes(&outcomes), ["notdone", "notdone", "rejected invalid-address", "notdone"]);
    let others: Vec<_> = rows.into_iter().filter(|row| row.email.as_str() != "p2@example.com").collect();
    assert!(!codes(&world.carry_out(operation, &others).await).contains(&"notdone".to_owned()));
    world.is_innocent();
}

#[rstest]
#[tokio::test]
async fn where_no_row_is_named_the_call_is_to_be_divided(#[values(Create, Join)] operation: Operation) {
    let world = World::with(json!({"rowPaths": "none", "badRows": "refuse-the-call"})).await;
    world.person(json!({"email": "p2@example.com", "is": "refused"}));
    let rows = people(4);
    assert_eq!(world.submit(operation, &rows).await.unwrap_err().kind, ErrorKind::Divide);
    assert_eq!(world.submit(operation, &rows[2..]).await.unwrap_err().kind, ErrorKind::Divide);
    let Submitted::Done(outcomes) = world.submit(operation, &rows[2..3]).await.unwrap() else { panic!("no job") };
    assert_eq!(codes(&outcomes), ["rejected vendor-error"]);
    world.carry_out(operation, &rows[..2]).await;
    world.is_innocent();
}

#[rstest]
#[case("older")]
#[case("problems")]
#[tokio::test]
async fn both_forms_of_an_items_answer_name_the_field(#[case] answers: &str) {
    let world = World::with(json!({"itemAnswers": answers})).await;
    world.person(json!({"email": "p1@example.com", "is": "refused"}));
    let outcomes = world.carry_out(Create, &people(3)).await;
    assert_eq!(codes(&outcomes), ["NonSubscribed", "rejected invalid-address", "NonSubscribed"]);
    world.is_innocent();
}

#[tokio::test]
async fn a_key_that_is_missing_or_refused_says_where_keys_are_made() {
    let world = World::new().await.with_key("invalid");
    let hint = world.destination.verify().await.unwrap_err().hint.unwrap();
    assert!(hint.contains("Integrations → API (https://app.omnisend.com/integrations/api-keys)"), "{hint}");
}
