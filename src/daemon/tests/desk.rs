//! What follows from what happened.

use super::{Defined, at, exports, name};
use crate::{
    daemon::{
        desk::{Act, Canceled, Desk, Ended, Why},
        queue::{Job, Pushed, Work},
    },
    definition::Name,
    run::Cause,
    state::Trigger,
};
use chrono::{DateTime, TimeDelta, Utc};
use std::{collections::BTreeMap, time::Duration};

fn desk(defined: &[Defined], now: DateTime<Utc>) -> Desk {
    let mut desk = Desk::new("test".into());
    desk.define(exports(defined), &BTreeMap::new(), now);
    desk
}

fn hourly(names: &[(&str, &str)]) -> Vec<Defined> {
    names.iter().map(|(name, audience)| Defined::scheduled(name, audience, "0 * * * *", "")).collect()
}

fn begun(acts: &[Act]) -> Vec<Job> {
    acts.iter().filter_map(|act| if let Act::Begin(job) = act { Some(job.clone()) } else { None }).collect()
}

fn names(jobs: &[Job]) -> Vec<&str> {
    jobs.iter().map(|job| job.export.as_str()).collect()
}

fn on_demand() -> Work {
    Work::Run(Cause { trigger: Trigger::OnDemand, by: "dana".into(), due: None })
}

#[test]
fn a_due_time_is_on_record_before_its_run_begins() {
    let mut desk = desk(&hourly(&[("news", "a")]), at(5, 1, 6, 30));
    let acts = desk.tick(at(5, 1, 7, 0));
    let [Act::Deal { mark, skips, .. }, Act::Begin(job)] = &acts[..] else { panic!("{acts:?}") };
    assert!(mark.pending == Some(at(5, 1, 7, 0)) && mark.handled == at(5, 1, 7, 0) && skips.is_empty());
    assert_eq!(job.work, Work::Run(Cause { trigger: Trigger::Schedule, by: "test".into(), due: Some(at(5, 1, 7, 0)) }));
}

#[test]
fn a_run_that_is_under_way_is_never_overlapped_and_the_time_is_reported() {
    let mut desk = desk(&hourly(&[("news", "a")]), at(5, 1, 6, 30));
    desk.tick(at(5, 1, 7, 0));
    let acts = desk.tick(at(5, 1, 8, 0));
    let [Act::Deal { mark, skips, .. }] = &acts[..] else { panic!("{acts:?}") };
    assert_eq!(mark.pending, None);
    assert_eq!(skips.iter().map(|skip| (skip.why, skip.missed.times)).collect::<Vec<_>>(), [(Why::Busy, 1)]);
}

#[test]
fn a_time_that_still_waits_stays_on_record_when_the_next_one_comes() {
    let mut desk = desk(&hourly(&[("a1", "a"), ("a2", "a")]), at(5, 1, 6, 30));
    desk.tick(at(5, 1, 7, 0));
    let acts = desk.tick(at(5, 1, 8, 0));
    let mark = acts.iter().find_map(|act| {
        if let Act::Deal { export, mark, .. } = act
            && *export == name("a2")
        {
            Some(mark)
        } else {
            None
        }
    });
    assert_eq!(mark.map(|mark| (mark.handled, mark.pending)), Some((at(5, 1, 8, 0), Some(at(5, 1, 7, 0)))));
}

#[test]
fn exports_of_one_audience_take_turns_and_others_do_not_wait() {
    let mut desk = desk(&hourly(&[("a1", "a"), ("a2", "a"), ("b1", "b")]), at(5, 1, 6, 30));
    let first = begun(&desk.tick(at(5, 1, 7, 0)));
    assert_eq!(names(&first), ["a1", "b1"]);
    assert_eq!(desk.queue().waits_for(&name("a2")), Some(&name("a1")));
    desk.ended(&first[0], &Ended::Done, at(5, 1, 7, 5), 0.0);
    assert_eq!(names(&begun(&desk.tick(at(5, 1, 7, 5)))), ["a2"]);
}

#[test]
fn a_failed_run_is_tried_again_with_its_due_time_and_not_before_the_platform_says() {
    let mut desk = desk(&hourly(&[("news", "a")]), at(5, 1, 6, 30));
    let job = begun(&desk.tick(at(5, 1, 7, 0))).remove(0);
    let now = at(5, 1, 7, 1);
    desk.ended(&job, &Ended::Failed { not_before: Some(Duration::from_secs(600)) }, now, 0.0);
    let (failures, again) = desk.retry(&name("news"));
    assert_eq!((failures, again), (1, Some(now + TimeDelta::seconds(601))));
    assert_eq!(desk.tick(at(5, 1, 7, 10)), []);
    assert_eq!(begun(&desk.tick(at(5, 1, 7, 12))), std::slice::from_ref(&job));
    desk.ended(&job, &Ended::Done, at(5, 1, 7, 13), 0.0);
    assert_eq!(desk.retry(&name("news")), (0, None));
}

#[test]
fn the_next_due_time_takes_the_place_of_a_retry() {
    let mut desk = desk(&hourly(&[("news", "a")]), at(5, 1, 6, 30));
    let job = begun(&desk.tick(at(5, 1, 7, 0))).remove(0);
    desk.ended(&job, &Ended::Failed { not_before: Some(Duration::from_secs(7_200)) }, at(5, 1, 7, 1), 0.0);
    let next = begun(&desk.tick(at(5, 1, 8, 0)));
    assert_eq!(names(&next), ["news"]);
    assert_eq!(desk.retry(&name("news")), (1, None), "one failure is remembered, nothing else is planned");
}

#[test]
fn on_demand_while_it_runs_waits_for_itself() {
    let mut desk = desk(&hourly(&[("news", "a")]), at(5, 1, 6, 30));
    let job = begun(&desk.tick(at(5, 1, 7, 0))).remove(0);
    assert_eq!(desk.push(&name("news"), on_demand()), Some(Pushed::New));
    assert_eq!(desk.push(&name("nothing"), on_demand()), None);
    assert!(begun(&desk.tick(at(5, 1, 7, 1))).is_empty());
    desk.ended(&job, &Ended::Done, at(5, 1, 7, 2), 0.0);
    assert_eq!(begun(&desk.tick(at(5, 1, 7, 2)))[0].work, on_demand());
}

#[test]
fn an_export_that_is_gone_or_suspended_stops_at_once() {
    let mut desk = desk(&hourly(&[("gone", "a"), ("suspended", "b"), ("stays", "c"), ("waits", "a")]), at(5, 1, 6, 30));
    desk.tick(at(5, 1, 7, 0));
    let suspended = Defined::new("suspended", "b", "suspend: true\nschedule: \"0 * * * *\"\n");
    let acts = desk.define(exports(&[hourly(&[("stays", "c")]).remove(0), suspended]), &BTreeMap::new(), at(5, 1, 7, 1));
    let stop = |export: &str| Act::Stop(name(export));
    let unmark = |export: &str| Act::Unmark(name(export));
    let expected = [stop("gone"), unmark("gone"), unmark("waits"), stop("suspended"), unmark("suspended")];
    assert_eq!(acts, expected);
    assert!(!desk.queue().waits(&name("waits")));
    let due: Vec<Name> = desk
        .tick(at(5, 1, 8, 0))
        .iter()
        .filter_map(|act| if let Act::Deal { export, .. } = act { Some(export.clone()) } else { None })
        .collect();
    assert_eq!(due, [name("stays")]);
}

#[test]
fn an_unchanged_reading_changes_nothing() {
    let defined = hourly(&[("news", "a")]);
    let mut desk = desk(&defined, at(5, 1, 6, 30));
    assert_eq!(desk.define(exports(&defined), &BTreeMap::new(), at(5, 1, 6, 45)), []);
    assert_eq!(desk.wake(), Some(at(5, 1, 7, 0)));
}

#[test]
fn cancelling() {
    let mut desk = desk(&hourly(&[("runs", "a"), ("waits", "a"), ("idle", "b")]), at(5, 1, 6, 30));
    desk.tick(at(5, 1, 7, 0));
    let idle = desk.queue().runs(&name("idle")).cloned().unwrap();
    desk.ended(&idle, &Ended::Failed { not_before: None }, at(5, 1, 7, 1), 0.5);
    assert_eq!(desk.cancel(&name("runs")), Canceled::Stopping);
    assert_eq!(desk.cancel(&name("waits")), Canceled::Withdrawn);
    assert_eq!(desk.cancel(&name("waits")), Canceled::Nothing);
    assert_eq!(desk.cancel(&name("idle")), Canceled::Withdrawn, "it waited to be tried again");
    assert_eq!(desk.wake(), Some(at(5, 1, 8, 0)));
}
