//! Killed anywhere, the next run ends with the platform exactly as desired (G4), and sends again only what was in flight.

use super::world::{Defined, Sent, World, desired, rows};
use futures::future::join_all;
use listkeeper::{
    run::{Decision, Recorder, Silent},
    state::{End, Store, Trigger},
};
use listkeeper_sandbox::Faults;
use rstest::rstest;
use std::{
    collections::BTreeMap,
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

/// A run in a runtime of its own, which is torn down with everything in flight when told. What was acknowledged is
/// committed; the end of the whole process is another test's.
struct Doomed {
    kill: oneshot::Sender<()>,
    thread: std::thread::JoinHandle<()>,
}

impl Doomed {
    fn start(world: &World) -> Self {
        let (export, state, now) = (world.read(), world.state(), world.now);
        let mut engine = world.engine(None);
        let (kill, killed) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            let (recorder, writer) = Recorder::start(Store::open(&state, now).unwrap());
            engine.recorder = Some(recorder);
            runtime.block_on(async {
                let run = engine.recorded(&export, Trigger::OnDemand, Arc::new(Silent), now, &|_| Decision::Go);
                tokio::select! {
                    _ = run => {}
                    _ = killed => {}
                }
            });
            runtime.shutdown_timeout(Duration::from_secs(10));
            drop(engine);
            writer.join().unwrap();
        });
        Self { kill, thread }
    }

    async fn kill(self) {
        let _ = self.kill.send(());
        tokio::task::spawn_blocking(move || self.thread.join().unwrap()).await.unwrap();
    }
}

/// Waits until so many requests were begun in all, or the run is over.
async fn requests(world: &World, wanted: u64, over: impl Fn() -> bool) {
    while world.sandbox.counters().requests < wanted && !over() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

fn most_often(mut addresses: Vec<String>) -> usize {
    addresses.sort();
    addresses.chunk_by(|a, b| a == b).map(<[_]>::len).max().unwrap_or(0)
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn in_the_first_load(#[values(0, 1, 2, 3)] part: u64) {
    let people = rows(0..1_100);
    // About 20 requests a load: each of them is where a run dies once.
    for point in (1..=24).filter(|point| point % 4 == part) {
        let world = World::new(&Defined::overlapping(), &people).await;
        world.weather(Faults::latency(4));
        let doomed = Doomed::start(&world);
        requests(&world, point, || doomed.thread.is_finished()).await;
        doomed.kill().await;
        world.weather(Faults::default());
        world.succeed().await;
        let sent = Sent::of(&world.asked());
        assert!(most_often(sent.created) <= 2, "point {point}");
        assert_eq!(world.held().await, desired(&people), "point {point}");
        assert_eq!(world.tags().await.len(), 2, "point {point}");
        assert!(world.plan().await.is_empty(), "point {point}");
    }
}

/// Archiving waits for the vendor's jobs, seconds each: so the worlds live side by side.
#[rstest]
#[case("untag", "subscribed", &[1, 4, 7, 10, 12, 13, 14, 15, 16, 18, 20, 24])]
#[case("archive", "archived", &[6, 14, 17, 20])]
#[tokio::test(flavor = "multi_thread")]
async fn in_a_later_run(#[case] on_leave: &str, #[case] status: &str, #[case] points: &[u64]) {
    join_all(points.iter().map(|point| later_run(on_leave, status, *point))).await;
}

async fn later_run(on_leave: &str, status: &str, point: u64) {
    let before = rows(0..120);
    let mut after = before[20..].to_vec();
    after.iter_mut().filter(|row| row.id % 40 == 1).for_each(|row| row.value = "150".into());
    let world = World::new(&Defined::overlapping().export(&format!("onLeave: {on_leave}\n")), &before).await;
    world.succeed().await;
    world.write(&after);
    let begun = world.sandbox.counters().requests;
    world.weather(Faults::latency(4));
    let doomed = Doomed::start(&world);
    requests(&world, begun + point, || doomed.thread.is_finished()).await;
    doomed.kill().await;
    world.weather(Faults::default());
    world.succeed().await;
    let (held, gone): (BTreeMap<_, _>, BTreeMap<_, _>) = world.held().await.into_iter().partition(|(_, held)| !held.tags.is_empty());
    assert_eq!(gone.len(), 20, "point {point}");
    assert!(gone.values().all(|gone| gone.status == status), "point {point}: {gone:?}");
    assert_eq!(held, desired(&after), "point {point}");
    assert!(world.plan().await.is_empty(), "point {point}");
}

/// Stopped on request: what is in flight is finished and recorded, so nothing at all is sent twice.
#[tokio::test(flavor = "multi_thread")]
async fn stopped_on_request() {
    let people = rows(0..3_000);
    for point in [3, 8, 14, 18] {
        let world = World::new(&Defined { connection: "limits: {connections: 1}\n".into(), ..Defined::overlapping() }, &people).await;
        world.weather(Faults::latency(10));
        let cancel = CancellationToken::new();
        let (recorder, writer) = Recorder::start(Store::open(&world.state(), world.now).unwrap());
        let mut engine = world.engine(Some(recorder));
        engine.hub = engine.hub.stopped_by(cancel.clone());
        engine.cancel = cancel.clone();
        let export = world.read();
        let run = engine.recorded(&export, Trigger::OnDemand, Arc::new(Silent), world.now, &|_| Decision::Go);
        let stop = async {
            requests(&world, point, || false).await;
            cancel.cancel();
        };
        let (report, ()) = tokio::join!(run, stop);
        assert!(matches!(report.end, End::Canceled { .. }), "{:?}", report.end);
        assert_eq!(report.counts.accounted(), report.counts.read, "{:?}", report.counts);
        drop(engine);
        tokio::task::spawn_blocking(move || writer.join().unwrap()).await.unwrap();
        world.weather(Faults::default());
        world.succeed().await;
        let sent = Sent::of(&world.asked());
        assert_eq!((sent.created.len(), most_often(sent.created)), (3_000, 1), "point {point}");
        assert_eq!(world.held().await, desired(&people));
        assert!(world.plan().await.is_empty());
    }
}

/// The real thing: the process is gone at once, with whatever it had not committed.
#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_process_is_killed(#[values(4, 8, 12, 15, 18)] point: u64) {
    let people = rows(0..5_000);
    let world = World::new(&Defined { connection: "limits: {connections: 2}\n".into(), ..Defined::overlapping() }, &people).await;
    world.weather(Faults::latency(40));
    let mut child = Command::new(env!("CARGO_BIN_EXE_listkeeper"))
        .args(["apply", "--yes", "--state"])
        .arg(world.state().path())
        .arg(world.directory())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    requests(&world, point, || false).await;
    child.kill().unwrap();
    child.wait().unwrap();
    world.weather(Faults::default());
    world.succeed().await;
    let sent = Sent::of(&world.asked());
    assert!(most_often(sent.created) <= 2);
    assert_eq!(world.held().await, desired(&people));
    assert_eq!(world.tags().await.len(), 2);
    assert!(world.plan().await.is_empty());
}
