//! Which times are run, caught up, missed.

use super::{Defined, at, exports, name};
use crate::{
    daemon::timetable::{Came, Moments, Ran, Timetable, next_run},
    definition::Export,
    state::Mark,
};
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use rstest::rstest;
use std::sync::Arc;

fn export(cron: &str, more: &str) -> Arc<Export> {
    exports(&[Defined::scheduled("news", "list", cron, more)])[&name("news")].clone()
}

fn follow(export: &Export, mark: Option<&Mark>, now: DateTime<Utc>) -> (Timetable, Option<Mark>) {
    let mut timetable = Timetable::default();
    let written = timetable.follow(export, export.schedule.as_ref().unwrap(), mark, &Ran::new(), now);
    (timetable, written)
}

/// Due, and how many were missed.
fn what(came: &[Came]) -> Vec<(Option<DateTime<Utc>>, u64)> {
    came.iter().map(|came| (came.due, came.missed.iter().map(|missed| missed.times).sum())).collect()
}

fn mark(export: &Export, handled: DateTime<Utc>, pending: bool) -> Mark {
    let (_, written) = follow(export, None, handled);
    Mark { pending: pending.then_some(handled), ..written.unwrap() }
}

#[rstest]
// Hourly, dealt with up to 06:00.
#[case::not_yet(at(5, 1, 6, 59), &[])]
#[case::on_time(at(5, 1, 7, 0), &[(Some(at(5, 1, 7, 0)), 0)])]
#[case::half_an_hour_late(at(5, 1, 7, 30), &[(Some(at(5, 1, 7, 0)), 0)])]
#[case::two_came_the_later_is_caught_up(at(5, 1, 8, 30), &[(Some(at(5, 1, 8, 0)), 1)])]
#[case::asleep_for_a_week_is_no_storm(at(5, 8, 6, 10), &[(Some(at(5, 8, 6, 0)), 167)])]
#[case::clock_set_back_repeats_nothing(at(5, 1, 5, 30), &[])]
fn after_a_restart(#[case] now: DateTime<Utc>, #[case] expected: &[(Option<DateTime<Utc>>, u64)]) {
    let export = export("0 * * * *", "");
    let (mut timetable, written) = follow(&export, Some(&mark(&export, at(5, 1, 6, 0), false)), now);
    assert_eq!(written, None);
    assert_eq!(what(&timetable.take(now)), expected);
    assert_eq!(what(&timetable.take(now)), [], "nothing comes twice");
}

#[test]
fn beyond_the_deadline_all_are_missed() {
    let export = export("0 6 * * *", ", deadline: 2h");
    let now = at(5, 4, 8, 1);
    let (mut timetable, _) = follow(&export, Some(&mark(&export, at(5, 1, 6, 0), false)), now);
    let came = timetable.take(now);
    assert_eq!(what(&came), [(None, 3)]);
    let missed = came[0].missed[0];
    assert_eq!((missed.first, missed.last), (at(5, 2, 6, 0), at(5, 4, 6, 0)));
    assert_eq!(timetable.earliest(), Some(at(5, 5, 6, 0)));
}

#[rstest]
#[case::soon_after(at(5, 1, 6, 1), &[(Some(at(5, 1, 6, 0)), 0)])]
#[case::with_a_later_one(at(5, 1, 7, 1), &[(Some(at(5, 1, 7, 0)), 1)])]
#[case::much_later(at(5, 1, 6, 0) + TimeDelta::days(2), &[(Some(at(5, 3, 6, 0)), 48)])]
fn a_time_that_was_taken_and_not_run_is_not_forgotten(#[case] now: DateTime<Utc>, #[case] expected: &[(Option<DateTime<Utc>>, u64)]) {
    let export = export("0 * * * *", "");
    let (mut timetable, _) = follow(&export, Some(&mark(&export, at(5, 1, 6, 0), true)), now);
    assert_eq!(what(&timetable.take(now)), expected);
}

#[test]
fn another_schedule_begins_now() {
    let (old, new) = (export("0 * * * *", ""), export("30 * * * *", ""));
    let now = at(5, 8, 6, 10);
    let (mut timetable, written) = follow(&new, Some(&mark(&old, at(5, 1, 6, 0), false)), now);
    assert_eq!(written.map(|mark| mark.handled), Some(now));
    assert_eq!(what(&timetable.take(now)), []);
    assert_eq!(timetable.earliest(), Some(at(5, 8, 6, 30)));
}

#[test]
fn a_clock_that_was_far_ahead_is_not_waited_for() {
    let export = export("0 * * * *", "");
    let now = at(5, 1, 6, 10);
    let (timetable, written) = follow(&export, Some(&mark(&export, at(9, 1, 6, 0), false)), now);
    assert_eq!(written.map(|mark| mark.handled), Some(now));
    assert_eq!(timetable.earliest(), Some(at(5, 1, 7, 0)));
}

/// Hourly, dealt with up to a time that is ahead of the clock once that is put right.
#[rstest]
#[case::by_minutes_nothing_is_repeated(at(5, 1, 6, 20), &[], at(5, 1, 8, 0), false)]
#[case::by_two_days(at(4, 29, 7, 10), &[at(5, 1, 7, 0)], at(4, 29, 8, 0), true)]
#[case::what_ran_early_is_not_repeated(at(5, 1, 3, 10), &[at(5, 1, 4, 0), at(5, 1, 6, 0), at(5, 1, 7, 0)], at(5, 1, 5, 0), true)]
#[case::what_ran_a_day_early_is(at(4, 1, 6, 10), &[at(4, 1, 7, 0), at(5, 1, 7, 0)], at(4, 1, 8, 0), true)]
fn a_clock_that_is_put_right(#[case] now: DateTime<Utc>, #[case] ran: &[DateTime<Utc>], #[case] next: DateTime<Utc>, #[case] back: bool) {
    let export = export("0 * * * *", "");
    let (mut timetable, _) = follow(&export, Some(&mark(&export, at(5, 1, 6, 0), false)), at(5, 1, 6, 30));
    assert_eq!(what(&timetable.take(at(5, 1, 7, 0))), [(Some(at(5, 1, 7, 0)), 0)]);
    let ran = Ran::from([(name("news"), ran.iter().copied().collect())]);
    assert_eq!(timetable.is_ahead(now), back);
    let marks: Vec<_> = timetable.set_back(now, &ran).into_iter().map(|(_, mark)| (mark.handled, mark.pending)).collect();
    assert_eq!(marks, if back { vec![(now, None)] } else { Vec::new() });
    assert_eq!(timetable.earliest(), Some(next));
    assert!(!timetable.is_ahead(now) && what(&timetable.take(now)).is_empty());
    // The same after a restart, from the mark.
    let mut again = Timetable::default();
    let mark = Mark { handled: if back { now } else { at(5, 1, 7, 0) }, ..mark(&export, now, false) };
    again.follow(&export, export.schedule.as_ref().unwrap(), Some(&mark), &ran, now);
    assert_eq!(again.earliest(), Some(next));
}

/// The clock was set back by days for a while, and what ran before is not caught up when it is put right; nor after a restart.
#[rstest]
#[case::seen_as_it_happens(false)]
#[case::by_a_restart(true)]
fn a_clock_that_was_behind_for_a_while(#[case] restarted: bool) {
    let export = export("0 * * * *", "");
    let (mut timetable, _) = follow(&export, Some(&mark(&export, at(5, 1, 6, 0), false)), at(5, 1, 6, 30));
    assert_eq!(what(&timetable.take(at(5, 1, 7, 0))), [(Some(at(5, 1, 7, 0)), 0)]);
    let ran = Ran::from([(name("news"), [at(5, 1, 6, 0), at(5, 1, 7, 0)].into())]);
    let behind = at(4, 28, 12, 10);
    let handled = timetable.set_back(behind, &ran).pop().unwrap().1;
    assert_eq!(what(&timetable.take(behind)), []);
    if restarted {
        timetable = Timetable::default();
        timetable.follow(&export, export.schedule.as_ref().unwrap(), Some(&handled), &ran, at(5, 1, 7, 20));
    }
    let came = timetable.take(at(5, 1, 7, 20));
    assert!(came.len() == 1 && came[0].due.is_none(), "{came:?}");
    assert_eq!(came[0].mark.handled, at(5, 1, 7, 0));
    assert_eq!(timetable.earliest(), Some(at(5, 1, 8, 0)));
}

/// A time that was taken by a wrong clock, and not run when the process died, keeps nothing waiting.
#[test]
fn a_time_taken_by_a_wrong_clock_is_not_waited_for() {
    let export = export("0 * * * *", "");
    let now = at(4, 29, 6, 10);
    let (timetable, written) = follow(&export, Some(&mark(&export, at(5, 1, 6, 0), true)), now);
    assert_eq!(written.map(|mark| (mark.handled, mark.pending)), Some((now, None)));
    assert_eq!(timetable.earliest(), Some(at(4, 29, 7, 0)));
}

#[test]
fn jitter_is_stable_and_differs_by_name() {
    let all: Vec<_> = (0..20).map(|n| Defined::scheduled(&format!("e{n}"), &format!("l{n}"), "0 6 * * *", ", jitter: 30m")).collect();
    let times = || exports(&all).values().map(|export| next_run(export, at(5, 1, 0, 0)).unwrap()).collect::<Vec<_>>();
    let first = times();
    assert_eq!(first, times());
    let in_window = |time: &DateTime<Utc>| *time >= at(5, 1, 6, 0) && *time < at(5, 1, 6, 30);
    assert!(first.iter().all(in_window), "{first:?}");
    assert!(first.iter().collect::<std::collections::BTreeSet<_>>().len() > 15, "{first:?}");
}

#[test]
fn who_is_suspended_or_without_schedule_is_never_due() {
    let all = exports(&[
        Defined::new("on-demand", "a", ""),
        Defined::scheduled("suspended", "b", "* * * * *", ""),
        Defined::new("also", "c", "suspend: true\nschedule: \"* * * * *\"\n"),
    ]);
    let next = |export: &str| next_run(&all[&name(export)], at(5, 1, 0, 0));
    assert_eq!((next("on-demand"), next("suspended"), next("also")), (None, Some(at(5, 1, 0, 1)), None));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// However time passes, times come in order, none twice, and none is forgotten.
    #[test]
    fn nothing_is_repeated_or_forgotten(steps in proptest::collection::vec(1_i64..200_000, 1..40)) {
        let export = export("17 */3 * * *", ", timeZone: America/New_York, deadline: 5h");
        let begin = at(10, 30, 0, 0);
        let (mut timetable, _) = follow(&export, None, begin);
        let (mut now, mut seen, mut last) = (begin, 0, begin);
        for step in steps {
            now += TimeDelta::seconds(step);
            for came in timetable.take(now) {
                for time in came.missed.iter().flat_map(|m| [m.first, m.last]).chain(came.due) {
                    prop_assert!(time >= last && time <= now);
                    last = time;
                }
                seen += came.missed.iter().map(|missed| missed.times).sum::<u64>() + u64::from(came.due.is_some());
            }
        }
        let moments = Moments::of(&export.name, export.schedule.as_ref().unwrap());
        let all = std::iter::successors(moments.next_after(begin), |at| moments.next_after(*at)).take_while(|at| *at <= now).count();
        prop_assert_eq!(seen, all as u64);
    }
}
