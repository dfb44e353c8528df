//! Subscribes whose answer was lost: read back, and sent again only if they were not carried out.

use super::*;
use listkeeper_sandbox::{Fault, Faults};
use rstest::rstest;
use std::collections::BTreeMap;

/// Sends people, into bad weather; the name of the job.
async fn lost(world: &World, fault: Fault, people: &[&str]) -> (JobId, Vec<Key>) {
    world.sandbox.set_faults(Faults::default().next(fault, "POST", "/lists/subscribe")).unwrap();
    let batch = world.batch(Operation::Join, people.iter().map(|email| row(email, &[])).collect());
    let job = world.destination.job_of(&batch).unwrap();
    let error = world.destination.submit(&place(), &batch).await.unwrap_err();
    assert!(matches!(error.kind, ErrorKind::Retry { unknown: true, .. }), "{error:?}");
    (job, batch.rows.iter().map(|row| row.key).collect())
}

/// Asks until all are finished: how often, and what they came to. What is to be kept of a look is kept, as the state does.
async fn ask(world: &World, destination: &dyn Destination, jobs: &[(JobId, Vec<Key>)]) -> (usize, Vec<JobOutcomes>) {
    let (asked, outcomes, left) = ask_with(world, destination, jobs, &mut BTreeMap::new(), usize::MAX).await;
    assert!(left.is_empty());
    (asked, outcomes)
}

type Looks = BTreeMap<JobId, Look>;

/// The same with what earlier processes saw, until so many looks were made in vain.
async fn ask_with(
    world: &World,
    destination: &dyn Destination,
    jobs: &[(JobId, Vec<Key>)],
    looks: &mut Looks,
    in_vain: usize,
) -> (usize, Vec<JobOutcomes>, Vec<JobId>) {
    let ids: Vec<_> = jobs.iter().map(|(id, _)| id.clone()).collect();
    let rows = |id: &JobId| jobs.iter().find(|(known, _)| known == id).unwrap().1.clone();
    let (mut finished, mut left, mut looked, mut asked) = (BTreeMap::new(), Vec::new(), 0, 0);
    while finished.len() + left.len() < jobs.len() && looked < in_vain {
        let open: Vec<_> = ids.iter().filter(|id| !finished.contains_key(*id) && !left.contains(*id)).cloned().collect();
        let known = looks.clone();
        let polled = destination.poll(&place(), &Jobs { ids: &open, rows: &rows, looks: &|id| known.get(id).copied() }).await.unwrap();
        asked += 1;
        looked += polled.looked.len();
        looks.extend(polled.looked);
        finished.extend(polled.finished);
        left.extend(polled.left);
        assert!(!polled.after.is_zero());
        if asked == 1 {
            assert_eq!(world.asked("GET", "/lists/getUsers"), 0, "not before it can show");
        }
        tokio::time::sleep(polled.after / SPEED).await;
    }
    (asked, ids.iter().filter_map(|id| finished.remove(id)).collect(), left)
}

#[rstest]
#[case::in_the_same_process(false)]
#[case::in_the_next(true)]
#[tokio::test(flavor = "multi_thread")]
async fn what_was_carried_out_is_found_when_it_shows(#[case] restarted: bool) {
    let world = World::with(json!({"visibleAfterMs": [59_000, 60_000]})).await;
    let jobs = [
        lost(&world, Fault::LostAnswer, &["a@example.com", "b@example.com"]).await,
        lost(&world, Fault::CutBody, &["c@example.com", "d@example.invalid"]).await,
    ];
    let asks = if restarted { world.again() } else { world.destination.clone() };
    let (asked, outcomes) = ask(&world, &*asks, &jobs).await;
    let done = |keys: &[Key]| keys.iter().map(|key| (*key, Outcome::Done { standing: None })).collect::<Vec<_>>();
    let mut expected = [done(&jobs[0].1), done(&jobs[1].1[..1])].map(|rows| JobOutcomes { rows, others: Outcome::NotDone });
    let mut outcomes: Vec<_> = outcomes.into_iter().collect();
    outcomes.sort_by_key(|job| job.rows.len());
    expected.sort_by_key(|job| job.rows.len());
    assert_eq!(outcomes, expected);
    assert!(asked > 1);
    assert_eq!(world.asked("GET", "/lists/getUsers"), 2, "two readings, for all jobs of a list");
    world.is_clean();
}

#[rstest]
#[case(Fault::ServerError)]
#[case(Fault::ResetConnection)]
#[case(Fault::BadGateway)]
#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_is_to_be_sent_again(#[case] fault: Fault) {
    let world = World::new().await;
    let job = lost(&world, fault, &["a@example.com"]).await;
    assert_eq!(ask(&world, &*world.destination, &[job]).await.1, [JobOutcomes::all(Outcome::NotDone)]);
    assert_eq!(world.told(Operation::Join, vec![row("a@example.com", &[])]).await, ["done"]);
    world.is_clean();
}

#[rstest]
#[case(Fault::TooManyRequests)]
#[case(Fault::PlainTooManyRequests)]
#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_for_being_too_much_is_simply_sent_again(#[case] fault: Fault) {
    let world = World::new().await;
    world.sandbox.set_faults(Faults::default().next(fault, "POST", "/lists/subscribe")).unwrap();
    assert_eq!(world.told(Operation::Join, vec![row("a@example.com", &[])]).await, ["done"]);
    world.is_clean();
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_batch_on_the_list_is_looked_up_like_a_whole_one() {
    let world = World::new().await;
    world.field("points", FieldType::Integer).await;
    let value = |n: usize| number(if n == 3 { "99999999999999999999" } else { "7" });
    let rows: Vec<_> = (0..4).map(|n| row(&format!("p{n}@example.com"), &[("points", value(n))])).collect();
    // The whole is refused, the first half taken; the second half meets a refusal that would otherwise be the end of it.
    let mut faults = Faults::default().next(Fault::Forbidden, "POST", "/lists/subscribe");
    faults.next[0].skip = 2;
    world.sandbox.set_faults(faults).unwrap();
    let batch = world.batch(Operation::Join, rows);
    let error = world.destination.submit(&place(), &batch).await.unwrap_err();
    assert!(matches!(error.kind, ErrorKind::Retry { unknown: true, .. }), "{error:?}");
    let job = (world.destination.job_of(&batch).unwrap(), batch.rows.iter().map(|row| row.key).collect());
    let (_, outcomes) = ask(&world, &*world.destination, &[job]).await;
    assert_eq!((outcomes[0].rows.len(), &outcomes[0].others), (2, &Outcome::NotDone));
    let rest = vec![batch.rows[2].clone(), batch.rows[3].clone()];
    assert_eq!(world.told(Operation::Join, rest).await, ["done", "field-type points"]);
    world.is_clean();
}

/// No bound of it is published: whoever does not show in the first look may in the second.
#[rstest]
#[case::in_one_process(false)]
#[case::over_two(true)]
#[tokio::test(flavor = "multi_thread")]
async fn who_shows_late_is_not_sent_again(#[case] restarted: bool) {
    let world = World::with(json!({"visibleAfterMs": [110_000, 115_000]})).await;
    let jobs = [lost(&world, Fault::LostAnswer, &["a@example.com", "b@example.com"]).await];
    let mut looks = Looks::new();
    let destination = if restarted {
        let (_, outcomes, left) = ask_with(&world, &*world.destination, &jobs, &mut looks, 1).await;
        assert_eq!((outcomes, left, looks.len()), (vec![], vec![], 1), "one look tells nothing");
        world.again()
    } else {
        world.destination.clone()
    };
    let rest = &mut looks;
    let ids: Vec<_> = jobs.iter().map(|(id, _)| id.clone()).collect();
    let rows = |_: &JobId| jobs[0].1.clone();
    let outcomes = loop {
        let known = rest.clone();
        let polled = destination.poll(&place(), &Jobs { ids: &ids, rows: &rows, looks: &|id| known.get(id).copied() }).await.unwrap();
        rest.extend(polled.looked);
        if let Some((_, outcomes)) = polled.finished.into_iter().next() {
            break outcomes;
        }
        tokio::time::sleep(polled.after / SPEED).await;
    };
    assert_eq!(outcomes.rows.len(), 2, "both are on the list");
    assert_eq!(world.asked("GET", "/lists/getUsers"), 2);
    world.is_clean();
}

/// Looks that never agree end: the next run goes on from the last.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_changes_with_every_look_is_left_to_the_next_run() {
    let world = World::new().await;
    let people: Vec<String> = (0..9).map(|n| format!("p{n}@example.com")).collect();
    let people: Vec<&str> = people.iter().map(String::as_str).collect();
    let jobs = [lost(&world, Fault::ServerError, &people).await];
    let (ids, rows) = ([jobs[0].0.clone()], |_: &JobId| jobs[0].1.clone());
    let (mut looks, mut left, mut next) = (Looks::new(), Vec::new(), 0);
    while left.is_empty() {
        let known = looks.clone();
        let polled = world.destination.poll(&place(), &Jobs { ids: &ids, rows: &rows, looks: &|id| known.get(id).copied() }).await.unwrap();
        assert!(polled.finished.is_empty());
        if !polled.looked.is_empty() {
            world.person(people[next], json!({"on-list": world.list.0.parse::<i64>().unwrap()}));
            next += 1;
        }
        looks.extend(polled.looked);
        left = polled.left;
        tokio::time::sleep(polled.after / SPEED).await;
    }
    assert_eq!((left, looks[&ids[0]].looks), (ids.to_vec(), 3));
}
