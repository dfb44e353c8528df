//! Whose failure is whose.

use super::*;
use crate::{
    definition::Name,
    state::{StateDir, View},
};
use chrono::{DateTime, NaiveDate, Utc};

struct Fixture {
    recorder: Recorder,
    writer: thread::JoinHandle<()>,
    state: StateDir,
    _dir: tempfile::TempDir,
}

const DAY: NaiveDate = NaiveDate::from_ymd_opt(2026, 11, 30).unwrap();

fn fixture() -> Fixture {
    let dir = tempfile::tempdir().unwrap();
    let state = StateDir::resolve(Some(dir.path())).unwrap();
    let (recorder, writer) = Recorder::start(Store::open(&state, now()).unwrap());
    Fixture { recorder, writer, state, _dir: dir }
}

fn now() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH
}

/// A write that leaves a trace.
fn trace(name: &'static str) -> impl FnOnce(&mut Store) -> Result<(), StateError> + Send + 'static {
    move |store| store.spend(name, DAY, 1).map(drop)
}

/// One that is refused by itself.
fn refused(store: &mut Store) -> Result<(), StateError> {
    let export = store.ensure_export(&Name::new("news").unwrap(), None)?;
    let names: Vec<_> = (0..64).map(|n| Name::new(&format!("s{n}")).unwrap()).collect();
    store.ensure_segments(export, &names).map(drop)
}

impl Fixture {
    /// How often the trace was left, once everything is committed.
    fn traces(&self, name: &str) -> u64 {
        View::open(&self.state, now()).unwrap().unwrap().spent(name, DAY).unwrap()
    }

    fn end(self) {
        drop(self.recorder);
        self.writer.join().unwrap();
    }
}

#[tokio::test]
async fn a_failure_is_its_runs_and_no_others() {
    let f = fixture();
    let (one, other) = (f.recorder.for_run(), f.recorder.for_run());
    one.write(trace("before")).unwrap();
    one.write(refused).unwrap();
    other.write(trace("other")).unwrap();
    other.flush().await.unwrap();
    f.recorder.flush().await.unwrap();
    assert_eq!((f.traces("before"), f.traces("other")), (1, 1), "what was acknowledged before is kept");
    assert!(one.flush().await.is_err());
    // For good, and for each of its handles.
    assert!(one.write(trace("after")).is_err() && one.clone().flush().await.is_err() && one.check().is_err());
    assert!(one.record(|_| Ok(())).await.is_err());
    assert!(f.recorder.for_run().flush().await.is_ok());
    assert_eq!(f.traces("after"), 0);
}

#[tokio::test]
async fn what_is_queued_behind_a_failure_is_not_written() {
    let f = fixture();
    let run = f.recorder.for_run();
    run.write(refused).unwrap();
    // The writer may not have come to the first one yet.
    drop(run.write(trace("behind")));
    assert!(run.flush().await.is_err());
    assert_eq!(f.traces("behind"), 0);
}

#[tokio::test]
async fn a_commit_that_fails_fails_everyone_in_the_group() {
    let f = fixture();
    let (one, other, later) = (f.recorder.for_run(), f.recorder.for_run(), f.recorder.for_run());
    one.write(trace("one")).unwrap();
    // The transaction is gone, as it is when the disk is full at a commit.
    other.write(|store| store.rollback()).unwrap();
    assert!(other.flush().await.is_err());
    assert!(one.check().is_err(), "its write is lost with the group");
    assert_eq!(f.traces("one"), 0);
    later.write(trace("later")).unwrap();
    later.flush().await.unwrap();
    assert_eq!(f.traces("later"), 1);
    f.end_with([one, other, later]);
}

#[tokio::test]
async fn a_full_disk_is_told_to_everyone_whose_writes_are_lost() {
    let f = fixture();
    let (one, full) = (f.recorder.for_run(), f.recorder.for_run());
    one.write(trace("one")).unwrap();
    full.write(|store| {
        store.fill_disk()?;
        (0..1_000).try_for_each(|n| store.spend(&format!("{n:0>1000}"), DAY, 1).map(drop))
    })
    .unwrap();
    let failure = full.flush().await.unwrap_err();
    assert!(failure.message.contains("full"), "{failure:?}");
    assert!(!failure.hints.is_empty(), "what to do is said");
    // Whether the whole group is undone is for SQLite to say; either way whoever lost a write knows.
    assert_eq!(one.flush().await.is_ok(), f.traces("one") == 1);
}

#[tokio::test]
async fn each_record_of_the_process_stands_alone() {
    let f = fixture();
    assert!(f.recorder.record(refused).await.is_err());
    f.recorder.record(trace("next")).await.unwrap();
    assert_eq!(f.traces("next"), 1);
}

impl Fixture {
    fn end_with<const N: usize>(self, handles: [Recorder; N]) {
        drop(handles);
        self.end();
    }
}
