//! Runs, rejected rows, held plans, jobs, counters, retention.

use super::*;
use crate::{
    definition::{DefinitionId, Kept},
    destination::{ContainerId, JobId, Look, Operation},
    plan::{Counts, approval::Changes, effects::After},
    platform::SubscriptionStatus,
};
use chrono::{Days, TimeDelta};
use rstest::rstest;
use std::{ops::ControlFlow, time::Duration};

fn begin(store: &mut Store, export: &Name, seconds: i64) -> RunId {
    let start = RunStart {
        export,
        trigger: Trigger::Schedule,
        definition_digest: "d1",
        plan_digest: None,
        user: "dana",
        export_user: Some("crm-service"),
        due: None,
    };
    store.start_run(&start, at(seconds)).unwrap()
}

fn row(address: Option<&str>, code: &str) -> RejectedRow {
    let address = address.map(str::to_owned);
    RejectedRow { address, segment: "vip".into(), code: code.into(), detail: "no".into(), field: None, since: None }
}

/// As listed since then.
fn since(row: RejectedRow, seconds: i64) -> RejectedRow {
    RejectedRow { since: Some(at(seconds)), ..row }
}

fn listing(view: &View, export: &Name) -> Vec<RejectedRow> {
    let mut rows = Vec::new();
    view.rejected(export, |row| {
        rows.push(row);
        Ok::<_, StateError>(ControlFlow::Continue(()))
    })
    .unwrap();
    rows
}

fn plan(digest: &str, export: &str, seconds: i64) -> HeldPlan {
    HeldPlan {
        digest: digest.into(),
        export: export.into(),
        made: at(seconds),
        reason: "40 % would be removed".into(),
        text: "- d***@example.com".into(),
        json: "{}".into(),
        approved: None,
    }
}

#[rstest]
#[case(End::Succeeded { unverified: 3 }, "Succeeded (3 unverified)")]
#[case(End::Partial { reason: "2 new rejections".into() }, "Partial")]
#[case(End::Skipped { reason: "the source is stale".into() }, "Skipped")]
#[case(End::Held { reason: "40 % would be removed".into() }, "Held")]
#[case(End::Stalled { reason: "the key was revoked".into() }, "Stalled")]
#[case(End::Failed { retrying: true, reason: "the network is down".into() }, "Failed (retrying)")]
#[case(End::Failed { retrying: false, reason: "the audience is gone".into() }, "Failed (permanent)")]
#[case(End::Canceled { reason: "dana asked".into() }, "Canceled")]
fn a_run_is_kept_with_how_it_ended(#[case] end: End, #[case] word: &str) {
    let mut f = fixture();
    let news = name("news");
    let run = begin(&mut f.store, &news, 1);
    f.store.set_run_plan(run, "p1").unwrap();
    assert_eq!(f.store.last_run(&news).unwrap().unwrap().status(f.dir.is_written()), Status::Now(Now::Running { since: at(1) }));
    let counts = Counts { read: 3, synced: 2, rejected: 1, ..Counts::default() };
    f.store.finish_run(run, &end, &counts, at(9)).unwrap();
    let record = f.store.last_run(&news).unwrap().unwrap();
    assert_eq!((record.started, record.ended, &record.counts), (at(1), Some(at(9)), &counts));
    assert_eq!((record.plan_digest.as_deref(), record.export_user.as_deref()), (Some("p1"), Some("crm-service")));
    assert_eq!((record.status(true), record.status(true).to_string().as_str()), (Status::Ended(end), word));
}

#[test]
fn runs_come_newest_first_and_move_with_a_rename() {
    let mut f = fixture();
    let (old, other) = (name("old"), name("other"));
    f.store.ensure_export(&old, None).unwrap();
    let ids = [begin(&mut f.store, &old, 1), begin(&mut f.store, &other, 2), begin(&mut f.store, &old, 3)];
    let listed = |view: &View, export: Option<&Name>| view.runs(export, 2).unwrap().into_iter().map(|r| r.id).collect::<Vec<_>>();
    assert_eq!(listed(&f.store, None), [ids[2], ids[1]]);
    assert_eq!(listed(&f.store, Some(&old)), [ids[2], ids[0]]);
    f.store.publish_rejected(&old, ids[0], at(1)).unwrap();
    f.store.ensure_export(&name("new"), Some(&old)).unwrap();
    assert_eq!(listed(&f.store, Some(&name("new"))), [ids[2], ids[0]]);
    assert_eq!(f.store.rejected_run(&name("new")).unwrap(), Some(ids[0]));
    assert_eq!(f.store.exports_with_runs().unwrap(), [name("new"), other]);
}

#[test]
fn a_run_that_nobody_ended_is_found_when_the_state_is_opened() {
    let mut f = fixture();
    let news = name("news");
    let run = begin(&mut f.store, &news, 1);
    drop(f.store);
    let record = View::open(&f.dir, at(40)).unwrap().unwrap().last_run(&news).unwrap().unwrap();
    assert_eq!(record.status(false), Status::Ended(End::interrupted()), "a reader sees it before");
    let store = Store::open(&f.dir, at(50)).unwrap();
    let record = store.last_run(&news).unwrap().unwrap();
    assert_eq!((record.id, record.ended), (run, Some(at(50))));
    let Some(End::Failed { retrying: true, reason }) = record.end else { panic!("{:?}", record.end) };
    assert!(reason.starts_with("interrupted"));
}

#[test]
fn rejected_rows_are_those_of_the_latest_complete_listing() {
    let mut f = fixture();
    let (news, other) = (name("news"), name("other"));
    let (first, second) = (begin(&mut f.store, &news, 1), begin(&mut f.store, &news, 2));
    let elsewhere = begin(&mut f.store, &other, 2);
    assert!(listing(&f.store, &news).is_empty());
    f.store.add_rejected(first, &[row(Some("a@"), "address-bad-domain"), row(None, "merge-field")]).unwrap();
    f.store.add_rejected(first, &[row(Some("c@"), "value")]).unwrap();
    f.store.publish_rejected(&news, first, at(1)).unwrap();
    assert_eq!(f.store.new_rejected(&news, first).unwrap(), 3);
    f.store.add_rejected(elsewhere, &[row(Some("x@"), "address-bad-domain")]).unwrap();
    f.store.publish_rejected(&other, elsewhere, at(2)).unwrap();
    f.store.add_rejected(second, &[row(Some("b@"), "address-bad-domain"), row(None, "merge-field")]).unwrap();
    f.store.add_rejected(second, &[row(Some("c@"), "merge-field")]).unwrap();
    let half = [row(Some("a@"), "address-bad-domain"), row(None, "merge-field"), row(Some("c@"), "value")];
    assert_eq!(listing(&f.store, &news), half.map(|row| since(row, 1)), "not half a listing");
    f.store.publish_rejected(&news, second, at(2)).unwrap();
    let kept = since(row(None, "merge-field"), 1);
    let (b, c) = (since(row(Some("b@"), "address-bad-domain"), 2), since(row(Some("c@"), "merge-field"), 2));
    assert_eq!(listing(&f.store, &news), [b, kept, c], "another reason is another rejection");
    assert_eq!(f.store.new_rejected(&news, second).unwrap(), 2);
    assert_eq!(listing(&f.store, &other).len(), 1);
    let left: i64 = f.store.conn.query_row("SELECT count(*) FROM rejected", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 4, "the earlier listing is gone from the file, too");
}

fn removals(keys: &[u128]) -> Changes {
    let removed = [("vip".to_owned(), keys.iter().map(|key| Key(*key)).collect())].into();
    Changes { target: "account|audience".into(), removed, ..Changes::default() }
}

#[test]
fn an_approval_holds_for_a_day_and_for_what_it_saw() {
    let mut f = fixture();
    let news = name("news");
    let mut changes = removals(&[1, 2]);
    changes.added.insert("rich".into(), vec![Key(7)]);
    changes.unreadable.insert("never".into(), vec![Key(9)]);
    f.store.hold(&plan("aa11", "news", 0), &changes).unwrap();
    assert_eq!(f.store.approvals(&news, at(1)).unwrap(), []);
    approve(&f.dir, "aa11", "dana (uid 1000)", at(10)).unwrap();
    let approvals = f.store.approvals(&news, at(11)).unwrap();
    assert_eq!(approvals.iter().map(|approval| &approval.plan.changes).collect::<Vec<_>>(), [&changes]);
    assert_eq!(f.store.approvals(&news, at(10 + 24 * 3600 - 1)).unwrap(), approvals);
    assert_eq!(f.store.approvals(&news, at(10 + 24 * 3600)).unwrap(), []);
    assert_eq!(f.store.approvals(&news, at(10) - TimeDelta::hours(1)).unwrap(), [], "given while the clock was ahead");
    assert_eq!(f.store.approvals(&name("other"), at(11)).unwrap(), []);
}

/// Two reasons may be approved one after the other; each is used up by the run that carries it out.
#[test]
fn an_approval_is_never_written_over_and_is_used_once() {
    let mut f = fixture();
    let news = name("news");
    f.store.hold(&plan("aa11", "news", 0), &removals(&[1])).unwrap();
    approve(&f.dir, "aa11", "dana", at(1)).unwrap();
    f.store.hold(&plan("bb22", "news", 2), &removals(&[2])).unwrap();
    approve(&f.dir, "bb22", "eli", at(3)).unwrap();
    let approvals = f.store.approvals(&news, at(4)).unwrap();
    assert_eq!(approvals.len(), 2);
    let error = approve(&f.dir, "aa11", "dana", at(5)).unwrap_err();
    assert!(error.message.contains("approved already"), "{error}");
    f.store.use_up(approvals.iter().map(|approval| approval.id), at(6)).unwrap();
    assert_eq!(f.store.approvals(&news, at(7)).unwrap(), []);
    assert!(f.store.held(None).unwrap().is_empty());
    let error = approve(&f.dir, "aa11", "dana", at(8)).unwrap_err();
    assert!(error.message.contains("carried out"), "{error}");
    f.store.hold(&plan("aa11", "news", 9), &removals(&[1])).unwrap();
    assert_eq!(f.store.approvals(&news, at(10)).unwrap(), [], "the same plan again waits for another approval");
    approve(&f.dir, "aa11", "dana", at(11)).unwrap();
    assert_eq!(f.store.approvals(&news, at(12)).unwrap().len(), 1);
}

#[test]
fn a_new_held_plan_replaces_what_nobody_approved() {
    let mut f = fixture();
    let news = name("news");
    let digests = |view: &View| view.held(Some(&news)).unwrap().into_iter().map(|p| p.digest).collect::<Vec<_>>();
    let none = Changes::default();
    f.store.hold(&plan("aa11", "news", 0), &none).unwrap();
    f.store.hold(&plan("aa22", "news", 1), &none).unwrap();
    assert_eq!(digests(&f.store), ["aa22"]);
    approve(&f.dir, "aa22", "dana", at(2)).unwrap();
    f.store.hold(&plan("bb33", "news", 4), &none).unwrap();
    f.store.hold(&plan("aa44", "other", 4), &none).unwrap();
    assert_eq!(digests(&f.store), ["bb33", "aa22"]);
    assert_eq!(f.store.held_by_digest("aa").unwrap().len(), 2);
    assert_eq!(f.store.held_by_digest("").unwrap().len(), 3);
    assert!(f.store.held_by_digest("%").unwrap().is_empty());
    let error = approve(&f.dir, "aa11", "dana", at(5)).unwrap_err();
    assert!(error.message.contains("held no more"), "{error}");
    f.store.release_held(&news).unwrap();
    assert_eq!(digests(&f.store), ["aa22"], "what is approved stays as long as it holds");
}

/// A smaller size that was approved is what the next one is measured against; and so is one whose people were removed externally.
#[test]
fn sizes_of_lists_and_segments_go_down_only_when_somebody_says_so() {
    let mut f = fixture();
    let (news, day) = (name("news"), at(0).date_naive());
    for members in [100, 40] {
        f.store.record_segment_size(&news, "never", day, members).unwrap();
    }
    assert_eq!(f.store.largest_segment(&news, "never", true, day).unwrap(), 100);
    f.store.accept_segment_size(&news, "never", day, 40).unwrap();
    assert_eq!(f.store.largest_segment(&news, "never", true, day).unwrap(), 40);
    assert_eq!(f.store.largest_segment(&name("other"), "never", true, day).unwrap(), 100, "of one for all, approved for one");
    assert_eq!(f.store.largest_segment(&name("other"), "never", false, day).unwrap(), 0);
    f.store.record_segment_size(&news, "never", day, 60).unwrap();
    assert_eq!(f.store.largest_segment(&news, "never", true, day).unwrap(), 60, "larger again");
    assert_eq!(f.store.largest_segment(&news, "never", true, day + chrono::Days::new(7)).unwrap(), 0, "seven days, today included");
}

#[test]
fn the_guard_remembers_by_the_export_s_name() {
    let mut f = fixture();
    let news = name("news");
    let memory = GuardMemory {
        suppress: vec!["never".into()],
        settings: vec!["never".into()],
        dropped: vec!["old".into()],
        rejected: 3,
        mails_new_contacts: true,
        went_through: true,
        ids: "Id".into(),
        excluding: vec!["out".into()],
        ends: serde_json::from_str(r#"{"crm.people": {"with": true, "without": ["a.csv, 9 bytes"]}}"#).unwrap(),
    };
    assert_eq!(f.store.guard_memory(&news).unwrap(), None);
    f.store.remember_guard(&news, &memory).unwrap();
    f.store.accept_rows(&news, "never", [Key(5)]).unwrap();
    assert_eq!(f.store.guard_memory(&news).unwrap(), Some(memory));
    assert_eq!(f.store.suppression_of_settings().unwrap(), ["never".to_owned()].into(), "for exports that never ran, too");
    assert!(f.store.accepts_row(&news, "never", Key(5)).unwrap() && !f.store.accepts_row(&news, "never", Key(6)).unwrap());
    f.store.forget_guard(&news).unwrap();
    assert!(f.store.guard_memory(&news).unwrap().is_none() && !f.store.accepts_row(&news, "never", Key(5)).unwrap());
}

#[test]
fn people_approve_while_the_writer_is_at_work() {
    let mut f = fixture();
    f.store.hold(&plan("aa11", "news", 0), &Changes::default()).unwrap();
    let dir = f.dir.clone();
    f.store.begin().unwrap();
    f.store.ensure_export(&name("news"), None).unwrap();
    let other = std::thread::spawn(move || approve(&dir, "aa11", "dana", at(1)));
    f.store.commit().unwrap();
    other.join().unwrap().unwrap();
    assert_eq!(f.store.approvals(&name("news"), at(2)).unwrap().len(), 1);
    let nowhere = StateDir::from(f.dir.path().join("none"));
    assert_eq!(approve(&nowhere, "aa11", "dana", at(1)).unwrap_err().kind, StateErrorKind::Refused);
}

#[test]
fn an_accepted_job_outlives_a_crash() {
    let mut f = fixture();
    let (export, _) = prepared(&mut f.store, "news");
    let run = begin(&mut f.store, &name("news"), 1);
    let member = |key, person, told: Option<u64>, segments, standing, after| JobMember {
        key: Key(key),
        address: Email::parse("dana@example.com").unwrap().unwrap(),
        person,
        told: told.map(Fingerprint),
        segments,
        standing,
        after,
    };
    let rows = vec![
        member(u128::MAX - 1, Some(7), Some(u64::MAX), 5, Some(SubscriptionStatus::Pending), After::Stays),
        member(3, None, None, 1 << 60, None, After::Former),
        member(4, None, Some(9), 0, Some(SubscriptionStatus::Subscribed), After::ToArchive),
    ];
    let job = Job { run, remote: JobId("batch-1".into()), operation: Operation::Join, rows, at: at(2), look: None };
    f.store.record_job(export, &job).unwrap();
    f.store.record_job(export, &job).unwrap();
    drop(f.store);
    let mut store = Store::open(&f.dir, at(3)).unwrap();
    assert_eq!(store.jobs(export).unwrap(), std::slice::from_ref(&job));
    let look = Look { at: at(4), looks: 2, missing: u64::MAX >> 1 };
    store.record_look(export, &job.remote, &look).unwrap();
    assert_eq!(store.jobs(export).unwrap(), [Job { look: Some(look), ..job }]);
    store.remove_job(export, &JobId("batch-1".into())).unwrap();
    assert!(store.jobs(export).unwrap().is_empty());
}

#[test]
fn what_was_seen_of_a_status_is_kept_by_status() {
    let mut f = fixture();
    let (_, place) = prepared(&mut f.store, "news");
    let accepted_on = at(0).naive_utc().date().and_hms_opt(9, 30, 0).unwrap();
    let proof = |standing, became, who: &str| StatusProof { standing, became, who: who.into(), at: at(1), accepted_on };
    let changed = proof(SubscriptionStatus::Subscribed, SubscriptionStatus::NonSubscribed, "a***@x.test");
    let kept = proof(SubscriptionStatus::Unsubscribed, SubscriptionStatus::Unsubscribed, "");
    for proof in [&changed, &kept] {
        f.store.record_status_proof(place, proof).unwrap();
    }
    assert_eq!(f.store.status_proofs(place).unwrap(), [changed.clone(), kept.clone()]);
    assert!(!changed.is_kept() && kept.is_kept());
    let again = proof(SubscriptionStatus::Subscribed, SubscriptionStatus::Subscribed, "");
    f.store.record_status_proof(place, &again).unwrap();
    assert_eq!(f.store.status_proofs(place).unwrap(), [again, kept]);
}

#[test]
fn sizes_and_budgets_are_counted_by_the_day() {
    let mut f = fixture();
    let (_, place) = prepared(&mut f.store, "news");
    let (tag, today) = (ContainerId("7".into()), at(0).date_naive());
    assert_eq!(f.store.largest_size(place, &tag, today).unwrap(), None);
    for (days_ago, members) in [(7, 900), (6, 500), (0, 100), (0, 90)] {
        f.store.record_size(place, &tag, today - Days::new(days_ago), members).unwrap();
    }
    assert_eq!(f.store.largest_size(place, &tag, today).unwrap(), Some(500));
    assert_eq!(f.store.largest_size(place, &tag, today + Days::new(6)).unwrap(), Some(100), "the day's largest");
    assert_eq!(f.store.spend("account", today, 5).unwrap(), 5);
    assert_eq!(f.store.spend("account", today, 2).unwrap(), 7);
    assert_eq!((f.store.spent("account", today).unwrap(), f.store.spent("account", today - Days::new(1)).unwrap()), (7, 0));
}

#[test]
fn the_last_good_text_of_a_document_is_kept() {
    let mut f = fixture();
    let id = |kind: &str| DefinitionId { kind: kind.into(), name: "news".into() };
    let document = |kind: &str, text: &str| Kept { id: id(kind), file: "a.yaml".into(), text: text.into(), digest: "d".into() };
    f.store.keep_documents(&[document("Segment", "s"), document("Export", "one")], at(1)).unwrap();
    f.store.keep_documents(&[document("Export", "two")], at(1)).unwrap();
    assert_eq!(f.store.documents().unwrap(), [document("Export", "two"), document("Segment", "s")]);
    f.store.forget_document(&id("Export")).unwrap();
    assert_eq!(f.store.documents().unwrap(), [document("Segment", "s")]);
}

#[rstest]
#[case::default(None, 90)]
#[case::given(Some(Duration::from_secs(48 * 3600)), 2)]
fn history_is_forgotten_in_time_but_for_each_exports_latest_run(#[case] retention: Option<Duration>, #[case] days: i64) {
    let mut f = fixture();
    let news = name("news");
    for start in [0, 10, 20] {
        let run = begin(&mut f.store, &news, start);
        f.store.add_rejected(run, &[row(None, "x")]).unwrap();
        f.store.finish_run(run, &End::Succeeded { unverified: 0 }, &Counts::default(), at(start)).unwrap();
    }
    f.store.hold(&plan("aa11", "news", 0), &removals(&[1])).unwrap();
    let later = |seconds| at(seconds) + TimeDelta::days(days);
    assert_eq!(f.store.purge(retention, later(0)).unwrap(), 0, "not a moment early");
    assert_eq!(f.store.purge(retention, later(5)).unwrap(), 1);
    assert!(f.store.held(None).unwrap().is_empty());
    assert_eq!(f.store.purge(retention, later(1000)).unwrap(), 1);
    assert_eq!(f.store.runs(None, 10).unwrap().len(), 1);
    let rejected: i64 = f.store.conn.query_row("SELECT count(*) FROM rejected", [], |row| row.get(0)).unwrap();
    assert_eq!(rejected, 0, "addresses go in time, also the latest run's");
}
