//! What the control surface brings about.

use super::{Insights, MEMBERSHIPS, PROFILES, field};
use crate::Options;
use serde_json::json;
use std::collections::BTreeSet;

async fn members(insights: &Insights) -> BTreeSet<String> {
    field(&insights.all(MEMBERSHIPS, 5_000, "").await.0, "msdynci_customerid").into_iter().collect()
}

#[tokio::test]
async fn a_refresh_moves_one_half_when_it_begins_and_the_other_when_it_ends() {
    let insights = Insights::new().await;
    let (_, before) = insights.ask("/manage/segments").await;
    let first = members(&insights).await;
    insights.bench.later(60);
    insights.set(json!({"refresh": "begin"}));
    let (_, during) = insights.ask("/manage/segments").await;
    assert_eq!(during[0]["evaluationStatus"]["jobStatus"], "Running");
    assert_eq!(during[0]["evaluationStatus"]["evaluationDate"], before[0]["evaluationStatus"]["evaluationDate"]);
    let second = members(&insights).await;
    insights.set(json!({"refresh": "end"}));
    let third = members(&insights).await;
    let order = field(&insights.all(PROFILES, 5_000, "").await.0, "msdynci_customerid");
    let halves = |one: &BTreeSet<String>, other: &BTreeSet<String>| {
        let moved = one.symmetric_difference(other).filter_map(|id| order.iter().position(|known| known == id));
        moved.map(|place| place < 100).collect::<BTreeSet<_>>()
    };
    assert_eq!((halves(&first, &second), halves(&second, &third)), ([true].into(), [false].into()));
    let (_, after) = insights.ask("/manage/segments").await;
    assert_ne!(after[0]["evaluationStatus"]["evaluationDate"], before[0]["evaluationStatus"]["evaluationDate"]);
    assert_eq!(after[0]["evaluationStatus"]["entityCount"], third.len());
    let again = insights.bench.sandbox.set("customer-insights", &json!({"refresh": "end"})).unwrap_err();
    assert_eq!(again.to_string(), "no refresh is under way; begin one first");
}

#[tokio::test]
async fn segments_are_set_and_people_dropped() {
    let insights = Insights::new().await;
    let count = insights.ask("/manage/segments").await.1[0]["evaluationStatus"]["entityCount"].as_i64().unwrap();
    insights.set(json!({"segments": {"Gold": {"state": "inactive", "status": "Failed", "countOff": 7}}}));
    let (_, segments) = insights.ask("/manage/segments").await;
    let status = &segments[0]["evaluationStatus"];
    assert_eq!(
        (&segments[0]["state"], &status["jobStatus"], &status["entityCount"]),
        (&json!("inactive"), &json!("Failed"), &json!(count + 7))
    );
    let member = members(&insights).await.pop_first().unwrap();
    insights.person(&member, "dropped");
    assert!(members(&insights).await.contains(&member), "the membership is still there");
    let profiles = field(&insights.all(PROFILES, 5_000, "").await.0, "msdynci_customerid");
    assert_eq!((profiles.len(), profiles.contains(&member)), (199, false));
    assert_eq!(insights.ask("/data/Gold").await.1["@odata.count"], count - 1);
    let set = |what| insights.bench.sandbox.set("dataverse", &what).map_err(|error| error.to_string());
    assert!(set(json!({"refresh": "soon"})).unwrap_err().contains("expected `begin` or `end`"));
    assert!(set(json!({"segments": {"None": {}}})).unwrap_err().contains("there is no segment \"None\""));
}

#[tokio::test]
async fn a_segment_keeps_its_people_and_a_restart_keeps_the_segment() {
    let insights = Insights::new().await;
    let before = members(&insights).await;
    assert!((60..100).contains(&before.len()), "{}", before.len());
    let Insights { bench, .. } = insights;
    bench.restart(Options::default()).await.sandbox.shutdown().await;
    let other = Insights::new().await;
    assert_eq!(members(&other).await, before, "the same name, the same people");
}

/// A definition may ask for what the sample does not have.
#[tokio::test]
async fn a_column_that_is_asked_for_is_there_and_empty() {
    let insights = Insights::new().await;
    insights.set(json!({"columns": ["email", "msdynci_Loyalty", "LOYALTY", "no name", "Tier"]}));
    let (rows, _) = insights.all(&format!("{PROFILES}?$select=msdynci_email,msdynci_loyalty,msdynci_tier"), 5_000, "").await;
    assert!(
        rows[0]["msdynci_email"].is_string() && rows.iter().all(|row| row["msdynci_loyalty"].is_null() && row["msdynci_tier"].is_null())
    );
    let (_, entities) = insights.ask("/manage/entities").await;
    let names = field(entities["entities"][0]["attributes"].as_array().unwrap(), "name");
    assert_eq!(names[8..], ["LifetimeValue", "Loyalty", "Tier"].map(String::from));
}

#[tokio::test]
async fn an_export_stands_behind_it() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("Customer/2026/11/20/0200/Customer_1.csv", "c0,old@example.com,\n");
    write("Customer/2026/11/21/0200/Customer_1.csv", "c1,one@example.com,10\nc2,\"two,\"\"2\"\"@example.com\",\n");
    write("Customer/2026/11/21/0200/Customer_2.csv", "c3,,3.5\n");
    write("VIPs/2026/11/21/0200/VIPs_1.csv", "\"CustomerId\",\"City\"\nc3,Paris\nc9,Porto\n");
    let attributes = json!([{"name": "CustomerId"}, {"name": "EMail", "dataType": "string"}, {"name": "Points", "dataType": "double"}]);
    write("model.json", &json!({"entities": [{"name": "Customer", "attributes": attributes}]}).to_string());
    let insights = Insights::with(Options { insights: Some(folder.path().to_owned()), ..Options::default() }).await;
    let (rows, _) = insights.all(&format!("{PROFILES}?$select=msdynci_customerid,msdynci_email,msdynci_points,msdynci_city"), 2, "").await;
    let told: Vec<_> = rows
        .iter()
        .map(|row| json!([row["msdynci_customerid"], row["msdynci_email"], row["msdynci_points"], row["msdynci_city"]]))
        .collect();
    assert_eq!(
        json!(told),
        json!([
            ["c1", "one@example.com", 10, null],
            ["c2", "two,\"2\"@example.com", null, null],
            ["c3", null, 3.5, null],
            ["c9", null, null, "Porto"]
        ])
    );
    assert_eq!(members(&insights).await, ["c3".to_owned(), "c9".to_owned()].into());
    let (_, segments) = insights.ask("/manage/segments").await;
    assert_eq!((&segments[0]["name"], &segments[0]["evaluationStatus"]["entityCount"]), (&json!("VIPs"), &json!(2)));
}
