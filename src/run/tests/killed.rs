//! A run that is killed anywhere and resumed ends in the same rows as one that was not (G4), table by table.

use super::*;
use crate::{
    destination::Operation,
    state::{Applied, Contact, ContainerRecord},
};
use proptest::prelude::*;

/// What is on record of an export and its audience, but for history.
#[derive(Debug, PartialEq)]
struct Tables {
    members: Vec<Applied>,
    contacts: Vec<Contact>,
    containers: Vec<(u8, String, Option<ContainerRecord>)>,
    rejected: Vec<(Option<String>, String)>,
}

fn tables(world: &World) -> Tables {
    let view = world.view();
    let name = world.export().name.clone();
    let state = view.export(&name).unwrap().unwrap();
    let mut reading = view.read_contacts(state.place.unwrap().row).unwrap();
    let mut rows = reading.rows().unwrap();
    let mut rejected = Vec::new();
    view.rejected(&name, |row| {
        rejected.push((row.address, row.code));
        Ok::<_, crate::state::StateError>(std::ops::ControlFlow::Continue(()))
    })
    .unwrap();
    Tables {
        members: world.members(),
        contacts: std::iter::from_fn(|| rows.next().unwrap()).collect(),
        containers: state.segments.into_iter().map(|s| (s.bit, s.segment.to_string(), s.container)).collect(),
        rejected,
    }
}

/// Rows before and after: who is wanted, by which name.
#[derive(Clone, Debug)]
struct Story {
    like: Like,
    archive: bool,
    before: Vec<Option<u8>>,
    after: Vec<Option<u8>>,
    /// Whom the platform always rejects.
    bad: Option<usize>,
    /// In which run, and after how many requests.
    killed: (bool, u64),
}

fn story() -> impl Strategy<Value = Story> {
    let people = || proptest::collection::vec(proptest::option::weighted(0.7, 0u8..3), 5);
    let like =
        prop_oneof![3 => Just(Like::Mailchimp), 2 => Just(Like::Omnisend), 1 => Just(Like::ConstantContact), 1 => Just(Like::Iterable)];
    (like, any::<bool>(), people(), people(), proptest::option::weighted(0.3, 0usize..5), (any::<bool>(), 1u64..18))
        .prop_map(|(like, archive, before, after, bad, killed)| Story { like, archive, before, after, bad, killed })
}

fn rows(people: &[Option<u8>]) -> String {
    // An empty segment is held.
    let named = |(n, name): (usize, &Option<u8>)| name.map(|name| format!("p{n}@x.test,Name{name}\n"));
    std::iter::once("always@x.test,Al\n".to_owned()).chain(people.iter().enumerate().filter_map(named)).collect()
}

async fn told(story: &Story, killed: bool) -> (Tables, Vec<String>) {
    let archive = story.archive && story.like == Like::Mailchimp;
    let world = World::new(story.like, if archive { "onLeave: archive" } else { "" }).await;
    if let Some(bad) = story.bad {
        for operation in [Operation::Create, Operation::Update, Operation::Join] {
            world.platform().always_reject(operation, &format!("p{bad}@x.test"));
        }
    }
    for (later, people) in [(false, &story.before), (true, &story.after)] {
        world.write(&rows(people));
        if killed && later == story.killed.0 {
            world.killed_after(story.killed.1).await;
        }
        // Who is sent without an answer is settled by the next run.
        for _ in 0..2 {
            let report = world.run().await;
            assert!(matches!(report.end, End::Succeeded { .. } | End::Partial { .. }), "{story:?}: {report:?}");
        }
    }
    (tables(&world), world.platform().members("Everyone"))
}

fn same_when_killed(story: &Story) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let whole = runtime.block_on(told(story, false));
    let resumed = runtime.block_on(told(story, true));
    assert_eq!(resumed, whole, "{story:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 20, ..ProptestConfig::default() })]
    #[test]
    fn a_killed_and_resumed_run_ends_in_the_same_rows(story in story()) {
        same_when_killed(&story);
    }
}
