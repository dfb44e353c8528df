//! Reading back what the platform only accepted (E12).

use crate::{
    platform::Platform::{self, ConstantContact, Iterable, Mailchimp, Omnisend},
    world::World,
};
use rstest::rstest;

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_read_back_is_synced(
    #[values(Mailchimp, Omnisend, ConstantContact, Iterable)] platform: Platform,
    #[values("always", "sample")] verify: &str,
) {
    let mut world = World::new(platform).await;
    world.crowd(0..12);
    world.succeed().await;
    world.export = format!("verify: {verify}\n");
    world.crowd(0..30);
    let report = world.succeed().await;
    assert_eq!(report.counts.added, 18);
    if verify == "always" {
        assert_eq!((report.counts.synced, report.counts.unverified), (18, 0));
    }
    assert_eq!(world.members(platform.container()).await, (0..30).collect::<Vec<_>>());
    world.nothing_left().await;
}
