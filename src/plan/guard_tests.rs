use super::*;
use rstest::rstest;
use std::time::Duration;

fn segment(members: u64, removals: u64, largest: u64) -> Facts {
    let segment = SegmentFacts { name: "vip".into(), members, removals, largest, ..SegmentFacts::default() };
    Facts { members, segments: vec![segment], ..Facts::default() }
}

fn codes(verdict: &Verdict) -> Vec<Code> {
    verdict.held.iter().map(|r| r.code).collect()
}

#[rstest]
#[case(70, 30, 100, true)]
#[case(69, 31, 100, false)]
#[case(1, 8, 9, true)] // below ten members a share says nothing
#[case(6, 4, 10, false)]
#[case(50, 31, 200, true)] // the largest size in 7 days counts, not today's
fn removals_beyond_the_share_are_held(#[case] members: u64, #[case] removals: u64, #[case] largest: u64, #[case] passes: bool) {
    let verdict = judge(&segment(members, removals, largest), &Guard::default(), None);
    assert_eq!(verdict.passes(), passes, "{verdict:?}");
}

#[test]
fn an_empty_segment_is_always_held_and_can_be_approved() {
    let facts = segment(0, 3, 3);
    let verdict = judge(&facts, &Guard::default(), None);
    assert_eq!(codes(&verdict), [Code::EmptySegment]);
    assert!(verdict.can_be_approved());
    let allowed = Allowed { reasons: verdict.held };
    assert!(judge(&facts, &Guard::default(), Some(&allowed)).passes());
}

#[test]
fn approved_removals_do_not_use_up_the_normal_allowance() {
    let mut facts = segment(40, 60, 100);
    facts.segments[0].approved_removals = 30;
    assert!(judge(&facts, &Guard::default(), None).passes());
    facts.segments[0].approved_removals = 29;
    let verdict = judge(&facts, &Guard::default(), Some(&Allowed { reasons: judge(&facts, &Guard::default(), None).held }));
    assert_eq!(codes(&verdict), [Code::Removals], "a removal that nobody approved by name is not covered by its count");
}

#[rstest]
#[case(10_000, true)]
#[case(10_001, false)]
fn additions_beyond_the_limit_are_held(#[case] additions: u64, #[case] passes: bool) {
    let facts = Facts { additions, ..segment(20_000, 0, 0) };
    assert_eq!(judge(&facts, &Guard::default(), None).passes(), passes);
    let unlimited = Guard { max_additions: MaxAdditions::Unlimited, ..Guard::default() };
    assert!(judge(&facts, &unlimited, None).passes());
}

#[test]
fn an_approval_of_additions_covers_as_many_and_the_normal_allowance() {
    let facts = |additions| Facts { additions, ..segment(90_000, 0, 0) };
    let allowed = Allowed { reasons: judge(&facts(50_000), &Guard::default(), None).held };
    assert!(judge(&facts(60_000), &Guard::default(), Some(&allowed)).passes());
    assert!(!judge(&facts(60_001), &Guard::default(), Some(&allowed)).passes());
}

#[test]
fn too_many_members_cannot_be_approved() {
    let facts = segment(1_000_001, 0, 0);
    let verdict = judge(&facts, &Guard::default(), None);
    assert!(!verdict.can_be_approved());
    assert!(!judge(&facts, &Guard::default(), Some(&Allowed { reasons: verdict.held })).passes());
}

#[test]
fn pending_mails_and_the_contract_are_held() {
    let facts = Facts { mails_new_contacts: true, new_contacts: 5, known_contacts: 96, contact_limit: Some(100), ..segment(5, 0, 0) };
    assert_eq!(codes(&judge(&facts, &Guard::default(), None)), [Code::Contacts, Code::MailsNewContacts]);
    let nothing_new = Facts { new_contacts: 0, known_contacts: 500, ..facts };
    assert!(judge(&nothing_new, &Guard::default(), None).passes(), "who is there already is nobody's decision");
}

#[test]
fn what_is_expected_of_a_segment() {
    let mut facts = segment(5, 0, 0);
    facts.segments[0].expect = Expect { min_members: Some(6), max_members: Some(4), fresh_within: Some(Duration::from_secs(3600)) };
    facts.segments[0].age_seconds = Some(7200);
    let verdict = judge(&facts, &Guard::default(), None);
    assert_eq!(codes(&verdict), [Code::TooFewInSegment, Code::TooManyInSegment, Code::Stale]);
    assert_eq!(verdict.held[2].to_string(), "the source of vip is 2 h old, older than expect.freshWithin (60 min)");
}

#[test]
fn a_segment_dropped_from_the_export_is_a_removal_under_the_guard_not_an_empty_segment() {
    let mut facts = segment(0, 100, 100);
    facts.segments[0].dropped = true;
    assert_eq!(codes(&judge(&facts, &Guard::default(), None)), [Code::Removals]);
}

fn removal(people: u64, approved_people: u64, containers: Option<u64>) -> Facts {
    Facts { removal: Some(RemovalFacts { people, approved_people, containers }), ..Facts::default() }
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
    let verdict = judge(&removal(people, 0, containers), &Guard::default(), None);
    assert_eq!(verdict.held.iter().map(ToString::to_string).collect::<Vec<_>>(), [says]);
    assert!(verdict.can_be_approved());
    let allowed = Allowed { reasons: verdict.held };
    assert!(judge(&removal(people, people, containers), &Guard::default(), Some(&allowed)).passes());
}

/// Approved: 5 people by name, and what the case says. Then another plan comes.
#[rstest]
#[case::the_rest_of_it(Some(2), removal(2, 2, Some(1)), true)]
#[case::someone_else_too(Some(2), removal(3, 2, Some(1)), false)]
#[case::one_container_more(Some(2), removal(5, 5, Some(3)), false)]
#[case::containers_although_only_members(None, removal(5, 5, Some(1)), false)]
#[case::only_members_although_containers_too(Some(2), removal(5, 5, None), true)]
fn an_approval_of_a_removal_covers_what_was_shown(#[case] approved: Option<u64>, #[case] next: Facts, #[case] passes: bool) {
    let allowed = Allowed { reasons: judge(&removal(5, 0, approved), &Guard::default(), None).held };
    assert_eq!(judge(&next, &Guard::default(), Some(&allowed)).passes(), passes);
}

#[test]
fn a_removal_that_takes_nothing_away_needs_nobody() {
    assert!(judge(&removal(0, 0, Some(0)), &Guard::default(), None).passes());
    assert!(judge(&removal(0, 0, None), &Guard::default(), None).passes());
}

/// What only a person can know is held, once.
#[rstest]
#[case(SegmentFacts { first_write: true, ..SegmentFacts::default() }, Code::FirstWrite, "would be put back")]
#[case(SegmentFacts { made_anew: true, ..SegmentFacts::default() }, Code::MadeAnew, "the old one kept")]
#[case(SegmentFacts { container_gone: true, ..SegmentFacts::default() }, Code::ContainerGone, "gone at the platform")]
fn what_a_person_must_see_first(#[case] facts: SegmentFacts, #[case] code: Code, #[case] words: &str) {
    let facts = Facts { segments: vec![SegmentFacts { name: "vip".into(), members: 5, ..facts }], ..Facts::default() };
    let verdict = judge(&facts, &Guard::default(), None);
    assert_eq!(codes(&verdict), [code]);
    assert!(verdict.held[0].to_string().contains(words), "{}", verdict.held[0]);
    assert!(verdict.can_be_approved());
    assert!(judge(&facts, &Guard::default(), Some(&Allowed { reasons: verdict.held })).passes());
}

#[test]
fn of_segments_that_are_one_list_each_is_judged_for_itself() {
    let list = SegmentFacts { name: "\"VIP\"".into(), together: true, removals: 3, largest: 5, ..SegmentFacts::default() };
    let empty = SegmentFacts { name: "lapsed".into(), ..SegmentFacts::default() };
    let verdict = judge(&Facts { segments: vec![list, empty], ..Facts::default() }, &Guard::default(), None);
    assert_eq!(verdict.held.iter().map(|r| (r.code, r.segment.as_deref())).collect::<Vec<_>>(), [(Code::EmptySegment, Some("lapsed"))]);
}
