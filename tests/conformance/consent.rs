//! Nobody who unsubscribed is subscribed again (G2).

use crate::{
    platform::Platform::{self, ConstantContact, Iterable, Mailchimp, Omnisend},
    world::{World, email},
};
use rstest::rstest;

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn who_unsubscribed_stays_so(#[values(Mailchimp, Omnisend, ConstantContact, Iterable)] platform: Platform) {
    let world = World::new(platform).await;
    world.crowd(0..12);
    platform.unsubscribe(&world, &email(3));
    let report = world.apply().await;
    assert_eq!(report.counts.accounted(), 12);
    assert!(platform.is_unsubscribed(&world, &email(3)).await);
    // Told again with another name, they are still what they were.
    world.people((0..12).map(|id| (id, format!("Again{id}"))));
    world.apply().await;
    assert!(platform.is_unsubscribed(&world, &email(3)).await);
    world.nothing_left().await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn somebody_elses_contact_of_a_moment_ago_stays_what_it_is(
    #[values(Mailchimp, Omnisend, ConstantContact, Iterable)] platform: Platform,
) {
    let world = World::new(platform).await;
    world.crowd(0..12);
    world.succeed().await;
    platform.unsubscribe(&world, &email(12));
    world.crowd(0..13);
    let report = world.apply().await;
    assert_eq!(report.counts.accounted(), 13);
    assert!(platform.is_unsubscribed(&world, &email(12)).await);
    world.nothing_left().await;
}
