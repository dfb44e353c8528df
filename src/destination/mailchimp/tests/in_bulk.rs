//! Updates in bulk, and the trial before them, against canned answers.

use super::*;
use crate::destination::Passed;
use SubscriptionStatus::{Archived, Cleaned, Pending, Subscribed, Unsubscribed};
use rstest::rstest;

fn permit() -> Permit {
    Permit::of([Passed::on_record(Subscribed), Passed::on_record(Unsubscribed)], Default::default())
}

fn changed(address: &str, standing: SubscriptionStatus) -> BatchRow {
    with_attributes(row(address, standing), &[("FNAME", Value::Text("X".into()))])
}

fn member(address: &str, status: &str) -> Json {
    json!({"email_address": address, "status": status})
}

fn path(address: &str) -> String {
    format!("/lists/a1/members/{}", hash(address))
}

async fn in_bulk(world: &World, rows: &[BatchRow], permit: &Permit) -> BulkDone {
    world.destination.update_in_bulk(&PlaceId("a1".into()), rows, permit).await.unwrap()
}

#[tokio::test]
async fn rows_carry_the_status_just_read_as_the_one_for_new_contacts() {
    let world = World::new().await;
    let updated = [member("B@example.org", "unsubscribed"), member("a@example.org", "subscribed")];
    world.on("POST", "/lists/a1", 200, json!({"new_members": [], "errors": [], "updated_members": updated})).await;
    let permit = permit();
    let done = in_bulk(&world, &[changed("a@example.org", Subscribed), changed("b@example.org", Unsubscribed)], &permit).await;
    assert_eq!(done, BulkDone { outcomes: vec![super::done(Subscribed), super::done(Unsubscribed)], stop: None, notes: Vec::new() });
    assert!(!permit.is_over());
    let rows = json!([
        {"email_address": "a@example.org", "status_if_new": "subscribed", "merge_fields": {"FNAME": "X"}},
        {"email_address": "b@example.org", "status_if_new": "unsubscribed", "merge_fields": {"FNAME": "X"}},
    ]);
    let sent = json!({"members": rows, "update_existing": true});
    assert_eq!(world.seen().await, [("POST /lists/a1?skip_merge_validation=true".to_owned(), sent)]);
}

/// Nothing is sent without a permit for each status, whichever it is.
#[rstest]
#[case(Pending)]
#[case(Cleaned)]
#[case(Archived)]
#[case(Unsubscribed)]
#[tokio::test]
async fn what_the_permit_does_not_cover_is_not_sent(#[case] standing: SubscriptionStatus) {
    let world = World::new().await;
    let permit = Permit::of([Passed::on_record(Subscribed)], Default::default());
    let rows = [changed("a@example.org", Subscribed), changed("b@example.org", standing)];
    let error = world.destination.update_in_bulk(&PlaceId("a1".into()), &rows, &permit).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Stall);
    assert!(world.seen().await.is_empty());
}

/// Neither is anything once it is over; a status that may not go in bulk is refused even by a permit.
#[tokio::test]
async fn after_the_end_nothing_begins() {
    let world = World::new().await;
    let over = permit();
    over.end();
    let done = in_bulk(&world, &[changed("a@example.org", Subscribed)], &over).await;
    assert_eq!((done.outcomes, done.stop), (vec![Outcome::NotDone], None));
    let wide = Permit::of([Passed::on_record(Pending)], Default::default());
    let rows = [changed("a@example.org", Pending)];
    assert_eq!(world.destination.update_in_bulk(&PlaceId("a1".into()), &rows, &wide).await.unwrap_err().kind, ErrorKind::Stall);
    assert!(world.seen().await.is_empty());
}

/// The table in the head of `update`: what is said of the row of `a@`, whose status was `subscribed`.
#[rstest]
#[case::differs(json!({"updated_members": [member("a@example.org", "unsubscribed")]}), "rejected status-differs", true)]
#[case::unknown_status(json!({"updated_members": [member("a@example.org", "brand-new")]}), "rejected status-differs", true)]
#[case::compliance(json!({"errors": [{"email_address": "a@example.org", "error": "a@example.org is in a compliance state due to unsubscribe", "error_code": "ERROR_GENERIC"}]}), "notdone", true)]
#[case::status_field(json!({"errors": [{"email_address": "a@example.org", "error": "Invalid", "error_code": "ERROR_GENERIC", "field": "status", "field_message": "blank"}]}), "notdone", true)]
#[case::status_required(json!({"errors": [{"email_address": "a@example.org", "error": "The status is required.", "error_code": "ERROR_GENERIC", "field": ""}]}), "notdone", true)]
#[case::exists(json!({"errors": [{"email_address": "a@example.org", "error": "", "error_code": "ERROR_CONTACT_EXISTS"}]}), "notdone", true)]
#[case::forgotten(json!({"errors": [{"email_address": "a@example.org", "error": "a@example.org was permanently deleted", "error_code": "ERROR_GENERIC"}]}), "gone", false)]
#[case::value(json!({"errors": [{"email_address": "a@example.org", "error": "Your merge fields were invalid.", "error_code": "ERROR_GENERIC", "field": "LTV", "field_message": "Please enter a number"}]}), "rejected merge-field", false)]
#[tokio::test]
async fn what_an_answer_says_of_a_row(#[case] answer: Json, #[case] expected: &str, #[case] stops: bool) {
    let world = World::new().await;
    world.on("POST", "/lists/a1", 200, answer).await;
    let permit = permit();
    let done = in_bulk(&world, &[changed("a@example.org", Subscribed)], &permit).await;
    assert_eq!((code(&done.outcomes[0]).as_str(), done.stop.is_some(), permit.is_over()), (expected, stops, stops), "{done:?}");
    assert!(!format!("{done:?}").contains("a@example.org"), "{done:?}");
}

/// Whoever is not mentioned is looked at.
#[rstest]
#[case::carries_it(200, json!({"status": "subscribed", "merge_fields": {"FNAME": "X"}}), "done Some(Subscribed)", false)]
#[case::does_not(200, json!({"status": "subscribed", "merge_fields": {"FNAME": "Y"}}), "notdone", false)]
#[case::other_status(200, json!({"status": "unsubscribed", "merge_fields": {"FNAME": "X"}}), "rejected status-differs", true)]
#[case::gone(404, problem(404, "Resource Not Found", "gone"), "gone", false)]
#[tokio::test]
async fn a_row_that_is_not_mentioned(#[case] status: u16, #[case] found: Json, #[case] expected: &str, #[case] stops: bool) {
    let world = World::new().await;
    world.on("POST", "/lists/a1", 200, json!({"new_members": [], "updated_members": [], "errors": []})).await;
    world.on("GET", &path("a@example.org"), status, found).await;
    let done = in_bulk(&world, &[changed("a@example.org", Subscribed)], &permit()).await;
    assert_eq!((code(&done.outcomes[0]).as_str(), done.stop.is_some()), (expected, stops), "{done:?}");
}

/// Archived since its status was read, and back: archived again.
#[tokio::test]
async fn who_comes_back_is_archived_again_and_reported() {
    let world = World::new().await;
    world.on("POST", "/lists/a1", 200, json!({"new_members": [member("a@example.org", "subscribed")]})).await;
    world.on("DELETE", &path("a@example.org"), 204, Json::Null).await;
    let done = in_bulk(&world, &[changed("a@example.org", Subscribed)], &permit()).await;
    assert_eq!((&done.outcomes, &done.stop), (&vec![Outcome::Gone], &None));
    assert!(done.notes[0].ends_with("came back by a bulk update as subscribed; it was archived again"), "{done:?}");
    assert_eq!(world.lines().await.last().unwrap(), &format!("DELETE {}", path("a@example.org")));
}

#[tokio::test]
async fn a_refusal_of_the_whole_call_sends_each_alone() {
    let world = World::new().await;
    let refusal = json!({"title": "Invalid Resource", "status": 400, "detail": "dana@example.com", "instance": "i",
        "errors": [{"field": "members.item:0.status", "message": "This value should not be blank."}]});
    world.on("POST", "/lists/a1", 400, refusal).await;
    let permit = permit();
    let done = in_bulk(&world, &[changed("a@example.org", Subscribed), changed("b@example.org", Subscribed)], &permit).await;
    assert_eq!(done.outcomes, [Outcome::NotDone, Outcome::NotDone]);
    let why = done.stop.unwrap();
    assert!(why.contains("members.item:0.status") && !why.contains('@') && permit.is_over(), "{why}");
}

/// Of the unsubscribed, the first who left by themselves; of others, the first that has its status still.
#[rstest]
#[case(Unsubscribed, &[("unsubscribed", "N/A (Unsubscribed by admin)"), ("subscribed", ""), ("unsubscribed", "None given")], Some(2))]
#[case(Unsubscribed, &[("cleaned", ""), ("unsubscribed", "N/A (Unsubscribed by admin)"), ("unsubscribed", "")], Some(1))]
#[case(Subscribed, &[("unsubscribed", "None given"), ("subscribed", "")], Some(1))]
#[case(Subscribed, &[("unsubscribed", "None given")], None)]
#[tokio::test]
async fn whom_a_trial_is_made_with(#[case] standing: SubscriptionStatus, #[case] found: &[(&str, &str)], #[case] expected: Option<usize>) {
    let world = World::new().await;
    let mut rows = Vec::new();
    for (n, (status, reason)) in found.iter().enumerate() {
        let address = format!("p{n}@example.org");
        let body = json!({"status": status, "unsubscribe_reason": reason, "merge_fields": {"FNAME": "Old"}});
        world.on("GET", &path(&address), 200, body).await;
        rows.push(changed(&address, standing));
    }
    let candidate = world.destination.candidate(&PlaceId("a1".into()), &rows).await.unwrap();
    assert_eq!(candidate.map(|candidate| candidate.at), expected);
}

/// Trials of a contact that was unsubscribed: what the answer says, what the contact is afterwards.
#[rstest]
#[case::as_it_has_to_be(json!({"updated_members": [member("a@example.org", "unsubscribed")]}), "unsubscribed", "X", "passed", false)]
#[case::subscribed(json!({"updated_members": [member("a@example.org", "subscribed")]}), "subscribed", "X", "failed", true)]
#[case::subscribed_unsaid(json!({"updated_members": [member("a@example.org", "unsubscribed")]}), "subscribed", "X", "failed", true)]
#[case::compliance(json!({"errors": [{"email_address": "a@example.org", "error": "is in a compliance state"}]}), "unsubscribed", "Old", "failed", false)]
#[case::taken_for_new(json!({"new_members": [member("a@example.org", "unsubscribed")]}), "unsubscribed", "X", "failed", false)]
#[case::no_value(json!({"updated_members": [member("a@example.org", "unsubscribed")]}), "unsubscribed", "Old", "failed", false)]
#[case::its_own_value(json!({"errors": [{"email_address": "a@example.org", "error": "Your merge fields were invalid.", "field": "FNAME"}]}), "unsubscribed", "Old", "open", false)]
#[tokio::test]
async fn what_a_trial_shows(#[case] answer: Json, #[case] then: &str, #[case] first: &str, #[case] expected: &str, #[case] put_back: bool) {
    let world = World::new().await;
    world.on("POST", "/lists/a1", 200, answer).await;
    world.on("GET", &path("a@example.org"), 200, json!({"status": then, "merge_fields": {"FNAME": first}})).await;
    world.on("PATCH", &path("a@example.org"), 200, member("a@example.org", "unsubscribed")).await;
    let candidate = Candidate { at: 0, before: json!({"FNAME": "Old"}) };
    let trial = world.destination.try_bulk(&PlaceId("a1".into()), &changed("a@example.org", Unsubscribed), &candidate).await.unwrap();
    let end = match &trial {
        Trial::Passed(..) => "passed",
        Trial::Failed(..) => "failed",
        Trial::Open(..) => "open",
    };
    assert_eq!(end, expected, "{trial:?}");
    let seen = world.seen().await;
    let patches: Vec<_> = seen.iter().filter(|(line, _)| line.starts_with("PATCH")).map(|(_, body)| body.clone()).collect();
    assert_eq!(patches, if put_back { vec![json!({"status": "unsubscribed"})] } else { Vec::new() }, "{trial:?}");
    assert_eq!(seen.iter().filter(|(line, _)| line.starts_with("POST")).count(), 1);
}

/// A trial that nobody heard the end of: who was subscribed by it is put back; who was subscribed later is left alone.
#[rstest]
#[case("unsubscribed", "2026-11-22T00:00:05+00:00", false, false)]
#[case("subscribed", "2026-11-22T00:00:05+00:00", true, true)]
#[case("subscribed", "2026-11-22T03:00:00+00:00", false, true)]
#[tokio::test]
async fn a_trial_without_an_end(#[case] now: &str, #[case] changed_at: &str, #[case] put_back: bool, #[case] told: bool) {
    let world = World::new().await;
    world.on("GET", &path("a@example.org"), 200, json!({"status": now, "last_changed": changed_at})).await;
    world.on("PATCH", &path("a@example.org"), 200, member("a@example.org", "unsubscribed")).await;
    let (email, at) = (Email::parse("a@example.org").unwrap().unwrap(), "2026-11-22T00:00:00Z".parse().unwrap());
    let said = world.destination.settle_trial(&PlaceId("a1".into()), &email, Unsubscribed, at).await.unwrap();
    assert_eq!((said.is_some(), world.lines().await.len() == 2), (told, put_back), "{said:?}");
}
