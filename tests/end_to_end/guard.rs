//! Plans that wait for a person (G1, G9, E3): held, nothing sent, let through by approval and only then.

use super::world::{Defined, Sent, World, desired, rows};
use listkeeper::{
    run::Decision,
    state::{End, approve},
};
use rstest::rstest;

async fn held(world: &World, why: &str) -> String {
    world.asked();
    let report = world.apply().await;
    assert!(matches!(&report.end, End::Held { reason } if reason.contains(why)), "{:?}", report.end);
    assert_eq!(Sent::of(&world.asked()), Sent::default(), "a held plan sends nothing");
    report.plan.unwrap().digest.0
}

#[tokio::test(flavor = "multi_thread")]
async fn many_removals_wait_for_approval_of_exactly_these() {
    let people = rows(0..100);
    let world = World::new(&Defined::default(), &people).await;
    world.succeed().await;
    world.write(&people[30..]);
    assert_eq!(world.succeed().await.counts.removed, 30, "30 of 100 is what the default allows");
    world.write(&people[65..]);
    let digest = held(&world, "35 removals").await;
    assert_eq!(held(&world, "35 removals").await, digest, "the same plan, the same digest");
    approve(&world.state(), &digest, "dana", world.now).unwrap();
    // Others than those approved are still held.
    world.write(&people[30..65]);
    held(&world, "35 removals").await;
    world.write(&people[65..]);
    assert_eq!(world.succeed().await.counts.removed, 35);
    assert_eq!(world.tags().await["Everyone"], 35);
    assert!(world.plan().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_lasts_a_day() {
    let people = rows(0..40);
    let mut world = World::new(&Defined::default(), &people).await;
    world.succeed().await;
    world.write(&people[20..]);
    let digest = held(&world, "20 removals").await;
    approve(&world.state(), &digest, "dana", world.now).unwrap();
    world.now += chrono::TimeDelta::hours(25);
    held(&world, "20 removals").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn approving_on_a_terminal_carries_out() {
    let people = rows(0..40);
    let world = World::new(&Defined::default(), &people).await;
    world.succeed().await;
    world.write(&people[20..]);
    let report = world.apply_deciding(&|_| Decision::Approve { by: "dana".into() }).await;
    assert_eq!((report.end, report.counts.removed), (End::Succeeded { unverified: 0 }, 20));
}

/// Whatever the share, an empty segment is a mistake until somebody says otherwise.
#[tokio::test(flavor = "multi_thread")]
async fn an_empty_segment_is_held() {
    let world = World::new(&Defined::default().export("guard: {maxRemovals: 100%}\n"), &rows(0..5)).await;
    world.succeed().await;
    world.write(&[]);
    let digest = held(&world, "is empty").await;
    approve(&world.state(), &digest, "dana", world.now).unwrap();
    assert_eq!(world.succeed().await.counts.removed, 5);
}

#[rstest]
#[case::additions("guard: {maxAdditions: 5}\n", "", "subscribed", "12 additions", true)]
#[case::pending("", "", "pending", "newContacts.status is pending", true)]
#[case::members("guard: {maxMembers: 11}\n", "", "subscribed", "12 members", false)]
#[case::too_few("", "expect: {minMembers: 13}\n", "subscribed", "fewer than expect.minMembers", true)]
#[case::too_many("", "expect: {maxMembers: 11}\n", "subscribed", "more than expect.maxMembers", true)]
#[tokio::test(flavor = "multi_thread")]
async fn limits(
    #[case] export: &str,
    #[case] segment: &'static str,
    #[case] status: &'static str,
    #[case] why: &str,
    #[case] approvable: bool,
) {
    let mut defined = Defined { status, ..Defined::default() }.export(export);
    defined.more.insert("everyone", segment);
    let world = World::new(&defined, &rows(0..12)).await;
    let digest = held(&world, why).await;
    approve(&world.state(), &digest, "dana", world.now).unwrap();
    let report = world.apply().await;
    assert_eq!(matches!(report.end, End::Succeeded { .. }), approvable, "{:?}", report.end);
    assert_eq!(world.held().await.len(), if approvable { 12 } else { 0 });
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_file_is_skipped_until_a_new_one_comes() {
    let mut defined = Defined::default();
    defined.more.insert("everyone", "expect: {freshWithin: 1h}\n");
    let mut world = World::new(&defined, &rows(0..12)).await;
    world.now += chrono::TimeDelta::hours(2);
    let report = world.apply().await;
    assert!(matches!(&report.end, End::Skipped { reason } if reason.contains("older than expect.freshWithin")), "{report:?}");
    assert_eq!(world.held().await.len(), 0);
    world.write(&rows(0..12));
    world.now -= chrono::TimeDelta::hours(2);
    world.succeed().await;
}

/// C10: the contract's limit counts the contacts that are there and those to come.
#[tokio::test(flavor = "multi_thread")]
async fn the_contract_s_contacts_are_not_exceeded() {
    let people = rows(0..12);
    let world = World::new(&Defined { connection: "limits: {contacts: 10}\n".into(), ..Defined::overlapping() }, &people).await;
    held(&world, "more than limits.contacts").await;
    world.write(&people[..10]);
    world.succeed().await;
    assert_eq!(world.held().await, desired(&people[..10]));
}
