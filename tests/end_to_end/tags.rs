//! New contacts come with their tags in one call; where the platform leaves that open, the tag's own call follows for exactly those.

use super::world::{Defined, Sent, World, desired, row, rows};
use listkeeper::{destination::Operation, plan::Plan, run::Decision};
use listkeeper_sandbox::mailchimp::PersonIs;
use rstest::rstest;
use serde_json::{Value, json};

fn set(world: &World, settings: Value) {
    world.sandbox.set("mailchimp", &settings).unwrap();
}

fn calls(plan: &Plan) -> Vec<(Operation, u64)> {
    plan.cost.calls.clone()
}

/// Calls of the sort that change people, as they were made.
fn made(sent: &[listkeeper_sandbox::Exchange]) -> (usize, usize) {
    let count = |part: &str| sent.iter().filter(|each| each.method == "POST" && each.body.contains(part)).count();
    (count("\"members\":["), count("\"members_to_add\":["))
}

const DOCUMENTED: &str = r#"{}"#;
const NOT_SHOWN: &str = r#"{"bulkAnswer": "missing"}"#;
const IGNORED: &str = r#"{"bulkTags": "ignored"}"#;
const NEITHER: &str = r#"{"bulkTags": "ignored", "bulkAnswer": "missing"}"#;

/// 1,100 people, of whom some are on a second tag too; in each position of the switches the contents are exact, and a run that went by
/// the documents wrongly is the last that plans so.
#[rstest]
#[case::documented(DOCUMENTED, 0, false)]
#[case::not_shown(NOT_SHOWN, 2, true)]
#[case::ignored(IGNORED, 2, true)]
#[case::neither(NEITHER, 2, true)]
#[tokio::test(flavor = "multi_thread")]
async fn a_first_load(#[case] settings: &str, #[case] more: usize, #[case] apart: bool) {
    let people = rows(0..1_100);
    let world = World::new(&Defined::overlapping(), &people[..1_000]).await;
    set(&world, serde_json::from_str(settings).unwrap());
    assert_eq!(calls(&world.plan().await), [(Operation::Create, 2)], "half of what it takes with calls of their own for tags");
    world.succeed().await;
    let asked = world.asked();
    let joined = Sent::of(&asked).joined.len();
    let (created, tagged) = made(&asked);
    assert_eq!((created, joined > 0), (2, more > 0));
    assert!(tagged >= more, "{tagged}");
    assert_eq!(world.held().await, desired(&people[..1_000]));
    assert_eq!(world.tags().await.len(), 2);
    assert!(world.plan().await.is_empty());
    world.write(&people);
    let plan = world.plan().await;
    assert_eq!(calls(&plan).iter().any(|(operation, _)| *operation == Operation::Join), apart, "{:?}", plan.cost.calls);
    world.asked();
    world.succeed().await;
    let planned: u64 = calls(&plan).iter().map(|(_, calls)| calls).sum();
    let (created, tagged) = made(&world.asked());
    assert_eq!((created + tagged) as u64, planned, "what is carried out is the plan");
    assert_eq!(world.held().await, desired(&people));
}

/// After a month the platform is taken at its documents' word once more.
#[tokio::test(flavor = "multi_thread")]
async fn what_creates_were_seen_to_do_is_asked_again_after_a_month() {
    let people = rows(0..30);
    let mut world = World::new(&Defined::overlapping(), &people[..10]).await;
    set(&world, json!({"bulkTags": "ignored"}));
    world.succeed().await;
    set(&world, json!({}));
    world.write(&people[..20]);
    world.now += chrono::TimeDelta::days(29);
    assert_eq!(calls(&world.plan().await), [(Operation::Create, 1), (Operation::Join, 2)]);
    world.now += chrono::TimeDelta::days(2);
    assert_eq!(calls(&world.plan().await), [(Operation::Create, 1)]);
    world.succeed().await;
    assert_eq!(world.held().await, desired(&people[..20]));
}

/// Known contacts keep to the tag's own call, and are not touched otherwise.
#[tokio::test(flavor = "multi_thread")]
async fn known_contacts_are_tagged_by_themselves() {
    let people = rows(0..20);
    let world = World::new(&Defined::overlapping(), &people).await;
    people[..5].iter().for_each(|row| world.person(&row.email, PersonIs::Subscribed));
    world.succeed().await;
    let sent = Sent::of(&world.asked());
    // Three of the five are on both tags.
    assert_eq!((sent.created.len(), sent.joined.len()), (15, 8));
    assert_eq!(world.held().await, desired(&people));
}

/// Others saw the tag's call leave out who gets no mail, without an error. They are rejected, and asked again when their status changes:
/// not by every run, and not because their attributes change.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_tagged_because_of_a_status_is_rejected_until_it_changes() {
    let mut people = rows(0..80);
    let mut world = World::new(&Defined::overlapping(), &people).await;
    set(&world, json!({"tagCall": "subscribed"}));
    for (who, is) in [(0, PersonIs::UnsubscribedByAdmin), (1, PersonIs::Cleaned), (2, PersonIs::Pending), (3, PersonIs::Subscribed)] {
        world.person(&people[who].email, is);
    }
    let report = world.apply().await;
    assert_eq!((report.counts.rejected, report.counts.pending), (3, 0), "{:?}", report.end);
    assert!(world.plan().await.is_empty(), "rejected before, and nothing else");
    world.asked();

    people[0].first = "Another".into();
    people.remove(1);
    world.write(&people);
    let plan = world.plan().await;
    assert_eq!(calls(&plan).iter().map(|(operation, _)| *operation).collect::<Vec<_>>(), [Operation::Update], "{:?}", plan.cost.calls);
    world.apply().await;
    assert!(Sent::of(&world.asked()).joined.is_empty());
    assert!(world.plan().await.is_empty());

    // Somebody new makes a run read what changed of statuses; the next one goes by that.
    world.now += chrono::TimeDelta::days(1);
    world.person(&people[0].email, PersonIs::Subscribed);
    people.push(row(80));
    world.write(&people);
    world.succeed().await;
    let report = world.apply().await;
    assert_eq!(report.counts.rejected, 1, "the one who is pending still");
    let held = world.held().await;
    assert_eq!(held[&people[0].email], desired(&people)[&people[0].email]);
    assert!(world.plan().await.is_empty());
}

/// A tag that somebody renamed is named as it is called now, and no second one is made.
#[tokio::test(flavor = "multi_thread")]
async fn a_renamed_tag_is_named_as_it_is_called_now() {
    let people = rows(0..20);
    let world = World::new(&Defined::default(), &people[..10]).await;
    world.succeed().await;
    rename(&world, "Everyone", "Everybody").await;
    world.write(&people);
    world.succeed().await;
    assert!(Sent::of(&world.asked()).joined.is_empty());
    assert_eq!(world.tags().await, [("Everybody".to_owned(), 20)].into());
    assert!(world.held().await.values().all(|held| held.tags == ["Everybody"]));
}

/// Renamed in the moment between: nobody stays on a tag of the old name, and the tag itself is joined by its id.
#[rstest]
#[case::shown(DOCUMENTED)]
#[case::ignored(IGNORED)]
#[tokio::test(flavor = "multi_thread")]
async fn a_tag_that_is_renamed_meanwhile_is_joined_by_its_id(#[case] settings: &str) {
    let people = rows(0..20);
    let world = World::new(&Defined::default(), &people[..10]).await;
    set(&world, serde_json::from_str(settings).unwrap());
    world.succeed().await;
    world.write(&people);
    let renames = |_: &listkeeper::run::Prepared| {
        let rename = rename(&world, "Everyone", "Everybody");
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(rename));
        Decision::Go
    };
    let report = world.apply_deciding(&renames).await;
    assert_eq!(report.counts.pending, 0, "{report:?}");
    let tags = world.tags().await;
    assert_eq!(tags.get("Everybody"), Some(&20), "{tags:?}");
    assert_eq!(tags.get("Everyone").copied().unwrap_or(0), 0, "{tags:?}");
    assert!(world.plan().await.is_empty());
}

async fn rename(world: &World, from: &str, to: &str) {
    let answer = world.get("/lists/cdp/segments?count=1000&type=static").await;
    let tag = answer["segments"].as_array().unwrap().iter().find(|tag| tag["name"] == from).unwrap()["id"].clone();
    world.ask("PATCH", &format!("/lists/cdp/segments/{tag}"), json!({"name": to})).await;
}
