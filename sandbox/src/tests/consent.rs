//! Who may be given which status, by every way of writing it.

use crate::{
    mailchimp::PersonIs,
    testing::{Bench, member, problem},
};
use rstest::rstest;
use serde_json::{Value, json};

const WHO: &str = "dana@contoso.test";

#[derive(Clone, Copy, Debug)]
enum Way {
    Bulk,
    Put,
    Patch,
}

/// Asks for the status; the refusal's text, or nothing.
async fn ask(bench: &Bench, way: Way, status: &str) -> String {
    let body = json!({"email_address": WHO, "status": status, "status_if_new": status});
    match way {
        Way::Bulk => {
            let answer = bench.bulk(true, json!({"email_address": WHO, "status": status})).await;
            answer["errors"][0]["error"].as_str().unwrap_or_default().to_owned()
        }
        Way::Put => refusal(&bench.put(&member(WHO), body).await.1),
        Way::Patch => refusal(&bench.patch(&member(WHO), json!({"status": status})).await.1),
    }
}

fn refusal(answer: &Value) -> String {
    answer["detail"].as_str().unwrap_or_default().to_owned()
}

#[rstest]
#[case::left_himself(PersonIs::UnsubscribedBySelf, "subscribed", false, "unsubscribed")]
#[case::left_himself_is_asked(PersonIs::UnsubscribedBySelf, "pending", true, "pending")]
#[case::taken_out_by_admin(PersonIs::UnsubscribedByAdmin, "subscribed", true, "subscribed")]
#[case::bounced(PersonIs::Cleaned, "subscribed", false, "cleaned")]
#[case::not_yet_confirmed(PersonIs::Pending, "subscribed", true, "subscribed")]
#[case::subscribed_is_taken_out(PersonIs::Subscribed, "unsubscribed", true, "unsubscribed")]
#[case::archived_comes_back(PersonIs::Archived, "subscribed", true, "subscribed")]
#[tokio::test]
async fn statuses(
    #[case] is: PersonIs,
    #[case] wanted: &str,
    #[case] done: bool,
    #[case] after: &str,
    #[values(Way::Bulk, Way::Put, Way::Patch)] way: Way,
) {
    let bench = Bench::new().await;
    bench.person(WHO, is);
    let refusal = ask(&bench, way, wanted).await;
    assert_eq!(refusal.is_empty(), done, "{refusal}");
    assert!(done || refusal.contains("is in a compliance state due to unsubscribe, bounce, or compliance review"), "{refusal}");
    assert_eq!(bench.status(WHO).await, after);
}

#[rstest]
#[tokio::test]
async fn asking_again_launders_no_refusal(#[values(Way::Bulk, Way::Put, Way::Patch)] way: Way) {
    let bench = Bench::new().await;
    bench.person(WHO, PersonIs::UnsubscribedBySelf);
    for between in ["pending", "transactional", "unsubscribed"] {
        assert_eq!(ask(&bench, way, between).await, "");
        assert!(ask(&bench, way, "subscribed").await.contains("compliance state"), "after {between}");
    }
}

#[tokio::test]
async fn compliance_problem_has_no_type() {
    let bench = Bench::new().await;
    bench.person(WHO, PersonIs::UnsubscribedBySelf);
    let (status, answer) = bench.patch(&member(WHO), json!({"status": "subscribed"})).await;
    assert_eq!((status, problem(&answer).0, problem(&answer).1), (400, None, "Member In Compliance State"));
}

#[rstest]
#[case(PersonIs::Forgotten, "Forgotten Email Not Subscribed", "was permanently deleted and cannot be re-imported")]
#[case(PersonIs::TooManyLists, "Invalid Resource", "has signed up to a lot of lists very recently")]
#[tokio::test]
async fn newcomers_who_are_refused(#[case] is: PersonIs, #[case] title: &str, #[case] detail: &str) {
    let bench = Bench::new().await;
    bench.person(WHO, is);
    assert_eq!(bench.get(&member(WHO)).await.0, 404, "looks new");
    let row = json!({"email_address": WHO, "status": "subscribed", "status_if_new": "subscribed"});
    for (status, answer) in [bench.post("/lists/cdp/members", row.clone()).await, bench.put(&member(WHO), row.clone()).await] {
        assert_eq!((status, problem(&answer).1), (400, title));
        assert!(problem(&answer).2.contains(detail), "{answer}");
    }
    let answer = bench.bulk(true, row).await;
    assert!(answer["errors"][0]["error"].as_str().unwrap().contains(detail), "{answer}");
    assert_eq!(answer["errors"][0]["error_code"], "ERROR_GENERIC");
    bench.person(WHO, PersonIs::Unknown);
    bench.subscribe(WHO).await;
}

#[tokio::test]
async fn status_if_new_is_for_new_members() {
    let bench = Bench::new().await;
    bench.person(WHO, PersonIs::UnsubscribedByAdmin);
    let body = json!({"email_address": WHO, "status_if_new": "subscribed"});
    assert_eq!(bench.put(&member(WHO), body.clone()).await.0, 200);
    assert_eq!(bench.status(WHO).await, "unsubscribed");
    bench.person(WHO, PersonIs::Archived);
    assert_eq!(bench.put(&member(WHO), body.clone()).await.0, 200);
    assert_eq!(bench.status(WHO).await, "archived");
    bench.person(WHO, PersonIs::Unknown);
    let answer = bench.bulk(true, body).await;
    assert_eq!(answer["new_members"][0]["status"], "subscribed", "{answer}");
    assert_eq!(bench.sandbox.counters().violations, 0);
}

#[rstest]
#[case(PersonIs::Subscribed, 204)]
#[case(PersonIs::UnsubscribedBySelf, 204)]
#[case(PersonIs::Transactional, 204)]
#[case(PersonIs::Cleaned, 405)]
#[case(PersonIs::Pending, 405)]
#[case(PersonIs::Archived, 405)]
#[case(PersonIs::Forgotten, 404)]
#[tokio::test]
async fn archiving(#[case] is: PersonIs, #[case] expected: u16) {
    let bench = Bench::new().await;
    bench.person(WHO, is);
    let response = bench.send(reqwest::Method::DELETE, &member(WHO), None).await.unwrap();
    assert_eq!(response.status(), expected);
    if expected == 405 {
        assert_eq!(response.headers()["allow"], "GET, PUT");
    }
    if expected == 204 {
        assert_eq!(bench.status(WHO).await, "archived");
        assert_eq!(bench.delete(&member(WHO)).await.0, 405, "again");
    }
}

#[tokio::test]
async fn an_archived_person_who_had_left_stays_out() {
    let bench = Bench::new().await;
    bench.person(WHO, PersonIs::UnsubscribedBySelf);
    bench.delete(&member(WHO)).await;
    let (status, answer) = bench.post("/lists/cdp/members", json!({"email_address": WHO, "status": "subscribed"})).await;
    assert_eq!((status, problem(&answer).1), (400, "Member In Compliance State"));
    assert_eq!(bench.status(WHO).await, "archived");
    assert_eq!(bench.post("/lists/cdp/members", json!({"email_address": WHO, "status": "unsubscribed"})).await.0, 200);
    assert_eq!(bench.status(WHO).await, "unsubscribed");
}
