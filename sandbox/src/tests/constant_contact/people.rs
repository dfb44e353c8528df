use super::{Bench, error, row};
use rstest::rstest;
use serde_json::{Value, json};

/// The trap: the vendor puts people back who had left by themselves.
#[tokio::test]
async fn an_import_puts_leavers_back_and_that_is_counted() {
    let bench = Bench::new().await;
    let (list, other) = (bench.list("List").await, bench.list("Other").await);
    bench.import(&list, json!([row("a@contoso.test"), row("b@contoso.test")])).await;
    bench.later(10_000);
    bench.person("a@contoso.test", &list, "left-list");
    let seen = bench.get("/contacts?updated_after=2026-11-22T00:00:01Z&status=all&include=list_memberships").await;
    assert_eq!(seen["contacts"].as_array().unwrap().len(), 1);
    assert_eq!((&seen["contacts"][0]["list_memberships"], bench.observed("leaversReadded")), (&json!([]), 0));
    bench.import(&other, json!([row("a@contoso.test")])).await;
    assert_eq!(bench.observed("leaversReadded"), 0, "another list");
    let figures = bench.import(&list, json!([row("a@contoso.test"), row("b@contoso.test")])).await;
    assert_eq!(figures["cannot_add_to_list_count"], 0, "the vendor says nothing of it");
    assert_eq!(bench.contact("a@contoso.test").await["list_memberships"], json!([list, other]));
    assert_eq!((bench.observed("leaversReadded"), bench.violations()), (1, vec!["an import re-added someone who left the list".into()]));
}

#[tokio::test]
async fn who_comes_back_by_themselves_is_no_leaver() {
    let bench = Bench::new().await;
    let list = bench.list("List").await;
    bench.person("a@contoso.test", &list, "on-list");
    bench.person("a@contoso.test", &list, "left-list");
    bench.person("a@contoso.test", &list, "on-list");
    bench.import(&list, json!([row("a@contoso.test")])).await;
    assert_eq!((bench.observed("leaversReadded"), bench.violations()), (0, vec![]));
}

#[tokio::test]
async fn an_import_revives_the_deleted_and_that_is_counted() {
    let bench = Bench::new().await;
    let list = bench.list("List").await;
    bench.import(&list, json!([row("a@contoso.test")])).await;
    bench.person("a@contoso.test", &list, "deleted");
    let gone = bench.contact("a@contoso.test").await;
    assert_eq!((&gone["deleted_at"], &gone["email_address"]["opt_out_source"]), (&json!("2026-11-22"), &json!("Account")));
    assert_eq!(bench.get("/contacts").await["contacts"], json!([]), "not shown unless asked for");
    assert_eq!(bench.get("/contacts?status=deleted").await["contacts"].as_array().unwrap().len(), 1);
    bench.import(&list, json!([row("a@contoso.test")])).await;
    let back = bench.contact("a@contoso.test").await;
    assert_eq!((&back["deleted_at"], &back["list_memberships"]), (&Value::Null, &json!([list])));
    assert_eq!((bench.observed("deletedRevived"), bench.violations()), (1, vec!["an import revived a deleted contact".into()]));
}

#[rstest]
#[case("unsubscribed", "Contact")]
#[case("unsubscribed-by-account", "Account")]
#[tokio::test]
async fn the_unsubscribed_are_on_no_list_and_found_by_when(#[case] is: &str, #[case] source: &str) {
    let bench = Bench::new().await;
    let list = bench.list("List").await;
    bench.import(&list, json!([row("a@contoso.test"), row("b@contoso.test")])).await;
    bench.later(10_000);
    bench.person("a@contoso.test", &list, is);
    let seen = bench.get("/contacts?optout_after=2026-11-22T00:00:05Z&include=list_memberships").await;
    let email = &seen["contacts"][0]["email_address"];
    assert_eq!((&email["address"], &email["opt_out_source"]), (&json!("a@contoso.test"), &json!(source)));
    assert_eq!(bench.get(&format!("/contacts?lists={list}&status=all")).await["contacts"].as_array().unwrap().len(), 1);
    let change = json!({"email": "a@contoso.test", "first_name": "Ada"});
    assert_eq!(bench.import(&list, json!([change])).await["cannot_add_to_list_count"], 1);
    let contact = bench.contact("a@contoso.test").await;
    assert_eq!((&contact["first_name"], &contact["email_address"]["permission_to_send"]), (&json!("Ada"), &json!("unsubscribed")));
    assert!(bench.violations().is_empty(), "{:?}", bench.violations());
}

/// What a single change may do to consent, and what of it is counted.
#[rstest]
#[case("unsubscribed", json!({"address": "a@contoso.test", "permission_to_send": "implicit"}), 400, 1)]
#[case("unsubscribed", json!({"address": "a@contoso.test"}), 200, 0)]
#[case("unsubscribed-by-account", json!({"address": "a@contoso.test", "permission_to_send": "implicit"}), 200, 1)]
#[case("contact", json!({"address": "a@contoso.test", "permission_to_send": "explicit"}), 200, 1)]
#[case("contact", json!({"address": "a@contoso.test", "permission_to_send": "unsubscribed"}), 200, 1)]
#[case("contact", Value::Null, 200, 1)] // the address is gone
#[tokio::test]
async fn consent_in_a_single_change(#[case] is: &str, #[case] email: Value, #[case] status: u16, #[case] violations: usize) {
    let bench = Bench::new().await;
    bench.person("a@contoso.test", "", is);
    let mut body = json!({"update_source": "Account", "email_address": email});
    if email.is_null() {
        body.as_object_mut().unwrap().remove("email_address");
    }
    let path = format!("PUT /contacts/{}", bench.id("a@contoso.test").await);
    let (found, answer) = bench.ask(&path, body).await;
    assert_eq!((found, bench.violations().len()), (status, violations), "{answer} {:?}", bench.violations());
    if status == 400 {
        assert_eq!(error(&answer).0, "contacts.api.validation.error");
    }
}

#[tokio::test]
async fn wrong_people_and_settings_are_refused() {
    let bench = Bench::new().await;
    for person in [json!({"email": "a@contoso.test", "is": "happy"}), json!({"email": "a@contoso.test", "is": "on-list"})] {
        assert!(bench.sandbox.set_person(super::VENDOR, &person).is_err(), "{person}");
    }
    for settings in [json!({"perMinute": 1}), json!({"delayMinMs": 2_000})] {
        assert!(bench.sandbox.set(super::VENDOR, &settings).is_err(), "{settings}");
    }
    assert!(bench.contact("a@contoso.test").await.is_null(), "nothing is half done");
}
