//! Which account it is, where the platform does not say, and which list, whatever it is called (C11, E4, E9).

use crate::{
    platform::Platform::{self, ConstantContact, Iterable, Mailchimp, Omnisend},
    world::{World, email},
};
use listkeeper::state::End;
use rstest::rstest;
use serde_json::{Value, json};

/// The people on every list of an Iterable project.
async fn lists(world: &World) -> Vec<(String, usize)> {
    let all = world.get("/lists").await;
    let mut found = Vec::new();
    for list in all["lists"].as_array().unwrap() {
        let members = world.text(&format!("/lists/getUsers?listId={}", list["id"])).await;
        found.push((list["name"].as_str().unwrap().to_owned(), members.lines().count()));
    }
    found
}

/// A key of another Iterable project, whose lists have the same numbers: nothing of the first is taken for its own.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_another_project_is_another_target() {
    let mut world = World::new(Iterable).await;
    world.crowd(0..12);
    world.succeed().await;
    let other = world.another_account().await;
    let first = std::mem::replace(&mut world.sandbox, other);
    world.ask("POST", "/lists", json!({"name": "Theirs"})).await;
    world.crowd(1..13);
    // The other project is at another address here: the consent is renewed.
    world.accepted_on = "2026-11-23";
    let held = world.apply().await;
    assert!(matches!(&held.end, End::Held { reason } if reason.contains("target")), "{:?}", held.end);
    assert_eq!(lists(&world).await, [("Theirs".to_owned(), 0)]);

    // Its own key again: recognised, whatever happened between.
    let other = std::mem::replace(&mut world.sandbox, first);
    world.accepted_on = "2026-11-24";
    world.succeed().await;
    assert_eq!(world.members("Everyone").await, (1..13).collect::<Vec<_>>());
    world.nothing_left().await;

    // Approved, the other one is a project of its own.
    let first = std::mem::replace(&mut world.sandbox, other);
    world.accepted_on = "2026-11-25";
    let report = world.approve().await;
    assert!(matches!(report.end, End::Succeeded { .. }), "{:?} {:?}", report.end, report.hints);
    assert_eq!(world.members("Everyone").await, (1..13).collect::<Vec<_>>());
    world.nothing_left().await;
    first.shutdown().await;
}

/// Its list has the very name and number of ours, and was made at another time.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_the_same_name_and_number_in_another_project_is_not_ours() {
    let mut world = World::new(Iterable).await;
    world.crowd(0..12);
    world.succeed().await;
    let ours = world.get("/lists").await["lists"][0].clone();
    let other = world.another_account().await;
    let first = std::mem::replace(&mut world.sandbox, other);
    world.ask("POST", "/lists", json!({"name": "Everyone"})).await;
    let theirs = world.get("/lists").await["lists"][0].clone();
    assert_eq!((&theirs["id"], &theirs["name"]), (&ours["id"], &ours["name"]));
    world.crowd(1..13);
    world.accepted_on = "2026-11-23";
    let held = world.apply().await;
    assert!(!matches!(held.end, End::Succeeded { .. }), "{:?}", held.end);
    assert_eq!(lists(&world).await, [("Everyone".to_owned(), 0)]);
    first.shutdown().await;
}

/// A list that somebody renamed in Iterable's own pages is known by its id.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_renamed_at_iterable_goes_on() {
    let world = World::new(Iterable).await;
    world.crowd(0..6);
    world.succeed().await;
    let id = world.get("/lists").await["lists"][0]["id"].clone();
    world.sandbox.set("iterable", &json!({"list": {"id": id, "name": "Renamed"}})).unwrap();
    world.crowd(0..7);
    let plan = world.try_plan().await.unwrap();
    assert!(plan.notes.iter().any(|note| note.contains("is called \"Renamed\" at Iterable now, not \"Everyone\"")), "{:?}", plan.notes);
    world.succeed().await;
    // Membership shows late there; the emulator is asked for what it holds.
    assert_eq!(world.members("Renamed").await, (0..7).collect::<Vec<_>>());
    assert_eq!(lists(&world).await.len(), 1, "no second list");
    world.nothing_left().await;
}

/// The only list is gone: nothing is there to know the project by. Held either way, and filled again once approved.
#[tokio::test(flavor = "multi_thread")]
async fn the_only_list_deleted_at_iterable_is_held() {
    let world = World::new(Iterable).await;
    world.crowd(0..6);
    world.succeed().await;
    let id = world.get("/lists").await["lists"][0]["id"].clone();
    world.ask("DELETE", &format!("/lists/{id}"), Value::Null).await;
    let held = world.apply().await;
    assert!(matches!(held.end, End::Held { .. }), "{:?}", held.end);
    assert!(world.get("/lists").await["lists"].as_array().unwrap().is_empty());
    let report = world.approve().await;
    assert!(matches!(report.end, End::Succeeded { .. }), "{:?} {:?}", report.end, report.hints);
    assert_eq!(world.members("Everyone").await, (0..6).collect::<Vec<_>>());
    world.nothing_left().await;
}

/// Another account under the consent of the first: nothing is asked of it but whose it is.
#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn another_account_gets_nothing_until_the_consent_is_renewed(
    #[values(Mailchimp, Omnisend, ConstantContact, Iterable)] platform: Platform,
) {
    let mut world = World::new(platform).await;
    world.crowd(0..6);
    world.succeed().await;
    let other = world.another_account().await;
    let first = std::mem::replace(&mut world.sandbox, other);
    world.asked();
    let report = world.apply().await;
    assert!(matches!(&report.end, End::Stalled { reason } if reason.contains("privacy consent")), "{:?}", report.end);
    assert_eq!(world.asked(), [], "another address: no key left");
    std::mem::replace(&mut world.sandbox, first).shutdown().await;
    world.crowd(1..7);
    world.succeed().await;
    assert!(world.members(platform.container()).await.contains(&6), "{}", email(6));
}
