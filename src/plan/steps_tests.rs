use super::*;
use crate::{destination::all_capabilities, member::Key, plan::reads::Reads};
use proptest::prelude::*;
use rstest::rstest;
use std::{collections::BTreeMap, convert::Infallible};

const A: u8 = 0;
const B: u8 = 1;

fn of(vendor: &str) -> &'static Capabilities {
    all_capabilities().into_iter().find(|capabilities| capabilities.vendor == vendor).unwrap()
}

fn list(bit: u8, name: &str, live: bool) -> StepList {
    StepList { bit, name: name.into(), live, apart: false }
}

fn masks(bits: &[u8]) -> SegmentMask {
    bits.iter().fold(SegmentMask::NONE, |mask, bit| mask.union(SegmentMask::of(*bit)))
}

/// `c`reate, `u`pdate, `r`estore, `q`uiet; the lists joined.
fn todo(what: &str, joins: &[u8]) -> Todo {
    let has = |flag| what.contains(flag);
    Todo { create: has('c'), update: has('u'), restore: has('r'), quiet: has('q'), bulk: has('b'), joins: masks(joins), status: None }
}

fn leaver(key: u128, segments: &[u8], archive: bool) -> Leaver {
    Leaver { key: Key(key), segments: masks(segments), whole: true, suppressed: false, withdrawn: false, only_leaves: false, archive }
}

fn all(inputs: &Inputs<'_>, todos: &[Todo], leavers: &[Leaver], bytes: impl Fn(usize) -> usize) -> Vec<Step> {
    let size = |_: &Task, at: usize, _: Carried| Ok::<_, Infallible>(bytes(at));
    steps(inputs, todos.iter().copied().enumerate(), leavers, size).unwrap_or_else(|never| match never {})
}

/// `create 2 in 1 +attributes +lists; add "b" 2 in 1`
fn shown(steps: &[Step]) -> String {
    let one = |step: &Step| {
        let list = step.list.as_ref().map(|name| format!(" {name:?}")).unwrap_or_default();
        let number = |n: Option<u64>| n.map_or("?".to_owned(), |n| n.to_string());
        let attributes = if step.attributes { " +attributes" } else { "" };
        let joins = if step.joins { " +lists" } else { "" };
        let estimated = if step.estimated { " about" } else { "" };
        format!("{}{list}{estimated} {} in {}{attributes}{joins}", step.act.word(), number(step.rows), number(step.calls))
    };
    steps.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// Two lists, and a third whose segment was dropped; one list where a platform knows no more.
fn lists(capabilities: &Capabilities) -> Vec<StepList> {
    let all = vec![list(A, "a", true), list(B, "b", true), list(2, "old", false)];
    if capabilities.join_updates { vec![all[0].clone()] } else { all }
}

/// One of each kind, by platform: the table in the head of the module.
#[rstest]
#[case("Mailchimp", "cj", "create 1 in 1 +attributes +lists")]
#[case("Omnisend", "cj", "create 1 in 1 +attributes +lists")]
#[case("Iterable", "uj", r#"add "a" 1 in 1 +attributes +lists; add "b" 1 in 1 +lists"#)]
#[case("Constant Contact", "uj", r#"add "a" 1 in 1 +attributes +lists"#)]
#[case("Mailchimp", "uj", r#"update 1 in 1 +attributes; add "a" 1 in 1 +lists; add "b" 1 in 1 +lists"#)]
#[case("Omnisend", "uj", r#"update 1 in 1 +attributes; add "a" 1 in 1 +lists; add "b" 1 in 1 +lists"#)]
#[case("Mailchimp", "u", "update 1 in 1 +attributes")]
#[case("Mailchimp", "ub", "update-in-bulk 1 in 1 +attributes")]
#[case("Mailchimp", "ubq", "record 1 in 0")]
#[case("Omnisend", "u", "update 1 in 1 +attributes")]
#[case("Iterable", "u", "update 1 in 1 +attributes")]
#[case("Constant Contact", "u", r#"add "a" 1 in 1 +attributes"#)]
#[case("Mailchimp", "uq", "record 1 in 0")]
#[case("Omnisend", "uq", "record 1 in 0")]
#[case("Iterable", "uq", "record 1 in 0")]
#[case("Constant Contact", "uq", "record 1 in 0")]
#[case("Mailchimp", "uqj", r#"record 1 in 0; add "a" 1 in 1 +lists; add "b" 1 in 1 +lists"#)]
#[case("Iterable", "uqj", r#"add "a" 1 in 1 +attributes +lists; add "b" 1 in 1 +lists"#)]
#[case("Constant Contact", "uqj", r#"add "a" 1 in 1 +attributes +lists"#)]
#[case("Mailchimp", "cqj", "create 1 in 1 +attributes +lists")]
#[case("Mailchimp", "rj", r#"restore 1 in 1 +attributes; add "a" 1 in 1 +lists; add "b" 1 in 1 +lists"#)]
#[case("Mailchimp", "j", r#"add "a" 1 in 1 +lists; add "b" 1 in 1 +lists"#)]
#[case("Omnisend", "j", r#"add "a" 1 in 1 +lists; add "b" 1 in 1 +lists"#)]
#[case("Iterable", "j", r#"add "a" 1 in 1 +lists; add "b" 1 in 1 +lists"#)]
#[case("Constant Contact", "j", r#"add "a" 1 in 1 +lists"#)]
fn one_member(#[case] vendor: &str, #[case] what: &str, #[case] expected: &str) {
    let capabilities = of(vendor);
    let lists = lists(capabilities);
    let joins: &[u8] = if capabilities.join_updates { &[A] } else { &[A, B] };
    let joins = if what.contains('j') { joins } else { &[] };
    let inputs = Inputs { capabilities, lists: &lists, everyone_read: true, estimated: false, widest: 100, trials: 0, alone: &[] };
    assert_eq!(shown(&all(&inputs, &[todo(what, joins)], &[], |_| 100)), expected);
}

/// Those whom a bulk update is tried with have calls of their own.
#[rstest]
#[case(1_000, 0, 2)]
#[case(1_001, 1, 2)]
#[case(1_002, 1, 3)]
#[case(2, 2, 0)]
fn trials_are_no_part_of_the_other_calls(#[case] contacts: usize, #[case] trials: u64, #[case] calls: u64) {
    let inputs =
        Inputs { capabilities: of("Mailchimp"), lists: &[], everyone_read: true, estimated: false, widest: 100, trials, alone: &[] };
    let steps = all(&inputs, &vec![todo("ub", &[]); contacts], &[], |_| 100);
    assert_eq!(shown(&steps), format!("update-in-bulk {contacts} in {calls} +attributes"));
}

/// Removals follow what is added; nobody is put onto a list whose segment was dropped.
#[rstest]
#[case("Mailchimp", r#"add "a" 1 in 1 +lists; remove "a" 1 in 1; remove "b" 1 in 1; remove "old" 2 in 1; archive 1 in 1"#)]
#[case("Omnisend", r#"add "a" 1 in 1 +lists; remove "a" 1 in 1; remove "b" 1 in 1; remove "old" 2 in 1"#)]
#[case("Iterable", r#"add "a" 1 in 1 +lists; remove "a" 1 in 1; remove "b" 1 in 1; remove "old" 2 in 1"#)]
fn those_who_leave(#[case] vendor: &str, #[case] expected: &str) {
    let capabilities = of(vendor);
    let lists = lists(capabilities);
    let inputs = Inputs { capabilities, lists: &lists, everyone_read: true, estimated: false, widest: 100, trials: 0, alone: &[] };
    let archives = capabilities.phases.contains(&Operation::Archive);
    let leavers = [leaver(1, &[A, 2], archives), leaver(2, &[B], false), leaver(3, &[2], false)];
    assert_eq!(shown(&all(&inputs, &[todo("j", &[A])], &leavers, |_| 100)), expected);
}

/// Calls by the documented sizes.
#[rstest]
#[case("Mailchimp", "cj", 1_001, "create 1001 in 3 +attributes +lists")]
#[case("Mailchimp", "u", 7, "update 7 in 7 +attributes")]
#[case("Mailchimp", "ub", 1_001, "update-in-bulk 1001 in 3 +attributes")]
#[case("Mailchimp", "uq", 7, "record 7 in 0")]
#[case("Omnisend", "cj", 201, "create 201 in 3 +attributes +lists")]
#[case("Omnisend", "j", 251, r#"add "a" 251 in 2 +lists"#)]
#[case("Iterable", "uj", 1_001, r#"add "a" 1001 in 2 +attributes +lists"#)]
#[case("Constant Contact", "uj", 40_000, r#"add "a" 40000 in 2 +attributes +lists"#)]
fn calls_by_rows(#[case] vendor: &str, #[case] what: &str, #[case] people: usize, #[case] expected: &str) {
    let capabilities = of(vendor);
    let lists = [list(A, "a", true)];
    let inputs = Inputs { capabilities, lists: &lists, everyone_read: true, estimated: false, widest: 40, trials: 0, alone: &[] };
    let joins: &[u8] = if what.contains('j') { &[A] } else { &[] };
    assert_eq!(shown(&all(&inputs, &vec![todo(what, joins); people], &[], |_| 40)), expected);
}

/// By bytes where rows are long; a row that is longer than a call goes alone.
#[rstest]
#[case("Constant Contact", "uj", 400, r#"add "a" 20000 in 3 +attributes +lists"#)]
#[case("Iterable", "uj", 7_800, r#"add "a" 20000 in 40 +attributes +lists"#)]
#[case("Omnisend", "cj", 18_000, "create 20000 in 400 +attributes +lists")]
#[case("Omnisend", "cj", 2_000_000, "create 20000 in 20000 +attributes +lists")]
#[case("Mailchimp", "cj", 2_000_000, "create 20000 in 40 +attributes +lists")]
fn calls_by_bytes(#[case] vendor: &str, #[case] what: &str, #[case] bytes: usize, #[case] expected: &str) {
    let capabilities = of(vendor);
    let lists = [list(A, "a", true)];
    let inputs = Inputs { capabilities, lists: &lists, everyone_read: true, estimated: false, widest: bytes, trials: 0, alone: &[] };
    assert_eq!(shown(&all(&inputs, &vec![todo(what, &[A]); 20_000], &[], |_| bytes)), expected);
}

/// Where rows cannot be too long, none is measured.
#[test]
fn rows_are_measured_only_where_bytes_can_matter() {
    for capabilities in all_capabilities() {
        let lists = [list(A, "a", true)];
        let inputs = Inputs { capabilities, lists: &lists, everyone_read: true, estimated: false, widest: 100, trials: 0, alone: &[] };
        let todos: Vec<Todo> = ["cj", "uj", "u", "j"].iter().map(|what| todo(what, &[A])).collect();
        let measured = |_: &Task, _: usize, _: Carried| Err::<usize, _>(());
        let measures = steps(&inputs, todos.into_iter().enumerate(), &[], measured).is_err();
        assert_eq!(measures, capabilities.vendor == "Constant Contact", "{}", capabilities.vendor);
    }
}

/// Addresses alone are never too long for a call, so that removals are cut by rows only.
#[test]
fn removals_fit_by_rows() {
    for capabilities in all_capabilities() {
        for operation in [Operation::Leave, Operation::Archive] {
            let (rows, bytes) = ((capabilities.batch_rows)(operation), (capabilities.batch_bytes)(operation));
            assert!(rows.saturating_mul(1_000) <= bytes, "{}: {operation:?}", capabilities.vendor);
        }
    }
}

/// Where a create would change one who exists, and a later run has not read everyone, it puts nobody onto a list. Nor onto lists that
/// it cannot name.
#[rstest]
#[case("Omnisend", true, false, "create 1 in 1 +attributes +lists")]
#[case("Omnisend", false, false, r#"create 1 in 1 +attributes; add "a" 1 in 1 +lists; add "b" 1 in 1 +lists"#)]
#[case("Mailchimp", true, false, "create 1 in 1 +attributes +lists")]
#[case("Mailchimp", false, false, "create 1 in 1 +attributes +lists")]
#[case("Mailchimp", false, true, r#"create 1 in 1 +attributes +lists; add "a" 1 in 1 +lists"#)]
#[case("Omnisend", true, true, r#"create 1 in 1 +attributes +lists; add "a" 1 in 1 +lists"#)]
fn a_create_joins_only_where_it_can(#[case] vendor: &str, #[case] everyone_read: bool, #[case] apart: bool, #[case] expected: &str) {
    let lists = [StepList { apart, ..list(A, "a", true) }, list(B, "b", true)];
    let inputs = Inputs { capabilities: of(vendor), lists: &lists, everyone_read, estimated: false, widest: 100, trials: 0, alone: &[] };
    assert_eq!(shown(&all(&inputs, &[todo("cj", &[A, B])], &[], |_| 100)), expected);
}

/// A first load of a million takes one call for 500 people, not two.
#[test]
fn a_first_load_is_half_the_calls() {
    let lists = [list(A, "a", true)];
    let inputs =
        Inputs { capabilities: of("Mailchimp"), lists: &lists, everyone_read: true, estimated: false, widest: 100, trials: 0, alone: &[] };
    let steps = all(&inputs, &vec![todo("cj", &[A]); 1_000_000], &[], |_| 100);
    assert_eq!(shown(&steps), "create 1000000 in 2000 +attributes +lists");
}

/// Before statuses are read, what is done with new people is an estimate; who is removed is not.
#[test]
fn what_a_reading_can_change_is_said() {
    let lists = [list(A, "a", true)];
    let inputs =
        Inputs { capabilities: of("Mailchimp"), lists: &lists, everyone_read: true, estimated: true, widest: 100, trials: 0, alone: &[] };
    let steps = all(&inputs, &[todo("cj", &[A])], &[leaver(1, &[A], false)], |_| 100);
    let reads = Reads { statuses: Some((Some(2_500), Some(3))), ..Reads::default() };
    assert_eq!(
        shown(&reads.among(steps, &lists)),
        r#"read-statuses about 2500 in 3; create about 1 in 1 +attributes +lists; remove "a" 1 in 1"#
    );
}

/// Readings stand where they happen.
#[test]
fn readings_are_steps() {
    let lists = [list(A, "a", true), list(B, "b", false)];
    let inputs = Inputs {
        capabilities: of("Constant Contact"),
        lists: &lists,
        everyone_read: true,
        estimated: false,
        widest: 100,
        trials: 0,
        alone: &[],
    };
    let steps = all(&inputs, &[todo("uj", &[A])], &[leaver(1, &[A], false), leaver(2, &[B], false)], |_| 100);
    let reads = Reads { statuses: None, found: vec![(A, None)], ids: vec![(B, 1)], back: vec![(A, 4)], bulk: None, leaving: false };
    let words = Words { place: "account", container: "list" };
    let steps = reads.among(steps, &lists);
    assert_eq!(
        shown(&steps),
        r#"read-pre-existing "a" about ? in ?; add "a" 1 in 1 +attributes +lists; remove "a" 1 in 1; read-ids "b" about ? in 1; remove "b" 1 in 1; read-back "a" about ? in 4"#
    );
    let names: Vec<String> = steps.iter().map(|step| step.name(words)).collect();
    let expected = [
        r#"reading the pre-existing members of list "a""#,
        r#"joining list "a""#,
        r#"leaving list "a""#,
        r#"reading the ids of the members of list "b""#,
        r#"leaving list "b""#,
        r#"reading back the members of list "a""#,
    ];
    assert_eq!(names, expected);
}

#[test]
fn programs_read_a_step() {
    let lists = [list(A, "VIP", true)];
    let inputs =
        Inputs { capabilities: of("Mailchimp"), lists: &lists, everyone_read: true, estimated: false, widest: 100, trials: 0, alone: &[] };
    let steps = all(&inputs, &[todo("j", &[A])], &[], |_| 100);
    let expected = serde_json::json!([
        {"step": "add", "list": "VIP", "rows": 1, "calls": 1, "attributes": false, "joins": true, "estimated": false}
    ]);
    assert_eq!(serde_json::to_value(steps).unwrap(), expected);
}

#[test]
fn names_are_for_people() {
    let words = Words { place: "audience", container: "tag" };
    let lists = [list(A, "VIP\u{1b}", true)];
    let inputs =
        Inputs { capabilities: of("Mailchimp"), lists: &lists, everyone_read: true, estimated: false, widest: 100, trials: 0, alone: &[] };
    let todos = [todo("c", &[]), todo("r", &[]), todo("u", &[]), todo("uq", &[]), todo("j", &[A])];
    let steps = all(&inputs, &todos, &[leaver(1, &[A], true)], |_| 100);
    let names: Vec<String> = steps.iter().map(|step| step.name(words)).collect();
    let expected = [
        "recording members without a value to send",
        "creating new contacts",
        "bringing archived contacts back",
        "telling changed attributes",
        "joining tag \"VIP\u{fffd}\"",
        "leaving tag \"VIP\u{fffd}\"",
        "archiving contacts",
    ];
    assert_eq!(names, expected);
}

/// A row's bytes, and a new contact's own status.
type Measured = (usize, Option<SubscriptionStatus>);

/// Rows of calls, as a batcher makes them: greedy, in order.
fn naive(sizes: &[Measured], rows: usize, bytes: usize) -> u64 {
    let (mut calls, mut at) = (0, 0);
    while at < sizes.len() {
        let (mut taken, mut sum) = (0, 0);
        let fits = |taken: usize, sum: usize| {
            let ((size, status), first) = (sizes[at + taken], sizes[at].1);
            taken == 0 || (sum + size <= bytes && status == first)
        };
        while at + taken < sizes.len() && taken < rows && fits(taken, sum) {
            sum += sizes[at + taken].0;
            taken += 1;
        }
        calls += 1;
        at += taken;
    }
    calls
}

fn todos() -> impl Strategy<Value = Vec<Todo>> {
    let one = (0..5_u8, any::<bool>(), 0..4_u64, proptest::bool::weighted(0.1)).prop_map(|(act, quiet, joins, lower)| Todo {
        create: act == 1,
        update: act == 2 || act == 4,
        restore: act == 3,
        quiet,
        bulk: act == 4,
        joins: SegmentMask(joins),
        status: lower.then_some(SubscriptionStatus::NonSubscribed),
    });
    proptest::collection::vec(one, 0..60)
}

/// What a platform can be asked: where joins carry attributes, nobody is created or restored by a call of its own.
fn possible(capabilities: &Capabilities, todo: Todo) -> Todo {
    let joins = if capabilities.join_updates { todo.joins.and(SegmentMask::of(A)) } else { todo.joins };
    let has = |operation| capabilities.phases.contains(&operation);
    let (create, restore) = (todo.create && has(Operation::Create), todo.restore && has(Operation::Restore));
    let update = todo.update || (todo.create && !create) || (todo.restore && !restore);
    let bulk = todo.bulk && capabilities.bulk_update_rows.is_some();
    Todo { create, update, restore, joins, bulk, quiet: todo.quiet, status: todo.status }
}

proptest! {
    /// Everything that a member needs is done in some step, once, and nothing else.
    #[test]
    fn every_change_is_carried_out_once(todos in todos(), everyone_read in any::<bool>()) {
        for capabilities in all_capabilities() {
            let lists = lists(capabilities);
            let inputs = Inputs { capabilities, lists: &lists, everyone_read, estimated: false, widest: 100, trials: 0, alone: &[] };
            for todo in todos.iter().map(|todo| possible(capabilities, *todo)) {
                let (mut left, mut told, mut joined) = (todo, 0, SegmentMask::NONE);
                for task in tasks(&inputs) {
                    let Some(carried) = task.takes(left) else { continue };
                    prop_assert!(carried.joins.and(joined).is_empty(), "{}: {todo:?} joins twice", capabilities.vendor);
                    told += usize::from(carried.attributes);
                    joined = joined.union(carried.joins);
                    left = left.after(carried);
                }
                prop_assert_eq!(told, usize::from(todo.create || todo.update || todo.restore), "{}: {:?}", capabilities.vendor, todo);
                prop_assert_eq!(joined, todo.joins, "{}: {:?}", capabilities.vendor, todo);
            }
        }
    }

    /// The calls of a step are those of its rows cut one by one.
    #[test]
    fn rows_are_cut_as_they_are_sent(
        todos in todos(),
        sizes in proptest::collection::vec(1..3_000_000_usize, 60),
        everyone_read in any::<bool>(),
    ) {
        for capabilities in all_capabilities() {
            let lists = lists(capabilities);
            let inputs = Inputs { capabilities, lists: &lists, everyone_read, estimated: false, widest: 3_000_000, trials: 0, alone: &[] };
            let todos: Vec<Todo> = todos.iter().map(|todo| possible(capabilities, *todo)).collect();
            let mut rows: BTreeMap<(&str, Option<u8>), Vec<Measured>> = BTreeMap::new();
            for (at, todo) in todos.iter().enumerate() {
                let mut left = *todo;
                for task in tasks(&inputs) {
                    let Some(carried) = task.takes(left) else { continue };
                    rows.entry((Act::Members(task).word(), task.bit)).or_default().push((sizes[at], todo.status.filter(|_| task.operation == Operation::Create)));
                    left = left.after(carried);
                }
            }
            for step in all(&inputs, &todos, &[], |at| sizes[at]) {
                let task = step.task().unwrap();
                let sizes = rows.remove(&(step.act.word(), task.bit)).unwrap_or_default();
                prop_assert_eq!(step.rows, Some(sizes.len() as u64));
                let most = if task.bulk { task.call.rows } else { (capabilities.batch_rows)(task.operation) };
                let calls = naive(&sizes, most, (capabilities.batch_bytes)(task.operation));
                prop_assert_eq!(step.calls, Some(if task.quiet { 0 } else { calls }), "{} {:?}", capabilities.vendor, task);
            }
            prop_assert!(rows.is_empty(), "{}: no step for {rows:?}", capabilities.vendor);
        }
    }
}
