use super::{Bench, error, row, slow, text};
use rstest::rstest;
use serde_json::{Value, json};

const IMPORT: &str = "POST /activities/contacts_json_import";

#[tokio::test]
async fn an_activity_waits_is_worked_on_and_ends() {
    let bench = Bench::with(slow()).await;
    let list = bench.list("List").await;
    let made = bench.made(IMPORT, json!({"import_data": [row("a@contoso.test")], "list_ids": [list]})).await;
    let path = format!("/activities/{}", text(&made["activity_id"]));
    assert_eq!((&made["state"], &made["percent_done"], &made["status"]["person_count"]), (&json!("initialized"), &json!(1), &json!(0)));
    assert_eq!(made["_links"]["self"]["href"], format!("/constant-contact/v3{path}"));
    bench.later(1_500);
    let seen = bench.get(&path).await;
    assert_eq!((&seen["state"], &seen["percent_done"], &seen["completed_at"]), (&json!("processing"), &json!(50), &Value::Null));
    assert!(bench.contact("a@contoso.test").await.is_null(), "nothing is done yet");
    assert_eq!(bench.get("/activities?state=processing&limit=500").await["activities"].as_array().unwrap().len(), 1);
    bench.later(500);
    let seen = bench.get(&path).await;
    assert_eq!((&seen["state"], &seen["percent_done"], &seen["status"]["person_count"]), (&json!("completed"), &json!(100), &json!(1)));
    assert_eq!((&seen["started_at"], &seen["completed_at"]), (&json!("2026-11-22T00:00:01Z"), &json!("2026-11-22T00:00:02Z")));
    bench.later(10 * 86_400_000 + 1);
    assert_eq!(bench.ask(&format!("GET {path}"), Value::Null).await.0, 404, "forgotten after ten days");
}

#[tokio::test]
async fn what_was_accepted_is_done_after_a_restart() {
    let bench = Bench::with(slow()).await;
    let list = bench.list("List").await;
    bench.person("left@contoso.test", &list, "left-list");
    let rows = json!([row("a@contoso.test"), row("left@contoso.test")]);
    let made = bench.made(IMPORT, json!({"import_data": rows, "list_ids": [list]})).await;
    let bench = bench.restart(&slow()).await;
    bench.later(2_000);
    assert_eq!(bench.done(&made).await["status"]["person_count"], 2);
    assert_eq!((bench.observed("leaversReadded"), bench.observed("requestsToday")), (1, 3), "counted on, the days' calls too");
}

#[tokio::test]
async fn there_is_no_word_for_what_has_not_begun() {
    let bench = Bench::new().await;
    assert_eq!(bench.ask("GET /activities?state=initialized", Value::Null).await.0, 400);
    assert_eq!(bench.violations().len(), 1);
}

#[tokio::test]
async fn a_thousand_may_wait() {
    let bench = Bench::with(slow()).await;
    let ids = [bench.list("List").await];
    let remove = json!({"source": {"all_active_contacts": true}, "list_ids": ids});
    for _ in 0..1_000 {
        bench.made("POST /activities/remove_list_memberships", remove.clone()).await;
    }
    let (status, answer) = bench.ask("POST /activities/remove_list_memberships", remove.clone()).await;
    assert_eq!((status, error(&answer).1.as_str()), (429, "You exceeded 1,000 queued activities for this user account."));
    let mut path = "/activities?limit=499".to_owned();
    let mut seen = 0;
    while !path.is_empty() {
        let page = bench.get(&path).await;
        seen += page["activities"].as_array().unwrap().len();
        path = page["_links"]["next"]["href"].as_str().map_or(String::new(), |href| href.replace("/constant-contact/v3", ""));
    }
    assert_eq!(seen, 1_000);
    bench.later(2_000);
    bench.made("POST /activities/remove_list_memberships", remove).await;
}

/// Two opposite activities at once: the last word is drawn from the seed, and each such pair is counted.
#[tokio::test]
async fn activities_are_not_carried_out_in_order() {
    let mut kept = [0, 0];
    for seed in 0..12 {
        let bench = Bench::with(json!({"seed": seed, "perSecond": 10_000, "delayMinMs": 1_000, "delayMaxMs": 1_000})).await;
        let list = bench.list("List").await;
        bench.person("a@contoso.test", &list, "contact");
        let id = bench.id("a@contoso.test").await;
        bench.made(IMPORT, json!({"import_data": [row("a@contoso.test")], "list_ids": [list]})).await;
        let remove = json!({"source": {"contact_ids": [id]}, "list_ids": [list]});
        bench.made("POST /activities/remove_list_memberships", remove).await;
        bench.later(2_000);
        kept[bench.contact("a@contoso.test").await["list_memberships"].as_array().unwrap().len()] += 1;
        assert_eq!((bench.observed("unfinishedUndone"), bench.violations()), (1, vec!["removed while an import is unfinished".into()]));
    }
    assert!(kept[0] > 0 && kept[1] > 0, "{kept:?}");
}

#[rstest]
#[case("b@contoso.test", "list", 0)]
#[case("a@contoso.test", "other", 0)]
#[case("a@contoso.test", "list", 1)]
#[tokio::test]
async fn only_the_same_person_and_list_are_undone(#[case] email: &str, #[case] from: &str, #[case] expected: i64) {
    let bench = Bench::with(slow()).await;
    let (list, other) = (bench.list("List").await, bench.list("Other").await);
    bench.person("a@contoso.test", &list, "contact");
    bench.person("b@contoso.test", &list, "contact");
    bench.made(IMPORT, json!({"import_data": [row("a@contoso.test")], "list_ids": [list]})).await;
    let from = if from == "list" { &list } else { &other };
    let remove = json!({"source": {"contact_ids": [bench.id(email).await]}, "list_ids": [from]});
    bench.made("POST /activities/remove_list_memberships", remove).await;
    assert_eq!(bench.observed("unfinishedUndone"), expected);
}

#[tokio::test]
async fn a_failure_on_demand_does_nothing() {
    let bench = Bench::with(json!({"perSecond": 10_000, "delayMinMs": 0, "delayMaxMs": 0, "failures": 1})).await;
    let list = bench.list("List").await;
    let body = json!({"import_data": [row("a@contoso.test")], "list_ids": [list]});
    let made = bench.made(IMPORT, body.clone()).await;
    let seen = bench.get(&format!("/activities/{}", text(&made["activity_id"]))).await;
    assert_eq!((&seen["state"], &seen["activity_errors"][0]), (&json!("failed"), &json!("The activity could not be processed.")));
    assert!(bench.contact("a@contoso.test").await.is_null());
    assert_eq!(bench.get("/activities?state=failed").await["activities"].as_array().unwrap().len(), 1);
    bench.made(IMPORT, body).await;
    assert!(bench.contact("a@contoso.test").await.is_object(), "only the first");
}

#[tokio::test]
async fn moving_between_lists() {
    let bench = Bench::new().await;
    let (list, other) = (bench.list("List").await, bench.list("Other").await);
    bench.import(&list, json!([row("a@contoso.test"), row("b@contoso.test"), row("c@contoso.test")])).await;
    bench.person("c@contoso.test", &list, "unsubscribed");
    let (a, b, c) = (bench.id("a@contoso.test").await, bench.id("b@contoso.test").await, bench.id("c@contoso.test").await);
    let nobody = "86b90820-cc52-41ea-9dad-fa163e3d9194";
    let add = json!({"source": {"contact_ids": [a, c, nobody]}, "list_ids": [other]});
    let seen = bench.made("POST /activities/add_list_memberships", add).await;
    assert_eq!(seen["status"]["items_total_count"], 2, "{seen}");
    let status = bench.done(&seen).await["status"].clone();
    assert_eq!(status, json!({"items_total_count": 3, "items_completed_count": 1, "list_count": 1}));
    let by_list = json!({"source": {"list_ids": [list]}, "exclude": {"contact_ids": [b]}, "list_ids": [list]});
    let seen = bench.made("POST /activities/remove_list_memberships", by_list).await;
    assert_eq!(bench.done(&seen).await["status"]["items_completed_count"], 1);
    assert_eq!(bench.contact("a@contoso.test").await["list_memberships"], json!([other]));
    assert_eq!(bench.contact("b@contoso.test").await["list_memberships"], json!([list]));
    bench.import(&list, json!([row("a@contoso.test")])).await;
    assert_eq!((bench.observed("leaversReadded"), bench.violations()), (0, vec![]), "who was removed did not leave");
}

#[rstest]
#[case(json!({"source": {}}), 400, "source has to have exactly one property")]
#[case(json!({"source": {"contact_ids": [], "all_active_contacts": true}}), 400, "source has to have exactly one property")]
#[case(json!({"source": {"contact_ids": []}}), 400, "nobody is named")]
#[case(json!({"source": {"contact_ids": vec!["86b90820-cc52-41ea-9dad-fa163e3d9194"; 501]}}), 400, "source.contact_ids has too many items (maximum is 500)")]
#[case(json!({"source": {"contact_ids": ["a@contoso.test"]}}), 400, "source.contact_ids is in an invalid format")]
#[case(json!({"source": {"list_ids": ["86b90820-cc52-41ea-9dad-fa163e3d9194"]}}), 404, "list_id was not found.")]
#[tokio::test]
async fn sources_that_are_refused(#[case] mut body: Value, #[case] status: u16, #[case] why: &str) {
    let bench = Bench::new().await;
    body["list_ids"] = json!([bench.list("List").await]);
    let (found, answer) = bench.ask("POST /activities/remove_list_memberships", body).await;
    assert_eq!((found, error(&answer).1.as_str()), (status, why));
}

#[tokio::test]
async fn contacts_deleted_by_the_hundred() {
    let bench = Bench::new().await;
    let (list, other) = (bench.list("List").await, bench.list("Other").await);
    bench.import(&list, json!([row("a@contoso.test")])).await;
    bench.import(&other, json!([row("b@contoso.test")])).await;
    let by_id = json!({"contact_ids": [bench.id("a@contoso.test").await]});
    for body in [by_id, json!({"list_ids": [other]})] {
        let made = bench.made("POST /activities/contact_delete", body).await;
        assert_eq!(bench.done(&made).await["status"]["items_completed_count"], 1);
    }
    assert_eq!((bench.observed("contactsDeleted"), bench.get("/contacts").await["contacts"].clone()), (2, json!([])));
    let both = json!({"contact_ids": [], "list_ids": []});
    assert_eq!(bench.ask("POST /activities/contact_delete", both).await.0, 400);
}
