use super::*;
use crate::destination::{JobId, Operation::Create, Submitted};
use listkeeper_sandbox::Fault;
use rstest::rstest;
use serde_json::json;

#[tokio::test]
async fn a_refused_contact_and_a_busy_one_do_not_hold_up_the_others() {
    let world = World::new().await;
    world.person(json!({"email": "p1@example.com", "is": "refused"}));
    world.person(json!({"email": "p2@example.com", "is": "busy-once"}));
    let outcomes = world.carry_out(Create, &people(4)).await;
    assert_eq!(codes(&outcomes), ["NonSubscribed", "rejected invalid-address", "later busy", "NonSubscribed"]);
    world.is_innocent();
}

#[tokio::test]
async fn what_a_stopped_batch_did_not_get_to_is_sent_again() {
    let world = World::with(json!({"stopAfterErrors": 1})).await;
    world.person(json!({"email": "p1@example.com", "is": "refused"}));
    let rows = people(6);
    let outcomes = world.carry_out(Create, &rows).await;
    assert_eq!(codes(&outcomes), ["NonSubscribed", "rejected invalid-address", "notdone", "notdone", "notdone", "notdone"]);
    assert_eq!(codes(&world.carry_out(Create, &rows[2..]).await), vec!["NonSubscribed"; 4]);
    world.is_innocent();
}

#[tokio::test]
async fn a_batch_whose_answer_was_lost_is_found_and_not_sent_again() {
    let world = World::new().await;
    // Another of as many people, at the same time.
    let others: Vec<_> = (0..5).map(|n| row(&format!("other{n}@example.com"))).collect();
    let Submitted::Job(_) = world.submit(Create, &others).await.unwrap() else { panic!("a job") };
    let rows = people(5);
    let job = world.destination.job_of(&batch(Create, &rows)).unwrap();
    world.next_fault(Fault::LostAnswer, "POST", "/batches");
    let error = world.submit(Create, &rows).await.unwrap_err();
    assert!(is_unknown(&error), "{error:?}");
    let outcomes = world.finish(&job, &rows).await;
    assert_eq!(codes(&each(&outcomes, &rows)), vec!["NonSubscribed"; 5]);
    assert_eq!(world.calls("POST", "/batches"), 2);
    world.is_innocent();
}

#[tokio::test]
async fn a_batch_that_never_arrived_is_to_be_sent_again() {
    let world = World::new().await;
    let rows = people(5);
    let job = world.destination.job_of(&batch(Create, &rows)).unwrap();
    world.next_fault(Fault::ResetConnection, "POST", "/batches");
    assert!(is_unknown(&world.submit(Create, &rows).await.unwrap_err()));
    assert_eq!(codes(&each(&world.finish(&job, &rows).await, &rows)), vec!["notdone"; 5]);
    assert_eq!(codes(&world.carry_out(Create, &rows).await), vec!["NonSubscribed"; 5]);
    world.is_innocent();
}

#[tokio::test]
async fn another_process_asks_for_what_the_first_left_under_way() {
    let mut world = World::with(json!({"batchDelayMs": {"minMs": 1000, "maxMs": 5000}})).await;
    let rows = people(30);
    let mut jobs = Vec::new();
    for rows in rows.chunks(10) {
        let Submitted::Job(job) = world.submit(Create, rows).await.unwrap() else { panic!("a job") };
        jobs.push(job);
    }
    world.again();
    let finished = world.finish_all(&jobs, &rows).await;
    for outcomes in finished.values() {
        assert_eq!(codes(std::slice::from_ref(&outcomes.others)), ["NonSubscribed"]);
    }
    assert_eq!(world.calls("POST", "/batches"), 3);
    assert!(world.calls("GET", "/batches") > 0, "several are asked for together");
    world.is_innocent();
}

#[tokio::test]
async fn of_a_batch_that_the_vendor_forgot_nothing_is_known() {
    let world = World::new().await;
    let rows = people(1);
    let forgotten = JobId("nonSubscribed/000000000000000000000999".into());
    assert_eq!(codes(&each(&world.finish(&forgotten, &rows).await, &rows)), ["unconfirmed"]);
}

/// Behind a page of others, in whichever order the vendor lists.
#[rstest]
#[case("newest-first")]
#[case("oldest-first")]
#[tokio::test]
async fn a_lost_batch_is_looked_for_to_the_end_of_the_list(#[case] order: &str) {
    let world = World::with(json!({"batchOrder": order})).await;
    let others = |of: std::ops::Range<usize>| of.map(|n| row(&format!("other{n}@example.com"))).collect::<Vec<_>>();
    for row in others(0..130) {
        world.submit(Create, &[row]).await.unwrap();
    }
    let rows = people(5);
    let job = world.destination.job_of(&batch(Create, &rows)).unwrap();
    world.next_fault(Fault::LostAnswer, "POST", "/batches");
    assert!(is_unknown(&world.submit(Create, &rows).await.unwrap_err()));
    for row in others(130..260) {
        world.submit(Create, &[row]).await.unwrap();
    }
    assert_eq!(codes(&each(&world.finish(&job, &rows).await, &rows)), vec!["NonSubscribed"; 5]);
    assert_eq!(world.calls("GET", "/batches"), 2, "both pages, once");
    world.is_innocent();
}
