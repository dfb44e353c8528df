//! A clock that was ahead, and was put right.

use super::*;
use crate::plan::Counts;
use std::collections::{BTreeMap, BTreeSet};

fn start(store: &mut Store, export: &Name, due: Option<i64>, seconds: i64) -> RunId {
    let start = RunStart {
        export,
        trigger: Trigger::Schedule,
        definition_digest: "d1",
        plan_digest: None,
        user: "dana",
        export_user: None,
        due: due.map(at),
    };
    store.start_run(&start, at(seconds)).unwrap()
}

#[test]
fn a_run_that_ended_when_the_clock_was_ahead_does_not_hide_later_ones() {
    let mut f = fixture();
    let (news, counts) = (name("news"), Counts::default());
    let wrong = start(&mut f.store, &news, None, 90_000);
    f.store.finish_run(wrong, &End::Succeeded { unverified: 0 }, &counts, at(90_010)).unwrap();
    let right = start(&mut f.store, &news, None, 100);
    f.store.finish_run(right, &End::Failed { retrying: true, reason: "the network is down".into() }, &counts, at(110)).unwrap();
    assert_eq!(f.store.last_run(&news).unwrap().map(|run| run.id), Some(right));
    // A due time that was skipped while a run was under way does not hide it, by whatever clock.
    let runs = start(&mut f.store, &news, None, 200);
    let skipped = start(&mut f.store, &news, Some(210), 210);
    f.store.finish_run(skipped, &End::Skipped { reason: "busy".into() }, &counts, at(300_000)).unwrap();
    f.store.finish_run(runs, &End::Succeeded { unverified: 0 }, &counts, at(220)).unwrap();
    assert_eq!(f.store.last_run(&news).unwrap().map(|run| run.id), Some(runs));
}

#[test]
fn due_times_ahead_whose_runs_began_are_known_and_skipped_ones_are_not_among_them() {
    let mut f = fixture();
    let (news, other, counts) = (name("news"), name("other"), Counts::default());
    for (export, due) in [(&news, 50), (&news, 500), (&other, 600)] {
        let run = start(&mut f.store, export, Some(due), due);
        f.store.finish_run(run, &End::Succeeded { unverified: 0 }, &counts, at(due + 1)).unwrap();
    }
    start(&mut f.store, &news, Some(700), 700);
    let skipped = start(&mut f.store, &news, Some(800), 800);
    f.store.finish_run(skipped, &End::Skipped { reason: "missed".into() }, &counts, at(801)).unwrap();
    let times = |seconds: &[i64]| seconds.iter().map(|at_s| at(*at_s)).collect::<BTreeSet<_>>();
    let expected = BTreeMap::from([(news, times(&[500, 700])), (other, times(&[600]))]);
    assert_eq!(f.store.began_after(at(100)).unwrap(), expected);
}

#[test]
fn an_older_state_keeps_the_order_in_which_its_runs_ended() {
    let temp = tempfile::tempdir().unwrap();
    let dir = StateDir::from(temp.path().to_owned());
    dir.create().unwrap();
    let mut conn = rusqlite::Connection::open(dir.database()).unwrap();
    crate::state::migrations::migrate_to(&mut conn, 10).unwrap();
    conn.execute_batch(
        "INSERT INTO run (id, export, trigger, started_ms, ended_ms, status, counts, definition_digest, user) VALUES
         (1, 'news', 'schedule', 1, 9000, '{\"status\":\"succeeded\",\"unverified\":0}', '{}', 'd', 'dana'),
         (2, 'news', 'schedule', 2, 3000, '{\"status\":\"skipped\",\"reason\":\"busy\"}', '{}', 'd', 'dana')",
    )
    .unwrap();
    drop(conn);
    let mut store = Store::open(&dir, at(10)).unwrap();
    let news = name("news");
    let last = |store: &Store| store.last_run(&news).unwrap().and_then(|run| run.end);
    assert_eq!(last(&store), Some(End::Succeeded { unverified: 0 }));
    let next = start(&mut store, &news, None, 20);
    store.finish_run(next, &End::Canceled { reason: "stopped".into() }, &Counts::default(), at(21)).unwrap();
    assert_eq!(last(&store), Some(End::Canceled { reason: "stopped".into() }));
}
