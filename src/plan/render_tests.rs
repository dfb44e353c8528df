//! What plans look like: golden texts of whole plans.

use crate::source::{Notice, Notices, Oddity};
use crate::{
    definition::FieldType,
    destination::Operation,
    plan::{
        Cost, Counts, MemberAction, MemberLine, MemberTotals, PlacePlan, Plan, PlanDigest, ResourceStep, SegmentMake, SegmentPlan,
        StandingRead, Words,
        guard::{Code, Reason, Verdict},
        json, markdown,
        sections::sections,
        text, text_member,
    },
};
use insta::assert_snapshot;
use rstest::rstest;
use std::collections::BTreeMap;

fn segment(name: &str, container: &str) -> SegmentPlan {
    SegmentPlan { segment: name.into(), container: container.into(), mirror: true, ..SegmentPlan::default() }
}

fn base() -> Plan {
    Plan {
        export: "vip-newsletter".into(),
        connection: "Newsletter account (marketing team)".into(),
        vendor: "Mailchimp",
        words: Words { place: "audience", container: "tag" },
        place: PlacePlan::Existing { id: "a1b2c3d4e5".into(), name: "Contoso news".into(), contacts: Some(12_345), adopted: false },
        resources: Vec::new(),
        segments: vec![segment("vip-customers", "VIP customers"), segment("lapsed", "Lapsed")],
        made_of: Vec::new(),
        members: MemberTotals::default(),
        reading: None,
        steps: Vec::new(),
        bulk_updates: None,
        cost: Cost { connections: 8, connections_max: 10, ..Cost::default() },
        rejected: BTreeMap::new(),
        notices: Notices::default(),
        counts: Counts::default(),
        verdict: Verdict::default(),
        waiting: None,
        notes: Vec::new(),
        digest: PlanDigest("0123456789abcdef0123456789abcdef".into()),
    }
}

#[rstest]
#[case(Some("union"), &[("a", 10), ("b", 2_000)], None, None, "it = a (10), b (2,000) together: 900")]
#[case(Some("intersect"), &[("a", 10), ("b", 2), ("c", 3)], None, None, "it = a (10), of them those also in b (2) and c (3): 900")]
#[case(Some("except"), &[("a", 10), ("b", 2)], Some(125_000), None, "it = a (10), of them those not in b (2): 900; a sample of 12.5 %: 80")]
#[case(None, &[], None, Some(80), "it = 900 rows; the first 80 people: 80")]
fn how_a_segment_came_about(
    #[case] how: Option<&'static str>,
    #[case] parts: &[(&str, u64)],
    #[case] sample: Option<u32>,
    #[case] limit: Option<u64>,
    #[case] expected: &str,
) {
    let parts = parts.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
    let make = SegmentMake { segment: "it".into(), how, parts, before: 900, rows: 80, sample, limit };
    let plan = Plan { made_of: vec![make], ..small_delta() };
    let lines: Vec<_> = sections(&plan, false).into_iter().filter(|section| section.title == "Made of").flat_map(|s| s.lines).collect();
    assert_eq!(lines, [expected]);
}

fn first_load() -> Plan {
    let mut plan = base();
    plan.place = PlacePlan::Create { name: "Contoso news".into() };
    plan.resources = vec![
        ResourceStep::CreatePlace { name: "Contoso news".into() },
        ResourceStep::CreateField { tag: "LTV".into(), field_type: FieldType::Number },
        ResourceStep::CreateContainer { segment: "vip-customers".into(), name: "VIP customers".into() },
        ResourceStep::CreateContainer { segment: "lapsed".into(), name: "Lapsed".into() },
    ];
    plan.segments[0] = SegmentPlan {
        members: 1260,
        joins: 1260,
        join_sample: vec!["d***@example.com".into(), "k***@example.org".into()],
        ..segment("vip-customers", "VIP customers")
    };
    plan.segments[1] = SegmentPlan { members: 300, joins: 300, ..segment("lapsed", "Lapsed") };
    plan.members = MemberTotals { new: 1500, create: 1500, ..MemberTotals::default() };
    plan.rejected = BTreeMap::from([("address-no-at".into(), 2), ("value".into(), 1)]);
    plan.counts =
        Counts { read: 1570, pending: 1500, rejected: 3, not_addressable: 5, duplicates: 62, across_segments: 60, ..Counts::default() };
    plan.cost.calls = vec![(Operation::Create, 3), (Operation::Join, 4)];
    plan.cost.other_calls = 5;
    plan.notes = vec!["Joining a tag can start automations; a bulk call cannot silence them".into()];
    plan
}

fn small_delta() -> Plan {
    let mut plan = base();
    plan.segments[0] = SegmentPlan {
        members: 1255,
        before: 1260,
        joins: 15,
        leaves: 20,
        suppressed_leaves: 3,
        join_sample: vec!["d***@example.com".into()],
        leave_sample: vec!["k***@example.org".into(), "l***@example.net".into()],
        ..segment("vip-customers", "VIP customers")
    };
    plan.segments[1] = SegmentPlan { members: 300, before: 300, ..segment("lapsed", "Lapsed") };
    plan.members = MemberTotals {
        new: 12,
        create: 7,
        known: 4,
        restore: 1,
        update: 120,
        moved: 3,
        leave: 20,
        archive: 5,
        unchanged: 1405,
        protected: 2,
        update_sample: vec!["m***@example.com".into()],
        ..MemberTotals::default()
    };
    plan.counts = Counts { read: 1540, pending: 135, unchanged: 1405, ..Counts::default() };
    plan.cost.calls = vec![(Operation::Create, 1), (Operation::Update, 120), (Operation::Join, 1), (Operation::Leave, 1)];
    plan.cost.other_calls = 4;
    plan.reading = Some(StandingRead { contacts: Some(40), calls: Some(1), first: false });
    plan.notes = vec!["Leaving a tag keeps the contact, its status and its cost".into()];
    plan
}

fn empty() -> Plan {
    let mut plan = base();
    plan.segments[0] = SegmentPlan { members: 1260, before: 1260, ..segment("vip-customers", "VIP customers") };
    plan.segments[1] = SegmentPlan { members: 300, before: 300, ..segment("lapsed", "Lapsed") };
    plan.members.unchanged = 1500;
    plan.rejected = BTreeMap::from([("compliance-state".into(), 1)]);
    plan.counts = Counts { read: 1561, unchanged: 1500, duplicates: 60, across_segments: 60, rejected: 1, ..Counts::default() };
    plan
}

fn held(reasons: Vec<Reason>) -> Plan {
    Plan { verdict: Verdict { held: reasons }, ..small_delta() }
}

fn reason(code: Code, segment: Option<&str>, actual: u64, limit: u64, of: Option<u64>) -> Reason {
    Reason { code, segment: segment.map(str::to_owned), subject: None, actual, limit, of }
}

/// The lines after the last blank one: the guard and the digest.
fn ending(plan: &Plan) -> String {
    text(plan).rsplit("\n\n").next().unwrap().to_owned()
}

#[test]
fn a_first_load() {
    assert_snapshot!(text(&first_load()), @r#"
    vip-newsletter → Newsletter account (marketing team) (Mailchimp), new audience "Contoso news"

    Resources
      + audience "Contoso news"
      + field LTV (number)
      + tag "VIP customers" for vip-customers
      + tag "Lapsed" for lapsed

    Segments
      vip-customers, tag "VIP customers": 0 → 1,260 members
        + 1,260 join: in the segment, not yet in the tag (e.g. d***@example.com, k***@example.org)
      lapsed, tag "Lapsed": 0 → 300 members
        + 300 join: in the segment, not yet in the tag

    People
      + 1,500 new: created

    Rows
      1,570 rows read = 1,500 to sync + 3 rejected + 5 without an address + 62 merged into another row
      merged: 60 of people in several segments, 2 of one address twice
      ! 3 rejected: address without an @ (2); value that does not fit its field (1)

    Calls
      12 calls: 3 create, 4 join, 5 other (reads, resources); 8 at once, 10 allowed
      no rate is documented; at 1 s a call about 7 s

    Note
      * Joining a tag can start automations; a bulk call cannot silence them

    Guard: passes
    Plan 0123456789ab
    "#);
}

#[test]
fn a_small_delta() {
    assert_snapshot!(text(&small_delta()), @r#"
    vip-newsletter → Newsletter account (marketing team) (Mailchimp), audience "Contoso news" (a1b2c3d4e5, 12,345 contacts)

    Segments
      vip-customers, tag "VIP customers": 1,260 → 1,255 members
        + 15 join: in the segment, not yet in the tag (e.g. d***@example.com)
        - 20 leave: 17 no longer in the segment, 3 never to be sent (suppress) (e.g. k***@example.org, l***@example.net)
      lapsed, tag "Lapsed": 300 members, no change

    People
      + 12 new: 7 created; 4 known already, keeping their status; 1 archived by us, restored to the status they had
      ~ 120 with changed attributes (e.g. m***@example.com)
      ~ 3 only join or leave
      - 20 taken out of at least one tag, 5 of them archived
        1,405 unchanged
      ! 2 kept where they are: a row of theirs has an address that cannot be read

    Rows
      1,540 rows read = 135 to sync + 1,405 unchanged

    Read first
      the status of about 40 contacts changed since the last reading (1 call), so that none is changed

    Calls
      127 calls: 1 create, 120 update, 1 join, 1 leave, 4 other (reads, resources); 8 at once, 10 allowed
      no rate is documented; at 1 s a call about 22 s

    Note
      * Leaving a tag keeps the contact, its status and its cost

    Guard: passes
    Plan 0123456789ab
    "#);
}

#[test]
fn nothing_to_do() {
    assert_snapshot!(text(&empty()), @r#"
    vip-newsletter → Newsletter account (marketing team) (Mailchimp), audience "Contoso news" (a1b2c3d4e5, 12,345 contacts)
      nothing to do: 1,500 members unchanged (vip-customers 1,260, lapsed 300)
      1,561 rows read = 1,500 unchanged + 1 rejected + 60 merged into another row
      merged: 60 of people in several segments
      ! 1 rejected: unsubscribed, bounced or under review at the platform (1)
    "#);
    assert_snapshot!(markdown(&empty()), @r#"
    ### `vip-newsletter` → `Newsletter account (marketing team) (Mailchimp), audience "Contoso news" (a1b2c3d4e5, 12,345 contacts)`

    **Nothing to do**: 1,500 members unchanged.

    | segment | tag | before | join | leave | after |
    |---|---|--:|--:|--:|--:|
    | `vip-customers` | `VIP customers` | 1,260 | 0 | 0 | 1,260 |
    | `lapsed` | `Lapsed` | 300 | 0 | 0 | 300 |

    Guard: passes

    Plan `0123456789ab`
    "#);
}

#[test]
fn nothing_to_do_and_held_says_both() {
    let plan = Plan { verdict: Verdict { held: vec![reason(Code::Stale, Some("lapsed"), 200_000, 86_400, None)] }, ..empty() };
    assert_snapshot!(text(&plan), @r#"
    vip-newsletter → Newsletter account (marketing team) (Mailchimp), audience "Contoso news" (a1b2c3d4e5, 12,345 contacts)
      nothing to do: 1,500 members unchanged (vip-customers 1,260, lapsed 300)
      1,561 rows read = 1,500 unchanged + 1 rejected + 60 merged into another row
      merged: 60 of people in several segments
      ! 1 rejected: unsubscribed, bounced or under review at the platform (1)
    ! Skipped as long as the source is old: nothing is sent
    !   the source of lapsed is 2 days old, older than expect.freshWithin (24 h)
          bring new files to the source of lapsed, or change expect.freshWithin
    There is nothing to approve: the next run looks again
    Plan 0123456789ab
    "#);
}

#[test]
fn held_for_every_reason_that_can_be_approved() {
    let vip = Some("vip-customers");
    let plan = held(vec![
        reason(Code::EmptySegment, Some("lapsed"), 0, 1, None),
        reason(Code::Removals, vip, 1200, 378, Some(1260)),
        reason(Code::Additions, None, 50_000, 10_000, None),
        reason(Code::Contacts, None, 62_345, 50_000, None),
        reason(Code::MailsNewContacts, None, 50_000, 0, None),
        reason(Code::TooFewInSegment, vip, 10, 1000, None),
        reason(Code::TooManyInSegment, vip, 20_000, 10_000, None),
        reason(Code::Stale, vip, 200_000, 86_400, None),
        reason(Code::ContainerGone, vip, 1, 0, None),
        reason(Code::TargetChanged, None, 1, 0, None),
        reason(Code::Deleted, None, 1200, 0, Some(2)),
    ]);
    assert_snapshot!(ending(&plan), @r#"
    ! Held by the guard: nothing is sent
    !   segment lapsed is empty; `expect: {minMembers: 0}` allows that
          look at the query of lapsed and at its source, or change its expect
    !   1,200 removals from vip-customers are more than guard.maxRemovals allows: 378 of 1,260 (its largest size in 7 days)
          look at the query of vip-customers and at its source, or raise guard.maxRemovals
    !   50,000 additions are more than guard.maxAdditions (10,000)
          a first load is like this; otherwise look at the queries, or raise guard.maxAdditions
    !   the account would hold 62,345 contacts, more than limits.contacts (50,000)
          select fewer people, or raise limits.contacts to what the contract allows
    !   newContacts.status is pending: the platform would mail 50,000 people and ask them to confirm
          they must expect this mail; otherwise choose another newContacts.status
    !   segment vip-customers has 10 members, fewer than expect.minMembers (1,000)
          look at the query of vip-customers and at its source, or change its expect
    !   segment vip-customers has 20,000 members, more than expect.maxMembers (10,000)
          look at the query of vip-customers and at its source, or change its expect
    !   the source of vip-customers is 2 days old, older than expect.freshWithin (24 h)
          bring new files to the source of vip-customers, or change expect.freshWithin
    !   the container of vip-customers is gone at the platform without us; it would be made anew and refilled
          find out who deleted it; to stop filling it, take vip-customers out of the export
    !   the export's target changed; its members would be sent to the new one, and those of the earlier one stay as they are
          if it was not meant, put the earlier target back
    !   the export was deleted and says onDelete: delete-target; 1,200 members would be taken out and 2 containers that it created deleted
          if it was not meant, put the document back; with onDelete: keep, deleting it changes nothing there
    If all of it is right, approve it for 24 hours: listkeeper approve 0123456789ab
    Plan 0123456789ab
    "#);
}

#[test]
fn held_for_what_nobody_can_approve() {
    assert_snapshot!(ending(&held(vec![reason(Code::TooManyMembers, None, 1_200_000, 1_000_000, None)])), @r#"
    ! Held by the guard: nothing is sent
    !   1,200,000 members are more than guard.maxMembers (1,000,000); nothing is sent until the definition changes
          select fewer people, split the export, or raise guard.maxMembers
    This cannot be approved: the definition must change
    Plan 0123456789ab
    "#);
}

/// An export that was deleted, with `onDelete: delete-target`.
#[test]
fn a_removal() {
    let mut plan = base();
    plan.resources = vec![ResourceStep::DeleteContainer { id: "78".into(), name: "VIP customers".into(), members: Some(42) }];
    plan.segments = vec![SegmentPlan { before: 40, leaves: 40, dropped: true, deleted: true, ..segment("vip-customers", "VIP customers") }];
    plan.members.leave = 40;
    plan.cost.calls = vec![(Operation::Leave, 1)];
    plan.cost.other_calls = 1;
    plan.notes = vec!["the audience \"Contoso news\", its fields and its contacts are never deleted".into()];
    plan.verdict = Verdict { held: vec![reason(Code::Deleted, None, 40, 0, Some(1))] };
    assert_snapshot!(text(&plan), @r#"
    vip-newsletter → Newsletter account (marketing team) (Mailchimp), audience "Contoso news" (a1b2c3d4e5, 12,345 contacts)

    Resources
      - tag "VIP customers" (id 78, 42 members) is deleted: this export created it

    Segments
      vip-customers, tag "VIP customers": 40 → 0 members (the export was deleted)
        - 40 leave: of an export that was deleted

    People
      - 40 taken out of at least one tag

    Rows
      0 rows read

    Calls
      2 calls: 1 leave, 1 other (reads, resources); 8 at once, 10 allowed
      no rate is documented; at 1 s a call about 2 s

    Note
      * the audience "Contoso news", its fields and its contacts are never deleted

    ! Held by the guard: nothing is sent
    !   the export was deleted and says onDelete: delete-target; 40 members would be taken out and 1 container that it created deleted
          if it was not meant, put the document back; with onDelete: keep, deleting it changes nothing there
    If all of it is right, approve it for 24 hours: listkeeper approve 0123456789ab
    Plan 0123456789ab
    "#);
}

#[test]
fn adoption_and_renames() {
    let mut plan = small_delta();
    plan.place = PlacePlan::Existing { id: "a1b2c3d4e5".into(), name: "Contoso news".into(), contacts: Some(1), adopted: true };
    plan.resources = vec![
        ResourceStep::AdoptContainer { segment: "lapsed".into(), name: "Lapsed".into(), id: "77".into(), members: Some(1200) },
        ResourceStep::RenameContainer { segment: "vip-customers".into(), id: "78".into(), from: "VIP".into(), to: "VIP customers".into() },
        ResourceStep::RecreateContainer { segment: "win-back".into(), name: "Win back".into(), gone: true },
    ];
    plan.segments.truncate(1);
    plan.segments[0] = SegmentPlan { members: 5, before: 5, mirror: false, ..segment("lapsed", "Lapsed") };
    plan.members = MemberTotals { unchanged: 5, ..MemberTotals::default() };
    plan.counts = Counts { read: 5, unchanged: 5, ..Counts::default() };
    plan.cost.calls = Vec::new();
    plan.cost.other_calls = 3;
    (plan.reading, plan.notes) = (None, Vec::new());
    assert_snapshot!(text(&plan), @r#"
    vip-newsletter → Newsletter account (marketing team) (Mailchimp), audience "Contoso news" (a1b2c3d4e5, 1 contact, taken over)

    Resources
      ~ tag "Lapsed" (id 77, 1,200 members) is taken over for lapsed
      ~ tag "VIP" is renamed "VIP customers" for vip-customers (id 78)
      ! tag "Win back" is made anew for win-back: the one we made is gone

    Segments
      lapsed, tag "Lapsed": 5 members, no change (upsert: leavers stay)

    People
        5 unchanged

    Rows
      5 rows read = 5 unchanged

    Calls
      3 calls: 3 other (reads, resources); 8 at once, 10 allowed
      no rate is documented; at 1 s a call about 3 s

    Guard: passes
    Plan 0123456789ab
    "#);
}

#[test]
fn upsert_a_dropped_segment_and_suppressed_leavers() {
    let mut plan = base();
    plan.segments = vec![
        SegmentPlan { members: 11, before: 10, joins: 1, mirror: false, ..segment("vip-customers", "VIP customers") },
        SegmentPlan { before: 1000, leaves: 1000, suppressed_leaves: 1, dropped: true, ..segment("old", "Old") },
        SegmentPlan { members: 9, before: 12, leaves: 3, suppressed_leaves: 3, ..segment("lapsed", "Lapsed") },
    ];
    plan.members = MemberTotals { new: 1, create: 1, leave: 1003, unchanged: 19, ..MemberTotals::default() };
    plan.counts = Counts { read: 20, pending: 1, unchanged: 19, ..Counts::default() };
    assert_snapshot!(text(&plan), @r#"
    vip-newsletter → Newsletter account (marketing team) (Mailchimp), audience "Contoso news" (a1b2c3d4e5, 12,345 contacts)

    Segments
      vip-customers, tag "VIP customers": 10 → 11 members (upsert: leavers stay)
        + 1 join: in the segment, not yet in the tag
      old, tag "Old": 1,000 → 0 members (dropped from the export)
        - 1,000 leave: 999 of a segment that the export dropped, 1 never to be sent (suppress)
      lapsed, tag "Lapsed": 12 → 9 members
        - 3 leave: never to be sent (suppress)

    People
      + 1 new: created
      - 1,003 taken out of at least one tag
        19 unchanged

    Rows
      20 rows read = 1 to sync + 19 unchanged

    Guard: passes
    Plan 0123456789ab
    "#);
}

#[test]
fn statuses_that_were_not_read_yet() {
    let mut plan = small_delta();
    plan.members = MemberTotals { new: 12, create: 12, unread: true, unchanged: 1405, ..MemberTotals::default() };
    plan.reading = Some(StandingRead { contacts: Some(12_345), calls: Some(13), first: true });
    let text = text(&plan);
    let lines: Vec<&str> = text.lines().filter(|l| l.contains("12 new") || l.contains("the status of")).collect();
    assert_snapshot!(lines.join("\n"), @r#"
    + 12 new: created unless Mailchimp knows them already; who it knows keeps their status
    the status of about 12,345 contacts (13 calls), so that none is changed; later only of those changed since
    "#);
}

#[rstest]
#[case(None, true, "the status of all contacts, so that none is changed; later only of those changed since")]
#[case(None, false, "the status of the contacts changed since the last reading, so that none is changed")]
fn readings_of_unknown_size(#[case] contacts: Option<u64>, #[case] first: bool, #[case] expected: &str) {
    let reading = Some(StandingRead { contacts, calls: None, first });
    let text = text(&Plan { reading, ..small_delta() });
    assert!(text.contains(expected), "{text}");
}

#[path = "form_tests.rs"]
mod forms;

#[test]
fn what_was_odd_in_a_source_is_said_with_examples_only_where_samples_are_wanted() {
    let mut notices = Notices::default();
    let segment = Some(crate::definition::Name::new("big").unwrap());
    let examples = vec!["12,50".into(), "n/a".into(), "\u{202e}x".into()];
    notices.add(Notice {
        segment,
        subject: "Spent".into(),
        what: Oddity::NotANumber(crate::source::Read::Column { points: false }),
        count: 1200,
        examples,
    });
    for plan in [Plan { notices: notices.clone(), ..base() }, Plan { notices, ..small_delta() }] {
        let (text, markdown) = (text(&plan), markdown(&plan));
        assert!(text.contains("! segment big: Spent: 1,200 cells are not numbers (\"12,50\", \"n/a\", \"\u{fffd}x\", …)"), "{text}");
        assert!(markdown.contains("! segment big: Spent: 1,200 cells are not numbers: "), "{markdown}");
        assert!(!markdown.contains("12,50"), "{markdown}");
        assert!(json(&plan, true).unwrap().contains("n/a") && !json(&plan, false).unwrap().contains("n/a"));
    }
}
