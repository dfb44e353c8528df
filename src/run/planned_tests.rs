//! What is carried out is the plan (G10): the batches that a platform in memory is sent are those of the plan's steps, one for one.

use super::{
    Decision, Prepared,
    fake::{Call, Like, World},
};
use crate::{
    destination::{Capabilities, Operation, all_capabilities},
    plan::{
        Plan,
        steps::{Act, Step},
    },
    platform::SubscriptionStatus,
    state::End,
};
use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use std::sync::{Arc, Mutex};

/// One step as it was planned, or as it was made: what, to which list, how many people, by how many calls.
type Line = (Operation, Option<String>, u64, u64);

fn planned(plan: Option<&Plan>) -> Vec<Line> {
    let line = |step: &Step| {
        // A trial is a call of its own; those whom it is made with are among the rows of the next step.
        if step.act == Act::TryBulk {
            return Some((Operation::Update, None, 0, step.rows?));
        }
        // One update each; the readings around it are no batches.
        if let Act::ProveStatuses(_) = step.act {
            return Some((Operation::Update, None, step.rows?, step.rows?));
        }
        let task = step.task().filter(|task| !task.quiet)?;
        Some((task.operation, step.list.clone(), step.rows?, step.calls?))
    };
    let lines = plan.iter().flat_map(|plan| &plan.steps).filter_map(line);
    lines.fold(Vec::new(), |mut lines, line| {
        add(&mut lines, line);
        lines
    })
}

/// Calls of one kind that follow each other are one.
fn add(lines: &mut Vec<Line>, line: Line) {
    match lines.last_mut().filter(|last| (last.0, &last.1) == (line.0, &line.1)) {
        Some(last) => (last.2, last.3) = (last.2 + line.2, last.3 + line.3),
        None => lines.push(line),
    }
}

fn made(world: &World, calls: &[Call]) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for call in calls {
        let list = call.list.as_ref().and_then(|id| world.platform().list_name(id));
        add(&mut lines, (call.operation, list, call.emails.len() as u64, 1));
    }
    lines
}

/// Approves whatever the guard would hold, and keeps the plan.
async fn carried_out(world: &World) -> (Option<Plan>, End) {
    let kept: Arc<Mutex<Option<Plan>>> = Arc::default();
    let keep = Arc::clone(&kept);
    let decide = move |prepared: &Prepared| {
        *keep.lock().unwrap() = Some(prepared.plan.clone());
        match prepared.plan.verdict.passes() {
            true => Decision::Go,
            false => Decision::Approve { by: "tests".into() },
        }
    };
    let report = world.deciding(&decide).await;
    let plan = kept.lock().unwrap().take();
    (plan, report.end)
}

/// A platform that takes three rows a call, few bytes, and otherwise what the real one does.
fn small(like: Like) -> &'static Capabilities {
    let vendor = match like {
        Like::Mailchimp => "Mailchimp",
        Like::Omnisend => "Omnisend",
        Like::ConstantContact => "Constant Contact",
        Like::Iterable => "Iterable",
    };
    let real = all_capabilities().into_iter().find(|capabilities| capabilities.vendor == vendor).unwrap();
    // Lines of a file are shorter than objects.
    let batch_bytes: fn(Operation) -> usize = match like {
        Like::ConstantContact => |operation| if operation.removes() { usize::MAX } else { 80 },
        _ => |operation| if operation.removes() { usize::MAX } else { 420 },
    };
    Box::leak(Box::new(Capabilities {
        batch_rows: |operation| if operation.removes() { 2 } else { 3 },
        batch_bytes,
        page_rows: 4,
        bulk_update_rows: real.bulk_update_rows.map(|_| 3),
        ..real.clone()
    }))
}

/// A person of the source: absent, or with a first name, on the second list or not.
#[derive(Clone, Debug)]
struct Customer {
    there: bool,
    first: String,
    vip: bool,
}

fn customers() -> impl Strategy<Value = Vec<Customer>> {
    let first = prop_oneof![Just(String::new()), "[a-z]{1,6}", "[a-zé]{20,40}"];
    let one = (prop::bool::weighted(0.8), first, any::<bool>()).prop_map(|(there, first, vip)| Customer { there, first, vip });
    prop::collection::vec(one, 12)
}

fn write(world: &World, customers: &[Customer]) {
    let row = |(n, c): (usize, &Customer)| c.there.then(|| format!("p{n}@x.test,{},{}\n", c.first, if c.vip { "y" } else { "n" }));
    let rows: String = customers.iter().enumerate().filter_map(row).collect();
    world.table(&format!("Email,First,Vip\n{rows}"));
}

fn status() -> impl Strategy<Value = Option<SubscriptionStatus>> {
    prop_oneof![3 => Just(None), 2 => Just(Some(SubscriptionStatus::Subscribed)), 1 => Just(Some(SubscriptionStatus::Unsubscribed))]
}

/// The same cases each time.
fn runner(cases: u32) -> TestRunner {
    TestRunner::new_with_rng(Config { cases, ..Config::default() }, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

fn paused() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap()
}

const SEGMENTS: [(&str, &str); 1] = [("vip", "Vip = 'y'")];

fn world_of(like: Like, export: &str) -> World {
    paused().block_on(async { World::new(like, export).await.limited(small(like)).with_segments(&SEGMENTS, export) })
}

/// Any states, any contacts that are there before, at every platform: first run, then two changes.
fn calls_are_those_planned(like: Like) {
    let contacts = prop::collection::vec(status(), 12);
    let rounds = prop::collection::vec(customers(), 3);
    let archives = any::<bool>();
    let compared = Mutex::new(0);
    runner(24)
        .run(&(contacts, rounds, archives), |(contacts, rounds, archives)| {
            let archive = archives && like == Like::Mailchimp;
            let world = world_of(
                like,
                if archive {
                    "mode: mirror\nonLeave: archive\nguard: {maxRemovals: 100%}"
                } else {
                    "mode: mirror\nguard: {maxRemovals: 100%}"
                },
            );
            for (n, standing) in contacts.iter().enumerate() {
                if let Some(standing) = standing {
                    world.platform().person(&format!("p{n}@x.test"), *standing, &[]);
                }
            }
            for round in rounds {
                write(&world, &round);
                world.platform().calls();
                let (plan, end) = paused().block_on(carried_out(&world));
                let calls = made(&world, &world.platform().calls());
                *compared.lock().unwrap() += calls.len();
                match end {
                    End::Succeeded { .. } | End::Partial { .. } => prop_assert_eq!(planned(plan.as_ref()), calls),
                    _ => prop_assert_eq!(calls, Vec::new(), "{:?}", end),
                }
            }
            Ok(())
        })
        .unwrap();
    assert!(*compared.lock().unwrap() > 100, "hardly anything was compared");
}

#[test]
fn mailchimp_is_sent_what_was_planned() {
    calls_are_those_planned(Like::Mailchimp);
}

#[test]
fn omnisend_is_sent_what_was_planned() {
    calls_are_those_planned(Like::Omnisend);
}

#[test]
fn constant_contact_is_sent_what_was_planned() {
    calls_are_those_planned(Like::ConstantContact);
}

#[test]
fn iterable_is_sent_what_was_planned() {
    calls_are_those_planned(Like::Iterable);
}

/// The documented sizes of calls, over a first load, a change and a large removal.
#[tokio::test(start_paused = true)]
async fn documented_sizes_are_planned() {
    for like in Like::ALL {
        let world = World::new(like, "mode: mirror").await;
        let rows = |range: std::ops::Range<usize>, first: &str| range.map(|n| format!("p{n}@x.test,{first}\n")).collect::<String>();
        for (text, steps) in [(rows(0..1_203, "Pat"), 1), (rows(0..1_203, "Kim"), 1), (rows(600..1_203, "Kim"), 1), (rows(0..0, ""), 0)] {
            world.write(&text);
            world.platform().calls();
            let (plan, end) = carried_out(&world).await;
            let calls = made(&world, &world.platform().calls());
            assert_eq!(planned(plan.as_ref()), calls, "{like:?}: {end:?}");
            assert!(calls.len() >= steps, "{like:?}: nothing was sent: {end:?}");
        }
    }
}

/// A contact that exists after all is updated: other calls than were planned, and everyone ends where they belong.
#[tokio::test(start_paused = true)]
async fn a_contact_that_exists_after_all_is_updated_and_added() {
    let world = World::new(Like::Mailchimp, "").await.with_segments(&SEGMENTS_BY_NAME, "");
    world.write("a@x.test,Ana\n");
    carried_out(&world).await;
    // Somebody subscribes them after the last reading, which later readings leave out.
    world.platform().person("b@x.test", SubscriptionStatus::Subscribed, &[]);
    world.platform().answer(Operation::Create, "c@x.test", crate::destination::Outcome::Unconfirmed("who knows".into()));
    world.platform().calls();
    world.write("a@x.test,Ana\nb@x.test,Bo\nc@x.test,Cy\n");
    carried_out(&world).await;
    let calls = made(&world, &world.platform().calls());
    let step = |operation, list: Option<&str>, rows| (operation, list.map(str::to_owned), rows, 1);
    // c@x.test may exist or not: put onto no list before that is known.
    let expected = [
        step(Operation::Create, None, 2),
        step(Operation::Update, None, 1),
        step(Operation::Join, Some("Everyone"), 1),
        step(Operation::Join, Some("named"), 1),
    ];
    assert_eq!(calls, expected);
    assert_eq!(world.platform().find("b@x.test").unwrap().standing, SubscriptionStatus::Subscribed);
}

/// Where the platform puts nobody onto a list by creating them, exactly those are put there by calls of their own, and the next plan
/// knows.
#[tokio::test(start_paused = true)]
async fn who_comes_onto_no_list_by_being_created_is_added() {
    let world = World::new(Like::Mailchimp, "").await.with_segments(&SEGMENTS_BY_NAME, "");
    world.platform().ignore_joins(true);
    world.write("a@x.test,Ana\nb@x.test,\n");
    let (plan, _) = carried_out(&world).await;
    let step = |operation, list: Option<&str>, rows| (operation, list.map(str::to_owned), rows, 1);
    let joins = |everyone, named| {
        let one = |name, rows| step(Operation::Join, Some(name), rows);
        [one("Everyone", everyone), one("named", named)]
    };
    assert_eq!(planned(plan.as_ref()), [step(Operation::Create, None, 2)]);
    let calls = made(&world, &world.platform().calls());
    assert_eq!(calls, [&[step(Operation::Create, None, 2)][..], &joins(2, 1)].concat());
    assert_eq!((world.platform().members("Everyone").len(), world.platform().members("named")), (2, vec!["a@x.test".to_owned()]));
    assert!(world.run().await.is_empty());
    world.write("a@x.test,Ana\nb@x.test,\nc@x.test,Cy\n");
    let (plan, _) = carried_out(&world).await;
    let calls = made(&world, &world.platform().calls());
    assert_eq!((planned(plan.as_ref()), &calls), (calls.clone(), &[&[step(Operation::Create, None, 1)][..], &joins(1, 1)].concat()));
}

const SEGMENTS_BY_NAME: [(&str, &str); 1] = [("named", "First != ''")];
