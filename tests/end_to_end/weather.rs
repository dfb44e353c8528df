//! Bad weather: however calls fail, repeated runs end exactly where fair weather would have.
//!
//! Retries back off for real, half a second on average: so there are few faults and many worlds side by side.

use super::world::{Defined, Held, Row, World, desired, rows};
use futures::future::join_all;
use listkeeper::{
    member::{Email, Key},
    run::Report,
    state::{End, View},
};
use listkeeper_sandbox::{
    Fault::{self, *},
    Faults,
};
use rstest::rstest;
use std::collections::BTreeMap;

/// Runs that it may take.
const RUNS: usize = 12;

/// Applies until a run succeeds with nothing left.
async fn until_done(world: &World) -> Vec<Report> {
    let mut reports = Vec::new();
    while reports.len() < RUNS {
        let report = world.apply().await;
        let done = matches!(report.end, End::Succeeded { .. });
        assert!(!matches!(report.end, End::Held { .. } | End::Canceled { .. } | End::Skipped { .. }), "{:?}", report.end);
        reports.push(report);
        if done {
            return reports;
        }
    }
    panic!("not done after {RUNS} runs: {:?}", reports.iter().map(|report| &report.end).collect::<Vec<_>>());
}

/// What two loads make of people of whom some change and the first ten go.
struct Story {
    before: Vec<Row>,
    after: Vec<Row>,
}

impl Story {
    fn new(size: u64) -> Self {
        let before = rows(0..size);
        let mut after = before[10..].to_vec();
        after.iter_mut().filter(|row| row.id % 50 == 11).for_each(|row| row.first.push('!'));
        after.extend(rows(10_000..10_015));
        Self { before, after }
    }

    fn expected(&self) -> BTreeMap<String, Held> {
        let gone = desired(&self.before[..10]).into_iter().map(|(email, held)| (email, Held { tags: Vec::new(), ..held }));
        desired(&self.after).into_iter().chain(gone).collect()
    }

    async fn ends_well(&self, world: &World) {
        assert_eq!(world.held().await, self.expected());
        assert_eq!(world.tags().await.into_keys().collect::<Vec<_>>(), ["Everyone", "Rich"]);
        let mut fields = world.fields().await;
        fields.sort();
        fields.dedup();
        assert_eq!(fields.len(), world.fields().await.len(), "{fields:?}");
        assert_eq!(fields.iter().filter(|tag| tag.starts_with("VALUE")).count(), 1, "{fields:?}");
        let plan = world.plan().await;
        assert!(plan.is_empty(), "{plan:?}");
    }
}

fn stormy(seed: u64) -> Faults {
    let all = [TooManyRequests, Forbidden, ServerError, BadGateway, ResetConnection, CutBody, LostAnswer];
    let shares = all.map(|fault| (fault, 0.01));
    Faults { seed, shares: shares.into(), ..Faults::default() }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn storms(#[values(1, 2, 3, 4)] seed: u64) {
    let story = Story::new(620);
    let world = World::new(&Defined::overlapping(), &story.before).await;
    world.weather(stormy(seed));
    until_done(&world).await;
    assert_eq!(world.held().await, desired(&story.before));
    world.weather(stormy(seed + 100));
    world.write(&story.after);
    until_done(&world).await;
    story.ends_well(&world).await;
}

const ROUTES: [(&str, &str); 11] = [
    ("GET", "/"),
    ("GET", "/lists/{list_id}"),
    ("GET", "/lists/{list_id}/merge-fields"),
    ("POST", "/lists/{list_id}/merge-fields"),
    ("GET", "/lists/{list_id}/segments"),
    ("POST", "/lists/{list_id}/segments"),
    ("GET", "/lists/{list_id}/members"),
    ("POST", "/lists/{list_id}"),
    ("POST", "/lists/{list_id}/segments/{segment_id}"),
    ("PATCH", "/lists/{list_id}/members/{subscriber_hash}"),
    ("PUT", "/lists/{list_id}/members/{subscriber_hash}"),
];

/// One fault on the first call of each route, in the first load and in the next.
#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn one_fault_on_each_route(
    #[values(TooManyRequests, Forbidden, ServerError, BadGateway, ResetConnection, CutBody, LostAnswer)] fault: Fault,
) {
    let story = Story::new(60);
    let on_route = |(method, route)| {
        let story = &story;
        async move {
            let world = World::new(&Defined::overlapping(), &story.before).await;
            world.weather(Faults::default().next(fault, method, route));
            until_done(&world).await;
            world.weather(Faults::default().next(fault, method, route));
            world.write(&story.after);
            until_done(&world).await;
            story.ends_well(&world).await;
        }
    };
    join_all(ROUTES.map(on_route)).await;
}

/// Archiving goes by jobs of the vendor's; lost answers there archive nobody twice and lose nobody.
#[rstest]
#[case("POST", "/batches")]
#[case("GET", "/batches/{batch_id}")]
#[tokio::test(flavor = "multi_thread")]
async fn archiving(#[case] method: &str, #[case] route: &str, #[values(LostAnswer, CutBody, ServerError)] fault: Fault) {
    let people = rows(0..20);
    let world = World::new(&Defined::default().export("onLeave: archive\n"), &people).await;
    world.succeed().await;
    world.weather(Faults::default().next(fault, method, route));
    world.write(&people[4..]);
    until_done(&world).await;
    let held = world.held().await;
    assert_eq!(held.values().filter(|held| held.status == "archived").count(), 4);
    assert!(world.plan().await.is_empty());
    // Everybody comes back with the status they had.
    world.write(&people);
    until_done(&world).await;
    assert!(world.held().await.values().all(|held| held.status == "subscribed" && held.tags == ["Everyone"]));
}

/// Four of twenty people have left their tag, and the run ended before a batch that archives them was known to be taken.
async fn stopped_before_archiving(fault: Fault) -> (World, Vec<Row>) {
    let people = rows(0..20);
    let world = World::new(&Defined::default().export("onLeave: archive\n"), &people).await;
    world.succeed().await;
    let mut faults = Faults::default().next(fault, "POST", "/batches");
    faults.next[0].times = 10;
    world.weather(faults);
    world.write(&people[4..]);
    let failed = world.apply().await;
    assert!(matches!(failed.end, End::Failed { retrying: true, .. }), "{:?}", failed.end);
    assert_eq!(failed.counts.removed, 0);
    world.weather(Faults::default());
    (world, people)
}

async fn archived(world: &World) -> usize {
    world.held().await.values().filter(|held| held.status == "archived").count()
}

/// The platform had taken the batches, and only its answers were lost: who is archived by then was archived by us, and comes
/// back as they were.
#[tokio::test(flavor = "multi_thread")]
async fn archiving_that_nobody_heard_of_is_still_ours() {
    let (world, people) = stopped_before_archiving(LostAnswer).await;
    while archived(&world).await < 4 {
        // Each look at the batches carries them on a little.
        world.get("/batches").await;
    }
    world.succeed().await;
    assert!(world.plan().await.is_empty());
    world.write(&people);
    until_done(&world).await;
    assert!(world.held().await.values().all(|held| held.status == "subscribed" && held.tags == ["Everyone"]));
}

/// The next run says so, and archives them; who came back meanwhile stays.
#[rstest]
#[case::gone(4)]
#[case::one_came_back(3)]
#[tokio::test(flavor = "multi_thread")]
async fn archiving_that_was_not_begun_is_gone_on_with(#[case] gone: usize) {
    let (world, people) = stopped_before_archiving(ServerError).await;
    world.write(&people[gone..]);
    let plan = world.plan().await;
    assert_eq!((plan.members.leave, plan.members.archive), (0, gone as u64));
    let text = listkeeper::plan::text(&plan);
    assert!(text.contains(&format!("- {gone} archived, whom an earlier run took out")), "{text}");
    assert_eq!(world.succeed().await.counts.removed, gone as u64);
    assert_eq!(archived(&world).await, gone);
    assert_eq!(world.held().await.values().filter(|held| held.tags == ["Everyone"]).count(), 20 - gone);
    assert!(world.plan().await.is_empty());
}

/// The definition changed its mind: nobody is archived, and no address is kept for it.
#[tokio::test(flavor = "multi_thread")]
async fn archiving_that_is_wanted_no_more_is_not_gone_on_with() {
    let (world, people) = stopped_before_archiving(ServerError).await;
    let kept = || {
        let view = View::open(&world.state(), world.now).unwrap().unwrap();
        let export = view.export(&world.read().name).unwrap().unwrap().id;
        let address = |row: &Row| view.member(export, Key::of(&Email::parse(&row.email).unwrap().unwrap())).unwrap()?.address;
        people.iter().filter_map(address).count()
    };
    assert_eq!(kept(), 20);
    world.define(&Defined::default());
    assert!(world.plan().await.is_empty());
    world.succeed().await;
    assert_eq!((kept(), archived(&world).await), (16, 0));
    world.define(&Defined::default().export("onLeave: archive\n"));
    assert!(world.plan().await.is_empty(), "it is not taken up again");
}
