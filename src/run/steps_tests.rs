//! What a plan's steps are, by what the state and the platform know; nothing is sent but by the runs that lead there.

use crate::{
    plan::{self, Plan},
    platform::SubscriptionStatus,
    run::{
        Decision,
        fake::{Like, World},
    },
};
use rstest::rstest;

/// `create 2 in 1`, one a line; `about` where it is an estimate.
fn shown(plan: &Plan) -> Vec<String> {
    let number = |n: Option<u64>| n.map_or("?".to_owned(), |n| n.to_string());
    let line = |step: &plan::steps::Step| {
        let list = step.list.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
        let about = if step.estimated { " about" } else { "" };
        format!("{}{list}{about} {} in {}", step.act.word(), number(step.rows), number(step.calls))
    };
    plan.steps.iter().map(line).collect()
}

async fn planned(world: &World) -> Plan {
    world.plan().await.unwrap().plan
}

/// Runs, whatever the guard says.
async fn approved(world: &World) {
    let decide = |prepared: &crate::run::Prepared| match prepared.plan.verdict.passes() {
        true => Decision::Go,
        false => Decision::Approve { by: "tests".into() },
    };
    world.deciding(&decide).await;
}

/// Before the first reading a plan is an estimate, and says so; after it, it is not.
#[rstest]
#[case(Like::Mailchimp, &["read-statuses about 1 in 1", "create about 2 in 1"])]
#[case(Like::Omnisend, &["read-statuses about 1 in 1", "create about 2 in 1"])]
#[case(Like::ConstantContact, &["add Everyone 2 in 1"])]
#[case(Like::Iterable, &["add Everyone 2 in 1"])]
#[tokio::test(start_paused = true)]
async fn a_first_plan(#[case] like: Like, #[case] expected: &[&str]) {
    let world = World::new(like, "").await;
    world.platform().person("known@x.test", SubscriptionStatus::Unsubscribed, &[]);
    world.write("a@x.test,Ana\nb@x.test,Bo\n");
    let plan = planned(&world).await;
    assert_eq!(shown(&plan), expected);
    let says = plan::text(&plan).contains("an estimate: the status of contacts is read first");
    assert_eq!(says, expected[0].starts_with("read-statuses"), "{}", plan::text(&plan));
    world.run().await;
    world.write("a@x.test,Ana\nb@x.test,Bo\nc@x.test,Cleo\n");
    let later = planned(&world).await;
    assert!(!later.is_estimated(), "{:?}", shown(&later));
}

/// The second plan of each platform: one who is new, one who changed, one whose value went and leaves the field alone.
#[rstest]
#[case(Like::Mailchimp, &["read-statuses about ? in 5", "record 1 in 0", "create 1 in 1", "try-bulk-update about 1 in 3", "update-in-bulk 1 in 0", "remove Everyone 1 in 1"])]
#[case(Like::Omnisend, &["record 1 in 0", "create 1 in 1", "update 1 in 1", "add Everyone 1 in 1", "remove Everyone 1 in 1"])]
#[case(Like::ConstantContact, &["record 1 in 0", "add Everyone 2 in 1", "read-ids Everyone about ? in 1", "remove Everyone 1 in 1"])]
#[case(
    Like::Iterable,
    &["record 1 in 0", "add Everyone 1 in 1", "update 1 in 1", "read-before-removing Everyone 1 in 1", "remove Everyone 1 in 1"]
)]
#[tokio::test(start_paused = true)]
async fn a_later_plan(#[case] like: Like, #[case] expected: &[&str]) {
    let world = World::new(like, "").await;
    let stay: String = (0..20).map(|n| format!("p{n}@x.test,Pat\n")).collect();
    world.write(&format!("a@x.test,Ana\nb@x.test,Bo\nc@x.test,Cleo\n{stay}"));
    approved(&world).await;
    world.write(&format!("a@x.test,Anna\nb@x.test,\nd@x.test,Dan\n{stay}"));
    assert_eq!(shown(&planned(&world).await), expected);
}

/// A plan with nothing to do has no step.
#[rstest]
#[case(Like::Mailchimp)]
#[case(Like::Omnisend)]
#[case(Like::ConstantContact)]
#[case(Like::Iterable)]
#[tokio::test(start_paused = true)]
async fn nothing_to_do_is_no_step(#[case] like: Like) {
    let world = World::new(like, "").await;
    world.write("a@x.test,Ana\n");
    approved(&world).await;
    let plan = planned(&world).await;
    assert!(plan.is_empty() && plan.steps.is_empty(), "{:?}", shown(&plan));
    assert_eq!(plan.cost.total(), 0);
}

/// What costs calls are the steps, and resources that are made.
#[tokio::test(start_paused = true)]
async fn the_cost_is_the_sum_of_the_steps() {
    let world = World::new(Like::Mailchimp, "").await;
    world.write("a@x.test,Ana\nb@x.test,Bo\n");
    let plan = planned(&world).await;
    let steps: u64 = plan.steps.iter().filter_map(|step| step.calls).sum();
    assert_eq!(plan.cost.total(), steps + plan.resources.len() as u64);
}

/// Where people are read back after the last write, that is a step with the pages it takes.
#[tokio::test(start_paused = true)]
async fn reading_back_is_a_step() {
    let world = World::new(Like::Iterable, "verify: always").await;
    world.write("a@x.test,Ana\n");
    assert_eq!(shown(&planned(&world).await), ["add Everyone 1 in 1", "read-back Everyone about ? in 1"]);
}

/// Who is archived is removed first; the list of a dropped segment is emptied and never filled.
#[tokio::test(start_paused = true)]
async fn a_dropped_segment_is_removed_from_only() {
    let world = World::new(Like::Mailchimp, "").await.with_segments(&[("named", "First != ''")], "onLeave: archive");
    let stay: String = (0..20).map(|n| format!("p{n}@x.test,Pat\n")).collect();
    world.write(&format!("a@x.test,Ana\nb@x.test,\n{stay}"));
    approved(&world).await;
    let world = world.with_segments(&[], "onLeave: archive");
    world.write(&format!("b@x.test,\n{stay}"));
    assert_eq!(
        shown(&planned(&world).await),
        ["remove Everyone 1 in 1", "remove named 21 in 1", "read-before-archiving about 1 in 1", "archive 1 in 1"]
    );
}

/// Who is on a list before our first write is read once; a list that nobody is on is not.
#[rstest]
#[case(true, &["read-pre-existing Everyone about ? in 1", "add Everyone 1 in 1"])]
#[case(false, &["add Everyone 1 in 1"])]
#[tokio::test(start_paused = true)]
async fn pre_existing_members_are_read(#[case] someone: bool, #[case] expected: &[&str]) {
    let world = World::new(Like::Iterable, "target: {adopt: {lists: true}}").await;
    world.platform().list("10", "Everyone");
    if someone {
        world.platform().person("there@x.test", SubscriptionStatus::Subscribed, &["Everyone"]);
    }
    world.write("a@x.test,Ana\n");
    assert_eq!(shown(&planned(&world).await), expected);
}
