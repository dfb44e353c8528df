//! Customer Insights' own API: what it knows of segments, pages, signed files.

use super::{Insights, MEMBERSHIPS, field};
use crate::Sandbox;
use rstest::rstest;
use serde_json::{Value, json};

#[tokio::test]
async fn segments_and_tables_are_described() {
    let insights = Insights::new().await;
    let (_, segments) = insights.ask("/manage/segments").await;
    let gold = &segments[0];
    assert_eq!(
        (&gold["name"], &gold["state"], &gold["evaluationStatus"]["jobStatus"]),
        (&json!("Gold"), &json!("active"), &json!("CompletedSuccess"))
    );
    let (_, size) = insights.ask("/manage/entities/Gold/entitysize").await;
    assert_eq!(size["rowCount"], gold["evaluationStatus"]["entityCount"]);
    let (memberships, _) = insights.all(MEMBERSHIPS, 5_000, "").await;
    assert_eq!(size["rowCount"], memberships.len());
    let (_, entities) = insights.ask("/manage/entities").await;
    assert_eq!(field(entities["entities"].as_array().unwrap(), "name"), ["Customer", "Gold"]);
    assert_eq!(
        entities["entities"][1]["attributes"][8],
        json!({"name": "LifetimeValue", "friendlyName": "LifetimeValue", "dataType": "Edm.Decimal"})
    );
    assert_eq!(insights.get("/ci/v1/instances").await.1[0]["instanceId"], Sandbox::INSTANCE);
}

/// By pages of 100, whatever is asked for, as a table and as a filter on everyone.
#[tokio::test]
async fn members_by_pages() {
    let insights = Insights::new().await;
    insights.bench.sandbox.ensure("customer-insights", "All of them").unwrap();
    let (_, everyone) = insights.ask("/data/Customer?$top=500").await;
    assert_eq!((everyone["value"].as_array().unwrap().len(), &everyone["@odata.count"]), (100, &json!(200)));
    let (_, gold) = insights.ask("/data/Gold?$select=CustomerId,EMail&$top=1000").await;
    let count = gold["@odata.count"].as_u64().unwrap() as usize;
    let (_, rest) = insights.ask(&format!("/data/Gold?$select=CustomerId&$skip={}", count - 3)).await;
    let (all, tail) = (field(gold["value"].as_array().unwrap(), "CustomerId"), field(rest["value"].as_array().unwrap(), "CustomerId"));
    assert_eq!((all.len(), &all[count - 3..]), (count, &tail[..]));
    let (_, filtered) = insights.ask("/data/Customer?$filter=IsMemberOfSegment('Gold')&$select=CustomerId").await;
    assert_eq!(field(filtered["value"].as_array().unwrap(), "CustomerId"), all);
    assert_eq!(insights.ask("/data/All_of_them").await.0, 200, "a name as people write it has a table of its own");
}

#[rstest]
#[case("/data/None", 404, "EntityNotFound")]
#[case("/data/Gold?$select=Nothing", 400, "BadRequest")]
#[case("/data/Gold?$filter=City eq 'Paris'", 400, "BadRequest")]
#[case("/data/Gold?$orderby=City", 400, "BadRequest")]
#[case("/manage/entities/None/entitysize", 404, "EntityNotFound")]
#[case("/nothing", 404, "ResourceNotFound")]
#[tokio::test]
async fn what_is_not_there_is_said(#[case] path: &str, #[case] status: u16, #[case] code: &str) {
    let (got, answer) = Insights::new().await.ask(path).await;
    assert_eq!((got, &answer["errorCode"]), (status, &json!(code)), "{answer}");
    assert_eq!(answer.get("httpStatusCode").is_some(), !path.starts_with("/data"), "each in its own words: {answer}");
}

#[tokio::test]
async fn both_credentials_are_needed_and_a_hundred_calls_a_minute_are_enough() {
    let insights = Insights::new().await;
    let url = insights.url("/ci/v1/instances");
    let only_key = insights.bench.http.get(&url).header("Ocp-Apim-Subscription-Key", "any").send().await.unwrap();
    assert_eq!((only_key.status().as_u16(), &only_key.headers()["www-authenticate"]), (401, &"Bearer".parse().unwrap()));
    let wrong_key = insights
        .request("/ci/v1/instances")
        .headers([("Ocp-Apim-Subscription-Key".parse().unwrap(), "invalid".parse().unwrap())].into_iter().collect());
    assert_eq!(wrong_key.send().await.unwrap().status(), 401);
    for _ in 0..100 {
        assert_eq!(insights.get("/ci/v1/instances").await.0, 200);
    }
    let refused = insights.request("/ci/v1/instances").send().await.unwrap();
    assert_eq!((refused.status().as_u16(), &refused.headers()["retry-after"]), (429, &"60".parse().unwrap()));
}

async fn files(insights: &Insights, entity: &str) -> Vec<(String, String)> {
    let (_, answer) = insights.ask(&format!("/data/{entity}?$select=*&proxy=true")).await;
    let mut files = Vec::new();
    for request in answer["httpRequests"].as_array().unwrap() {
        let uri = request["uri"].as_str().unwrap().to_owned();
        let version = request["headers"]["x-ms-version"].as_str().unwrap();
        let file = insights.bench.http.get(&uri).header("x-ms-version", version).send().await.unwrap();
        assert_eq!(file.status(), 200);
        files.push((uri, file.text().await.unwrap()));
    }
    files
}

#[rstest]
#[case("some", [true, false])]
#[case("all", [true, true])]
#[case("none", [false, false])]
#[tokio::test]
async fn members_by_signed_files(#[case] headers: &str, #[case] expected: [bool; 2]) {
    let insights = Insights::new().await;
    insights.set(json!({"headers": headers}));
    let gold = files(&insights, "Gold").await;
    let header = "\"CustomerId\",\"FirstName\",\"LastName\",\"FullName\",\"EMail\",\"City\",\"Country\",\"PostalCode\",\"LifetimeValue\"\n";
    assert_eq!(gold.iter().map(|(_, text)| text.starts_with(header)).collect::<Vec<_>>(), expected);
    let ids = gold.iter().flat_map(|(_, text)| text.lines()).map(|line| line[1..].split('"').next().unwrap()).filter(|id| id.len() == 32);
    let (_, page) = insights.ask("/data/Gold").await;
    assert_eq!(ids.collect::<Vec<_>>(), field(page["value"].as_array().unwrap(), "CustomerId"));
    let everyone = files(&insights, "Customer").await;
    assert!(everyone.iter().all(|(_, text)| text.lines().count() == 100 && !text.contains("CustomerId")));
}

#[tokio::test]
async fn a_signature_is_all_it_takes_and_a_token_is_none_of_its_business() {
    let insights = Insights::new().await;
    let uri = files(&insights, "Gold").await.remove(0).0;
    let get = |uri: String| insights.bench.http.get(uri).header("x-ms-version", "2019-02-02");
    for (number, wrong) in [uri.replace("/Gold/", "/Customer/"), uri.replace("sig=", "sig=0"), uri.split('?').next().unwrap().to_owned()]
        .into_iter()
        .enumerate()
    {
        assert_eq!(get(wrong).send().await.unwrap().status(), 403, "{number}");
    }
    assert_eq!(insights.bench.http.get(&uri).send().await.unwrap().status(), 400, "without the headers");
    let before = insights.bench.sandbox.counters().violations;
    assert_eq!(get(uri.clone()).bearer_auth("any").send().await.unwrap().status(), 200);
    let counters = insights.bench.sandbox.counters();
    assert_eq!(counters.violations, before + 1, "{:?}", counters.last_violations);
    insights.bench.later(3_600);
    assert_eq!(get(uri).send().await.unwrap().status(), 403, "a signature ends");
}

#[tokio::test]
async fn the_systems_work_is_seen() {
    let insights = Insights::new().await;
    let job = async || insights.ask("/workflows/main/jobs").await.1[0].clone();
    let before = job().await;
    assert_eq!((&before["jobStatus"], &before["operationType"]), (&json!("successful"), &json!("all")));
    insights.bench.later(60);
    insights.set(json!({"refresh": "begin"}));
    let during = job().await;
    assert_eq!((&during["jobStatus"], during.get("endTimestamp")), (&json!("running"), None::<&Value>));
    assert_ne!(during["jobId"], before["jobId"]);
    assert_eq!(insights.ask("/workflows/main/schedules").await.1[0]["isActive"], true);
}
