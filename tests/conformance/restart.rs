//! A run that was stopped while the platform worked: the next one asks for what is under way, and sends nothing twice (G4).

use crate::{
    platform::Platform::{self, ConstantContact, Iterable, Mailchimp, Omnisend},
    world::World,
};
use rstest::rstest;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_was_under_way_is_asked_for(#[values(Mailchimp, Omnisend, ConstantContact, Iterable)] platform: Platform) {
    let mut world = World::new(platform).await;
    world.crowd(0..330);
    let stop = world.cancel.clone();
    let sent = || async {
        // Stopped as soon as people are on their way.
        loop {
            tokio::time::sleep(Duration::from_millis(2)).await;
            if world.sandbox.counters().of(platform.name()).routes.values().any(|route| route.rows > 0) {
                return stop.cancel();
            }
        }
    };
    let (report, ()) = tokio::join!(world.apply(), sent());
    let before: Vec<_> = world.asked().into_iter().filter(|(method, path, _)| method == "POST" && carries(platform, path)).collect();
    drop(report);
    world.cancel = CancellationToken::new();
    world.succeed().await;
    let after: Vec<_> = world.asked().into_iter().filter(|(method, path, _)| method == "POST" && carries(platform, path)).collect();
    assert!(before.iter().all(|(_, _, body)| after.iter().all(|(_, _, again)| again != body)), "a batch was sent twice");
    assert_eq!(world.members(platform.container()).await, (0..330).collect::<Vec<_>>());
    world.nothing_left().await;
}

/// Calls that bring people.
fn carries(platform: Platform, path: &str) -> bool {
    match platform {
        Mailchimp => path == "/lists/cdp",
        Omnisend => path == "/batches",
        ConstantContact => path.starts_with("/activities/contacts_"),
        Iterable => path == "/lists/subscribe",
    }
}
