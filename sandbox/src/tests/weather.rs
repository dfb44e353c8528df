//! Faults, as a client meets them.

use crate::{
    Fault, Faults, Next, Options,
    testing::{Bench, member},
};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

const BULK: &str = "/lists/{list_id}";

async fn meet(fault: Fault) -> (Bench, reqwest::Result<(u16, String, String)>) {
    let bench = Bench::new().await;
    bench.sandbox.set_faults(Faults::default().next(fault, "POST", BULK)).unwrap();
    let body = json!({"members": [{"email_address": "a@contoso.test", "status": "subscribed"}]});
    let met = async {
        let response = bench.send(Method::POST, "/lists/cdp", Some(&body)).await?;
        let kind = response.headers().get("content-type").map_or(String::new(), |kind| kind.to_str().unwrap().to_owned());
        Ok((response.status().as_u16(), kind, response.text().await?))
    };
    let met = met.await;
    (bench, met)
}

#[rstest]
#[case(Fault::TooManyRequests, 429, "application/problem+json; charset=utf-8")]
#[case(Fault::ServerError, 500, "application/problem+json; charset=utf-8")]
#[case(Fault::BadGateway, 502, "text/html")]
#[case(Fault::Forbidden, 403, "")]
#[tokio::test]
async fn refusals_do_nothing(#[case] fault: Fault, #[case] status: u16, #[case] kind: &str) {
    let (bench, met) = meet(fault).await;
    let met = met.unwrap();
    assert_eq!((met.0, met.1.as_str(), met.2.is_empty()), (status, kind, fault == Fault::Forbidden));
    assert_eq!(bench.get(&member("a@contoso.test")).await.0, 404);
    bench.subscribe("a@contoso.test").await;
}

#[rstest]
#[case(Fault::ResetConnection, false)]
#[case(Fault::LostAnswer, true)]
#[case(Fault::CutBody, true)]
#[tokio::test]
async fn broken_connections(#[case] fault: Fault, #[case] done: bool) {
    let (bench, met) = meet(fault).await;
    assert!(met.is_err(), "{met:?}");
    assert_eq!(bench.get(&member("a@contoso.test")).await.0 == 200, done);
    let entry = bench.sandbox.counters().last_requests[0].clone();
    assert_eq!((entry.fault, entry.status), (Some(fault), if fault == Fault::CutBody { 200 } else { 0 }));
}

#[tokio::test(start_paused = true)]
async fn too_many_rows_for_the_time_limit_end_in_the_gateways_page() {
    let faults = Faults { per_row_ms: 20_000.0, timeout_ms: 50_000, ..Faults::default() };
    let bench = Bench::with(Options { faults, ..Options::default() }).await;
    let rows = |count: usize| {
        let row = |n| json!({"email_address": format!("m{count}-{n}@contoso.test"), "status": "subscribed"});
        json!({"members": (0..count).map(row).collect::<Vec<Value>>()})
    };
    let ask = async |count| bench.send(Method::POST, "/lists/cdp", Some(&rows(count))).await.unwrap().status().as_u16();
    assert_eq!((ask(3).await, ask(2).await), (502, 200));
    assert_eq!(bench.get(&member("m3-0@contoso.test")).await.0, 200, "the work was done all the same");
}

/// The clock stands still while anything can be done and jumps when nothing can.
#[tokio::test(start_paused = true)]
async fn answers_take_as_long_as_was_asked() {
    let bench = Bench::with(Options { faults: Faults::latency(60_000), ..Options::default() }).await;
    bench.get("/ping").await;
    let took = bench.sandbox.counters().last_requests[0].took_us;
    assert!((60_000_000..61_000_000).contains(&took), "{took} µs at the server");
}

#[tokio::test]
async fn faults_are_set_seen_and_cleared_over_http() {
    let bench = Bench::new().await;
    let url = bench.sandbox.page().join("/_sandbox/faults").unwrap();
    let set = json!({
        "seed": 7, "shares": {"tooManyRequests": 0.1, "cutBody": 0.02}, "latencyMs": {"minMs": 1, "maxMs": 2},
        "next": [{"fault": "badGateway", "route": "/ping", "times": 2}],
    });
    let answer = bench.http.post(url.clone()).json(&set).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    let seen: Faults = bench.http.get(url.clone()).send().await.unwrap().json().await.unwrap();
    let next = Next { fault: Fault::BadGateway, method: None, route: Some("/ping".into()), skip: 0, times: 2 };
    assert_eq!((seen.seed, seen.shares[&Fault::CutBody], &seen.next), (7, 0.02, &vec![next]));
    assert_eq!((bench.get("/ping").await.0, bench.get("/ping").await.0), (502, 502));
    assert_eq!(bench.http.delete(url.clone()).send().await.unwrap().status(), 200);
    assert!(bench.http.get(url.clone()).send().await.unwrap().json::<Faults>().await.unwrap().is_fair());
    for wrong in [json!({"shares": {"cutBody": 1.5}}), json!({"shares": {"rain": 0.1}}), json!({"latency": 5})] {
        let status = bench.http.post(url.clone()).json(&wrong).send().await.unwrap().status();
        assert!(status.is_client_error(), "{wrong}");
    }
}
