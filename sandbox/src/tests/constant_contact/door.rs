//! Tokens, rates, paths, media types.

use super::{Bench, VENDOR, error};
use crate::{Fault, Faults};
use rstest::rstest;
use serde_json::{Value, json};

const DAY_MS: i64 = 86_400_000;

fn alone(key: &str, message: &str) -> Value {
    json!({"error_key": key, "error_message": message})
}

#[rstest]
#[case(Some("Bearer token"), 200, 0)]
#[case(Some("bearer token"), 200, 0)]
#[case(Some("Bearer invalid-token"), 401, 0)]
#[case(Some("Bearer "), 401, 0)]
#[case(Some("Basic dG9rZW4="), 401, 0)]
#[case(None, 401, 1)]
#[tokio::test]
async fn tokens(#[case] authorization: Option<&str>, #[case] expected: u16, #[case] violations: usize) {
    let bench = Bench::new().await;
    let mut request = bench.http.get(bench.url("/account/summary"));
    if let Some(value) = authorization {
        request = request.header("authorization", value);
    }
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), expected);
    if expected == 401 {
        assert_eq!(response.json::<Value>().await.unwrap(), alone("unauthorized", "Unauthorized"));
    }
    assert_eq!(bench.violations().len(), violations);
}

#[tokio::test]
async fn four_calls_in_any_second() {
    let bench = Bench::with(json!({})).await;
    for _ in 0..4 {
        bench.get("/account/summary").await;
    }
    bench.later(999);
    let (status, answer) = bench.ask("GET /account/summary", Value::Null).await;
    assert_eq!((status, answer), (429, alone("throttled", "Too Many Requests")));
    bench.later(1);
    bench.get("/account/user/privileges").await;
    assert_eq!(bench.violations(), ["429 throttled: Too Many Requests"]);
    bench.sandbox.set(VENDOR, &json!({"throttledAsArray": true, "perSecond": 0})).unwrap();
    let (_, answer) = bench.ask("GET /account/summary", Value::Null).await;
    assert_eq!(answer, json!([alone("throttled", "Too Many Requests")]));
}

#[tokio::test]
async fn a_days_calls_end_at_midnight_utc() {
    let bench = Bench::with(json!({"perDay": 2})).await;
    bench.later(DAY_MS - 10_000);
    for expected in [200, 200, 429, 429] {
        bench.later(1_000);
        let (status, answer) = bench.ask("GET /account/summary", Value::Null).await;
        assert_eq!(status, expected);
        assert!(expected == 200 || answer == alone("quota_exceeded", "Limit Exceeded"), "{answer}");
    }
    assert_eq!(bench.observed("requestsToday"), 4, "refused ones too");
    bench.later(5_999);
    assert_eq!(bench.ask("GET /account/summary", Value::Null).await.0, 429, "a moment before midnight");
    bench.later(1);
    bench.get("/account/summary").await;
    assert_eq!(bench.observed("requestsToday"), 1);
}

#[rstest]
#[case("GET /contact_tags", Value::Null, 404, "http.status.not_found")]
#[case("PATCH /contact_lists", json!({}), 405, "http.status.method_not_allowed")]
#[case("POST /contact_lists", Value::Null, 415, "http.status.unsupported_media_type")]
#[case("POST /activities/contacts_file_import", json!({}), 415, "http.status.unsupported_media_type")]
#[case("POST /contact_lists", json!([]), 400, "http.status.bad_request")]
#[tokio::test]
async fn calls_that_are_not_in_the_contract(#[case] call: &str, #[case] body: Value, #[case] status: u16, #[case] key: &str) {
    let bench = Bench::new().await;
    let (found, answer) = bench.ask(call, body).await;
    assert_eq!((found, error(&answer).0.as_str()), (status, key));
    assert_eq!(bench.violations().len(), 1);
}

#[tokio::test]
async fn unknown_parameters_and_bodies_of_readings_are_ignored_and_counted() {
    let bench = Bench::new().await;
    bench.get("/contact_lists?colour=red").await;
    bench.ask("GET /contact_lists", json!({})).await;
    assert_eq!(bench.violations(), ["unknown query parameter colour", "a body where none is foreseen"]);
}

#[tokio::test]
async fn bad_weather_in_the_vendors_words() {
    let bench = Bench::new().await;
    let faults = Faults::default().next(Fault::TooManyRequests, "GET", "/account/summary");
    bench.sandbox.set_faults(faults.next(Fault::Unavailable, "GET", "/account/summary")).unwrap();
    let (_, answer) = bench.ask("GET /account/summary", Value::Null).await;
    assert_eq!(answer, alone("throttled", "Too Many Requests"));
    assert_eq!(bench.ask("GET /account/summary", Value::Null).await.0, 503);
    bench.get("/account/summary").await;
    assert!(bench.violations().is_empty());
}

#[tokio::test]
async fn lists_that_a_definition_names_by_id() {
    let bench = Bench::new().await;
    let id = "06526938-56dd-11e9-932a-fa163ea075fa";
    for _ in 0..2 {
        bench.sandbox.ensure(VENDOR, id).unwrap();
    }
    assert_eq!(bench.get("/contact_lists").await["lists"].as_array().unwrap().len(), 1);
    bench.get(&format!("/contact_lists/{id}")).await;
    assert!(bench.sandbox.ensure(VENDOR, "news").is_err());
    let page = bench.http.get(bench.sandbox.page()).send().await.unwrap().text().await.unwrap();
    assert!(page.contains(id), "{page}");
}
