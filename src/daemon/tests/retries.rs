//! Retries are kept by kind of work: what else happens to an export loses none of them.

use super::{Defined, at, exports, name};
use crate::{
    daemon::{
        desk::{Act, Canceled, Desk, Ended, Why},
        queue::{Job, Pushed, Work},
    },
    definition::{Export, Name},
    run::Cause,
    state::{Mark, Trigger},
};
use chrono::{DateTime, TimeDelta, Utc};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// The platform said how long to wait: ten minutes, and a second of ours.
const LATER: Ended = Ended::Failed { not_before: Some(Duration::from_secs(600)) };
const LANDING: Work = Work::Prepare { then_run: false };

fn hourly(export: &str, more: &str) -> Defined {
    Defined::new(export, "a", &format!("schedule: \"0 * * * *\"\n{more}"))
}

fn one(defined: Defined) -> BTreeMap<Name, Arc<Export>> {
    exports(&[defined])
}

fn deleted(defined: Defined) -> BTreeMap<Name, Arc<Export>> {
    let removed = |export: &Arc<Export>| Arc::new(Export { removed: true, ..Export::clone(export) });
    one(defined).iter().map(|(name, export)| (name.clone(), removed(export))).collect()
}

fn begun(desk: &mut Desk, now: DateTime<Utc>) -> Vec<Job> {
    desk.tick(now).into_iter().filter_map(|act| if let Act::Begin(job) = act { Some(job) } else { None }).collect()
}

/// The run of 07:00 has failed at 07:01, and is tried again at 07:11:01.
fn a_run_that_failed() -> (Desk, Work) {
    let mut desk = Desk::new("test".into());
    desk.define(one(hourly("news", "")), &BTreeMap::new(), at(5, 1, 6, 30));
    let job = begun(&mut desk, at(5, 1, 7, 0)).remove(0);
    desk.ended(&job, &LATER, at(5, 1, 7, 1), 0.0);
    (desk, job.work)
}

fn works(jobs: &[Job]) -> Vec<&Work> {
    jobs.iter().map(|job| &job.work).collect()
}

#[test]
fn an_edit_while_a_run_waits_to_be_retried_does_not_lose_the_run() {
    let (mut desk, run) = a_run_that_failed();
    assert_eq!(desk.push(&name("news"), LANDING), Some(Pushed::New));
    let landing = begun(&mut desk, at(5, 1, 7, 2)).remove(0);
    assert_eq!(landing.work, LANDING);
    desk.ended(&landing, &Ended::Done, at(5, 1, 7, 3), 0.0);
    assert_eq!(desk.retry(&name("news")), (1, Some(at(5, 1, 7, 11) + TimeDelta::seconds(1))));
    assert_eq!(works(&begun(&mut desk, at(5, 1, 7, 12))), [&run]);
}

#[test]
fn a_landing_that_fails_replaces_no_retry_of_a_run_and_the_run_is_both() {
    let (mut desk, run) = a_run_that_failed();
    desk.push(&name("news"), LANDING);
    let landing = begun(&mut desk, at(5, 1, 7, 2)).remove(0);
    desk.ended(&landing, &Ended::Failed { not_before: Some(Duration::from_secs(60)) }, at(5, 1, 7, 3), 0.0);
    let again = begun(&mut desk, at(5, 1, 7, 5));
    assert_eq!(works(&again), [&LANDING]);
    desk.ended(&again[0], &LATER, at(5, 1, 7, 5), 0.0);
    let job = begun(&mut desk, at(5, 1, 7, 12)).remove(0);
    assert_eq!(job.work, run);
    desk.ended(&job, &Ended::Done, at(5, 1, 7, 13), 0.0);
    assert_eq!(desk.retry(&name("news")), (0, None), "a run makes lists, tags and fields too");
}

#[test]
fn a_run_that_fails_while_a_landing_waits_is_retried_all_the_same() {
    let mut desk = Desk::new("test".into());
    desk.define(one(hourly("news", "")), &BTreeMap::new(), at(5, 1, 6, 30));
    let job = begun(&mut desk, at(5, 1, 7, 0)).remove(0);
    desk.push(&name("news"), LANDING);
    desk.ended(&job, &LATER, at(5, 1, 7, 1), 0.0);
    let landing = begun(&mut desk, at(5, 1, 7, 1)).remove(0);
    desk.ended(&landing, &Ended::Done, at(5, 1, 7, 2), 0.0);
    assert_eq!(works(&begun(&mut desk, at(5, 1, 7, 12))), [&job.work]);
}

#[test]
fn cancelling_withdraws_both() {
    let (mut desk, _) = a_run_that_failed();
    desk.push(&name("news"), LANDING);
    assert_eq!(desk.cancel(&name("news")), Canceled::Withdrawn);
    assert_eq!(begun(&mut desk, at(5, 1, 7, 59)), []);
    assert_eq!(begun(&mut desk, at(5, 1, 8, 0)).len(), 1, "the next due time is not canceled");
}

#[test]
fn what_failed_before_a_suspension_is_retried_after_it_or_reported() {
    for (resumed, retried) in [(at(5, 1, 7, 50), true), (at(5, 1, 8, 20), false)] {
        let (mut desk, run) = a_run_that_failed();
        desk.define(one(hourly("news", "suspend: true\n")), &BTreeMap::new(), at(5, 1, 7, 5));
        assert_eq!((desk.tick(at(5, 1, 7, 30)), desk.wake()), (Vec::new(), None));
        desk.define(one(hourly("news", "")), &BTreeMap::new(), resumed);
        let acts = desk.tick(resumed);
        match &acts[..] {
            [Act::Begin(job)] if retried => assert_eq!(job.work, run),
            [Act::Miss { skip, .. }] if !retried => assert_eq!((skip.why, skip.missed.last), (Why::NotRetried, at(5, 1, 7, 0))),
            acts => panic!("{acts:?}"),
        }
        assert_eq!(desk.tick(resumed), []);
    }
}

#[test]
fn a_definition_that_cannot_be_used_for_a_while_loses_nothing() {
    let mut desk = Desk::new("test".into());
    let marks = |handled, pending| BTreeMap::from([(name("news"), Mark { rule: "0 * * * * UTC 0".into(), handled, pending })]);
    desk.define(one(hourly("news", "")), &BTreeMap::new(), at(5, 1, 6, 30));
    let job = begun(&mut desk, at(5, 1, 7, 0)).remove(0);
    desk.ended(&job, &LATER, at(5, 1, 7, 1), 0.0);
    desk.set_stalled([name("news")].into());
    assert_eq!(desk.define(BTreeMap::new(), &BTreeMap::new(), at(5, 1, 7, 5)), [], "its mark stays");
    assert_eq!((desk.tick(at(5, 1, 8, 5)), desk.wake()), (Vec::new(), None));
    desk.set_stalled([].into());
    desk.define(one(hourly("news", "")), &marks(at(5, 1, 7, 0), None), at(5, 1, 8, 10));
    let again = begun(&mut desk, at(5, 1, 8, 10));
    let [Job { work: Work::Run(cause), .. }] = &again[..] else { panic!("{again:?}") };
    assert_eq!(cause.due, Some(at(5, 1, 8, 0)), "the later one is caught up, and is the retry of the earlier");
    assert_eq!(desk.retry(&name("news")).1, None);
}

#[test]
fn another_name_keeps_what_is_to_be_retried_and_what_runs_goes_on_under_it() {
    let renamed = || one(hourly("letters", "renamedFrom: news\n"));
    let (mut desk, run) = a_run_that_failed();
    desk.define(renamed(), &BTreeMap::new(), at(5, 1, 7, 5));
    assert_eq!(desk.retry(&name("letters")).0, 1);
    let job = begun(&mut desk, at(5, 1, 7, 12)).remove(0);
    assert_eq!((job.export.as_str(), &job.work), ("letters", &run));

    let mut desk = Desk::new("test".into());
    desk.define(one(hourly("news", "")), &BTreeMap::new(), at(5, 1, 6, 30));
    let old = begun(&mut desk, at(5, 1, 7, 0)).remove(0);
    let acts = desk.define(renamed(), &BTreeMap::new(), at(5, 1, 7, 1));
    assert_eq!(acts[0], Act::Stop(name("news")));
    assert_eq!(begun(&mut desk, at(5, 1, 7, 1)), [], "not before the old one has ended");
    desk.ended(&old, &Ended::Done, at(5, 1, 7, 2), 0.0);
    let job = begun(&mut desk, at(5, 1, 7, 2)).remove(0);
    assert_eq!((job.export.as_str(), &job.work), ("letters", &old.work));
}

#[test]
fn a_removal_is_a_kind_of_its_own() {
    let (mut desk, _) = a_run_that_failed();
    let removal = Work::Remove(Cause::from(Trigger::Change));
    desk.define(deleted(hourly("news", "onDelete: remove-members\n")), &BTreeMap::new(), at(5, 1, 7, 2));
    assert_eq!(desk.retry(&name("news")), (0, None), "nobody is sent to what is deleted");
    assert_eq!(desk.push(&name("news"), LANDING), None);
    assert_eq!(desk.push(&name("news"), removal.clone()), Some(Pushed::New));
    let job = begun(&mut desk, at(5, 1, 7, 3)).remove(0);
    desk.ended(&job, &LATER, at(5, 1, 7, 4), 0.0);
    let job = begun(&mut desk, at(5, 1, 7, 15)).remove(0);
    assert_eq!(job.work, removal);
    // Put back while it is removed: that stops, and saving a file sends nobody (E5).
    let acts = desk.define(one(hourly("news", "")), &BTreeMap::new(), at(5, 1, 7, 16));
    assert!(acts.contains(&Act::Stop(name("news"))), "{acts:?}");
    desk.ended(&job, &LATER, at(5, 1, 7, 17), 0.0);
    assert_eq!(begun(&mut desk, at(5, 1, 7, 59)), []);
}

#[test]
fn a_run_under_way_is_stopped_by_a_deletion_whatever_that_asks_for() {
    let mut desk = Desk::new("test".into());
    desk.define(one(hourly("news", "")), &BTreeMap::new(), at(5, 1, 6, 30));
    begun(&mut desk, at(5, 1, 7, 0));
    let acts = desk.define(deleted(hourly("news", "onDelete: remove-members\n")), &BTreeMap::new(), at(5, 1, 7, 1));
    assert!(acts.contains(&Act::Stop(name("news"))), "{acts:?}");
}

#[test]
fn who_waits_for_its_audience_takes_further_triggers_as_its_own_unless_the_definition_changed() {
    let on_demand = || Work::Run(Cause { trigger: Trigger::OnDemand, by: "dana".into(), due: None });
    let mut desk = Desk::new("test".into());
    desk.define(one(hourly("news", "")), &BTreeMap::new(), at(5, 1, 6, 30));
    let job = begun(&mut desk, at(5, 1, 7, 0)).remove(0);
    desk.hold_up(&name("news"), Some(name("other")));
    assert_eq!(desk.queue().waits_for(&name("news")), Some(&name("other")));
    assert_eq!(desk.push(&name("news"), on_demand()), Some(Pushed::Joins));
    desk.define(one(hourly("news", "timeout: 5h\n")), &BTreeMap::new(), at(5, 1, 7, 1));
    assert_eq!(desk.push(&name("news"), on_demand()), Some(Pushed::New), "it would run by the old text");
    desk.hold_up(&name("news"), None);
    desk.ended(&job, &Ended::Done, at(5, 1, 7, 2), 0.0);
    assert_eq!(works(&begun(&mut desk, at(5, 1, 7, 2))), [&on_demand()]);
}

#[test]
fn a_clock_that_is_set_changes_no_wait() {
    let due = at(5, 1, 7, 11) + TimeDelta::seconds(1);
    let two_days = TimeDelta::days(2);
    let (mut desk, _) = a_run_that_failed();
    desk.clock_moved(two_days);
    assert_eq!(desk.retry(&name("news")).1, Some(due + two_days));
    desk.clock_moved(-two_days);
    assert_eq!(desk.retry(&name("news")).1, Some(due));
    // Nobody saw that it was set back: the wait begins again, and is no longer than it was.
    let back = at(4, 29, 7, 2);
    desk.tick(back);
    assert_eq!(desk.retry(&name("news")).1, Some(back + TimeDelta::seconds(601)));
}

#[test]
fn a_clock_two_days_ahead_that_is_put_right_runs_at_the_next_due_time_and_nothing_twice() {
    let (mut desk, _) = a_run_that_failed();
    let wrong = at(5, 3, 7, 5);
    desk.clock_moved(TimeDelta::days(2));
    let ahead = begun(&mut desk, wrong);
    let [Job { work: Work::Run(Cause { due: Some(due), .. }), .. }] = &ahead[..] else { panic!("{ahead:?}") };
    assert_eq!(*due, at(5, 3, 7, 0), "one is caught up, and no more");
    desk.ended(&ahead[0], &Ended::Done, wrong, 0.0);
    let right = at(5, 1, 7, 6);
    desk.clock_moved(-TimeDelta::days(2));
    assert!(desk.is_ahead(right));
    let acts = desk.tick(right);
    let [Act::Deal { mark, skips, .. }] = &acts[..] else { panic!("{acts:?}") };
    assert!(mark.handled == right && mark.pending.is_none() && skips.is_empty());
    assert_eq!(desk.wake(), Some(at(5, 1, 8, 0)));
    let next = begun(&mut desk, at(5, 1, 8, 0));
    assert_eq!(next[0].work.cause().and_then(|cause| cause.due), Some(at(5, 1, 8, 0)));
}
