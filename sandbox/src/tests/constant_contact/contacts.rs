use super::{Bench, error, row, text};
use rstest::rstest;
use serde_json::{Value, json};

fn ada(list: &str) -> Value {
    json!({
        "email_address": {"address": "a@contoso.test", "permission_to_send": "implicit"}, "create_source": "Account",
        "first_name": "Ada", "last_name": "Example", "list_memberships": [list],
        "phone_numbers": [{"kind": "home", "phone_number": "555-0100"}],
    })
}

#[tokio::test]
async fn an_address_is_a_contact_once_even_if_deleted() {
    let bench = Bench::new().await;
    let list = bench.list("List").await;
    let made = bench.made("POST /contacts", ada(&list)).await;
    let id = text(&made["contact_id"]);
    let said = format!("Validation failed: Email already exists for contact {id}");
    let (status, answer) = bench.ask("POST /contacts", ada(&list)).await;
    assert_eq!((status, error(&answer)), (409, ("contacts.api.conflict".into(), said.clone())));
    assert_eq!(bench.ask(&format!("DELETE /contacts/{id}"), Value::Null).await.0, 204);
    assert_eq!(bench.ask(&format!("DELETE /contacts/{id}"), Value::Null).await.0, 404);
    let (status, answer) = bench.ask("POST /contacts", ada(&list)).await;
    assert_eq!((status, error(&answer).1), (409, said));
    assert!(bench.violations().is_empty());
}

#[tokio::test]
async fn a_put_empties_what_it_leaves_out_and_revives() {
    let bench = Bench::new().await;
    let list = bench.list("List").await;
    let id = text(&bench.made("POST /contacts", ada(&list)).await["contact_id"]);
    let path = format!("PUT /contacts/{id}");
    let put = json!({"update_source": "Account", "email_address": {"address": "new@contoso.test"}, "last_name": "Other"});
    let (status, seen) = bench.ask(&path, put.clone()).await;
    assert_eq!((status, &seen["first_name"], &seen["last_name"]), (200, &Value::Null, &json!("Other")));
    assert_eq!(seen["phone_numbers"][0]["phone_number"], "555-0100", "parts with rows of their own stay");
    assert_eq!((&seen["list_memberships"], &seen["email_address"]["permission_to_send"]), (&json!([list]), &json!("implicit")));
    bench.ask(&format!("DELETE /contacts/{id}"), Value::Null).await;
    assert_eq!(bench.get(&format!("/contacts/{id}")).await["deleted_at"], "2026-11-22");
    let by_contact = json!({"update_source": "Contact", "email_address": {"address": "new@contoso.test"}});
    assert_eq!(bench.ask(&path, by_contact).await.0, 400);
    let (_, seen) = bench.ask(&path, put).await;
    assert_eq!((&seen["deleted_at"], &seen["list_memberships"]), (&Value::Null, &json!([])));
    assert_eq!(bench.observed("deletedRevived"), 1);
}

#[rstest]
#[case(json!({"email_address": {"address": "b@contoso.test"}}), "create_source is missing")]
#[case(json!({"create_source": "Me", "first_name": "B"}), "create_source does not have a valid value")]
#[case(json!({"create_source": "Account"}), "email_address or a name is missing")]
#[case(json!({"create_source": "Account", "email_address": {"address": "b"}}), "email_address.address is not an email address")]
#[case(json!({"create_source": "Account", "first_name": "B", "colour": "red"}), "colour is not known")]
#[case(json!({"create_source": "Account", "first_name": "B", "birthday_day": 3}), "birthday_month and birthday_day are not a day of the year")]
#[tokio::test]
async fn new_contacts_that_are_refused(#[case] body: Value, #[case] why: &str) {
    let bench = Bench::new().await;
    let (status, answer) = bench.ask("POST /contacts", body).await;
    assert_eq!((status, error(&answer).1.as_str()), (400, why));
}

#[rstest]
#[case("7", "contact_id is in an invalid format.")]
#[case("86b90820-cc52-41ea-9dad-fa163e3d9194", "contact_id was not found.")]
#[tokio::test]
async fn contacts_that_are_not(#[case] id: &str, #[case] why: &str) {
    let bench = Bench::new().await;
    let (status, answer) = bench.ask(&format!("GET /contacts/{id}"), Value::Null).await;
    assert_eq!((status, error(&answer)), (404, ("contacts.api.not_found".into(), why.into())));
}

#[tokio::test]
async fn somebody_else_changes_the_same_contact_on_demand() {
    let bench = Bench::with(json!({"perSecond": 10_000, "conflicts": 1})).await;
    bench.person("a@contoso.test", "", "contact");
    let path = format!("PUT /contacts/{}", bench.id("a@contoso.test").await);
    let body = json!({"update_source": "Account", "email_address": {"address": "a@contoso.test"}, "first_name": "Ada"});
    assert_eq!(bench.ask(&path, body.clone()).await.0, 409);
    assert_eq!(bench.ask(&path, body).await.0, 200);
}

/// Every page of a reading, by addresses.
async fn read(bench: &Bench, query: &str) -> Vec<String> {
    let mut path = format!("/contacts?{query}");
    let mut seen = Vec::new();
    while !path.is_empty() {
        let page = bench.get(&path).await;
        seen.extend(page["contacts"].as_array().unwrap().iter().map(|contact| text(&contact["email_address"]["address"])));
        path = page["_links"]["next"]["href"].as_str().map_or(String::new(), |href| href.replace("/constant-contact/v3", ""));
    }
    seen.iter().map(|address| address.replace("@contoso.test", "")).collect()
}

#[rstest]
#[case("limit=2", &["a", "b", "c", "held"])]
#[case("status=all&limit=2", &["a", "b", "c", "gone", "held"])]
#[case("status=active", &["a", "b"])]
#[case("status=unsubscribed,deleted", &["c", "gone"])]
#[case("status=temp_hold", &["held"])]
#[case("lists={list}", &["a", "held"])]
#[case("lists={list},{other}&limit=1", &["a", "b", "held"])]
#[case("email=A@contoso.test", &["a"])]
#[case("updated_after=2026-11-22T00:00:00Z&status=all&limit=1", &["gone", "c", "held"])]
#[case("updated_after=2026-11-22T01:00:00%2B01:00&updated_before=2026-11-22T00:00:15Z&status=all", &["gone"])]
#[case("created_after=2026-11-22T00:00:05Z", &["held"])]
#[case("optout_after=2026-11-22T00:00:15Z", &["c"])]
#[tokio::test]
async fn readings(#[case] query: &str, #[case] expected: &[&str]) {
    let bench = Bench::new().await;
    let (list, other) = (bench.list("List").await, bench.list("Other").await);
    bench.import(&list, json!([row("a@contoso.test")])).await;
    bench.import(&other, json!([row("b@contoso.test"), row("c@contoso.test"), row("gone@contoso.test")])).await;
    bench.later(10_000);
    bench.person("gone@contoso.test", "", "deleted");
    bench.later(10_000);
    bench.person("c@contoso.test", "", "unsubscribed");
    bench.later(10_000);
    let held = json!({"address": "held@contoso.test", "permission_to_send": "temp_hold"});
    bench.made("POST /contacts", json!({"email_address": held, "create_source": "Account", "list_memberships": [list]})).await;
    assert_eq!(read(&bench, &query.replace("{list}", &list).replace("{other}", &other)).await, expected);
    assert!(bench.violations().is_empty(), "{:?}", bench.violations());
}

#[rstest]
#[case("limit=501")]
#[case("status=gone")]
#[case("updated_after=yesterday")]
#[case("updated_after=2026-11-22T01:00:00+01:00")] // the plus arrives as a blank
#[case("include=everything")]
#[case("lists=7")]
#[case("include_count=yes")]
#[tokio::test]
async fn readings_that_are_refused(#[case] query: &str) {
    let bench = Bench::new().await;
    assert_eq!(bench.ask(&format!("GET /contacts?{query}"), Value::Null).await.0, 400);
    assert_eq!(bench.violations().len(), 1);
}

#[tokio::test]
async fn twenty_five_lists_in_one_reading() {
    let bench = Bench::new().await;
    let ids = |count| vec!["86b90820-cc52-41ea-9dad-fa163e3d9194"; count].join(",");
    assert_eq!(bench.ask(&format!("GET /contacts?lists={}", ids(25)), Value::Null).await.0, 200);
    assert_eq!(bench.ask(&format!("GET /contacts?lists={}", ids(26)), Value::Null).await.0, 400);
}
