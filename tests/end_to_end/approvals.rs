//! The guard over several runs, and approvals as objects (G1, G1a, G9): what small steps come to, whom an approval is for, that
//! it is used once, that two reasons do not hide each other.

use super::world::{Defined, LIST, Sent, World, desired, row, rows};
use listkeeper::state::{End, approve};
use serde_json::json;

async fn held(world: &World, why: &str) -> String {
    world.asked();
    let report = world.apply().await;
    assert!(matches!(&report.end, End::Held { reason } if reason.contains(why)), "{why}: {:?}", report.end);
    assert_eq!(Sent::of(&world.asked()), Sent::default(), "a held plan sends nothing");
    report.plan.unwrap().digest.0
}

fn allow(world: &World, digest: &str) {
    approve(&world.state(), digest, "dana", world.now).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn small_steps_are_one_large_one() {
    let people = rows(0..100);
    let mut world = World::new(&Defined::default(), &people).await;
    world.succeed().await;
    for left in [88, 76] {
        world.write(&people[..left]);
        world.succeed().await;
    }
    world.write(&people[..66]);
    let digest = held(&world, "everyone would keep 66 of 100 members").await;
    allow(&world, &digest);
    world.succeed().await;
    world.write(&people[..63]);
    world.succeed().await;
    world.write(&people[..62]);
    held(&world, "would keep 62 of 90 members").await;
    world.now += chrono::TimeDelta::days(8);
    world.succeed().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn leave_to_empty_one_list_is_none_for_another() {
    let people = rows(0..40);
    let two =
        || Defined { segments: vec![("a", "SELECT * FROM people".into()), ("b", "SELECT * FROM people".into())], ..Defined::default() };
    let only = |name: &'static str| Defined { segments: vec![(name, "SELECT * FROM people".into())], ..Defined::default() };
    let world = World::new(&two(), &people).await;
    world.succeed().await;
    world.define(&only("b"));
    let digest = held(&world, "40 removals from a").await;
    allow(&world, &digest);
    world.define(&only("a"));
    held(&world, "40 removals from b").await;
    world.define(&only("b"));
    world.succeed().await;
    assert_eq!(world.tags().await["A"], 0);
    assert_eq!(world.tags().await["B"], 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn upsert_removes_nobody_when_a_segment_is_dropped() {
    let people = rows(0..12);
    let world = World::new(&Defined::overlapping().export("mode: upsert\n"), &people).await;
    world.succeed().await;
    world.define(&Defined::default().export("mode: upsert\n"));
    world.succeed().await;
    assert_eq!(world.held().await, desired(&people));
    assert!(world.plan().await.is_empty());
}

/// A list that was deleted at the platform is refilled once for each approval.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_deleted_twice_is_approved_twice() {
    let world = World::new(&Defined::default(), &rows(0..12)).await;
    world.succeed().await;
    for _ in 0..2 {
        let tags = world.get(&format!("/lists/{LIST}/segments?count=1000&type=static")).await;
        let id = tags["segments"][0]["id"].clone();
        world.ask("DELETE", &format!("/lists/{LIST}/segments/{id}"), json!(null)).await;
        let digest = held(&world, "the container of everyone is gone").await;
        allow(&world, &digest);
        world.succeed().await;
        assert_eq!(world.tags().await["Everyone"], 12);
    }
}

/// Reasons that come one after the other are approved one after the other; what is approved stays approved.
#[tokio::test(flavor = "multi_thread")]
async fn two_reasons_do_not_alternate() {
    let people = rows(0..100);
    let guard = "guard: {maxAdditions: 5}\n";
    let world = World::new(&Defined::default().export(guard), &people[..40]).await;
    let digest = held(&world, "40 additions to everyone").await;
    allow(&world, &digest);
    world.succeed().await;
    world.write(&people[20..40]);
    let digest = held(&world, "20 removals").await;
    allow(&world, &digest);
    world.write(&people[20..60]);
    let digest = held(&world, "20 additions").await;
    allow(&world, &digest);
    world.succeed().await;
    assert_eq!(world.tags().await["Everyone"], 40);
    world.write(&people[20..40]);
    held(&world, "20 removals").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn additions_to_a_list_count_whoever_they_are() {
    let people = rows(0..12);
    let limited = |defined: Defined| defined.export("guard: {maxAdditions: 11}\n");
    let world = World::new(&Defined::default(), &people).await;
    world.succeed().await;
    let both = vec![("everyone", "SELECT * FROM people".into()), ("again", "SELECT * FROM people".into())];
    world.define(&limited(Defined { segments: both, ..Defined::default() }));
    held(&world, "12 additions to again are more than guard.maxAdditions (11)").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_all_rejected_are_held_and_the_same_ones_once() {
    let mut people = rows(0..30);
    let world = World::new(&Defined::default(), &people).await;
    world.succeed().await;
    people.iter_mut().take(12).for_each(|row| row.email = "nobody".into());
    world.write(&people);
    let digest = held(&world, "12 of 30 rows are newly rejected").await;
    allow(&world, &digest);
    assert_eq!(world.rejected()["nobody"], "address-no-at", "a held plan lists what it rejects");
    let report = world.apply().await;
    assert!(matches!(report.end, End::Partial { .. }), "{:?}", report.end);
    let report = world.apply().await;
    assert!(!matches!(report.end, End::Held { .. }), "who was rejected before is not held again: {:?}", report.end);
    assert_eq!(world.tags().await["Everyone"], 30, "nobody is removed on a doubt");
}

/// The first mail that the platform sends is approved; later ones are additions like others.
#[tokio::test(flavor = "multi_thread")]
async fn pending_is_held_the_first_time() {
    let people = rows(0..4);
    let world = World::new(&Defined { status: "pending", ..Defined::default() }, &people[..3]).await;
    let digest = held(&world, "newContacts.status is pending").await;
    allow(&world, &digest);
    world.write(&people);
    held(&world, "newContacts.status is pending").await;
    world.write(&people[..3]);
    world.succeed().await;
    world.write(&people);
    assert_eq!(world.succeed().await.counts.added, 1);
}

/// A segment that may be empty waits by itself.
#[tokio::test(flavor = "multi_thread")]
async fn an_empty_seasonal_segment_does_not_hold_the_others() {
    let mut defined = Defined::overlapping();
    defined.more.insert("rich", "expect: {minMembers: 0}\n");
    let people = rows(0..40);
    let world = World::new(&defined, &people).await;
    world.succeed().await;
    let poor: Vec<_> = people.iter().cloned().map(|mut row| (row.value = "1".into(), row).1).collect();
    let mut more = poor.clone();
    more.push(listkeeper_row(40));
    world.write(&more);
    let report = world.apply().await;
    assert!(matches!(&report.end, End::Partial { reason } if reason.contains("20 removals from rich")), "{:?}", report.end);
    assert_eq!((report.counts.added, report.counts.updated), (1, 40 - 1), "{:?}", report.counts);
    assert_eq!((world.tags().await["Everyone"], world.tags().await["Rich"]), (41, 20));
    let report = world.apply().await;
    assert!(matches!(&report.end, End::Held { reason } if reason.contains("20 removals from rich")), "{:?}", report.end);
    let waiting = report.plan.unwrap().waiting.unwrap();
    allow(&world, &waiting.digest.0);
    world.succeed().await;
    assert_eq!((world.tags().await["Everyone"], world.tags().await["Rich"]), (41, 0));
    assert!(world.plan().await.is_empty());
}

fn listkeeper_row(id: u64) -> super::world::Row {
    super::world::Row { value: "1".into(), ..row(id) }
}
