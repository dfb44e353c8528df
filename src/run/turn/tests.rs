//! Whoever may write to the same audience waits, in order of arrival; nobody else does.

use super::*;
use crate::{
    definition,
    state::{ExportId, Origin, PlaceRecord, Store},
};
use rstest::rstest;
use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn account(id: &str) -> Claim {
    Claim::Account(id.to_owned())
}

fn audience(account: &str, id: &str) -> Claim {
    Claim::Audience { account: account.to_owned(), id: PlaceId(id.to_owned()) }
}

const WORLD: &str = "apiVersion: listkeeper/v1
kind: Source
name: crm
type: files
tables: {people: people.csv}
---
apiVersion: listkeeper/v1
kind: Segment
name: all
source: crm
table: people
---
apiVersion: listkeeper/v1
kind: Connection
name: mailchimp
type: mailchimp
credentials: {apiKey: {env: KEY}}
privacy: {acceptedBy: dana@example.com, acceptedOn: 2026-11-22}
---
apiVersion: listkeeper/v1
kind: Connection
name: omnisend
type: omnisend
credentials: {apiKey: {env: KEY}}
privacy: {acceptedBy: dana@example.com, acceptedOn: 2026-11-22}
---
apiVersion: listkeeper/v1
kind: Export
name: news
segments: [all]
match: {email: Email}
";

fn export(more: &str) -> Arc<Export> {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("all.yaml"), format!("{WORLD}{more}\n")).unwrap();
    let catalog = definition::read(dir.path());
    assert!(!catalog.has_errors(), "{:?}", catalog.diagnostics);
    catalog.exports[&name("news")].clone()
}

/// A state in which the export writes to an audience of an account.
fn recorded(account: &str, id: &str, named: &str) -> ExportState {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(&dir.path().to_path_buf().into(), chrono::Utc::now()).unwrap();
    let export: ExportId = store.ensure_export(&name("news"), None).unwrap();
    let remote = PlaceId(id.to_owned());
    let row = store.record_place(export, account, &remote, named, Origin::Created).unwrap();
    let place = PlaceRecord { row, account: account.to_owned(), remote, name: named.to_owned(), origin: Origin::Created };
    ExportState { place: Some(place), ..store.export(&name("news")).unwrap().unwrap() }
}

const BY_ID: &str = "connection: mailchimp\ntarget: {audienceId: a1}\nnewContacts: {status: subscribed}";
const BY_NAME: &str = "connection: mailchimp\ntarget: {audience: {name: Shop}}\nnewContacts: {status: subscribed}";
const BRAND: &str = "connection: omnisend\nnewContacts: {status: non-subscribed}";

#[rstest]
#[case::by_its_id(BY_ID, None, vec![audience("acc", "a1")])]
#[case::by_its_id_as_recorded(BY_ID, Some(("acc", "a1", "Shop")), vec![audience("acc", "a1")])]
#[case::another_id_than_before(BY_ID, Some(("acc", "b2", "Shop")), vec![audience("acc", "b2"), audience("acc", "a1")])]
#[case::another_account_than_before(BY_ID, Some(("old", "b2", "Shop")), vec![audience("old", "b2"), audience("acc", "a1")])]
#[case::by_a_name_that_may_be_any_audience(BY_NAME, None, vec![account("acc")])]
#[case::by_a_name_that_was_found(BY_NAME, Some(("acc", "a1", "Shop")), vec![audience("acc", "a1")])]
#[case::by_another_name(BY_NAME, Some(("acc", "a1", "Store")), vec![audience("acc", "a1"), account("acc")])]
#[case::the_only_one_of_an_account(BRAND, Some(("acc", "acc", "Shop")), vec![audience("acc", "acc"), account("acc")])]
fn what_an_export_writes_to(#[case] target: &str, #[case] state: Option<(&str, &str, &str)>, #[case] expected: Vec<Claim>) {
    let state = state.map(|(account, id, named)| recorded(account, id, named));
    assert_eq!(claims(&export(target), "acc", state.as_ref()), expected);
}

#[test]
fn what_is_deleted_is_taken_out_where_it_is_recorded() {
    let removed = Export { removed: true, ..Export::clone(&export(BY_ID)) };
    assert_eq!(claims(&removed, "acc", Some(&recorded("acc", "b2", "Shop"))), [audience("acc", "b2")]);
}

#[rstest]
#[case::the_same_by_two_connections(audience("acc", "a1"), audience("acc", "a1"), true)]
#[case::two_of_one_account(audience("acc", "a1"), audience("acc", "b2"), false)]
#[case::not_known_yet(account("acc"), audience("acc", "b2"), true)]
#[case::two_not_known_yet(account("acc"), account("acc"), true)]
#[case::of_another_account(account("acc"), audience("other", "b2"), false)]
fn who_waits_for_whom(#[case] one: Claim, #[case] other: Claim, #[case] waits: bool) {
    assert_eq!((one.clashes(&other), other.clashes(&one)), (waits, waits));
}

/// Whether somebody else would have to wait, and for whom.
async fn behind(turns: &Turns, export: &str, claims: Vec<Claim>) -> Option<Name> {
    let told = Mutex::new(None);
    let queued = |behind: &Name| *told.lock().unwrap() = Some(behind.clone());
    let taken = tokio::time::timeout(Duration::from_millis(1), turns.take(&name(export), claims, &queued)).await;
    assert_eq!(taken.is_err(), told.lock().unwrap().is_some());
    told.into_inner().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_changed_target_keeps_both_audiences_and_others_go_on() {
    let turns = Turns::default();
    let moved = turns.take(&name("moved"), vec![audience("acc", "old"), audience("acc", "new")], &|_| ()).await;
    assert_eq!(behind(&turns, "a", vec![audience("acc", "old")]).await, Some(name("moved")));
    assert_eq!(behind(&turns, "b", vec![audience("acc", "new")]).await, Some(name("moved")));
    assert_eq!(behind(&turns, "c", vec![audience("acc", "third")]).await, None);
    drop(moved);
    assert_eq!(behind(&turns, "a", vec![audience("acc", "old")]).await, None);
}

#[tokio::test(start_paused = true)]
async fn an_audience_that_becomes_known_sets_the_others_of_its_account_free() {
    let turns = Turns::default();
    let first = turns.take(&name("first"), vec![account("acc")], &|_| ()).await;
    assert_eq!(behind(&turns, "other", vec![audience("acc", "b2")]).await, Some(name("first")));
    assert!(first.covers(&[audience("acc", "a1")]) && !first.covers(&[audience("else", "a1")]));
    first.narrow("acc", &PlaceId("a1".into()));
    assert_eq!(behind(&turns, "other", vec![audience("acc", "b2")]).await, None);
    assert_eq!(behind(&turns, "same", vec![audience("acc", "a1")]).await, Some(name("first")));
    assert!(first.covers(&[audience("acc", "a1")]) && !first.covers(&[audience("acc", "b2")]));
}

#[tokio::test(start_paused = true)]
async fn who_is_canceled_while_it_waits_leaves_the_line() {
    let turns = Turns::default();
    let first = turns.take(&name("first"), vec![audience("acc", "a1")], &|_| ()).await;
    // It is dropped while it waits.
    assert_eq!(behind(&turns, "canceled", vec![audience("acc", "a1")]).await, Some(name("first")));
    drop(first);
    assert_eq!(behind(&turns, "next", vec![audience("acc", "a1")]).await, None);
}

/// Many at once, each with one or two audiences or a whole account: never two at one, everyone's turn comes, in order.
#[tokio::test]
async fn nobody_writes_beside_another_and_nobody_waits_for_ever() {
    let turns = Turns::default();
    let at_work: Arc<BTreeMap<String, AtomicU32>> = Arc::new((0..4).map(|n| (format!("a{n}"), AtomicU32::new(0))).collect());
    let mut dice = fastrand::Rng::with_seed(3);
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..200 {
        let mut ids: Vec<_> = (0..dice.usize(1..3)).map(|_| format!("a{}", dice.u8(0..4))).collect();
        ids.dedup();
        let whole = dice.u8(0..8) == 0;
        let claims = if whole { vec![account("acc")] } else { ids.iter().map(|id| audience("acc", id)).collect() };
        let ids = if whole { (0..4).map(|n| format!("a{n}")).collect() } else { ids };
        let (turns, at_work, name) = (turns.clone(), Arc::clone(&at_work), name(&format!("e{n}")));
        tasks.spawn(async move {
            let turn = turns.take(&name, claims, &|_| ()).await;
            ids.iter().for_each(|id| assert_eq!(at_work[id].fetch_add(1, Ordering::SeqCst), 0, "two at {id}"));
            tokio::task::yield_now().await;
            ids.iter().for_each(|id| _ = at_work[id].fetch_sub(1, Ordering::SeqCst));
            drop(turn);
        });
    }
    let all = async { while tasks.join_next().await.transpose().unwrap().is_some() {} };
    tokio::time::timeout(Duration::from_secs(20), all).await.expect("somebody waits for ever");
}

/// Whom a run says that it waits for.
#[derive(Default)]
struct Tells(Mutex<Vec<Option<Name>>>);

impl crate::run::Watch for Tells {
    fn phase(&self, _: &str, _: Option<u64>) {}
    fn advance(&self, _: u64) {}
    fn note(&self, _: &str) {}
    fn queued(&self, behind: Option<&Name>) {
        self.0.lock().unwrap().push(behind.cloned());
    }
}

/// Two exports of one audience, as two connections give them, neither of which has read who is there.
#[tokio::test(start_paused = true)]
async fn two_first_runs_at_one_audience_read_and_write_one_after_the_other() {
    use crate::{
        platform::SubscriptionStatus,
        run::{
            Decision, Recorder,
            fake::{Like, World},
        },
    };
    let world = World::new(Like::Mailchimp, "").await;
    world.write("a@x.test,Ana\nleft@x.test,Lea\n");
    world.platform().person("left@x.test", SubscriptionStatus::Unsubscribed, &[]);
    let (recorder, writer) = Recorder::start(Store::open(&world.state(), world.now).unwrap());
    let engine = world.engine(Some(recorder));
    let run = |export: &'static str, list: &'static str, watch: Arc<Tells>| {
        let (engine, mut context) = (&engine, world.context(&engine));
        let mut other = Export::clone(&context.export);
        other.name = name(export);
        other.target.names = BTreeMap::from([(name("everyone"), list.to_owned())]);
        context.export = Arc::new(other);
        context.watch = watch;
        async move {
            let turn = engine.at_turn(context).await.unwrap();
            // It is kept until the run has ended: the other one sees all of what came of it.
            let (plan, _) = engine.run(&turn, &|_| Decision::Go).await.unwrap();
            plan
        }
    };
    let (one, other) = (Arc::new(Tells::default()), Arc::new(Tells::default()));
    let plans = tokio::join!(run("news", "News", Arc::clone(&one)), run("offers", "Offers", Arc::clone(&other)));
    assert_eq!(*one.0.lock().unwrap(), []);
    assert_eq!(*other.0.lock().unwrap(), [Some(name("news")), None]);
    let calls = world.platform().calls();
    let of: Vec<_> = calls.iter().map(|call| call.list.clone()).collect();
    assert_eq!(world.platform().members("News"), world.platform().members("Offers"), "{of:?}");
    assert_eq!(world.platform().find("left@x.test").map(|person| person.standing), Some(SubscriptionStatus::Unsubscribed));
    assert_eq!((plans.0.members.create, plans.1.members.create), (1, 0), "the second knows whom the first has made");
    drop(engine);
    tokio::task::spawn_blocking(move || writer.join().unwrap()).await.unwrap();
}

/// Stopping one that waits ends its waiting at once; it has written nothing.
#[tokio::test(start_paused = true)]
async fn a_run_that_is_stopped_while_it_waits_ends_at_once() {
    use crate::run::{
        FailureKind, Recorder,
        fake::{Like, World},
    };
    let world = World::new(Like::Omnisend, "").await;
    let (recorder, writer) = Recorder::start(Store::open(&world.state(), world.now).unwrap());
    let engine = world.engine(Some(recorder));
    let first = engine.at_turn(world.context(&engine)).await.unwrap_or_else(|_| panic!("nobody is before it"));
    let context = world.context(&engine);
    let stop = context.cancel.clone();
    let (waited, ()) = tokio::join!(engine.at_turn(context), async {
        tokio::time::sleep(Duration::from_secs(3_600)).await;
        stop.cancel();
    });
    assert_eq!(waited.err().map(|failure| failure.kind), Some(FailureKind::Canceled));
    drop(first);
    assert!(engine.at_turn(world.context(&engine)).await.is_ok());
    drop(engine);
    tokio::task::spawn_blocking(move || writer.join().unwrap()).await.unwrap();
}
