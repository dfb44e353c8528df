//! The bulk upsert.

use crate::{
    mailchimp::PersonIs,
    testing::{Bench, member},
};
use rstest::rstest;
use serde_json::{Value, json};

#[tokio::test]
async fn errors_are_by_row_inside_a_200() {
    let bench = Bench::new().await;
    bench.subscribe("exists@contoso.test").await;
    bench.field(json!({"tag": "LTV", "name": "Value", "type": "number"})).await;
    let row = |email: &str| json!({"email_address": email, "status": "subscribed"});
    let wrong = json!({"email_address": "d@contoso.test", "status": "subscribed", "merge_fields": {"LTV": "AAAAA", "NOPE": 1}});
    let members = json!([row("new@contoso.test"), row("Exists@contoso.test"), row("foo@example.com"), row("bad"), wrong]);
    let (status, answer) = bench.post("/lists/cdp", json!({"members": members, "update_existing": false})).await;
    assert_eq!(status, 200);
    assert_eq!((&answer["total_created"], &answer["total_updated"], &answer["error_count"]), (&json!(1), &json!(0), &json!(4)));
    assert_eq!(answer["new_members"][0]["email_address"], "new@contoso.test");
    insta::assert_json_snapshot!(answer["errors"], @r#"
    [
      {
        "email_address": "Exists@contoso.test",
        "error": "Exists@contoso.test is already a list member, do you want to update? please provide update_existing:true in the request body",
        "error_code": "ERROR_CONTACT_EXISTS",
        "field": "",
        "field_message": ""
      },
      {
        "email_address": "foo@example.com",
        "error": "foo@example.com looks fake or invalid, please enter a real email address.",
        "error_code": "ERROR_GENERIC",
        "field": "",
        "field_message": ""
      },
      {
        "email_address": "bad",
        "error": "Please provide a valid email address.",
        "error_code": "ERROR_GENERIC",
        "field": "",
        "field_message": ""
      },
      {
        "email_address": "d@contoso.test",
        "error": "Your merge fields were invalid.",
        "error_code": "ERROR_GENERIC",
        "field": "LTV",
        "field_message": "Please enter a number"
      }
    ]
    "#);
    assert_eq!(bench.get(&member("d@contoso.test")).await.0, 404, "a refused row leaves nothing");
}

#[rstest]
#[case(false, 1, "Ada")]
#[case(true, 0, "Ada")]
#[tokio::test]
async fn duplicates_in_one_call(#[case] skip: bool, #[case] errors: u64, #[case] kept: &str) {
    let bench = Bench::new().await;
    let row = |email: &str, name: &str| json!({"email_address": email, "status": "subscribed", "merge_fields": {"FNAME": name}});
    let body = json!({"members": [row("dana@contoso.test", "Ada"), row("DANA@contoso.test", "Bob")]});
    let (_, answer) = bench.post(&format!("/lists/cdp?skip_duplicate_check={skip}"), body).await;
    assert_eq!((&answer["total_created"], &answer["error_count"]), (&json!(1), &json!(errors)));
    assert_eq!(bench.get(&member("dana@contoso.test")).await.1["merge_fields"]["FNAME"], kept);
}

#[rstest]
#[case(500, 200)]
#[case(501, 400)]
#[tokio::test]
async fn five_hundred_rows_at_most(#[case] rows: usize, #[case] expected: u16) {
    let bench = Bench::new().await;
    let row = |n| json!({"email_address": format!("m{n}@contoso.test"), "status": "subscribed"});
    let members: Vec<Value> = (0..rows).map(row).collect();
    let (status, answer) = bench.post("/lists/cdp?fields=total_created,errors", json!({"members": members})).await;
    assert_eq!(status, expected, "{answer}");
    if expected == 200 {
        assert_eq!(answer, json!({"total_created": 500, "errors": []}), "fields is honoured");
        assert_eq!(bench.sandbox.counters().routes["POST /lists/{list_id}"].rows, 500);
    }
}

#[tokio::test]
async fn updating_changes_statuses_as_documented() {
    let bench = Bench::new().await;
    bench.subscribe("dana@contoso.test").await;
    let answer = bench.bulk(true, json!({"email_address": "dana@contoso.test", "status": "unsubscribed"})).await;
    assert_eq!((&answer["total_updated"], &answer["updated_members"][0]["status"]), (&json!(1), &json!("unsubscribed")));
    let answer = bench
        .bulk(true, json!({"email_address": "dana@contoso.test", "status_if_new": "subscribed", "merge_fields": {"FNAME": "Dana"}}))
        .await;
    assert_eq!(answer["updated_members"][0]["status"], "unsubscribed", "no status, no change");
    assert_eq!(answer["updated_members"][0]["merge_fields"]["FNAME"], "Dana");
    assert_eq!(answer["updated_members"][0]["unsubscribe_reason"], "N/A (Unsubscribed by admin)");
}

#[tokio::test]
async fn tags_are_added_and_sync_tags_replaces_them_all() {
    let bench = Bench::new().await;
    let row = |tags: Value| json!({"email_address": "dana@contoso.test", "status": "subscribed", "tags": tags});
    let answer = bench.bulk(false, row(json!(["vip", "Paris"]))).await;
    assert_eq!(answer["new_members"][0]["tags_count"], 2);
    bench.bulk(true, row(json!(["VIP", "new"]))).await;
    assert_eq!(bench.tags("dana@contoso.test").await, ["vip", "Paris", "new"], "names are compared without case");
    let sync = |update: bool| json!({"members": [row(json!(["only"]))], "sync_tags": true, "update_existing": update});
    bench.post("/lists/cdp", sync(false)).await;
    assert_eq!(bench.tags("dana@contoso.test").await.len(), 3, "needs update_existing");
    bench.post("/lists/cdp", sync(true)).await;
    assert_eq!(bench.tags("dana@contoso.test").await, ["only"]);
}

/// What the documents leave open about `tags` in a row.
#[tokio::test]
async fn tags_may_be_ignored_or_not_answered() {
    let bench = Bench::new().await;
    let set = |settings: Value| bench.sandbox.set("mailchimp", &settings).unwrap();
    let row = |email: &str| json!({"email_address": email, "status": "subscribed", "tags": ["vip"]});
    set(json!({"bulkAnswer": "missing"}));
    let answer = bench.bulk(false, row("a@contoso.test")).await;
    assert_eq!((answer["new_members"][0].get("tags"), answer["new_members"][0].get("tags_count")), (None, None));
    assert_eq!(bench.tags("a@contoso.test").await, ["vip"]);
    set(json!({"bulkTags": "ignored"}));
    let answer = bench.bulk(false, row("b@contoso.test")).await;
    assert_eq!(answer["new_members"][0]["tags"], json!([]));
    assert!(bench.tags("b@contoso.test").await.is_empty());
}

#[tokio::test]
async fn required_fields_are_required_unless_skipped() {
    let bench = Bench::new().await;
    bench.field(json!({"tag": "CODE", "name": "Code", "type": "text", "required": true})).await;
    let row = json!({"email_address": "dana@contoso.test", "status": "subscribed"});
    let answer = bench.bulk(false, row.clone()).await;
    assert_eq!((&answer["errors"][0]["field"], &answer["total_created"]), (&json!("CODE"), &json!(0)));
    let (_, answer) = bench.post("/lists/cdp?skip_merge_validation=true", json!({"members": [row]})).await;
    assert_eq!(answer["total_created"], 1);
    let (status, answer) = bench.patch(&member("dana@contoso.test"), json!({"merge_fields": {"FNAME": "Dana"}})).await;
    assert_eq!((status, &answer["errors"][0]["field"]), (400, &json!("CODE")), "what is stored is incomplete");
}

#[tokio::test]
async fn a_schema_error_refuses_the_whole_call() {
    let bench = Bench::new().await;
    let rows = json!([{"email_address": "a@contoso.test", "status": "subscribed"}, {"email_address": "b@contoso.test", "status": "on"}]);
    let (status, answer) = bench.post("/lists/cdp", json!({"members": rows})).await;
    assert_eq!((status, &answer["errors"][0]["field"]), (400, &json!("members.item:1.status")));
    assert_eq!(bench.get(&member("a@contoso.test")).await.0, 404);
}

#[tokio::test]
async fn parts_of_the_members_are_answered_where_parts_are_asked_for() {
    let bench = Bench::new().await;
    let row = json!({"email_address": "ada@contoso.test", "status": "subscribed", "merge_fields": {"FNAME": "Ada"}, "tags": ["vip"]});
    let body = json!({"members": [row], "update_existing": false});
    let (status, answer) = bench.post("/lists/cdp?fields=new_members.tags.name,new_members.status,total_created", body).await;
    assert_eq!((status, answer), (200, json!({"new_members": [{"tags": [{"name": "vip"}], "status": "subscribed"}], "total_created": 1})));
}

/// Every row needs a status, or one for new contacts.
#[rstest]
#[case(json!({"status": "subscribed"}), 200)]
#[case(json!({"status_if_new": "subscribed"}), 200)]
#[case(json!({}), 400)]
#[tokio::test]
async fn a_row_without_either_status_refuses_the_call(#[case] statuses: Value, #[case] expected: u16) {
    let bench = Bench::new().await;
    let mut odd = statuses;
    odd["email_address"] = "b@contoso.test".into();
    let rows = json!([{"email_address": "a@contoso.test", "status": "subscribed"}, odd]);
    let (status, answer) = bench.post("/lists/cdp", json!({"members": rows, "update_existing": true})).await;
    assert_eq!(status, expected, "{answer}");
    if expected == 400 {
        assert_eq!(answer["errors"][0]["field"], "members.item:1");
        assert_eq!(bench.get(&member("a@contoso.test")).await.0, 404);
    }
}

/// What the documents leave open about a row without `status`, in every position.
#[rstest]
#[case::by_contract(json!({}), PersonIs::UnsubscribedByAdmin, "updated_members", "unsubscribed")]
#[case::taken_for_status(json!({"key": "status"}), PersonIs::UnsubscribedByAdmin, "updated_members", "subscribed")]
#[case::subscribes(json!({"key": "subscribes"}), PersonIs::UnsubscribedByAdmin, "updated_members", "subscribed")]
#[case::unsubscribes(json!({"key": "unsubscribes"}), PersonIs::Subscribed, "updated_members", "unsubscribed")]
#[case::compliance(json!({"key": "status"}), PersonIs::UnsubscribedBySelf, "errors", "unsubscribed")]
#[case::archived_stays(json!({}), PersonIs::Archived, "updated_members", "archived")]
#[case::archived_is_new(json!({"archived": "new"}), PersonIs::Archived, "new_members", "subscribed")]
#[case::row_refused(json!({"withoutStatus": "row-refused"}), PersonIs::Subscribed, "errors", "subscribed")]
#[tokio::test]
async fn a_row_without_status(#[case] settings: Value, #[case] is: PersonIs, #[case] place: &str, #[case] then: &str) {
    let bench = Bench::new().await;
    bench.person("dana@contoso.test", is);
    bench.sandbox.set("mailchimp", &json!({"bulkUpdates": settings})).unwrap();
    let row = json!({"email_address": "dana@contoso.test", "status_if_new": "subscribed", "merge_fields": {"FNAME": "Dana"}});
    let answer = bench.bulk(true, row).await;
    assert_eq!(answer[place].as_array().map(Vec::len), Some(1), "{answer}");
    assert_eq!(bench.status("dana@contoso.test").await, then);
}

#[rstest]
#[case("mentioned", 1)]
#[case("left-out", 0)]
#[tokio::test]
async fn a_row_that_changes_nothing(#[case] setting: &str, #[case] mentioned: usize) {
    let bench = Bench::new().await;
    bench.subscribe("dana@contoso.test").await;
    bench.sandbox.set("mailchimp", &json!({"bulkUpdates": {"unchanged": setting}})).unwrap();
    let row = json!({"email_address": "dana@contoso.test", "status_if_new": "subscribed", "merge_fields": {"FNAME": "Dana"}});
    assert_eq!(bench.bulk(true, row.clone()).await["updated_members"].as_array().unwrap().len(), 1);
    assert_eq!(bench.bulk(true, row).await["updated_members"].as_array().unwrap().len(), mentioned);
}

#[tokio::test]
async fn a_call_without_status_may_be_refused_whole() {
    let bench = Bench::new().await;
    bench.subscribe("dana@contoso.test").await;
    bench.sandbox.set("mailchimp", &json!({"bulkUpdates": {"withoutStatus": "call-refused"}})).unwrap();
    let rows = json!([{"email_address": "dana@contoso.test", "status_if_new": "subscribed"}]);
    let (status, answer) = bench.post("/lists/cdp", json!({"members": rows, "update_existing": true})).await;
    assert_eq!((status, &answer["errors"][0]["field"]), (400, &json!("members.item:0.status")));
    assert_eq!(bench.sandbox.counters().violations, 0, "it is the vendor's reading, not the client's fault");
}
