//! Reading contacts, page by page.

use super::bench::{Bench, errors};
use rstest::rstest;
use serde_json::{Value, json};

async fn seven() -> Bench {
    let bench = Bench::new().await;
    for n in 0..7 {
        let tags = if n % 3 == 0 { json!(["third", "all"]) } else { json!(["all"]) };
        let is = if n == 2 { "unsubscribed" } else { "subscribed" };
        bench.person(json!({"email": format!("m{n}@example.com"), "is": is, "tags": tags}));
        bench.later_ms(1_000);
    }
    // m1 is the one changed last.
    bench.person(json!({"email": "m1@example.com", "is": "subscribed"}));
    bench
}

/// The numbers of the contacts on a page.
fn numbers(page: &Value) -> String {
    page["contacts"].as_array().unwrap().iter().map(|contact| contact["email"].as_str().unwrap()[1..2].to_owned()).collect()
}

async fn walk(bench: &Bench, filter: &str, cursor: &str, first: Value) -> Vec<String> {
    let (mut pages, mut page) = (vec![numbers(&first)], first);
    while let Some(text) = page["paging"]["cursors"][cursor].as_str() {
        let (status, next) = bench.get(&format!("/contacts?{filter}&{cursor}={text}")).await;
        assert_eq!(status, 200, "{next}");
        pages.push(numbers(&next));
        page = next;
    }
    assert!(cursor == "before" || page["paging"]["hasMore"] == false);
    pages
}

#[rstest]
#[case("limit=3", &["654", "321", "0"])]
#[case("limit=7", &["6543210"])]
#[case("limit=3&direction=asc", &["012", "345", "6"])]
#[case("limit=3&sort=updatedAt", &["165", "432", "0"])]
#[case("limit=3&sort=updatedAt&direction=asc", &["023", "456", "1"])]
#[case("limit=2&tag=third", &["63", "0"])]
#[case("limit=2&tag=third&sort=updatedAt&direction=asc", &["03", "6"])]
#[case("limit=4&status=subscribed", &["6543", "10"])]
#[case("updatedAtFrom=2026-11-22T00:00:05Z", &["651"])]
#[case("email=m2@example.com", &["2"])]
#[case("tag=never", &[""])]
#[tokio::test]
async fn pages(#[case] filter: &str, #[case] expected: &[&str]) {
    let bench = seven().await;
    let (_, first) = bench.get(&format!("/contacts?{filter}")).await;
    assert_eq!(walk(&bench, filter, "after", first).await, expected);
}

#[tokio::test]
async fn back_again() {
    let bench = seven().await;
    let (_, first) = bench.get("/contacts?limit=3").await;
    let after = |page: &Value| format!("/contacts?limit=3&after={}", page["paging"]["cursors"]["after"].as_str().unwrap());
    let (_, second) = bench.get(&after(&first)).await;
    let (_, third) = bench.get(&after(&second)).await;
    assert_eq!(walk(&bench, "limit=3", "before", third).await, ["0", "321", "654"]);
    assert_eq!((&first["paging"]["limit"], &first["paging"]["cursors"]["before"]), (&json!(3), &Value::Null));
}

#[tokio::test]
async fn a_cursor_is_bound_to_its_filters_and_survives_what_happens_in_between() {
    let bench = seven().await;
    let (_, first) = bench.get("/contacts?tag=all&limit=2").await;
    let after = first["paging"]["cursors"]["after"].as_str().unwrap();
    for other in ["limit=2", "limit=2&tag=third", "limit=2&tag=all&direction=asc"] {
        assert_eq!(errors(&bench.get(&format!("/contacts?{other}&after={after}")).await.1), ["after invalid_value"], "{other}");
    }
    bench.person(json!({"email": "m5@example.com", "is": "unknown"}));
    bench.person(json!({"email": "m9@example.com", "is": "subscribed", "tags": ["all"]}));
    assert_eq!(numbers(&bench.get(&format!("/contacts?tag=all&limit=9&after={after}")).await.1), "43210");
}

#[rstest]
#[case("limit=0", &["limit invalid_value"])]
#[case("limit=251&colour=red", &["colour unknown", "limit invalid_value"])]
#[case("tag=all&status=subscribed", &["tag invalid_value"])]
#[case("updatedAtFrom=2026-11-22T00:00:00Z&email=a@example.com", &["updatedAtFrom invalid_value"])]
#[case("updatedAtFrom=2026-11-22T00:00:00+01:00", &["updatedAtFrom invalid_format"])]
#[case("email=a+b@example.com", &["email invalid_format"])]
#[case("sort=email&direction=up&status=pending", &["direction invalid_value", "sort invalid_value", "status invalid_value"])]
#[case("after=x&before=y", &["before invalid_value"])]
#[case("after=x", &["after invalid_value"])]
#[case("segmentID=x", &["segmentID invalid_value"])]
#[tokio::test]
async fn what_is_refused(#[case] query: &str, #[case] expected: &[&str]) {
    let bench = Bench::new().await;
    let (status, answer) = bench.get(&format!("/contacts?{query}")).await;
    assert_eq!((status, errors(&answer)), (400, expected.iter().map(|e| (*e).to_owned()).collect()));
    assert_eq!(bench.sandbox.counters().violations, 1);
}
