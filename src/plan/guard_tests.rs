use super::*;
use crate::plan::approval::Approved;
use rstest::rstest;
use std::time::Duration;

fn all(all: u64) -> Counted {
    Counted { all, approved: 0 }
}

/// What no approval covers yet.
fn first(facts: &Facts) -> Verdict {
    judge(facts, &Guard::default(), &Approvals::default())
}

/// Judged again, after the reasons of an earlier verdict were approved; whom it concerns is counted in the facts.
fn then(facts: &Facts, earlier: &Verdict) -> Verdict {
    let approved = Approved { reasons: earlier.held.clone(), ..Approved::default() };
    judge(facts, &Guard::default(), &Approvals::of(vec![approved], ""))
}

fn segment(members: u64, removals: u64, largest: u64) -> Facts {
    let after = largest - removals;
    let segment = SegmentFacts { name: "vip".into(), members, removals: all(removals), after, largest, ..SegmentFacts::default() };
    Facts { members, segments: vec![segment], ..Facts::default() }
}

fn codes(verdict: &Verdict) -> Vec<Code> {
    verdict.held.iter().map(|r| r.code).collect()
}

/// New addresses are approved by name, whoever is gone.
#[test]
fn persons_that_no_id_tells_apart_are_held() {
    let facts = |unlinked, new_addresses, additions| Facts { unlinked, new_addresses, additions, ..segment(5, 0, 0) };
    assert_eq!(codes(&first(&facts(1, 2, all(2)))), [Code::PersonsUnknown]);
    assert!(first(&facts(0, 2, all(2))).passes() && first(&facts(1, 0, all(2))).passes());
    let verdict = first(&facts(1, 2, all(2)));
    assert!(then(&facts(3, 2, Counted { all: 2, approved: 2 }), &verdict).passes());
    assert!(!then(&facts(1, 2, Counted { all: 2, approved: 1 }), &verdict).passes());
}

#[rstest]
#[case(70, 30, 100, true)]
#[case(69, 31, 100, false)]
#[case(1, 8, 9, true)] // below ten members a share says nothing
#[case(6, 4, 10, false)]
#[case(140, 60, 200, true)] // the largest size in 7 days counts, not today's
fn removals_beyond_the_share_are_held(#[case] members: u64, #[case] removals: u64, #[case] largest: u64, #[case] passes: bool) {
    let verdict = first(&segment(members, removals, largest));
    assert_eq!(verdict.passes(), passes, "{verdict:?}");
}

#[test]
fn an_empty_segment_is_always_held_and_can_be_approved() {
    let mut facts = segment(0, 3, 3);
    let verdict = first(&facts);
    assert_eq!(codes(&verdict), [Code::EmptySegment]);
    assert!(verdict.can_be_approved());
    assert!(then(&facts, &verdict).passes());
    facts.segments[0].expect.min_members = Some(0);
    assert!(first(&facts).passes(), "somebody said that it may be empty");
}

/// Four small steps are one large one: what is left counts, whoever was approved or suppressed set aside.
#[rstest]
#[case::small_step(85, 15, 0, true)]
#[case::to_the_limit(70, 15, 0, true)]
#[case::beyond_it(69, 1, 0, false)]
#[case::but_forty_were_approved(42, 15, 40, true)]
#[case::and_not_one_more(41, 15, 40, false)]
#[case::nobody_goes(10, 0, 0, true)]
fn what_is_left_is_judged_as_well(#[case] after: u64, #[case] removals: u64, #[case] set_aside: u64, #[case] passes: bool) {
    let mut facts = segment(after, 0, 100);
    facts.segments[0] = SegmentFacts { after, removals: all(removals), set_aside, ..facts.segments[0].clone() };
    let verdict = first(&facts);
    assert_eq!(codes(&verdict), if passes { vec![] } else { vec![Code::Shrunk] });
    assert_eq!(then(&facts, &verdict).passes(), passes, "a shrunk list is approved by whom it loses, not by its count");
}

#[test]
fn approved_removals_do_not_use_up_the_normal_allowance() {
    let mut facts = segment(40, 60, 100);
    facts.segments[0].removals.approved = 30;
    facts.segments[0].set_aside = 30;
    facts.segments[0].after = 49;
    assert!(first(&facts).passes());
    facts.segments[0].removals.approved = 29;
    assert_eq!(codes(&then(&facts, &first(&facts))), [Code::Removals], "nobody is covered by a count");
}

#[rstest]
#[case(10_000, true)]
#[case(10_001, false)]
fn additions_beyond_the_limit_are_held(#[case] additions: u64, #[case] passes: bool) {
    let unlimited = Guard { max_additions: MaxAdditions::Unlimited, ..Guard::default() };
    let mut list = segment(20_000, 0, 0);
    list.segments[0].additions = all(additions);
    for facts in [Facts { additions: all(additions), ..segment(20_000, 0, 0) }, list] {
        assert_eq!(first(&facts).passes(), passes);
        assert!(judge(&facts, &unlimited, &Approvals::default()).passes());
    }
}

#[rstest]
#[case(40_000, false)]
#[case(50_000, true)]
fn an_approval_of_additions_covers_whom_it_names_and_the_normal_allowance(#[case] approved: u64, #[case] passes: bool) {
    let facts = Facts { additions: Counted { all: 60_000, approved }, ..segment(90_000, 0, 0) };
    assert_eq!(then(&facts, &first(&facts)).passes(), passes);
}

#[test]
fn too_many_members_cannot_be_approved() {
    let facts = segment(1_000_001, 0, 0);
    let verdict = first(&facts);
    assert!(!verdict.can_be_approved());
    assert!(!then(&facts, &verdict).passes());
}

#[test]
fn pending_mails_and_the_contract_are_held() {
    let facts = Facts { mails_new_contacts: true, new_contacts: all(5), known_contacts: 96, contact_limit: Some(100), ..segment(5, 0, 0) };
    assert_eq!(codes(&first(&facts)), [Code::Contacts, Code::MailsNewContacts]);
    let nothing_new = Facts { new_contacts: all(0), known_contacts: 500, ..facts };
    assert!(first(&nothing_new).passes(), "who is there already is nobody's decision");
}

#[test]
fn what_is_expected_of_a_segment() {
    let mut facts = segment(5, 0, 0);
    facts.segments[0].expect = Expect { min_members: Some(6), max_members: Some(4), fresh_within: Some(Duration::from_secs(3600)) };
    facts.segments[0].age_seconds = Some(7200);
    let verdict = first(&facts);
    assert_eq!(codes(&verdict), [Code::TooFewInSegment, Code::TooManyInSegment, Code::Stale]);
    assert_eq!(verdict.held[2].to_string(), "the source of vip is 2 h old, older than expect.freshWithin (60 min)");
}

#[test]
fn a_segment_dropped_from_the_export_is_a_removal_under_the_guard_not_an_empty_segment() {
    let mut facts = segment(0, 100, 100);
    facts.segments[0].dropped = true;
    assert_eq!(codes(&first(&facts)), [Code::Removals]);
}

fn removal(all: u64, approved: u64, containers: Option<u64>) -> Facts {
    Facts { removal: Some(RemovalFacts { people: Counted { all, approved }, containers }), ..Facts::default() }
}

#[rstest]
#[case(5, None, "the export was deleted and says onDelete: remove-members; 5 members would be taken out")]
#[case(
    1,
    Some(2),
    "the export was deleted and says onDelete: delete-target; 1 member would be taken out and 2 containers that it created deleted"
)]
#[case(
    0,
    Some(1),
    "the export was deleted and says onDelete: delete-target; 0 members would be taken out and 1 container that it created deleted"
)]
fn a_removal_is_always_held_and_can_be_approved(#[case] people: u64, #[case] containers: Option<u64>, #[case] says: &str) {
    let verdict = first(&removal(people, 0, containers));
    assert_eq!(verdict.held.iter().map(ToString::to_string).collect::<Vec<_>>(), [says]);
    assert!(verdict.can_be_approved());
    assert!(then(&removal(people, people, containers), &verdict).passes());
}

/// Approved: 5 people by name, and what the case says. Then another plan comes.
#[rstest]
#[case::the_rest_of_it(Some(2), removal(2, 2, Some(1)), true)]
#[case::someone_else_too(Some(2), removal(3, 2, Some(1)), false)]
#[case::one_container_more(Some(2), removal(5, 5, Some(3)), false)]
#[case::containers_although_only_members(None, removal(5, 5, Some(1)), false)]
#[case::only_members_although_containers_too(Some(2), removal(5, 5, None), true)]
fn an_approval_of_a_removal_covers_what_was_shown(#[case] approved: Option<u64>, #[case] next: Facts, #[case] passes: bool) {
    assert_eq!(then(&next, &first(&removal(5, 0, approved))).passes(), passes);
}

#[test]
fn a_removal_that_takes_nothing_away_needs_nobody() {
    assert!(first(&removal(0, 0, Some(0))).passes());
    assert!(first(&removal(0, 0, None)).passes());
}

/// What only a person can know is held, once.
#[rstest]
#[case(SegmentFacts { first_write: Some("7".into()), ..SegmentFacts::default() }, Code::FirstWrite, "would be put back")]
#[case(SegmentFacts { made_anew: Some("7".into()), ..SegmentFacts::default() }, Code::MadeAnew, "the old one kept")]
#[case(SegmentFacts { container_gone: Some("7".into()), ..SegmentFacts::default() }, Code::ContainerGone, "gone at the platform")]
fn what_a_person_must_see_first(#[case] facts: SegmentFacts, #[case] code: Code, #[case] words: &str) {
    let facts = Facts { segments: vec![SegmentFacts { name: "vip".into(), members: 5, ..facts }], ..Facts::default() };
    let verdict = first(&facts);
    assert_eq!(codes(&verdict), [code]);
    assert!(verdict.held[0].to_string().contains(words), "{}", verdict.held[0]);
    assert!(verdict.can_be_approved());
    assert!(then(&facts, &verdict).passes());
    let mut another = facts.clone();
    let SegmentFacts { first_write, made_anew, container_gone, .. } = &mut another.segments[0];
    [first_write, made_anew, container_gone].into_iter().for_each(|list| *list = list.take().map(|_| "8".into()));
    assert!(!then(&another, &verdict).passes(), "of one list is none of the next");
}

#[test]
fn of_segments_that_are_one_list_each_is_judged_for_itself() {
    let list = SegmentFacts { name: "\"VIP\"".into(), together: true, removals: all(3), largest: 5, ..SegmentFacts::default() };
    let empty = SegmentFacts { name: "lapsed".into(), ..SegmentFacts::default() };
    let verdict = first(&Facts { segments: vec![list, empty], ..Facts::default() });
    assert_eq!(verdict.held.iter().map(|r| (r.code, r.segment.as_deref())).collect::<Vec<_>>(), [(Code::EmptySegment, Some("lapsed"))]);
}

fn keeps_out(members: u64, largest: u64, unreadable: Counted) -> Facts {
    let never = InputFacts { name: "never".into(), excludes: true, members, largest, unreadable, ..InputFacts::default() };
    Facts { inputs: vec![never], ..segment(100, 0, 100) }
}

/// What keeps people out is judged as hard as what lets them in, and from the first member on.
#[rstest]
#[case::grows(5, 4, all(0), None)]
#[case::allowed(3, 4, all(0), None)]
#[case::shrinks(2, 4, all(0), Some(Code::ExclusionShrunk))]
#[case::empty(0, 4, all(0), Some(Code::ExclusionEmpty))]
#[case::empty_from_the_start(0, 0, all(0), Some(Code::ExclusionEmpty))]
#[case::unreadable(4, 4, all(1), Some(Code::ExclusionUnreadable))]
#[case::unreadable_as_accepted(4, 4, Counted { all: 1, approved: 1 }, None)]
fn what_keeps_people_out_is_judged(#[case] members: u64, #[case] largest: u64, #[case] unreadable: Counted, #[case] code: Option<Code>) {
    assert_eq!(codes(&first(&keeps_out(members, largest, unreadable))), Vec::from_iter(code));
}

#[test]
fn an_approval_of_a_shrunk_list_is_none_of_a_smaller_one() {
    let approved = first(&keeps_out(2, 4, all(0)));
    assert!(then(&keeps_out(2, 4, all(0)), &approved).passes());
    assert!(!then(&keeps_out(1, 4, all(0)), &approved).passes());
}

#[test]
fn an_empty_list_that_keeps_people_out_passes_where_it_may_be_empty_but_not_where_it_lost_its_members() {
    let mut facts = keeps_out(0, 0, all(0));
    facts.inputs[0].expect.min_members = Some(0);
    assert!(first(&facts).passes());
    facts.inputs[0].largest = 4;
    assert_eq!(codes(&first(&facts)), [Code::ExclusionShrunk]);
}

#[test]
fn operands_are_held_to_what_is_expected_of_them() {
    let mut facts = keeps_out(1, 1, all(0));
    facts.inputs[0].excludes = false;
    facts.inputs[0].expect.min_members = Some(2);
    assert_eq!(codes(&first(&facts)), [Code::TooFewInSegment]);
}

#[rstest]
#[case(9, 100, None)]
#[case(10, 200, None)]
#[case(10, 100, Some(Code::Rejected))]
#[case(296, 296, Some(Code::Rejected))]
fn too_many_rejected_rows_are_held(#[case] newly_rejected: u64, #[case] rows: u64, #[case] code: Option<Code>) {
    let facts = Facts { newly_rejected, rows, ..segment(5, 0, 0) };
    let verdict = first(&facts);
    assert_eq!(codes(&verdict), Vec::from_iter(code));
    assert!(then(&facts, &verdict).passes());
}

#[test]
fn a_suppression_list_that_is_gone_and_a_changed_target_are_held_by_name() {
    let facts = |list: &str, target: &str| Facts {
        suppression_gone: vec![list.to_owned()],
        target_changed: Some(target.to_owned()),
        ..segment(5, 0, 0)
    };
    let verdict = first(&facts("never", "a"));
    assert_eq!(codes(&verdict), [Code::SuppressionGone, Code::TargetChanged]);
    assert!(then(&facts("never", "a"), &verdict).passes());
    assert_eq!(codes(&then(&facts("gone", "b"), &verdict)), [Code::SuppressionGone, Code::TargetChanged]);
}

/// Only where people are added: without it nobody is let in.
#[test]
fn a_segment_that_keeps_nobody_out_any_more_is_held() {
    let facts = |additions| Facts { exclusions_gone: vec!["out".to_owned()], additions, ..segment(5, 0, 0) };
    let verdict = first(&facts(all(1)));
    assert_eq!(codes(&verdict), [Code::ExclusionGone]);
    assert!(first(&facts(all(0))).passes() && then(&facts(all(7)), &verdict).passes());
}

/// Whatever it would change; approved for this file only.
#[test]
fn a_file_that_may_be_cut_off_is_held() {
    let facts = |file: &str| Facts { files_cut: vec![FileCut { table: "crm.people".into(), file: file.into() }], ..segment(5, 0, 0) };
    let verdict = first(&facts("people.csv, 9 bytes"));
    assert_eq!(codes(&verdict), [Code::FileCut]);
    assert!(verdict.held[0].to_string().starts_with("people.csv, 9 bytes of the table crm.people ends without a line end"));
    assert!(then(&facts("people.csv, 9 bytes"), &verdict).passes());
    assert_eq!(codes(&then(&facts("people.csv, 8 bytes"), &verdict)), [Code::FileCut]);
}

/// A doubt lets nobody in and takes nobody out; approved for as many cells of this column.
#[rstest]
#[case::excludes_and_adds(true, 1, 0, &[Code::ExclusionNotCompared])]
#[case::excludes_and_adds_nobody(true, 0, 5, &[])]
#[case::includes_and_removes(false, 0, 1, &[Code::NotCompared])]
#[case::includes_and_removes_nobody(false, 5, 0, &[])]
fn what_cannot_be_compared_moves_nobody(#[case] excludes: bool, #[case] adds: u64, #[case] removed: u64, #[case] codes_of: &[Code]) {
    let facts = |cells: u64, subject: &str| Facts {
        doubts: vec![Doubt { segment: "big".into(), subject: subject.into(), cells, excludes }],
        additions: Counted { all: adds, approved: 0 },
        removed,
        ..Facts::default()
    };
    let verdict = first(&facts(3, "Spent"));
    assert_eq!(codes(&verdict), codes_of);
    assert!(then(&facts(3, "Spent"), &verdict).passes() && then(&facts(2, "Spent"), &verdict).passes());
    assert_eq!(codes(&then(&facts(4, "Spent"), &verdict)), codes_of);
    assert_eq!(codes(&then(&facts(3, "Age"), &verdict)), codes_of);
}

/// Whatever it would change; approved for this column in these files only.
#[test]
fn a_column_that_is_newly_missing_is_held() {
    let facts =
        |column: &str| Facts { columns_gone: vec![ColumnGone { table: "crm.people".into(), column: column.into() }], ..segment(5, 0, 0) };
    let verdict = first(&facts("\"Unsub\" in b.csv"));
    assert_eq!(codes(&verdict), [Code::ColumnGone]);
    assert!(verdict.held[0].to_string().starts_with("the column \"Unsub\" in b.csv of the table crm.people is missing"));
    assert!(then(&facts("\"Unsub\" in b.csv"), &verdict).passes());
    assert_eq!(codes(&then(&facts("\"Unsub\" in c.csv"), &verdict)), [Code::ColumnGone]);
}

/// Also where nobody is removed; approved for these two folders only.
#[rstest]
#[case::same("m → aa", "m → aa", true)]
#[case::to_another("m → aa", "m → bb", false)]
#[case::from_another("m → aa", "n → aa", false)]
fn attack_rights_to_another_folders_state(#[case] approved: &str, #[case] now: &str, #[case] passes: bool) {
    let facts = |folders: &str| Facts { other_folder: Some(folders.to_owned()), ..segment(5, 0, 5) };
    let verdict = first(&facts(approved));
    assert_eq!(codes(&verdict), [Code::OtherFolder]);
    assert_eq!(then(&facts(now), &verdict).passes(), passes);
    assert!(first(&segment(5, 0, 5)).passes());
}

#[test]
fn a_segment_that_shares_its_list_is_judged_by_its_own_size() {
    let part = |members| SegmentFacts { name: "lapsed".into(), part: true, members, largest: 20, ..SegmentFacts::default() };
    let facts = |members| Facts { segments: vec![part(members)], ..Facts::default() };
    assert!(first(&facts(14)).passes());
    assert_eq!(codes(&first(&facts(13))), [Code::SegmentShrunk]);
}
