//! Runs that are stopped, run out of time or of a quota: they end at once, say so, and the next run goes on.

use super::world::{Defined, World, desired, rows};
use listkeeper::{
    definition::Export,
    run::{Decision, Engine, Recorder, Report, Silent, Watch},
    state::{End, Store, Trigger, View},
};
use listkeeper_sandbox::{Fault::ServerError, Faults};
use rstest::rstest;
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// Stops a run when it comes to a phase.
struct StopsAt(&'static str, CancellationToken);

impl Watch for StopsAt {
    fn phase(&self, label: &str, _: Option<u64>) {
        if label.starts_with(self.0) {
            self.1.cancel();
        }
    }
    fn advance(&self, _: u64) {}
    fn note(&self, _: &str) {}
}

/// As the daemon does it: the engine of one run, which `stop` ends.
fn stopped_by(engine: &Engine, stop: &CancellationToken) -> Engine {
    Engine { cancel: stop.clone(), hub: engine.hub.stopped_by(stop.clone()), ..engine.clone() }
}

/// One process's engine, and its writer.
fn process(world: &World) -> (Engine, std::thread::JoinHandle<()>) {
    let (recorder, writer) = Recorder::start(Store::open(&world.state(), world.now).unwrap());
    (world.engine(Some(recorder)), writer)
}

async fn run(world: &World, engine: &Engine, export: &Arc<Export>, watch: Arc<dyn Watch>) -> Report {
    let report = engine.recorded(export, Trigger::OnDemand, watch, world.now, &|_| Decision::Go).await;
    assert_eq!(report.counts.accounted(), report.counts.read, "{:?}", report.counts);
    report
}

async fn closed(engine: Engine, writer: std::thread::JoinHandle<()>) {
    drop(engine);
    tokio::task::spawn_blocking(move || writer.join().unwrap()).await.unwrap();
}

/// How the latest run is on record.
fn recorded_end(world: &World) -> Option<End> {
    let view = View::open(&world.state(), world.now).unwrap().unwrap();
    view.runs(None, 1).unwrap().pop().unwrap().end
}

/// Longer than any of these runs may need, shorter than what they would wait for.
const PROMPT: Duration = Duration::from_secs(60);

const ENDLESS: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT people.* FROM people, n WHERE i < 0";

/// Stopped in any phase a run ends promptly; another run of the same process goes on.
#[rstest]
#[case::reading_the_source("reading the source", ENDLESS)]
#[case::before_the_first_batch("creating", "SELECT * FROM people")]
#[case::between_batches("joining", "SELECT * FROM people")]
#[tokio::test(flavor = "multi_thread")]
async fn one_run_is_stopped_in_any_phase(#[case] phase: &'static str, #[case] sql: &str) {
    let people = rows(0..1_200);
    let world = World::new(&Defined { segments: vec![("everyone", sql.into())], ..Defined::default() }, &people).await;
    // So that a tag call follows the creations.
    world.sandbox.set("mailchimp", &serde_json::json!({"bulkTags": "ignored"})).unwrap();
    let other = World::new(&Defined::default(), &people).await;
    other.weather(Faults::latency(20));
    let ((engine, writer), (mut neighbour, neighbours_writer)) = (process(&world), process(&other));
    neighbour.hub = engine.hub.clone();
    let stop = CancellationToken::new();
    let (export, others) = (world.read(), other.read());
    let watch = Arc::new(StopsAt(phase, stop.clone()));
    let stopped = async {
        let one = stopped_by(&engine, &stop);
        tokio::time::timeout(PROMPT, run(&world, &one, &export, watch)).await.expect("it goes on")
    };
    let (report, went_on) = tokio::join!(stopped, run(&other, &neighbour, &others, Arc::new(Silent)));
    assert!(matches!(report.end, End::Canceled { .. }), "{:?}", report.end);
    assert_eq!(went_on.end, End::Succeeded { unverified: 0 });
    closed(engine, writer).await;
    assert_eq!(recorded_end(&world), Some(report.end));
    closed(neighbour, neighbours_writer).await;
    assert_eq!(other.held().await, desired_everyone(&people));
    world.define(&Defined::default());
    world.succeed().await;
    assert_eq!(world.held().await, desired_everyone(&people));
}

fn desired_everyone(people: &[super::world::Row]) -> std::collections::BTreeMap<String, super::world::Held> {
    let everyone = |(email, held): (String, super::world::Held)| (email, super::world::Held { tags: vec!["Everyone".into()], ..held });
    desired(people).into_iter().map(everyone).collect()
}

/// The platform is down and every call waits for its next attempt: half a minute in all, were it not stopped.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_stopped_while_it_backs_off() {
    let world = World::new(&Defined::default(), &rows(0..5)).await;
    world.weather(Faults { shares: [(ServerError, 1.0)].into(), ..Faults::default() });
    let (engine, writer) = process(&world);
    let (stop, export) = (CancellationToken::new(), world.read());
    let one = stopped_by(&engine, &stop);
    let stopping = async {
        while world.sandbox.counters().requests < 1 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        stop.cancel();
    };
    let (report, ()) = tokio::join!(run(&world, &one, &export, Arc::new(Silent)), stopping);
    assert!(matches!(report.end, End::Canceled { .. }), "{:?}", report.end);
    assert!(world.sandbox.counters().requests <= 2, "it went on trying");
    drop(one);
    closed(engine, writer).await;
}

/// What is in flight when the time is over is finished and recorded; the next run goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_takes_too_long_says_so_and_is_resumed() {
    let people = rows(0..2_000);
    let world = World::new(&Defined { connection: "limits: {connections: 1}\n".into(), ..Defined::overlapping() }, &people).await;
    world.weather(Faults::latency(150));
    let late = Arc::new(Export { timeout: Some(Duration::from_millis(1_500)), ..(*world.read()).clone() });
    let report = world.apply_export(&late).await;
    let End::Failed { retrying: true, reason } = &report.end else { panic!("{:?}", report.end) };
    assert!(reason.contains("not done within its timeout"), "{reason}");
    assert_eq!(report.not_before, None);
    world.weather(Faults::default());
    world.succeed().await;
    assert_eq!(world.held().await, desired(&people));
    assert!(world.plan().await.is_empty());
}

/// A day's quota is never waited for inside a run: it ends, says when to come back, and what was sent is recorded.
#[tokio::test(flavor = "multi_thread")]
async fn a_spent_quota_ends_the_run_with_the_time_to_come_back() {
    let people = rows(0..2_600);
    let world = World::new(&Defined { connection: "limits: {perDay: 17}\n".into(), ..Defined::overlapping() }, &people).await;
    let first = world.apply().await;
    let End::Failed { retrying: true, reason } = &first.end else { panic!("{:?}", first.end) };
    assert!(reason.contains("limits.perDay"), "{reason}");
    assert!(first.not_before.is_some_and(|wait| wait <= Duration::from_secs(86_400)), "{:?}", first.not_before);
    assert!(first.counts.pending > 0 && first.plan.is_some(), "it was stopped after the plan: {:?}", first.counts);
    assert!(!world.held().await.is_empty(), "something was sent");
    // Each run of this test is a day of its own: its engine counts anew.
    let mut days = 1;
    while !matches!(world.apply().await.end, End::Succeeded { .. }) {
        days += 1;
        assert!(days < 10, "no progress");
    }
    assert_eq!(world.held().await, desired(&people));
}
