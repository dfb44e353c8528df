//! A storm of refusals, answers lost after the work was done, cut bodies.

use crate::{
    platform::Platform::{self, ConstantContact, Iterable, Mailchimp, Omnisend},
    world::World,
};
use listkeeper::state::End;
use listkeeper_sandbox::{Fault, Faults};
use rstest::rstest;

/// Runs until one ends well. What a run leaves unknown the next one settles.
async fn until_done(world: &World) {
    for _ in 0..8 {
        let report = world.apply().await;
        if matches!(report.end, End::Succeeded { .. }) {
            return;
        }
        assert!(!matches!(report.end, End::Stalled { .. } | End::Held { .. }), "{:?} {:?}", report.end, report.hints);
    }
    panic!("no run of eight ended well");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_storm_passes(
    #[values(Mailchimp, Omnisend, ConstantContact, Iterable)] platform: Platform,
    #[values(Fault::TooManyRequests, Fault::LostAnswer)] fault: Fault,
) {
    let world = World::new(platform).await;
    world.crowd(0..150);
    world.weather(Faults { seed: 11, shares: [(fault, 0.15)].into(), ..Faults::default() });
    until_done(&world).await;
    world.crowd(20..160);
    until_done(&world).await;
    assert_eq!(world.members(platform.container()).await, (20..160).collect::<Vec<_>>());
    world.nothing_left().await;
}

/// Three calls of ten meet some fault, of every sort: the load ends all the same, in few runs, with everyone where they belong.
#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn three_faults_in_ten_calls(#[values(Mailchimp, Omnisend, ConstantContact, Iterable)] platform: Platform) {
    let world = World::new(platform).await;
    world.crowd(0..400);
    let faults = [Fault::TooManyRequests, Fault::Unavailable, Fault::BadGateway, Fault::ResetConnection, Fault::CutBody, Fault::LostAnswer];
    world.weather(Faults { seed: 5, shares: faults.map(|fault| (fault, 0.05)).into(), ..Faults::default() });
    until_done(&world).await;
    assert_eq!(world.members(platform.container()).await, (0..400).collect::<Vec<_>>());
    world.nothing_left().await;
}
