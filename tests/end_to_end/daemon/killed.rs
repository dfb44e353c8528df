//! Stopped or killed at any moment of a first load, the next start goes on by itself and ends with the platform exactly as
//! desired; what was recorded as sent is not sent again (G4).

use super::kit::{Daemon, last_run};
use crate::world::{Defined, Sent, World, desired, rows};
use listkeeper::state::{End, Store};
use listkeeper_sandbox::Faults;
use rstest::rstest;
use std::time::Duration;

fn defined() -> Defined {
    let connection = "limits: {connections: 2}\n".into();
    Defined { connection, ..Defined::overlapping().export("runOnChange: true\n") }
}

async fn requests(world: &World, wanted: u64) {
    while world.sandbox.counters().requests < wanted {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

async fn until_done(daemon: &Daemon, world: &World) {
    daemon
        .until("the first load is done", async || matches!(last_run(world, "news").and_then(|run| run.end), Some(End::Succeeded { .. })))
        .await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_next_start_goes_on(#[values("TERM", "KILL")] signal: &str, #[values(3, 11, 16, 21, 26)] point: u64) {
    let people = rows(0..4_000);
    let world = World::new(&defined(), &people).await;
    world.weather(Faults::latency(40));
    let first = Daemon::start(&world).await;
    requests(&world, point).await;
    first.signal(signal);
    assert_eq!(first.ended().await.success(), signal == "TERM");
    // The state is whole, and says truly how it stands.
    let run = last_run(&world, "news");
    match run.as_ref().map(|run| &run.end) {
        Some(Some(end)) => assert!(signal == "TERM" && matches!(end, End::Failed { retrying: true, .. }), "{end:?}"),
        Some(None) => assert_eq!(signal, "KILL"),
        None => {}
    }
    drop(Store::open(&world.state(), world.now).unwrap());
    world.weather(Faults::default());
    let second = Daemon::start(&world).await;
    until_done(&second, &world).await;
    second.stop().await;
    let mut created = Sent::of(&world.asked()).created;
    created.sort();
    let most = created.chunk_by(|a, b| a == b).map(<[_]>::len).max();
    let in_flight = if signal == "TERM" { 1 } else { 2 };
    assert!(most <= Some(in_flight), "sent {most:?} times");
    assert_eq!(world.held().await, desired(&people));
    assert_eq!(world.tags().await.len(), 2);
    assert!(world.plan().await.is_empty());
}
