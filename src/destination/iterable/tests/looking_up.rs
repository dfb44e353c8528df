//! Subscribes whose answer was lost: read back, and sent again only if they were not carried out.

use super::*;
use crate::sandbox::{Fault, Faults};
use rstest::rstest;

/// Sends people, into bad weather; the name of the job.
async fn lost(world: &World, fault: Fault, people: &[&str]) -> (JobId, Vec<Key>) {
    world.sandbox.set_faults(Faults::default().next(fault, "POST", "/lists/subscribe")).unwrap();
    let batch = world.batch(Operation::Join, people.iter().map(|email| row(email, &[])).collect());
    let job = world.destination.job_of(&batch).unwrap();
    let error = world.destination.submit(&place(), &batch).await.unwrap_err();
    assert!(matches!(error.kind, ErrorKind::Retry { unknown: true, .. }), "{error:?}");
    (job, batch.rows.iter().map(|row| row.key).collect())
}

/// Asks until all are finished: how often, and what they came to.
async fn ask(world: &World, destination: &dyn Destination, jobs: &[(JobId, Vec<Key>)]) -> (usize, Vec<JobOutcomes>) {
    let ids: Vec<_> = jobs.iter().map(|(id, _)| id.clone()).collect();
    let rows = |id: &JobId| jobs.iter().find(|(known, _)| known == id).unwrap().1.clone();
    for asked in 1.. {
        let polled = destination.poll(&place(), &Jobs { ids: &ids, rows: &rows }).await.unwrap();
        if polled.finished.len() == jobs.len() {
            return (asked, polled.finished.into_iter().map(|(_, outcomes)| outcomes).collect());
        }
        assert!(polled.finished.is_empty() && !polled.after.is_zero());
        assert_eq!(world.asked("GET", "/lists/getUsers"), 0, "not before it can show");
        tokio::time::sleep(polled.after / SPEED).await;
    }
    unreachable!()
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
    assert_eq!(world.asked("GET", "/lists/getUsers"), 1, "one reading for all jobs of a list");
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
