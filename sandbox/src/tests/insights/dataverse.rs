//! Dataverse's tables: pages, choices, changes, limits.

use super::{Insights, MEMBERSHIPS, PROFILES, field, read};
use rstest::rstest;
use serde_json::{Value, json};

#[tokio::test]
async fn a_table_is_read_in_pages_by_its_links() {
    let insights = Insights::new().await;
    let select = format!("{PROFILES}?$select=msdynci_customerid,msdynci_email,msdynci_lifetimevalue");
    let (rows, last) = insights.all(&select, 70, "").await;
    assert_eq!((rows.len(), last["value"].as_array().unwrap().len()), (200, 60));
    let first = rows[0].as_object().unwrap();
    let names: Vec<_> = first.keys().map(String::as_str).collect();
    assert_eq!(names, ["@odata.etag", "msdynci_customerid", "msdynci_customerprofileid", "msdynci_email", "msdynci_lifetimevalue"]);
    assert_eq!(first["msdynci_customerid"].as_str().unwrap().len(), 32);
    assert!(first["msdynci_email"].as_str().unwrap().ends_with("@contoso.test") && first["msdynci_lifetimevalue"].is_number());
    assert!(rows.iter().any(|row| row["msdynci_email"].is_null()), "tenants have people without an address");
    let (_, whole) = insights.get(PROFILES).await;
    assert_eq!(whole["value"].as_array().unwrap().len(), 200, "without a word, 5,000 a page");
    assert!(
        whole["@odata.context"].as_str().unwrap().ends_with("/api/data/v9.2/$metadata#msdynci_customerprofiles"),
        "{}",
        whole["@odata.context"]
    );
}

#[rstest]
#[case("?$select=msdynci_nothing", 400, "0x80060888", 0)]
#[case("?$skip=10", 400, "0x80060888", 1)]
#[case("?$orderby=msdynci_customerid", 501, "0x80060000", 1)]
#[case("?$filter=startswith(msdynci_customerid,'a')", 501, "0x80060000", 1)]
#[case("?$filter=msdynci_customerid ne 'a'", 501, "0x80060000", 1)]
#[case("?$filter=msdynci_customerid eq 'a", 400, "0x80060888", 1)]
#[case("?$filter=contains(msdynci_segment,'a')", 400, "0x80060888", 0)]
#[case("?$skiptoken=%3Ccookie%20pagingcookie=%22312e302e302e2d312e30%22%3E", 400, "0x80040203", 1)]
#[case("?$deltatoken=1!1", 400, "0x80060888", 1)]
#[case("s", 404, "0x8006088a", 1)]
#[tokio::test]
async fn what_is_not_taken_is_said(#[case] query: &str, #[case] status: u16, #[case] code: &str, #[case] violations: u64) {
    let insights = Insights::new().await;
    let (got, answer) = insights.get(&format!("{MEMBERSHIPS}{query}")).await;
    assert_eq!((got, &answer["error"]["code"]), (status, &json!(code)), "{answer}");
    assert!(answer["error"]["message"].is_string());
    assert_eq!(insights.bench.sandbox.counters().violations, violations);
}

/// As the database behind it compares: `Gold` in quotes is not `Gold_EU`, but `GOLD`, and `_` stands for any one character.
#[rstest]
#[case("contains(msdynci_segments,'\"Gold\"')", "Gold gold")]
#[case("contains(msdynci_segments,'Gold')", "Gold Gold_EU GoldxEU gold")]
#[case("contains(msdynci_segments,'\"Gold_EU\"')", "Gold_EU GoldxEU")]
#[case("contains(msdynci_segments,'\"Gold\"') and contains(msdynci_segments,'\"Silver\"')", "")]
#[case("contains(msdynci_segments,'Gold') and msdynci_customerid gt 'zz'", "")]
#[case("contains(msdynci_segments,'\"Silver\"') and msdynci_customerid le 'zz'", "Silver")]
#[case("contains(msdynci_segments,'\"Silver\"') or (msdynci_segmentprovider eq 'x')", "Silver")]
#[tokio::test]
async fn filters(#[case] filter: &str, #[case] expected: &str) {
    let insights = Insights::with(Default::default()).await;
    let (rows, _) = insights.all(&format!("{PROFILES}?$select=msdynci_customerid"), 5_000, "").await;
    for (segment, customer) in ["Gold", "Gold_EU", "GoldxEU", "gold", "Silver"].iter().zip(field(&rows, "msdynci_customerid")) {
        insights.bench.sandbox.ensure("customer-insights", segment).unwrap();
        let (all, _) = insights.all(MEMBERSHIPS, 5_000, "").await;
        for member in field(&all, "msdynci_customerid") {
            let out = json!({"customerId": member, "is": "out", "segment": segment});
            insights.bench.sandbox.set_person("customer-insights", &out).unwrap();
        }
        let person = json!({"customerId": customer, "is": "in", "segment": segment});
        insights.bench.sandbox.set_person("customer-insights", &person).unwrap();
    }
    let url = url::Url::parse_with_params(&insights.url(MEMBERSHIPS), [("$filter", filter)]).unwrap();
    let (found, _) = insights.all(url.as_str(), 1, "").await;
    let names: Vec<_> = found
        .iter()
        .map(|row| row["msdynci_segments"].as_str().unwrap().strip_prefix("{\"Segments\":[\"").unwrap().trim_end_matches(['"', ']', '}']))
        .collect();
    assert_eq!(names.join(" "), expected);
}

#[tokio::test]
async fn customers_are_found_by_their_ids() {
    let insights = Insights::new().await;
    let (rows, _) = insights.all(PROFILES, 5_000, "").await;
    let ids = field(&rows, "msdynci_customerid");
    let filter = format!("msdynci_customerid eq '{}' or msdynci_customerid eq '{}' or msdynci_customerid eq 'none'", ids[7], ids[3]);
    let url = url::Url::parse_with_params(&insights.url(PROFILES), [("$filter", &filter)]).unwrap();
    let (found, _) = insights.all(url.as_str(), 1, "").await;
    assert_eq!(field(&found, "msdynci_customerid"), [ids[3].clone(), ids[7].clone()], "page after page, in the table's order");
}

#[tokio::test]
async fn changes_are_told_where_they_are_tracked() {
    let insights = Insights::new().await;
    let definitions = "/dataverse/api/data/v9.2/EntityDefinitions?$select=SchemaName&$filter=ChangeTrackingEnabled eq true";
    assert_eq!(insights.get(definitions).await.1["value"], json!([]));
    let refused = insights.request(MEMBERSHIPS).header("Prefer", "odata.track-changes").send().await.unwrap();
    assert_eq!(refused.status(), 400);
    insights.set(json!({"changeTracking": true}));
    assert_eq!(insights.get(definitions).await.1["value"][1]["SchemaName"], "msdynci_SegmentMembership");
    let select = format!("{MEMBERSHIPS}?$select=msdynci_customerid,msdynci_segments");
    let (rows, last) = insights.all(&select, 30, ",odata.track-changes").await;
    let ids = field(&rows, "msdynci_customerid");
    insights.person(&ids[0], "out");
    let silver = insights.bench.sandbox.ensure("customer-insights", "Silver");
    assert!(silver.is_ok());
    let (delta, last) = insights.all(last["@odata.deltaLink"].as_str().unwrap(), 20, "").await;
    assert!(last["@odata.context"].as_str().unwrap().ends_with("(msdynci_customerid,msdynci_segments)/$delta"), "{last}");
    let gone: Vec<&Value> = delta.iter().filter(|row| row["reason"] == "deleted").collect();
    assert_eq!(gone.len(), usize::from(!delta.iter().any(|row| row["msdynci_customerid"] == *ids[0])), "{delta:?}");
    let changed = delta.iter().filter(|row| row["msdynci_segments"].as_str().is_some_and(|text| text.contains("\"Silver\"")));
    assert!((60..100).contains(&changed.count()), "{} rows", delta.len());
    let (nothing, _) = insights.all(last["@odata.deltaLink"].as_str().unwrap(), 20, "").await;
    assert!(nothing.is_empty());
}

#[tokio::test]
async fn too_many_calls_are_told_to_wait() {
    let insights = Insights::new().await;
    insights.set(json!({"dataverseCalls": 2}));
    for _ in 0..2 {
        assert_eq!(insights.get(PROFILES).await.0, 200);
    }
    insights.bench.later(290);
    let refused = insights.request(PROFILES).send().await.unwrap();
    assert_eq!(refused.headers()["retry-after"], "10");
    let (status, answer) = read(refused).await;
    assert_eq!((status, &answer["error"]["code"]), (429, &json!("0x80072322")));
    insights.bench.later(10);
    assert_eq!(insights.get(PROFILES).await.0, 200);
}

/// The value of `msdynci_segments` in each form, a row's absent columns, definitions that may not be read, and a cut.
#[tokio::test]
async fn what_documents_leave_open_is_a_switch() {
    let insights = Insights::new().await;
    let first = |rows: Vec<Value>| rows[0]["msdynci_segments"].as_str().unwrap().to_owned();
    for (form, expected) in [("list", r#"["Gold"]"#), ("twice", r#""{\"Segments\":[\"Gold\"]}""#), ("object", r#"{"Segments":["Gold"]}"#)] {
        insights.set(json!({"segmentsAs": form}));
        assert_eq!(first(insights.all(MEMBERSHIPS, 5_000, "").await.0), expected);
    }
    let attributes = "/dataverse/api/data/v9.2/EntityDefinitions(LogicalName='msdynci_customerprofile')/Attributes?$select=LogicalName";
    let (status, answer) = insights.get(attributes).await;
    let names = field(answer["value"].as_array().unwrap(), "LogicalName");
    assert!(status == 200 && names.contains(&"msdynci_email".to_owned()), "{answer}");
    insights.set(json!({"definitions": false, "sparse": true, "cutMemberships": 30, "cutProfiles": 150}));
    assert_eq!(insights.get(attributes).await.0, 403);
    let (rows, _) = insights.all(PROFILES, 70, "").await;
    assert_eq!(rows.len(), 150);
    assert!(
        rows.iter().any(|row| row.get("msdynci_email").is_none()) && rows.iter().all(|row| row.get("msdynci_email") != Some(&Value::Null))
    );
    assert_eq!(insights.all(MEMBERSHIPS, 7, "").await.0.len(), 30);
}
