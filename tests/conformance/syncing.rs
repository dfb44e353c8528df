//! Create, first load, delta, leave, rejected rows.

use crate::{
    platform::Platform::{self, ConstantContact, Iterable, Mailchimp, Omnisend},
    world::{World, email},
};
use listkeeper::state::End;
use rstest::rstest;

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_first_load_makes_what_is_missing_and_leaves_nothing_to_do(
    #[values(Mailchimp, Omnisend, ConstantContact, Iterable)] platform: Platform,
) {
    let world = World::new(platform).await;
    world.crowd(0..230);
    let report = world.succeed().await;
    assert_eq!(report.counts.synced + report.counts.unverified, 230);
    assert_eq!(report.counts.added, 230);
    assert_eq!(world.members(platform.container()).await, (0..230).collect::<Vec<_>>());
    world.nothing_left().await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_was_made_when_the_definition_landed_is_filled_by_the_next_run(
    #[values(Mailchimp, Omnisend, ConstantContact, Iterable)] platform: Platform,
) {
    let world = World::new(platform).await;
    world.crowd(0..12);
    world.land().await;
    assert!(world.members(platform.container()).await.is_empty());
    world.succeed().await;
    assert_eq!(world.members(platform.container()).await, (0..12).collect::<Vec<_>>());
    world.nothing_left().await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_delta_tells_joins_and_takes_out_and_nothing_else(#[values(Mailchimp, Omnisend, ConstantContact, Iterable)] platform: Platform) {
    let world = World::new(platform).await;
    world.crowd(0..60);
    world.succeed().await;
    // The first five leave, five come, five change.
    let called = |id: u32| (id, if (10..15).contains(&id) { "Renamed".to_owned() } else { format!("First{id}") });
    world.people((5..65).map(called));
    world.asked();
    let report = world.succeed().await;
    assert_eq!((report.counts.added, report.counts.updated, report.counts.removed), (5, 5, 5));
    let sent: String = world.asked().into_iter().filter(|(method, ..)| method != "GET").map(|(.., body)| body).collect();
    assert!(!sent.contains(&format!("{}\"", email(40))), "someone was told again who did not change");
    assert_eq!(world.members(platform.container()).await, (5..65).collect::<Vec<_>>());
    world.nothing_left().await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_the_platform_refuses_is_refused_once(#[values(Mailchimp, Omnisend, ConstantContact, Iterable)] platform: Platform) {
    let world = World::new(platform).await;
    world.crowd(0..12);
    platform.refuse(&world, &email(7));
    let report = world.apply().await;
    assert!(matches!(report.end, End::Partial { .. }), "{:?}", report.end);
    assert_eq!((report.counts.rejected, report.counts.synced + report.counts.unverified), (1, 11));
    assert_eq!(world.members(platform.container()).await, (0..12).filter(|id| *id != 7).collect::<Vec<_>>());
    world.nothing_left().await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_empty_segment_is_held(#[values(Mailchimp, Omnisend, ConstantContact, Iterable)] platform: Platform) {
    let world = World::new(platform).await;
    world.crowd(0..12);
    world.succeed().await;
    world.crowd(0..0);
    let report = world.apply().await;
    assert!(matches!(report.end, End::Held { .. }), "{:?}", report.end);
    assert_eq!(world.members(platform.container()).await.len(), 12);
}
