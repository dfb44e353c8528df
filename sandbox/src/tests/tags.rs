//! Tags and static segments.

use crate::{
    mailchimp::PersonIs,
    testing::{Bench, member, problem},
};
use serde_json::{Value, json};

fn emails(answer: &Value) -> Vec<&str> {
    answer.as_array().unwrap().iter().map(|member| member["email_address"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn bulk_tagging_ignores_strangers_and_repeats() {
    let bench = Bench::new().await;
    let tag = bench.tag("vip").await;
    bench.subscribe("a@contoso.test").await;
    bench.person("u@contoso.test", PersonIs::UnsubscribedBySelf);
    bench.person("gone@contoso.test", PersonIs::Archived);
    let all = json!(["A@contoso.test", "u@contoso.test", "gone@contoso.test", "stranger@contoso.test"]);
    let (status, answer) = bench.post(&tag, json!({"members_to_add": all})).await;
    assert_eq!((status, &answer["total_added"], &answer["error_count"]), (200, &json!(2), &json!(0)));
    assert_eq!(emails(&answer["members_added"]), ["a@contoso.test", "u@contoso.test"]);
    let (_, again) = bench.post(&tag, json!({"members_to_add": ["a@contoso.test"], "members_to_remove": ["u@contoso.test"]})).await;
    assert_eq!((&again["total_added"], &again["total_removed"]), (&json!(0), &json!(1)));
    assert_eq!(bench.tags("a@contoso.test").await, ["vip"]);
    assert!(bench.tags("u@contoso.test").await.is_empty());
}

#[tokio::test]
async fn five_hundred_addresses_at_most_each_way() {
    let bench = Bench::new().await;
    let tag = bench.tag("vip").await;
    let many = |n: usize| (0..n).map(|i| format!("m{i}@contoso.test")).collect::<Vec<_>>();
    assert_eq!(bench.post(&tag, json!({"members_to_add": many(500), "members_to_remove": many(500)})).await.0, 200);
    let (status, answer) = bench.post(&tag, json!({"members_to_remove": many(501)})).await;
    assert_eq!((status, problem(&answer).1), (400, "Invalid Resource"));
    assert!(problem(&answer).2.starts_with("Maximum allowed member items exceeded"), "{answer}");
}

#[tokio::test]
async fn segments_count_and_show_the_subscribed_unless_told() {
    let bench = Bench::new().await;
    let tag = bench.tag("vip").await;
    let people = [
        ("s@contoso.test", PersonIs::Subscribed),
        ("u@contoso.test", PersonIs::UnsubscribedBySelf),
        ("c@contoso.test", PersonIs::Cleaned),
        ("t@contoso.test", PersonIs::Transactional),
    ];
    for (email, is) in people {
        bench.person(email, is);
    }
    bench.post(&tag, json!({"members_to_add": people.map(|(email, _)| email)})).await;
    assert_eq!(bench.get(&tag).await.1["member_count"], 1);
    assert_eq!(bench.get(&format!("{tag}?include_unsubscribed=true")).await.1["member_count"], 2);
    let (_, all) = bench.get(&format!("{tag}/members?include_unsubscribed=1&include_cleaned=1&include_transactional=1")).await;
    assert_eq!((emails(&all["members"]).len(), &all["total_items"]), (4, &json!(4)));
    bench.person("s@contoso.test", PersonIs::Archived);
    assert_eq!(bench.get(&tag).await.1["member_count"], 0, "not remembered past a change");
}

#[tokio::test]
async fn names_are_one_without_case_and_renaming_keeps_members() {
    let bench = Bench::new().await;
    let tag = bench.tag("vip").await;
    bench.subscribe("a@contoso.test").await;
    bench.post(&tag, json!({"members_to_add": ["a@contoso.test"]})).await;
    let (status, answer) = bench.post("/lists/cdp/segments", json!({"name": "ViP", "static_segment": []})).await;
    assert_eq!((status, problem(&answer).2), (400, "Sorry, that tag already exists."));
    let other = bench.tag("other").await;
    assert_eq!(bench.patch(&other, json!({"name": "VIP"})).await.0, 400);
    let (status, renamed) = bench.patch(&tag, json!({"name": "VIP EU"})).await;
    assert_eq!((status, &renamed["name"], &renamed["member_count"]), (200, &json!("VIP EU"), &json!(1)));
    assert_eq!(bench.tags("a@contoso.test").await, ["VIP EU"]);
    bench.patch(&tag, json!({"name": "VIP EU", "static_segment": []})).await;
    assert!(bench.tags("a@contoso.test").await.is_empty(), "an empty static_segment empties");
    assert_eq!(bench.patch(&tag, json!({})).await.0, 400, "the name is required");
    assert_eq!(bench.delete(&tag).await.0, 204);
    assert_eq!(bench.get(&tag).await.0, 404);
}

#[tokio::test]
async fn a_segment_is_made_with_members_and_changed_one_at_a_time() {
    let bench = Bench::new().await;
    bench.subscribe("a@contoso.test").await;
    let body = json!({"name": "vip", "static_segment": ["a@contoso.test", "stranger@contoso.test"]});
    let (_, made) = bench.post("/lists/cdp/segments", body).await;
    assert_eq!(made["member_count"], 1);
    let members = format!("/lists/cdp/segments/{}/members", made["id"]);
    assert_eq!(bench.delete(&format!("{members}/a%40contoso.test")).await.0, 204);
    assert_eq!(bench.delete(&format!("{members}/a%40contoso.test")).await.0, 404);
    assert_eq!(bench.post(&members, json!({"email_address": "a@contoso.test"})).await.0, 200);
    assert_eq!(bench.post(&members, json!({"email_address": "stranger@contoso.test"})).await.0, 404);
    assert_eq!(bench.get(&members).await.1["total_items"], 1);
    let (_, found) = bench.get("/lists/cdp/tag-search?name=VI").await;
    assert_eq!(found["tags"], json!([{"id": made["id"], "name": "vip"}]));
    assert_eq!(bench.get("/lists/cdp/segments?type=saved").await.1["total_items"], 0);
    assert_eq!(bench.get("/lists/cdp/segments?type=static&count=1000").await.1["total_items"], 1);
}

#[tokio::test]
async fn one_members_tags_and_the_fifty_that_are_shown() {
    let bench = Bench::new().await;
    bench.subscribe("a@contoso.test").await;
    let path = format!("{}/tags", member("a@contoso.test"));
    let tags: Vec<_> = (0..60).map(|n| json!({"name": format!("t{n}"), "status": "active"})).collect();
    assert_eq!(bench.post(&path, json!({"tags": tags, "is_syncing": true})).await.0, 204);
    let (_, answer) = bench.get(&member("a@contoso.test")).await;
    assert_eq!((answer["tags"].as_array().unwrap().len(), &answer["tags_count"]), (50, &json!(60)));
    assert_eq!(bench.tags("a@contoso.test").await.len(), 60);
    let off = json!({"tags": [{"name": "T0", "status": "inactive"}, {"name": "never", "status": "inactive"}]});
    assert_eq!(bench.post(&path, off).await.0, 204);
    assert_eq!(bench.tags("a@contoso.test").await.len(), 59);
    bench.delete(&member("a@contoso.test")).await;
    assert_eq!(bench.post(&path, json!({"tags": []})).await.0, 204, "also for an archived member");
    assert_eq!(bench.post("/lists/cdp/members/x%40contoso.test/tags", json!({"tags": []})).await.0, 404);
}
