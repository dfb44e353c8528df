use super::*;
use crate::{
    definition::FieldType,
    destination::all_capabilities,
    plan::{
        steps::{Inputs, StepList},
        task::tasks,
    },
};
use rstest::rstest;

fn of(vendor: &str) -> &'static Capabilities {
    all_capabilities().into_iter().find(|capabilities| capabilities.vendor == vendor).unwrap()
}

fn members(vendor: &str, operation: Operation, calls: u64) -> Step {
    let lists = [StepList { bit: 0, name: "VIP".into(), live: true, apart: false }];
    let inputs =
        Inputs { capabilities: of(vendor), lists: &lists, everyone_read: true, estimated: false, widest: 100, trials: 0, alone: &[] };
    let task = tasks(&inputs).into_iter().find(|task| task.operation == operation && !task.quiet).unwrap();
    Step { act: Act::Members(task), list: None, rows: Some(calls), calls: Some(calls), attributes: true, joins: false, estimated: false }
}

fn read(calls: Option<u64>) -> Step {
    Step { act: Act::ReadBack, list: None, rows: None, calls, attributes: false, joins: false, estimated: true }
}

/// A sum by operation, in the order of doing; readings and resources beside it; what is not known, and what needs no call, is none.
#[test]
fn calls_are_a_sum_over_the_steps() {
    let steps = [
        read(Some(3)),
        members("Mailchimp", Operation::Join, 2),
        members("Mailchimp", Operation::Create, 5),
        members("Mailchimp", Operation::Join, 4),
        read(None),
    ];
    let resources = [
        ResourceStep::CreateField { tag: "LTV".into(), field_type: FieldType::Number },
        ResourceStep::AdoptContainer { segment: "vip".into(), name: "VIP".into(), id: "7".into(), members: None },
    ];
    let cost = cost(&steps, &resources, of("Mailchimp"), &Limits::default(), 8);
    assert_eq!(cost.calls, [(Operation::Create, 5), (Operation::Join, 6)]);
    assert_eq!((cost.other_calls, cost.total()), (4, 15), "adopting takes no call");
    assert_eq!((cost.connections, cost.connections_max, cost.per_day), (8, 10, None));
}

/// At the documented rate, or at the one that was set, whichever way it was written.
#[rstest]
#[case("Iterable", Limits::default(), Some(20))]
#[case("Iterable", Limits { per_second: Some(10), ..Limits::default() }, Some(10))]
#[case("Iterable", Limits { per_minute: Some(60), ..Limits::default() }, Some(60))]
#[case("Mailchimp", Limits::default(), None)]
#[case("Mailchimp", Limits { per_second: Some(50), ..Limits::default() }, Some(2))]
fn time_at_the_rates(#[case] vendor: &str, #[case] limits: Limits, #[case] expected: Option<u64>) {
    let steps = [members(vendor, Operation::Join, 100)];
    assert_eq!(cost(&steps, &[], of(vendor), &limits, 4).seconds, expected);
}

/// The day's quota is the platform's unless one was set.
#[rstest]
#[case("Constant Contact", None, Some(10_000))]
#[case("Constant Contact", Some(500), Some(500))]
#[case("Iterable", None, None)]
fn quota_of_a_day(#[case] vendor: &str, #[case] set: Option<u32>, #[case] expected: Option<u32>) {
    let limits = Limits { per_day: set, ..Limits::default() };
    assert_eq!(cost(&[], &[], of(vendor), &limits, 4).per_day, expected);
}

/// A limit above the documented one is warned of, each by its name; one at it or below is not.
#[rstest]
#[case("Constant Contact", Limits { per_second: Some(5), ..Limits::default() }, 4, &["limits.perSecond is 5; Constant Contact documents 4"])]
#[case("Constant Contact", Limits { per_second: Some(4), per_day: Some(10_000), ..Limits::default() }, 4, &[])]
#[case("Constant Contact", Limits { per_day: Some(20_000), ..Limits::default() }, 4, &["limits.perDay is 20000; Constant Contact documents 10000"])]
#[case("Mailchimp", Limits { per_second: Some(50), ..Limits::default() }, 11, &["limits.connections is 11; Mailchimp documents 10"])]
#[case("Iterable", Limits { per_minute: Some(301), ..Limits::default() }, 4, &["limits.perMinute is 301; Iterable documents 300"])]
fn limits_above_the_documented(#[case] vendor: &str, #[case] limits: Limits, #[case] connections: u32, #[case] expected: &[&str]) {
    let warnings = above_documented(of(vendor), &limits, connections);
    assert_eq!(warnings.len(), expected.len(), "{warnings:?}");
    for (warning, expected) in warnings.iter().zip(expected) {
        assert!(warning.starts_with(expected), "{warning}");
    }
}
