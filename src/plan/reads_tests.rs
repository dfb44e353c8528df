use super::*;
use crate::{
    definition::Name,
    destination::{ContainerId, all_capabilities},
    member::{Key, SegmentMask},
    plan::{
        diff::Leaver,
        steps::Inputs,
        task::{Todo, tasks},
    },
};
use rstest::rstest;

fn container(bit: u8, state: ContainerState) -> ContainerPlan {
    let segment = Name::members();
    ContainerPlan { bit, segment, title: "vip".into(), name: format!("list {bit}"), state, mirror: true }
}

fn known() -> ContainerState {
    ContainerState::Known(ContainerId("7".into()))
}

fn taken(members: Option<u64>, created: bool) -> ContainerState {
    ContainerState::Take { id: ContainerId("7".into()), members, created }
}

/// One step that adds someone to the list 0.
fn one_step() -> Vec<Step> {
    let capabilities = all_capabilities()[0];
    let lists = [StepList { bit: 0, name: "list 0".into(), live: true, apart: false }];
    let inputs = Inputs { capabilities, lists: &lists, everyone_read: true, estimated: false, widest: 100, trials: 0, alone: &[] };
    assert!(!tasks(&inputs).is_empty());
    let todo = Todo { joins: SegmentMask::of(0), ..Todo::default() };
    let size = |_: &Task, _: usize, _: crate::plan::task::Carried| Ok::<_, std::convert::Infallible>(100);
    crate::plan::steps::steps(&inputs, std::iter::once((0, todo)), &[], size).unwrap_or_else(|never| match never {})
}

/// What is read, of one list with these members on record.
fn reads(state: ContainerState, before: u64, without_id: usize, verifies: bool, steps: &[Step]) -> Reads {
    let (before, joins, leaves) = (BTreeMap::from([(0, before)]), BTreeMap::from([(0, 10)]), BTreeMap::from([(0, 4)]));
    let inputs = ReadInputs {
        containers: &[container(0, state)],
        page_rows: 100,
        statuses: None,
        before: &before,
        joins: &joins,
        leaves: &leaves,
        without_id: &BTreeMap::from([(0, without_id)]),
        reads_leaving: false,
        verifies,
        bulk: None,
    };
    Reads::of(&inputs, steps)
}

/// Who was on a list before us is read unless nobody was; how many pages, where the platform says how many they are.
#[rstest]
#[case(taken(Some(101), false), &[(0, Some(2))])]
#[case(taken(Some(100), false), &[(0, Some(1))])]
#[case(taken(None, false), &[(0, None)])]
#[case(taken(Some(0), false), &[])]
#[case(taken(Some(5), true), &[])]
#[case(known(), &[])]
#[case(ContainerState::Create, &[])]
fn pre_existing_members(#[case] state: ContainerState, #[case] expected: &[(u8, Option<u64>)]) {
    assert_eq!(reads(state, 0, 0, false, &one_step()).found, expected);
}

/// A few ids are looked up one by one; for more the list is read, page by page.
#[rstest]
#[case(0, 1_000, &[])]
#[case(1, 1_000, &[(0, 1)])]
#[case(FEW, 1_000, &[(0, 50)])]
#[case(FEW + 1, 1_000, &[(0, 10)])]
#[case(FEW + 1, 1_001, &[(0, 11)])]
fn ids_of_those_who_are_removed(#[case] without_id: usize, #[case] members: u64, #[case] expected: &[(u8, u64)]) {
    assert_eq!(reads(known(), members, without_id, false, &one_step()).ids, expected);
}

/// What is read back is the list as it will be; nothing, where nothing is sent or nobody asked for it.
#[rstest]
#[case(0, true, true, &[(0, 1)])]
#[case(94, true, true, &[(0, 1)])]
#[case(95, true, true, &[(0, 2)])]
#[case(95, false, true, &[])]
#[case(95, true, false, &[])]
fn reading_back(#[case] members: u64, #[case] verifies: bool, #[case] sends: bool, #[case] expected: &[(u8, u64)]) {
    let steps = if sends { one_step() } else { Vec::new() };
    assert_eq!(reads(known(), members, 0, verifies, &steps).back, expected);
}

/// Statuses are read once before anyone is archived: one by one for a few, by what changed for more.
#[rstest]
#[case(0, &[])]
#[case(FEW as u128, &[Some(50)])]
#[case(FEW as u128 + 1, &[None])]
fn before_archiving(#[case] people: u128, #[case] expected: &[Option<u64>]) {
    let leaver = |n| Leaver {
        key: Key(n),
        segments: SegmentMask::NONE,
        whole: true,
        suppressed: false,
        withdrawn: false,
        only_leaves: false,
        archive: true,
    };
    let capabilities = *all_capabilities().iter().find(|all| all.phases.contains(&Operation::Archive)).unwrap();
    let inputs = Inputs { capabilities, lists: &[], everyone_read: true, estimated: false, widest: 100, trials: 0, alone: &[] };
    let leavers: Vec<Leaver> = (0..people).map(leaver).collect();
    let size = |_: &Task, _: usize, _: crate::plan::task::Carried| Ok::<_, std::convert::Infallible>(100);
    let steps = crate::plan::steps::steps(&inputs, std::iter::empty(), &leavers, size).unwrap_or_else(|never| match never {});
    let all = Reads::default().among(steps, &[]);
    let reads: Vec<_> = all.iter().filter(|step| step.act == Act::ReadBeforeArchiving).map(|step| step.calls).collect();
    assert_eq!(reads, expected);
    let archives = |step: &Step| matches!(step.act, Act::Members(Task { operation: Operation::Archive, .. }));
    let at = |is: &dyn Fn(&Step) -> bool| all.iter().position(is);
    assert!(at(&|step| step.act == Act::ReadBeforeArchiving) <= at(&archives), "{all:?}");
}
