//! Iterable shows lists and members late, and publishes no bound of it: nobody is taken for missing on one look, and no list for gone.

use crate::{platform::Platform::Iterable, world::World};
use listkeeper::state::End;
use listkeeper_sandbox::{Fault, Faults};
use rstest::rstest;
use serde_json::json;

fn repeated(world: &World) -> serde_json::Value {
    world.sandbox.observed("iterable").unwrap()["repeated"].clone()
}

/// Whom the run before this one sent may not show yet when this one reads the list back.
#[rstest]
#[case::shown_within_the_minute(30_000)]
#[case::shown_later(100_000)]
#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_show_yet_was_not_removed_externally(#[case] shown_after_ms: u64) {
    let mut world = World::new(Iterable).await;
    world.sandbox.set("iterable", &json!({"visibleAfterMs": [shown_after_ms, shown_after_ms + 5_000]})).unwrap();
    world.crowd(0..12);
    world.succeed().await;
    world.export = "verify: always\n".to_owned();
    world.crowd(0..13);
    let report = world.succeed().await;
    assert_eq!((report.counts.left, report.counts.added), (0, 1));
    assert_eq!(world.members("Everyone").await, (0..13).collect::<Vec<_>>());
    world.nothing_left().await;
    assert_eq!(repeated(&world), json!([]));
}

#[rstest]
#[case::shown_within_the_minute(30_000)]
#[case::shown_later(100_000)]
#[tokio::test(flavor = "multi_thread")]
async fn a_subscribe_whose_answer_was_lost_is_not_repeated_on_one_look(#[case] shown_after_ms: u64) {
    let world = World::new(Iterable).await;
    world.sandbox.set("iterable", &json!({"visibleAfterMs": [shown_after_ms, shown_after_ms + 5_000]})).unwrap();
    world.land().await;
    world.crowd(0..12);
    world.weather(Faults::default().next(Fault::LostAnswer, "POST", "/lists/subscribe"));
    world.succeed().await;
    assert_eq!(world.members("Everyone").await, (0..12).collect::<Vec<_>>());
    assert_eq!(repeated(&world), json!([]));
    world.nothing_left().await;
}

#[rstest]
#[case::known_at_once(0)]
#[case::known_after_a_while(30_000)]
#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_was_just_made_is_waited_for(#[case] unknown_ms: u64) {
    let world = World::new(Iterable).await;
    world.sandbox.set("iterable", &json!({"newListUnknownMs": unknown_ms})).unwrap();
    world.crowd(0..12);
    world.succeed().await;
    let subscribes = world.asked().into_iter().filter(|(_, path, _)| path == "/lists/subscribe").count();
    assert_eq!(subscribes > 1, unknown_ms > 0);
    assert_eq!(world.members("Everyone").await, (0..12).collect::<Vec<_>>());
    assert_eq!(repeated(&world), json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_stays_unknown_for_long_is_an_error_to_try_again() {
    let world = World::new(Iterable).await;
    world.sandbox.set("iterable", &json!({"newListUnknownMs": 3_600_000})).unwrap();
    world.crowd(0..12);
    let report = world.apply().await;
    assert!(matches!(&report.end, End::Failed { retrying: true, reason } if reason.contains("invalidListId")), "{:?}", report.end);
    assert!(report.not_before.is_some());
    world.sandbox.set("iterable", &json!({"newListUnknownMs": 0})).unwrap();
    world.succeed().await;
    assert_eq!(world.members("Everyone").await, (0..12).collect::<Vec<_>>());
    world.nothing_left().await;
}

/// Against its documents, and as its own tests expect it.
#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn unknown_people_are_put_on_the_list_either_way(#[values("made", "refused")] unknown: &str) {
    let world = World::new(Iterable).await;
    world.sandbox.set("iterable", &json!({"unknownUsers": unknown})).unwrap();
    world.crowd(0..30);
    let report = world.succeed().await;
    assert_eq!(report.counts.added, 30);
    assert_eq!(world.members("Everyone").await, (0..30).collect::<Vec<_>>());
    assert_eq!(repeated(&world), json!([]));
    world.nothing_left().await;
}
