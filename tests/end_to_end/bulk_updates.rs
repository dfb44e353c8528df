//! Changed attributes in bulk: nobody's status is changed by it (G2), whatever the platform makes of a row without a status, and
//! everyone's attributes arrive, by whichever way.

use super::world::{Defined, Row, Sent, World, row, rows};
use listkeeper::{
    run::{Decision, Report},
    state::{End, View},
};
use listkeeper_sandbox::{
    Exchange, Faults,
    mailchimp::PersonIs::{self, *},
};
use rstest::rstest;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    process::{Command, Stdio},
    time::Duration,
};

/// An audience of these people, all sent once, of whom every fifth is another than subscribed.
async fn loaded(size: u64, connection: &str) -> (World, Vec<Row>) {
    let mut people = rows(0..size);
    let world = World::new(&Defined { connection: connection.into(), ..Defined::default() }, &people).await;
    world.succeed().await;
    for id in 0..size {
        if let Some(is) = odd(id) {
            world.person(&row(id).email, is);
        }
    }
    people.iter_mut().for_each(|person| person.first.push('!'));
    world.write(&people);
    world.asked();
    (world, people)
}

fn odd(id: u64) -> Option<PersonIs> {
    match id % 25 {
        5 => Some(UnsubscribedByAdmin),
        10 => Some(UnsubscribedBySelf),
        15 => Some(Pending),
        20 => Some(Cleaned),
        _ => None,
    }
}

fn status_of(id: u64) -> &'static str {
    match odd(id) {
        None => "subscribed",
        Some(Pending) => "pending",
        Some(Cleaned) => "cleaned",
        Some(_) => "unsubscribed",
    }
}

fn set(world: &World, settings: Value) {
    world.sandbox.set("mailchimp", &json!({ "bulkUpdates": settings })).unwrap();
}

/// Everyone has their status, and the values of the file.
async fn all_is_well(world: &World, people: &[Row]) {
    let held = world.held().await;
    for person in people {
        let found = &held[&person.email];
        assert_eq!((found.status.as_str(), found.first.as_str()), (status_of(person.id), person.first.as_str()), "{}", person.email);
    }
    assert!(world.plan().await.is_empty());
}

/// Rows of each bulk update, in their order.
fn calls(asked: &[Exchange]) -> Vec<usize> {
    let body = |each: &Exchange| serde_json::from_str::<Value>(&each.body).unwrap_or_default();
    let bodies = asked.iter().filter(|each| each.method == "POST").map(body).filter(|body| body["update_existing"] == true);
    bodies.map(|body| body["members"].as_array().unwrap().len()).collect()
}

/// Why bulk updates of the audience are off, by the state.
fn off(world: &World) -> Option<String> {
    let view = View::open(&world.state(), world.now).unwrap().unwrap();
    view.bulk_updates_off(&world.read().name, world.now).unwrap()
}

fn told(report: &Report) -> bool {
    report.hints.iter().any(|hint| hint.contains("bulk updates of this audience are off since"))
}

/// By the contract: 500 a call, one contact of each status first, no status anywhere; who is pending or bounced goes alone. The
/// plan knew all of it. The next change needs no trial.
#[tokio::test(flavor = "multi_thread")]
async fn changed_attributes_go_in_bulk() {
    let (world, mut people) = loaded(1_100, "").await;
    let report = world.succeed().await;
    let plan = report.plan.as_ref().unwrap();
    let bulk = plan.bulk_updates.as_ref().unwrap();
    let asked = world.asked();
    let sent = Sent::of(&asked);
    let alone = people.iter().filter(|person| matches!(status_of(person.id), "pending" | "cleaned")).count();
    assert_eq!((sent.updated.len(), sent.patched), (1_100 - alone, alone));
    let mut sizes = calls(&asked);
    assert_eq!(sizes[..2], [1, 1], "one contact of each status goes first");
    sizes.sort_unstable();
    assert_eq!(sizes, [1, 1, 1_100 - alone - 2 - 1_000, 500, 500]);
    assert_eq!((bulk.contacts as usize, bulk.calls_one_by_one as usize), (1_100 - alone, 1_100 - alone));
    assert_eq!(bulk.trials, ["subscribed", "unsubscribed"]);
    let step = |word: &str| plan.steps.iter().find(|step| step.act.word() == word).unwrap_or_else(|| panic!("no step {word}")).calls;
    assert_eq!((step("update-in-bulk"), step("update")), (Some(3), Some(alone as u64)));
    let text = listkeeper::plan::text(plan);
    assert!(text.contains(&format!("{} calls if Mailchimp does not allow it", listkeeper::plan::words::grouped(bulk.contacts))), "{text}");
    let mut bodies = asked.iter().filter(|each| each.method != "GET").map(|each| each.body.as_str());
    assert!(bodies.all(|body| !body.contains("\"status\"") && !body.contains("sync_tags\":true")));
    all_is_well(&world, &people).await;

    people.iter_mut().for_each(|person| person.first.push('?'));
    world.write(&people);
    world.asked();
    let report = world.succeed().await;
    assert!(report.plan.unwrap().bulk_updates.unwrap().trials.is_empty());
    let mut sizes = calls(&world.asked());
    sizes.sort_unstable();
    assert_eq!(sizes, [1_100 - alone - 1_000, 500, 500]);
    all_is_well(&world, &people).await;
}

/// A delta of 1,000 in a larger audience: two calls, the trial and the reading.
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_changes_take_a_handful_of_calls() {
    let mut people = rows(0..3_000);
    let world = World::new(&Defined::default(), &people).await;
    world.succeed().await;
    people[..1_000].iter_mut().for_each(|person| person.first.push('!'));
    world.write(&people);
    world.asked();
    world.succeed().await;
    let asked = world.asked();
    let writes: Vec<_> = asked.iter().filter(|each| each.method != "GET").map(|each| each.path.clone()).collect();
    assert_eq!(writes.len(), 3, "{writes:?}");
    assert!(
        asked.len() < 20,
        "{}: {:?}",
        asked.len(),
        asked.iter().map(|each| format!("{} {}", each.method, each.path)).collect::<Vec<_>>()
    );
    all_is_well_everyone(&world, &people).await;
}

async fn all_is_well_everyone(world: &World, people: &[Row]) {
    let held = world.held().await;
    assert!(people.iter().all(|person| held[&person.email].first == person.first && held[&person.email].status == "subscribed"));
    assert!(world.plan().await.is_empty());
}

/// `never`, in every position of every switch: no bulk update, and it is nobody's news.
#[tokio::test(flavor = "multi_thread")]
async fn never_is_one_call_a_contact() {
    let (world, people) = loaded(60, "limits: {bulkUpdates: never}\n").await;
    let report = world.succeed().await;
    assert_eq!(report.plan.unwrap().bulk_updates, None);
    let asked = world.asked();
    assert_eq!((calls(&asked), Sent::of(&asked).patched), (Vec::new(), 60));
    all_is_well(&world, &people).await;
}

/// What a platform may make of a row without a status: in each case all statuses stay, all attributes arrive, no more than one
/// contact of a status is touched before that is known, and where bulk updates end it is said in the run, in the next plan and in
/// the state, and the next run does not try.
#[rstest]
#[case::by_contract(json!({}), None)]
#[case::taken_for_status(json!({"key": "status"}), None)]
#[case::unchanged_left_out(json!({"unchanged": "left-out"}), None)]
#[case::archived_is_new(json!({"archived": "new"}), None)]
#[case::call_refused(json!({"withoutStatus": "call-refused"}), Some(1))]
#[case::row_refused(json!({"withoutStatus": "row-refused"}), Some(1))]
#[case::subscribes(json!({"key": "subscribes"}), Some(2))]
#[case::unsubscribes(json!({"key": "unsubscribes"}), Some(1))]
#[tokio::test(flavor = "multi_thread")]
async fn every_reading_of_a_row_without_a_status(#[case] settings: Value, #[case] stopped_after: Option<usize>) {
    let (world, mut people) = loaded(100, "").await;
    let unsubscribes = settings["key"] == "unsubscribes";
    set(&world, settings);
    let report = world.apply().await;
    let asked = world.asked();
    let sizes = calls(&asked);
    match stopped_after {
        None => {
            assert!(matches!(report.end, End::Succeeded { .. }), "{:?}", report.end);
            assert_eq!((off(&world), sizes.len()), (None, 3));
        }
        Some(most) => {
            assert!(sizes.len() <= most && sizes.iter().all(|rows| *rows == 1), "{sizes:?}");
            assert!(off(&world).is_some() && told(&report), "{report:?}");
        }
    }
    let mut expected: BTreeMap<String, &str> = people.iter().map(|person| (person.email.clone(), status_of(person.id))).collect();
    if unsubscribes {
        // The one contact of the trial: nothing lets us subscribe it again. It is listed with the status that it had.
        let harmed = world.rejected().into_iter().find(|(_, code)| code == "status-differs").unwrap().0;
        assert_eq!(expected.insert(harmed, "unsubscribed"), Some("subscribed"));
    }
    let held = world.held().await;
    let statuses: BTreeMap<String, &str> = held.iter().map(|(email, held)| (email.clone(), held.status.as_str())).collect();
    assert_eq!(statuses, expected);
    assert!(people.iter().all(|person| held[&person.email].first == person.first));

    if stopped_after.is_some() {
        people.iter_mut().for_each(|person| person.first.push('?'));
        world.write(&people);
        let plan = world.plan().await;
        assert!(plan.notes.iter().any(|note| note.contains("bulk updates of this audience are off since")), "{:?}", plan.notes);
        assert!(listkeeper::plan::json(&plan, false).unwrap().contains("\"stopped\""));
        world.apply().await;
        assert_eq!(calls(&world.asked()), Vec::<usize>::new(), "it is not tried again");
        assert!(people.iter().all(|person| person.first.ends_with("!?")));

        // A person asks for another try, and the platform does as its contract says now.
        set(&world, json!({}));
        assert!(listkeeper::state::retry_bulk_updates(&world.state(), &world.read().name).unwrap());
        people.iter_mut().for_each(|person| person.first.push('+'));
        world.write(&people);
        world.apply().await;
        assert_eq!(calls(&world.asked()).len(), 3);
    }
}

/// After a month it is tried again by itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_month_later_it_is_tried_again() {
    let (mut world, mut people) = loaded(50, "").await;
    set(&world, json!({"withoutStatus": "call-refused"}));
    world.succeed().await;
    assert!(off(&world).is_some());
    set(&world, json!({}));
    world.now += chrono::TimeDelta::days(31);
    people.iter_mut().for_each(|person| person.first.push('?'));
    world.write(&people);
    world.asked();
    world.succeed().await;
    assert_eq!((off(&world), calls(&world.asked()).len()), (None, 3));
    all_is_well(&world, &people).await;
}

/// People change their own status after it was read and before the call. None is changed back, whichever way the row is read; who
/// is noticed ends the bulk updates and is listed.
#[rstest]
#[case::by_contract(json!({}))]
#[case::unchanged_left_out(json!({"unchanged": "left-out"}))]
#[tokio::test(flavor = "multi_thread")]
async fn statuses_changed_by_people_are_left_as_they_are(#[case] settings: Value) {
    let (world, people) = loaded(200, "").await;
    set(&world, settings);
    let meanwhile = [(7, UnsubscribedBySelf), (8, UnsubscribedByAdmin), (5, Subscribed), (9, Cleaned), (11, Archived), (12, Transactional)];
    let report = world
        .apply_deciding(&|_| {
            tokio::task::block_in_place(|| meanwhile.iter().for_each(|(id, is)| world.person(&row(*id).email, *is)));
            Decision::Go
        })
        .await;
    let held = world.held().await;
    let expected = [(7, "unsubscribed"), (8, "unsubscribed"), (5, "subscribed"), (9, "cleaned"), (11, "archived"), (12, "transactional")];
    for (id, status) in expected {
        assert_eq!(held[&row(id).email].status, status, "{id}: {report:?}");
    }
    for person in people.iter().filter(|person| !expected.iter().any(|(id, _)| *id == person.id)) {
        assert_eq!(held[&person.email].status, status_of(person.id), "{}", person.email);
    }
    assert!(told(&report), "{report:?}");
    world.apply().await;
    world.apply().await;
    let held = world.held().await;
    assert!(people.iter().filter(|person| person.id != 11).all(|person| held[&person.email].first == person.first));
    for (id, status) in expected {
        assert_eq!(held[&row(id).email].status, status, "{id}");
    }
}

/// Archived after the reading, and taken for new: back for a moment, archived again, and said.
#[tokio::test(flavor = "multi_thread")]
async fn who_was_archived_in_between_is_archived_again() {
    let (world, people) = loaded(60, "").await;
    set(&world, json!({"archived": "new"}));
    let report = world
        .apply_deciding(&|_| {
            tokio::task::block_in_place(|| [13, 14].map(|id| world.person(&row(id).email, Archived)));
            Decision::Go
        })
        .await;
    let held = world.held().await;
    for person in &people {
        let status = if [13, 14].contains(&person.id) { "archived" } else { status_of(person.id) };
        assert_eq!(held[&person.email].status, status, "{}: {report:?}", person.email);
    }
    assert_eq!(report.hints.iter().filter(|hint| hint.contains("it was archived again")).count(), 2, "{:?}", report.hints);
    assert!(report.hints.iter().all(|hint| !hint.contains("@contoso.test")), "{:?}", report.hints);
}

/// Somebody deletes a contact in between: it is not created again as it was.
#[tokio::test(flavor = "multi_thread")]
async fn who_was_deleted_in_between_is_mailed_no_more() {
    let (world, _) = loaded(60, "").await;
    let report = world
        .apply_deciding(&|_| {
            tokio::task::block_in_place(|| {
                world.person(&row(13).email, Unknown);
                world.person(&row(14).email, Forgotten);
            });
            Decision::Go
        })
        .await;
    let held = world.held().await;
    assert_eq!(held.get(&row(13).email).map(|held| held.status.as_str()), Some("archived"), "{report:?}");
    assert_eq!(held.get(&row(14).email), None);
    assert_eq!(report.counts.left, 2, "{report:?}");
}

/// Two exports of one audience: what one learnt holds for the other.
#[rstest]
#[case::allowed(json!({}), false)]
#[case::refused(json!({"withoutStatus": "row-refused"}), true)]
#[tokio::test(flavor = "multi_thread")]
async fn two_exports_of_one_audience(#[case] settings: Value, #[case] refused: bool) {
    let (world, mut people) = loaded(60, "").await;
    set(&world, settings);
    world.apply().await;
    let yaml = std::fs::read_to_string(world.directory().join("listkeeper.yaml")).unwrap();
    let (first, export) = yaml.rsplit_once("---\n").unwrap();
    let second =
        "---\napiVersion: listkeeper/v1\nkind: Segment\nname: others\ndisplayName: Others\nsource: crm\nquery: SELECT * FROM people\n";
    let export = export.replace("name: news", "name: offers").replace("segments: [everyone]", "segments: [others]");
    std::fs::write(world.directory().join("listkeeper.yaml"), format!("{first}{second}---\n{export}")).unwrap();
    world.apply().await;
    people.iter_mut().for_each(|person| person.first.push('?'));
    world.write(&people);
    world.asked();
    world.apply().await;
    let sizes = calls(&world.asked());
    assert_eq!(sizes.is_empty(), refused, "{sizes:?}");
    assert!(sizes.iter().all(|rows| *rows > 1), "it is not tried again: {sizes:?}");
    let held = world.held().await;
    assert!(
        people.iter().all(|person| (held[&person.email].first.as_str(), held[&person.email].status.as_str())
            == (person.first.as_str(), status_of(person.id)))
    );
}

/// Bad weather while updating in bulk.
#[tokio::test(flavor = "multi_thread")]
async fn bad_weather_changes_no_status() {
    use listkeeper_sandbox::Fault::{CutBody, LostAnswer, ServerError, TooManyRequests};
    let (world, people) = loaded(1_200, "").await;
    let shares = [(CutBody, 0.05), (LostAnswer, 0.05), (ServerError, 0.05), (TooManyRequests, 0.05)];
    world.weather(Faults { seed: 5, shares: shares.into(), ..Faults::default() });
    for _ in 0..8 {
        if matches!(world.apply().await.end, End::Succeeded { .. }) {
            break;
        }
    }
    world.weather(Faults::default());
    world.apply().await;
    all_is_well(&world, &people).await;
    assert_eq!(off(&world), None);
}

/// Waits until so many requests were begun in all, or the process is over.
async fn killed_after(world: &World, requests: u64) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_listkeeper"))
        .args(["apply", "--yes", "--state"])
        .arg(world.state().path())
        .arg(world.directory())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while world.sandbox.counters().requests < requests && child.try_wait().unwrap().is_none() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

/// The process is gone in the middle: the next run settles what was in flight in bulk, too.
#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn after_a_kill_rows_in_flight_go_in_bulk(#[values(14, 18, 20, 22)] point: u64) {
    let (world, people) = loaded(4_000, "limits: {connections: 2}\n").await;
    world.weather(Faults::latency(40));
    killed_after(&world, world.sandbox.counters().requests + point).await;
    world.weather(Faults::default());
    world.asked();
    world.apply().await;
    let asked = world.asked();
    let alone = people.iter().filter(|person| matches!(status_of(person.id), "pending" | "cleaned")).count();
    assert!(Sent::of(&asked).patched <= alone, "point {point}");
    assert!(calls(&asked).len() <= 4_000 / 500 + 3, "point {point}: {:?}", calls(&asked));
    all_is_well(&world, &people).await;
}

/// Killed in the first load: those who exist by now are updated in bulk, not one by one.
#[tokio::test(flavor = "multi_thread")]
async fn after_a_kill_of_the_first_load_those_who_exist_go_in_bulk() {
    let people = rows(0..4_000);
    let world = World::new(&Defined { connection: "limits: {connections: 4}\n".into(), ..Defined::default() }, &people).await;
    world.weather(Faults { per_row_ms: 1.0, ..Faults::latency(100) });
    killed_after(&world, 14).await;
    world.weather(Faults::default());
    world.asked();
    world.succeed().await;
    assert_eq!(Sent::of(&world.asked()).patched, 0);
    all_is_well_everyone(&world, &people).await;
}

/// Wherever the process is killed while a trial subscribes the one contact it is made with: that one is put back, by the run or by
/// the next.
#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_kill_during_the_trial_leaves_nobody_subscribed(#[values(0, 1, 2)] part: u64) {
    for point in (8..32).filter(|point| point % 3 == part) {
        let mut people = rows(0..30);
        let world = World::new(&Defined::default(), &people).await;
        world.succeed().await;
        (0..5).for_each(|id| world.person(&row(id).email, UnsubscribedByAdmin));
        people.iter_mut().for_each(|person| person.first.push('!'));
        world.write(&people);
        set(&world, json!({"key": "subscribes"}));
        world.weather(Faults::latency(15));
        killed_after(&world, world.sandbox.counters().requests + point).await;
        world.weather(Faults::default());
        world.apply().await;
        let held = world.held().await;
        for person in &people {
            let status = if person.id < 5 { "unsubscribed" } else { "subscribed" };
            assert_eq!((held[&person.email].status.as_str(), &held[&person.email].first), (status, &person.first), "point {point}");
        }
        assert!(off(&world).is_some(), "point {point}");
    }
}
