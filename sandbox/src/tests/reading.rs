//! Reading members page by page.

use crate::{
    mailchimp::PersonIs,
    testing::{Bench, member},
};
use rstest::rstest;
use serde_json::{Value, json};

/// 25 members in five seconds, five in each, out of the order of their addresses.
async fn filled() -> Bench {
    let bench = Bench::new().await;
    for second in 0..5 {
        let row = |n: i64| json!({"email_address": format!("m{}@contoso.test", 100 - second * 5 - n), "status": "subscribed"});
        let rows: Vec<_> = (0..5).map(row).collect();
        assert_eq!(bench.post("/lists/cdp", json!({"members": rows})).await.1["total_created"], 5);
        bench.later(1);
    }
    bench
}

async fn read(bench: &Bench, query: &str) -> (Vec<String>, Value) {
    let (status, answer) = bench.get(&format!("/lists/cdp/members?{query}")).await;
    assert_eq!(status, 200, "{answer}");
    let emails = answer["members"].as_array().unwrap().iter().map(|m| m["email_address"].as_str().unwrap().to_owned()).collect();
    (emails, answer["total_items"].clone())
}

#[rstest]
#[case("ASC")]
#[case("DESC")]
#[tokio::test]
async fn any_page_size_and_order_of_reading_gives_the_same_list(#[case] dir: &str) {
    let bench = filled().await;
    let sort = format!("sort_field=last_changed&sort_dir={dir}");
    let (whole, total) = read(&bench, &format!("{sort}&count=1000")).await;
    assert_eq!((whole.len(), total), (25, json!(25)));
    assert_eq!(whole[0], if dir == "ASC" { "m100@contoso.test" } else { "m76@contoso.test" });
    for count in [1, 3, 7] {
        let mut pages = Vec::new();
        let offsets: Vec<_> = (0..25).step_by(count).collect();
        // Backwards, so that nothing is remembered, then forwards over what was.
        for offset in offsets.iter().rev().chain(&offsets) {
            pages.push((*offset, read(&bench, &format!("{sort}&count={count}&offset={offset}")).await.0));
        }
        for (offset, page) in pages {
            assert_eq!(page, whole[offset..(offset + count).min(25)], "count {count} offset {offset}");
        }
    }
    assert!(read(&bench, &format!("{sort}&offset=25")).await.0.is_empty());
}

#[tokio::test]
async fn what_is_remembered_does_not_hide_a_change_of_order() {
    let bench = filled().await;
    let page = "sort_field=last_changed&count=10";
    let (first, _) = read(&bench, page).await;
    bench.patch(&member(&first[0]), json!({"merge_fields": {"FNAME": "Moved"}})).await;
    let (second, _) = read(&bench, &format!("{page}&offset=10")).await;
    let (whole, _) = read(&bench, "sort_field=last_changed&count=1000").await;
    assert_eq!(second, whole[10..20], "the offset counts in the new order: one row was skipped");
    assert_eq!(whole[24], first[0]);
}

#[rstest]
#[case("since_last_changed=2026-11-22T00:00:03%2B00:00", 5)]
#[case("since_last_changed=2026-11-22T00:00:02Z&before_last_changed=2026-11-22T00:00:04Z", 5)]
#[case("since_timestamp_opt=2026-11-22T00:00:03%2B00:00", 5)]
#[case("status=subscribed", 25)]
#[case("status=archived", 0)]
#[case("sort_field=timestamp_opt&sort_dir=DESC", 25)]
#[case("sort_field=timestamp_signup", 25)]
#[tokio::test]
async fn filters(#[case] query: &str, #[case] expected: i64) {
    let bench = filled().await;
    let (emails, total) = read(&bench, &format!("{query}&count=1000")).await;
    assert_eq!((emails.len() as i64, total), (expected, json!(expected)));
}

#[tokio::test]
async fn without_a_status_archived_members_are_read_too() {
    let bench = Bench::new().await;
    bench.person("gone@contoso.test", PersonIs::Archived);
    bench.subscribe("a@contoso.test").await;
    assert_eq!(read(&bench, "").await.0, ["gone@contoso.test", "a@contoso.test"]);
    assert_eq!(read(&bench, "status=archived").await.0, ["gone@contoso.test"]);
}

#[rstest]
#[case("count=1001", "count")]
#[case("count=ten", "count")]
#[case("offset=-1", "offset")]
#[case("status=happy", "status")]
#[case("sort_dir=up", "sort_dir")]
#[case("since_last_changed=yesterday", "since_last_changed")]
#[case("since_last_changed=2026-11-22T00:00:03+00:00", "since_last_changed")]
#[case("unsubscribed_since=2026-11-22T00:00:03Z", "unsubscribed_since")]
#[tokio::test]
async fn queries_outside_the_contract(#[case] query: &str, #[case] field: &str) {
    let bench = Bench::new().await;
    let (status, answer) = bench.get(&format!("/lists/cdp/members?{query}")).await;
    assert_eq!((status, &answer["errors"][0]["field"]), (400, &json!(field)));
}

#[tokio::test]
async fn fields_are_selected_and_unknown_parameters_noted() {
    let bench = filled().await;
    let query = "count=1&fields=members.email_address,members.merge_fields.FNAME,total_items&colour=red";
    let (_, answer) = bench.get(&format!("/lists/cdp/members?{query}")).await;
    let only = json!({"members": [{"email_address": "m100@contoso.test", "merge_fields": {"FNAME": ""}}], "total_items": 25});
    assert_eq!(answer, only);
    let counters = bench.sandbox.counters();
    assert_eq!(counters.last_violations, ["mailchimp GET /lists/{list_id}/members: unknown query parameter colour"]);
    let (_, answer) = bench.get("/lists/cdp/members?count=1&exclude_fields=members,_links").await;
    assert_eq!(answer, json!({"list_id": "cdp", "total_items": 25}));
}

/// As clients of large audiences saw it.
#[rstest]
#[case("gateway-timeout", 504, "text/html")]
#[case("bad-gateway", 502, "text/html")]
#[case("server-error", 500, "application/problem+json; charset=utf-8")]
#[tokio::test]
async fn pages_can_be_too_large(#[case] how: &str, #[case] status: u16, #[case] kind: &str) {
    let bench = filled().await;
    let (_, tag) = bench.post("/lists/cdp/segments", json!({"name": "vip", "static_segment": []})).await;
    bench.sandbox.set("mailchimp", &json!({"largestPage": 500, "tooLarge": how})).unwrap();
    for path in ["/lists/cdp/members".to_owned(), format!("/lists/cdp/segments/{}/members", tag["id"])] {
        let page = |count: u32| {
            let url = format!("{path}?count={count}");
            async { bench.send(reqwest::Method::GET, &{ url }, None).await.unwrap() }
        };
        let answer = page(501).await;
        assert_eq!((answer.status().as_u16(), answer.headers()["content-type"].to_str().unwrap()), (status, kind), "{path}");
        assert_eq!(page(500).await.status(), 200, "{path}");
    }
    assert_eq!(bench.get("/lists/cdp/segments?count=1000").await.0, 200, "only members are many");
}
