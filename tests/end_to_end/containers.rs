//! Tags: created, adopted, renamed, dropped; who is taken out of them, and who never is (E7, E9, E14, E17).

use super::world::{Defined, LIST, Sent, World, row, rows};
use listkeeper::state::{End, approve};
use listkeeper_sandbox::mailchimp::PersonIs::{Subscribed, UnsubscribedBySelf};
use serde_json::json;
use std::collections::BTreeMap;

fn adopting(adopt: &str, export: &str) -> Defined {
    Defined { target: format!("{{audienceId: {LIST}, adopt: {adopt}}}"), ..Defined::default() }.export(export)
}

/// A tag of somebody else with `found@` and number 1 in it.
async fn with_a_tag(defined: &Defined) -> World {
    let world = World::new(defined, &rows(0..6)).await;
    let found = ["found@contoso.test".to_owned(), row(1).email];
    found.iter().for_each(|email| world.person(email, Subscribed));
    world.ask("POST", &format!("/lists/{LIST}/segments"), json!({"name": "everyone", "static_segment": found})).await;
    world.asked();
    world
}

async fn tagged(world: &World) -> Vec<String> {
    world.held().await.into_iter().filter(|(_, held)| !held.tags.is_empty()).map(|(email, _)| email).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_of_somebody_else_is_refused_with_the_line_to_add() {
    let world = with_a_tag(&Defined::default()).await;
    let report = world.apply().await;
    assert!(matches!(&report.end, End::Stalled { reason } if reason.contains("there is a tag")), "{:?}", report.end);
    assert!(report.hints.iter().any(|hint| hint.contains("adopt: {tags: true}")), "{:?}", report.hints);
    assert_eq!(Sent::of(&world.asked()), Sent::default());
    assert_eq!(world.tags().await, BTreeMap::from([("everyone".to_owned(), 2)]));
}

/// Found members stay, by default even ours do (`upsert`); with `mode: mirror` ours leave; only `adopt.members` lets go
/// of the found.
#[rstest::rstest]
#[case("{tags: true}", "", &["found", "p0", "p1", "p2"])]
#[case("{tags: true}", "mode: mirror\n", &["found", "p0", "p1"])]
#[case("{tags: true, members: true}", "mode: mirror\n", &["p0"])]
#[tokio::test(flavor = "multi_thread")]
async fn adopted(#[case] adopt: &str, #[case] mode: &str, #[case] stay: &[&str]) {
    let world = with_a_tag(&adopting(adopt, mode)).await;
    world.write(&rows(0..3));
    world.succeed().await;
    assert_eq!(world.tags().await.len(), 1);
    // Adopting changes nothing by itself (E14): who was found and is let go of is a removal that the next plan shows.
    let next = world.plan().await;
    assert_eq!(next.members.leave, u64::from(adopt.contains("members")), "{next:?}");
    assert!(next.resources.is_empty());
    world.write(&rows(0..1));
    world.succeed().await;
    let expected: Vec<_> = stay.iter().map(|name| format!("{name}@contoso.test")).collect();
    assert_eq!(tagged(&world).await, expected);
    assert!(world.plan().await.is_empty(), "{:?}", world.plan().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_archived_comes_back_with_the_status_they_had() {
    let people = rows(0..20);
    let world = World::new(&Defined::overlapping().export("onLeave: archive\n"), &people).await;
    world.person(&row(2).email, Subscribed);
    world.succeed().await;
    world.person(&row(1).email, UnsubscribedBySelf);
    world.write(&people[3..]);
    world.asked();
    let report = world.succeed().await;
    assert_eq!(report.counts.removed, 3);
    assert!(world.asked().iter().any(|each| each.method == "POST" && each.path == "/batches"));
    let held = world.held().await;
    let status = |id: u64| held[&row(id).email].status.as_str();
    // Number 2 was there before us: no longer tagged, not archived.
    assert_eq!([status(0), status(1), status(2), status(3)], ["archived", "archived", "subscribed", "subscribed"]);
    assert!(world.plan().await.is_empty());
    world.write(&people);
    let report = world.succeed().await;
    assert_eq!(report.counts.added, 3);
    let held = world.held().await;
    let back = |id: u64| format!("{} {}", held[&row(id).email].status, held[&row(id).email].tags.join(" "));
    assert_eq!([back(0), back(1), back(2)], ["subscribed Everyone Rich", "unsubscribed Everyone", "subscribed Everyone Rich"]);
    assert!(world.plan().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_display_name_renames_the_tag() {
    let mut defined = Defined::overlapping();
    let world = World::new(&defined, &rows(0..12)).await;
    world.succeed().await;
    defined.more.insert("everyone", "displayName: All of them\n");
    world.define(&defined);
    world.asked();
    let report = world.succeed().await;
    assert_eq!((report.counts.unchanged, report.counts.removed), (12, 0));
    assert_eq!(Sent::of(&world.asked()), Sent::default());
    assert_eq!(world.tags().await, BTreeMap::from([("All of them".to_owned(), 12), ("Rich".to_owned(), 6)]));
    assert!(world.plan().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renamed_export_keeps_its_state_only_if_it_says_so() {
    let world = World::new(&Defined::default(), &rows(0..12)).await;
    world.succeed().await;
    world.define(&Defined { name: "letters", ..Defined::default() });
    let refused = world.try_plan().await.unwrap_err();
    assert!(refused.message.contains("the exports news and letters both lead to the tag \"Everyone\""), "{refused}");
    assert!(refused.hints.iter().any(|hint| hint.contains("renamedFrom: news")), "{:?}", refused.hints);
    world.define(&Defined { name: "letters", ..Defined::default() }.export("renamedFrom: news\n"));
    world.asked();
    let report = world.succeed().await;
    assert_eq!(report.counts.unchanged, 12, "{report:?}");
    assert_eq!(Sent::of(&world.asked()), Sent::default());
    assert!(world.plan().await.is_empty());
}

/// A segment that an export no longer names: its people are taken out once somebody approves; the tag is kept.
#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_segment_is_a_removal_under_the_guard() {
    let mut people = rows(0..20);
    people.iter_mut().for_each(|person| person.value = "150".into());
    let world = World::new(&Defined::overlapping(), &people).await;
    world.succeed().await;
    world.define(&Defined::default());
    world.asked();
    let held = world.apply().await;
    assert!(matches!(held.end, End::Held { .. }), "{:?}", held.end);
    assert_eq!(Sent::of(&world.asked()), Sent::default());
    approve(&world.state(), &held.plan.unwrap().digest.0, "dana", world.now).unwrap();
    world.succeed().await;
    assert_eq!(world.tags().await, BTreeMap::from([("Everyone".to_owned(), 20), ("Rich".to_owned(), 0)]));
    assert!(world.plan().await.is_empty());
}

/// Another target: held; then everything is sent there, and what was written to the first stays.
#[tokio::test(flavor = "multi_thread")]
async fn another_target_is_held() {
    let world = World::new(&Defined::default(), &rows(0..12)).await;
    world.succeed().await;
    world.sandbox.ensure_mailchimp_list("other", "Other").unwrap();
    world.define(&Defined { target: "{audienceId: other}".into(), ..Defined::default() });
    world.asked();
    let held = world.apply().await;
    assert!(matches!(held.end, End::Held { .. }), "{:?}", held.end);
    assert_eq!(Sent::of(&world.asked()), Sent::default());
    approve(&world.state(), &held.plan.unwrap().digest.0, "dana", world.now).unwrap();
    world.succeed().await;
    let other = world.get("/lists/other/members?count=1").await;
    assert_eq!(other["total_items"], 12);
    assert_eq!(world.tags().await, BTreeMap::from([("Everyone".to_owned(), 12)]));
    assert!(world.plan().await.is_empty());
}

/// The tag that we made was deleted by somebody: made anew and filled again, once somebody approves.
#[tokio::test(flavor = "multi_thread")]
async fn a_tag_that_is_gone_is_made_anew_with_approval() {
    let world = World::new(&Defined::default(), &rows(0..12)).await;
    world.succeed().await;
    let tags = world.get(&format!("/lists/{LIST}/segments?type=static")).await;
    world.ask("DELETE", &format!("/lists/{LIST}/segments/{}", tags["segments"][0]["id"]), serde_json::Value::Null).await;
    let held = world.apply().await;
    assert!(matches!(held.end, End::Held { .. }), "{:?}", held.end);
    approve(&world.state(), &held.plan.unwrap().digest.0, "dana", world.now).unwrap();
    world.succeed().await;
    assert_eq!(world.tags().await, BTreeMap::from([("Everyone".to_owned(), 12)]));
    assert!(world.plan().await.is_empty());
}

/// An audience by name is created once, with what the definition says of it.
#[tokio::test(flavor = "multi_thread")]
async fn an_audience_by_name_is_created_once() {
    let create = "{company: Contoso, address1: 1 Main St, city: Paris, country: FR, permissionReminder: You signed up., \
                  fromName: Contoso, fromEmail: news@contoso.test, language: en}";
    let target = format!("{{audience: {{name: Made, create: {create}}}}}");
    let world = World::new(&Defined { target, ..Defined::overlapping() }, &rows(0..12)).await;
    world.succeed().await;
    assert!(world.plan().await.is_empty());
    assert!(world.succeed().await.is_empty());
    let lists = world.get("/lists?count=100").await;
    let made: Vec<_> = lists["lists"].as_array().unwrap().iter().filter(|list| list["name"] == "Made").collect();
    assert_eq!(made.len(), 1);
    let members = world.get(&format!("/lists/{}/members?count=1", made[0]["id"].as_str().unwrap())).await;
    assert_eq!(members["total_items"], 12);
}
