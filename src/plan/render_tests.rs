//! What plans look like: golden texts of whole plans.

use crate::{
    definition::FieldType,
    destination::Operation,
    plan::{
        Cost, Counts, MemberAction, MemberLine, MemberTotals, PlacePlan, Plan, PlanDigest, ResourceStep, SegmentPlan, StandingRead, Words,
        guard::{Code, Reason, Verdict},
        json, json_member, markdown, text, text_member,
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
        place: PlacePlan::Existing { id: "a1b2c3d4e5".into(), name: "Contoso news".into(), contacts: 12_345, adopted: false },
        resources: Vec::new(),
        segments: vec![segment("vip-customers", "VIP customers"), segment("lapsed", "Lapsed")],
        members: MemberTotals::default(),
        reading: None,
        cost: Cost { connections: 8, connections_max: 10, ..Cost::default() },
        rejected: BTreeMap::new(),
        counts: Counts::default(),
        verdict: Verdict::default(),
        notes: Vec::new(),
        digest: PlanDigest("0123456789abcdef0123456789abcdef".into()),
    }
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
    Reason { code, segment: segment.map(str::to_owned), actual, limit, of }
}

/// The lines after the last blank one: the guard and the digest.
fn ending(plan: &Plan) -> String {
    text(plan).rsplit("\n\n").next().unwrap().to_owned()
}

#[test]
fn a_first_load() {
    assert_snapshot!(text(&first_load()), @"");
}

#[test]
fn a_small_delta() {
    assert_snapshot!(text(&small_delta()), @"");
}

#[test]
fn nothing_to_do() {
    assert_snapshot!(text(&empty()), @"");
    assert_snapshot!(markdown(&empty()), @"");
}

#[test]
fn nothing_to_do_and_held_says_both() {
    let plan = Plan { verdict: Verdict { held: vec![reason(Code::Stale, Some("lapsed"), 200_000, 86_400, None)] }, ..empty() };
    assert_snapshot!(text(&plan), @"");
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
    ]);
    assert_snapshot!(ending(&plan), @"");
}

#[test]
fn held_for_what_nobody_can_approve() {
    assert_snapshot!(ending(&held(vec![reason(Code::TooManyMembers, None, 1_200_000, 1_000_000, None)])), @"");
}

#[test]
fn adoption_and_renames() {
    let mut plan = small_delta();
    plan.place = PlacePlan::Existing { id: "a1b2c3d4e5".into(), name: "Contoso news".into(), contacts: 1, adopted: true };
    plan.resources = vec![
        ResourceStep::AdoptContainer { segment: "lapsed".into(), name: "Lapsed".into(), id: "77".into(), members: 1200 },
        ResourceStep::RenameContainer { segment: "vip-customers".into(), id: "78".into(), from: "VIP".into(), to: "VIP customers".into() },
        ResourceStep::RecreateContainer { segment: "win-back".into(), name: "Win back".into() },
    ];
    plan.segments.truncate(1);
    plan.segments[0] = SegmentPlan { members: 5, before: 5, mirror: false, ..segment("lapsed", "Lapsed") };
    plan.members = MemberTotals { unchanged: 5, ..MemberTotals::default() };
    plan.counts = Counts { read: 5, unchanged: 5, ..Counts::default() };
    plan.cost.calls = Vec::new();
    plan.cost.other_calls = 3;
    (plan.reading, plan.notes) = (None, Vec::new());
    assert_snapshot!(text(&plan), @"");
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
    assert_snapshot!(text(&plan), @"");
}

#[test]
fn statuses_that_were_not_read_yet() {
    let mut plan = small_delta();
    plan.members = MemberTotals { new: 12, create: 12, unread: true, unchanged: 1405, ..MemberTotals::default() };
    plan.reading = Some(StandingRead { contacts: Some(12_345), calls: Some(13), first: true });
    let text = text(&plan);
    let lines: Vec<&str> = text.lines().filter(|l| l.contains("12 new") || l.contains("the status of")).collect();
    assert_snapshot!(lines.join("\n"), @"");
}

#[rstest]
#[case(None, true, "the status of all contacts, so that none is changed; later only of those changed since")]
#[case(None, false, "the status of the contacts changed since the last reading, so that none is changed")]
fn readings_of_unknown_size(#[case] contacts: Option<u64>, #[case] first: bool, #[case] expected: &str) {
    let reading = Some(StandingRead { contacts, calls: None, first });
    let text = text(&Plan { reading, ..small_delta() });
    assert!(text.contains(expected), "{text}");
}

#[test]
fn markdown_of_a_held_delta() {
    let plan = held(vec![reason(Code::Removals, Some("vip-customers"), 1200, 378, Some(1260))]);
    let comment = markdown(&plan);
    assert!(!comment.contains("***@"), "no address, not even a masked one");
    assert_snapshot!(comment, @"");
}

#[test]
fn a_name_cannot_change_what_a_plan_looks_like() {
    let mut plan = small_delta();
    plan.segments[0].container = "a|b `@team` <img>\n```\n# x".into();
    plan.segments[0].segment = "`x`".into();
    plan.connection = "Acct\u{1b}[2J".into();
    let comment = markdown(&plan);
    assert_snapshot!(comment.lines().filter(|l| l.contains("img") || l.contains("Acct")).collect::<Vec<_>>().join("\n"), @"");
    assert_eq!(comment.lines().filter(|l| l.starts_with("```")).count(), 2, "{comment}");
    assert!(!text(&plan).contains('\u{1b}'));
}

#[test]
fn json_for_programs() {
    let plan = json(&small_delta(), false).unwrap();
    assert!(!plan.contains("@example"), "{plan}");
    assert_snapshot!(plan, @"");
    assert!(json(&small_delta(), true).unwrap().contains("\"joinSample\": [\n        \"d***@example.com\""));
}

#[rstest]
#[case(MemberAction::Add, &["VIP customers"], &[], "+ dana@example.com joins VIP customers; new")]
#[case(MemberAction::AddKnown, &["VIP customers", "Lapsed"], &[], "+ dana@example.com joins VIP customers, Lapsed; known, keeps their status")]
#[case(MemberAction::Restore, &["Lapsed"], &[], "+ dana@example.com joins Lapsed; restored to the status they had")]
#[case(MemberAction::Update, &[], &[], "~ dana@example.com changed attributes")]
#[case(MemberAction::Move, &["Lapsed"], &["VIP customers"], "~ dana@example.com joins Lapsed; leaves VIP customers")]
#[case(MemberAction::Remove, &[], &["Lapsed"], "- dana@example.com leaves Lapsed")]
#[case(MemberAction::Archive, &[], &["Lapsed"], "- dana@example.com leaves Lapsed; archived")]
fn one_person_a_line(#[case] action: MemberAction, #[case] joins: &[&str], #[case] leaves: &[&str], #[case] expected: &str) {
    let names = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect();
    let line = MemberLine { address: "dana@example.com".into(), action, joins: names(joins), leaves: names(leaves) };
    assert_eq!(text_member(&line), expected);
}

#[test]
fn one_person_a_line_of_json() {
    let line =
        MemberLine { address: "dana@example.com".into(), action: MemberAction::AddKnown, joins: vec!["Lapsed".into()], leaves: vec![] };
    assert_eq!(json_member(&line).unwrap(), r#"{"address":"dana@example.com","action":"add-known","joins":["Lapsed"],"leaves":[]}"#);
}
