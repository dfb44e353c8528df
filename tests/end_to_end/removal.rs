//! Deleted exports (E8) and broken definitions: who is taken out, who stays, what is deleted, and when all of it is done.

use super::world::{Defined, LIST, Sent, World, row, rows};
use listkeeper::{
    definition::{Export, Members, OnDelete, Rows, Segment, Selection},
    run::Report,
    state::{End, View, approve},
};
use listkeeper_sandbox::{
    Fault::{self, LostAnswer, ServerError},
    Faults,
    mailchimp::PersonIs::Subscribed,
};
use rstest::rstest;
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::Arc,
};

/// The export as it was last defined, deleted since.
fn deleted(world: &World, on_delete: OnDelete) -> Arc<Export> {
    Arc::new(Export { removed: true, on_delete, ..(*world.read()).clone() })
}

fn broken(world: &World) -> Arc<Export> {
    let why = "segment everyone (listkeeper.yaml:20): `query` is missing";
    Arc::new(Export { broken: Some(why.into()), ..(*world.read()).clone() })
}

/// The state knows the export no more: how the daemon sees that its removal is done.
fn is_forgotten(world: &World, export: &Export) -> bool {
    let view = View::open(&world.state(), world.now).unwrap().unwrap();
    let history = view.runs(Some(&export.name), 100).unwrap();
    assert!(!history.is_empty(), "runs are history");
    view.export(&export.name).unwrap().is_none()
}

/// Held first, with nothing sent; then approved and run again.
async fn approved(world: &World, export: &Arc<Export>, why: &str) -> Report {
    world.asked();
    let held = world.apply_export(export).await;
    assert!(matches!(&held.end, End::Held { reason } if reason.contains(why)), "{:?}", held.end);
    assert_eq!(Sent::of(&world.asked()), Sent::default(), "a held plan sends nothing");
    assert!(!is_forgotten(world, export));
    approve(&world.state(), &held.plan.unwrap().digest.0, "dana", world.now).unwrap();
    world.apply_export(export).await
}

#[rstest]
#[case::members(OnDelete::RemoveMembers, "onDelete: remove-members; 12 members", &[("Everyone", 0), ("Rich", 0)])]
#[case::target(OnDelete::DeleteTarget, "onDelete: delete-target; 12 members would be taken out and 2 containers", &[])]
#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_export_is_removed_once_approved(#[case] on_delete: OnDelete, #[case] why: &str, #[case] tags: &[(&str, u64)]) {
    let world = World::new(&Defined::overlapping().export("mode: upsert\n"), &rows(0..12)).await;
    world.succeed().await;
    let export = deleted(&world, on_delete);
    // The source is not needed for it.
    fs::remove_file(world.directory().join("people.csv")).unwrap();
    let report = approved(&world, &export, why).await;
    assert_eq!((&report.end, report.counts.removed), (&End::Succeeded { unverified: 0 }, 12), "{report:?}");
    assert!(is_forgotten(&world, &export));
    let tags: BTreeMap<String, u64> = tags.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect();
    assert_eq!(world.tags().await, tags);
    assert!(world.held().await.values().all(|held| held.status == "subscribed" && held.tags.is_empty()), "contacts stay");
    // Asked once more, nothing is left to do, and nobody has to approve that.
    assert!(matches!(world.apply_export(&export).await.end, End::Succeeded { .. }));
}

/// What was there before the export stays: people whom it found, and tags that it took over.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_there_before_stays() {
    let mut defined = Defined::overlapping();
    defined.target = format!("{{audienceId: {LIST}, adopt: {{tags: true}}}}");
    let world = World::new(&defined, &rows(0..6)).await;
    let found = ["found@contoso.test".to_owned(), row(1).email];
    found.iter().for_each(|email| world.person(email, Subscribed));
    world.ask("POST", &format!("/lists/{LIST}/segments"), json!({"name": "Everyone", "static_segment": found})).await;
    world.succeed().await;
    let export = deleted(&world, OnDelete::DeleteTarget);
    let report = approved(&world, &export, "5 members would be taken out and 1 container").await;
    assert_eq!(report.end, End::Succeeded { unverified: 0 });
    let notes = report.plan.unwrap().notes.join("\n");
    assert!(notes.contains("\"Everyone\"") && notes.contains("never deleted"), "{notes}");
    assert_eq!(world.tags().await, BTreeMap::from([("Everyone".to_owned(), 2)]));
    assert!(is_forgotten(&world, &export));
}

/// Whatever fails on the way: the next run goes on from there, within the approval. All five attempts at the second call of
/// the route fail.
#[rstest]
#[case::taking_out("POST", ServerError)]
#[case::deleting("DELETE", LostAnswer)]
#[tokio::test(flavor = "multi_thread")]
async fn a_removal_that_fails_half_way_is_resumed(#[case] method: &str, #[case] fault: Fault) {
    let world = World::new(&Defined::overlapping(), &rows(0..12)).await;
    world.succeed().await;
    let export = deleted(&world, OnDelete::DeleteTarget);
    let held = world.apply_export(&export).await;
    approve(&world.state(), &held.plan.unwrap().digest.0, "dana", world.now).unwrap();
    let mut faults = Faults::default().next(fault, method, "/lists/{list_id}/segments/{segment_id}");
    (faults.next[0].skip, faults.next[0].times) = (1, 10);
    world.weather(faults);
    let failed = world.apply_export(&export).await;
    assert!(matches!(failed.end, End::Failed { retrying: true, .. }), "{:?}", failed.end);
    assert!(!is_forgotten(&world, &export));
    world.weather(Faults::default());
    assert!(matches!(world.apply_export(&export).await.end, End::Succeeded { .. }));
    assert_eq!(world.tags().await, BTreeMap::new());
    assert!(is_forgotten(&world, &export));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_never_ran_is_gone_at_once_and_nothing_is_made() {
    let world = World::new(&Defined::default(), &rows(0..12)).await;
    let export = deleted(&world, OnDelete::DeleteTarget);
    assert_eq!(world.apply_export(&export).await.end, End::Succeeded { unverified: 0 });
    assert!(is_forgotten(&world, &export));
    assert!(world.asked().iter().all(|each| each.method == "GET"));
    assert_eq!(world.tags().await, BTreeMap::new());
}

/// Somebody was quicker: the tag, or the whole audience.
#[rstest]
#[case::tag(false)]
#[case::audience(true)]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_gone_already_is_no_error(#[case] audience: bool) {
    let world = World::new(&Defined::default(), &rows(0..12)).await;
    world.succeed().await;
    let tags = world.get(&format!("/lists/{LIST}/segments?type=static")).await;
    let tag = format!("/lists/{LIST}/segments/{}", tags["segments"][0]["id"]);
    world.ask("DELETE", if audience { "/lists/cdp" } else { &tag }, serde_json::Value::Null).await;
    let export = deleted(&world, OnDelete::DeleteTarget);
    world.asked();
    let report = world.apply_export(&export).await;
    assert_eq!(report.end, End::Succeeded { unverified: 0 }, "{report:?}");
    assert!(is_forgotten(&world, &export));
    assert!(world.asked().iter().all(|each| each.method == "GET"));
}

/// Leave to remove these people because the export was deleted is no leave to take them out of one that was put back, and
/// it is used up once the removal is done.
#[tokio::test(flavor = "multi_thread")]
async fn an_approved_removal_is_for_the_removal_only() {
    let people = rows(0..40);
    let world = World::new(&Defined::default(), &people).await;
    world.succeed().await;
    let export = deleted(&world, OnDelete::RemoveMembers);
    let held = world.apply_export(&export).await;
    approve(&world.state(), &held.plan.unwrap().digest.0, "dana", world.now).unwrap();
    world.write(&people[20..]);
    let put_back = world.apply().await;
    assert!(matches!(&put_back.end, End::Held { reason } if reason.contains("20 removals")), "{:?}", put_back.end);
    assert!(matches!(world.apply_export(&export).await.end, End::Succeeded { .. }));
    world.define(&Defined { target: format!("{{audienceId: {LIST}, adopt: {{tags: true}}}}"), ..Defined::default() });
    world.succeed().await;
    let again = world.apply_export(&deleted(&world, OnDelete::RemoveMembers)).await;
    assert!(matches!(again.end, End::Held { .. }), "{:?}", again.end);
}

#[tokio::test(flavor = "multi_thread")]
async fn leavers_are_archived_where_the_export_says_so() {
    let world = World::new(&Defined::default().export("onLeave: archive\n"), &rows(0..4)).await;
    world.succeed().await;
    let export = deleted(&world, OnDelete::DeleteTarget);
    let report = approved(&world, &export, "4 members").await;
    assert!(matches!(report.end, End::Succeeded { .. }), "{report:?}");
    assert!(world.held().await.values().all(|held| held.status == "archived"));
    assert!(is_forgotten(&world, &export));
}

/// `onDelete: keep`: no run; what it left is listed.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_deleted_export_keeps_is_listed() {
    let world = World::new(&Defined::overlapping(), &rows(0..12)).await;
    world.succeed().await;
    let view = View::open(&world.state(), world.now).unwrap().unwrap();
    assert_eq!(view.kept(&BTreeSet::from([world.read().name.clone()])).unwrap(), []);
    let kept = view.kept(&BTreeSet::new()).unwrap().pop().unwrap();
    assert_eq!(kept.place.as_deref(), Some("CDP"));
    let sizes: Vec<_> = kept.containers.iter().map(|c| (c.name.as_str(), c.members)).collect();
    assert_eq!(sizes, [("Everyone", Some(12)), ("Rich", Some(6))]);
}

/// While a document is broken nobody is taken out; joins and changes go on; once it is fixed the leavers are found again.
#[tokio::test(flavor = "multi_thread")]
async fn a_broken_definition_takes_nobody_out() {
    let people = rows(0..20);
    let world = World::new(&Defined::overlapping(), &people).await;
    world.succeed().await;
    let mut next = people[3..].to_vec();
    next.extend(rows(30..32));
    next[0].first.push('!');
    world.write(&next);
    let report = world.apply_export(&broken(&world)).await;
    assert_eq!(report.end, End::Succeeded { unverified: 0 }, "{report:?}");
    assert_eq!((report.counts.added, report.counts.updated, report.counts.removed), (2, 1, 0));
    let notes = report.plan.unwrap().notes.join("\n");
    assert!(notes.contains("nobody is taken out") && notes.contains("`query` is missing"), "{notes}");
    assert_eq!(world.tags().await["Everyone"], 22);
    // Twice: the first remembers that nothing was left to do, the second knows it.
    for _ in 0..2 {
        let again = world.apply_export(&broken(&world)).await;
        assert!(again.is_empty() && again.counts.unchanged == 19, "{again:?}");
    }
    assert_eq!(world.succeed().await.counts.removed, 3);
    assert_eq!(world.tags().await["Everyone"], 19);
    assert!(world.plan().await.is_empty());
}

/// The same with a segment dropped and with an empty one, which is held whatever it takes out (G1).
#[tokio::test(flavor = "multi_thread")]
async fn a_broken_definition_empties_nothing() {
    let world = World::new(&Defined::overlapping(), &rows(0..8)).await;
    world.succeed().await;
    world.define(&Defined::default());
    let report = world.apply_export(&broken(&world)).await;
    assert_eq!((&report.end, report.counts.removed), (&End::Succeeded { unverified: 0 }, 0), "{report:?}");
    world.write(&[]);
    let held = world.apply_export(&broken(&world)).await;
    assert!(matches!(&held.end, End::Held { reason } if reason.contains("is empty")), "{:?}", held.end);
    assert_eq!(held.plan.unwrap().members.leave, 0);
    world.write(&rows(0..8));
    assert_eq!(world.succeed().await.counts.removed, 4, "the dropped segment's members");
}

/// Who is never to be sent is taken out all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_broken_definition_does_not_keep_the_suppressed() {
    let world = World::new(&Defined::default(), &rows(0..8)).await;
    world.succeed().await;
    let mut people = rows(1..8);
    people[2].value = "7777".into();
    world.write(&people);
    let mut export = (*broken(&world)).clone();
    let select = Selection::Query("SELECT * FROM people WHERE Value = 7777".to_owned());
    let never = Members::Rows(Rows { select, ..export.segments[0].rows()[0].clone() });
    export.suppress = vec![Arc::new(Segment { of: never, ..(*export.segments[0]).clone() })];
    let report = world.apply_export(&Arc::new(export)).await;
    assert_eq!((&report.end, report.counts.removed, report.counts.suppressed), (&End::Succeeded { unverified: 0 }, 1, 1), "{report:?}");
    assert_eq!(world.tags().await["Everyone"], 7, "number 0 left its segment and stays");
}
