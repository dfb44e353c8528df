use super::*;
use crate::plan::{
    Cost, MemberTotals, PlacePlan, Plan, PlanDigest, Words,
    guard::{Code, Reason, Verdict},
};
use crate::source::Notices;
use insta::assert_snapshot;
use rstest::rstest;
use std::collections::BTreeMap;

fn plan(updates: u64) -> Plan {
    Plan {
        export: "vip".into(),
        connection: "Newsletter account".into(),
        vendor: "Mailchimp",
        words: Words { place: "audience", container: "tag" },
        place: PlacePlan::Create { name: "News".into() },
        resources: Vec::new(),
        segments: Vec::new(),
        made_of: Vec::new(),
        members: MemberTotals { update: updates, ..MemberTotals::default() },
        reading: None,
        steps: Vec::new(),
        bulk_updates: None,
        cost: Cost::default(),
        rejected: BTreeMap::from([("value".into(), 5)]),
        notices: Notices::default(),
        counts: Counts::default(),
        verdict: Verdict::default(),
        waiting: None,
        notes: Vec::new(),
        digest: PlanDigest("0123456789abcdef".into()),
    }
}

fn counts() -> Counts {
    Counts { read: 1540, synced: 100, unchanged: 1400, pending: 35, rejected: 5, added: 60, updated: 40, removed: 7, ..Counts::default() }
}

fn ended(end: End) -> Report {
    Report { end, counts: counts(), run: None, plan: Some(plan(135)), hints: Vec::new(), declined: false, not_before: None }
}

/// It ended before anything was read.
fn early(end: End) -> Report {
    Report { counts: Counts::default(), plan: None, hints: vec!["look at the connection's apiKey".into()], ..ended(end) }
}

fn reason() -> String {
    "the key is refused".into()
}

#[test]
fn partial_says_what_is_left_and_where_to_look() {
    assert_snapshot!(text("vip", &ended(End::Partial { reason: "35 members could not be confirmed".into() })), @r#"
    ! vip: partial, 60 added, 40 updated, 7 taken out: 35 members could not be confirmed
      1,540 rows read = 100 synced + 35 not carried out + 1,400 unchanged + 5 rejected
      ! 5 rejected: value that does not fit its field (5)
        each with its reason: listkeeper rejected vip
    "#);
}

#[test]
fn refusals_on_the_way_are_not_given_the_reasons_of_the_plan() {
    let mut report = ended(End::Partial { reason: "2 rows were refused by the platform".into() });
    report.counts.rejected = 7;
    let text = text("vip", &report);
    assert!(text.contains("  ! 7 rejected\n    each with its reason: listkeeper rejected vip\n"), "{text}");
}

#[test]
fn canceled_says_how_to_go_on_and_declined_does_not() {
    let canceled = ended(End::Canceled { reason: "stopped on request".into() });
    assert_snapshot!(text("vip", &canceled), @r#"
    vip: canceled: stopped on request
      1,540 rows read = 100 synced + 35 not carried out + 1,400 unchanged + 5 rejected
      ! 5 rejected: value that does not fit its field (5)
        each with its reason: listkeeper rejected vip
      to go on: the same command again; what was sent is recorded
    "#);
    let declined = Report { declined: true, ..canceled };
    assert!(!text("vip", &declined).contains("to go on"));
}

#[test]
fn success_says_what_changed_or_that_nothing_did() {
    let mut report = ended(End::Succeeded { unverified: 0 });
    report.counts = Counts { read: 3, synced: 2, unchanged: 1, added: 2, ..Counts::default() };
    assert_eq!(text("vip", &report), "vip: succeeded, 2 added\n  3 rows read = 2 synced + 1 unchanged\n");
    report.counts.added = 0;
    assert!(text("vip", &report).starts_with("vip: succeeded, 2 moved between segments\n"));
    report.plan = Some(plan(0));
    report.counts = Counts { read: 1200, unchanged: 1200, ..Counts::default() };
    assert_eq!(text("vip", &report), "vip: nothing to do\n  1,200 rows read = 1,200 unchanged\n");
}

#[test]
fn held_says_every_reason_and_the_next_step() {
    let mut report = ended(End::Held { reason: "both; joined".into() });
    let removals = Reason { code: Code::Removals, segment: Some("vip".into()), subject: None, actual: 1200, limit: 378, of: Some(1260) };
    let additions = Reason { code: Code::Additions, segment: None, subject: None, actual: 20_000, limit: 10_000, of: None };
    report.plan = Some(Plan { verdict: Verdict { held: vec![removals, additions] }, ..plan(1) });
    report.hints = vec!["to let exactly this through: listkeeper approve 0123456789ab".into()];
    report.counts = Counts { read: 20_000, pending: 20_000, ..Counts::default() };
    assert_snapshot!(text("vip", &report), @r#"
    ! vip: held; nothing was sent
      ! 1,200 removals from vip are more than guard.maxRemovals allows: 378 of 1,260 (its largest size in 7 days)
      ! 20,000 additions are more than guard.maxAdditions (10,000)
      20,000 rows read = 20,000 not carried out
      hint: to let exactly this through: listkeeper approve 0123456789ab
    "#);
}

#[test]
fn what_went_wrong_comes_with_its_hint() {
    assert_snapshot!(text("vip", &early(End::Stalled { reason: "the key is refused\nand so is the other".into() })), @r#"
    ! vip: stalled: the key is refused
      and so is the other
      hint: look at the connection's apiKey
      nothing more is sent until this is fixed; then the same command goes on from what was recorded
    "#);
    assert_snapshot!(text("vip", &early(End::Failed { reason: "no answer".into(), retrying: true })), @r#"
    ! vip: failed, a later run tries again: no answer
      hint: look at the connection's apiKey
    "#);
    assert_snapshot!(text("vip", &early(End::Failed { reason: "no answer".into(), retrying: false })), @r#"
    ! vip: failed: no answer
      hint: look at the connection's apiKey
      to go on: the same command again; what was sent is recorded
    "#);
}

#[rstest]
#[case(End::Succeeded { unverified: 0 }, 0)]
#[case(End::Skipped { reason: reason() }, 0)]
#[case(End::Failed { reason: reason(), retrying: true }, 1)]
#[case(End::Stalled { reason: reason() }, 1)]
#[case(End::Canceled { reason: reason() }, 1)]
#[case(End::Partial { reason: reason() }, 3)]
#[case(End::Held { reason: reason() }, 4)]
fn exit_codes(#[case] end: End, #[case] code: u8) {
    assert_eq!(exit_code(&ended(end)), code);
}
