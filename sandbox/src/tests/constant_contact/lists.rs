use super::{Bench, error, row, text};
use rstest::rstest;
use serde_json::{Value, json};

#[tokio::test]
async fn names_are_unique_whatever_their_case() {
    let bench = Bench::new().await;
    let list = bench.list("Multiple purchases").await;
    let (status, answer) = bench.ask("POST /contact_lists", json!({"name": "multiple Purchases"})).await;
    assert_eq!((status, error(&answer).0.as_str()), (409, "contacts.api.conflict"));
    assert_eq!(bench.get("/contact_lists?name=multiple%20purchases").await["lists"], json!([]), "but looked for as written");
    let found = bench.get("/contact_lists?name=Multiple%20purchases").await;
    assert_eq!(found["lists"][0]["list_id"], list);
    let other = bench.list("Other").await;
    assert_eq!(bench.ask(&format!("PUT /contact_lists/{other}"), json!({"name": "Multiple purchases"})).await.0, 400);
    let (_, renamed) = bench.ask(&format!("PUT /contact_lists/{other}"), json!({"name": "Others", "description": "All"})).await;
    assert_eq!((&renamed["name"], &renamed["description"]), (&json!("Others"), &json!("All")));
    assert!(bench.violations().is_empty());
}

#[tokio::test]
async fn members_are_counted_when_asked() {
    let bench = Bench::new().await;
    let list = bench.list("List").await;
    bench.import(&list, json!([row("a@contoso.test"), row("b@contoso.test")])).await;
    let create = json!({
        "create_source": "Account", "list_memberships": [list],
        "email_address": {"address": "held@contoso.test", "permission_to_send": "temp_hold"},
    });
    bench.made("POST /contacts", create).await;
    for (query, count) in [("", Value::Null), ("?include_membership_count=all", json!(3)), ("?include_membership_count=active", json!(2))] {
        assert_eq!(bench.get(&format!("/contact_lists/{list}{query}")).await["membership_count"], count, "{query}");
    }
}

#[tokio::test]
async fn pages_lead_to_the_next_and_end() {
    let bench = Bench::new().await;
    for name in ["One", "Two", "Three"] {
        bench.list(name).await;
    }
    let first = bench.get("/contact_lists?limit=2&include_count=true").await;
    assert_eq!((first["lists"].as_array().unwrap().len(), &first["lists_count"]), (2, &json!(3)));
    let href = text(&first["_links"]["next"]["href"]);
    assert!(href.starts_with("/constant-contact/v3/contact_lists?cursor="), "{href}");
    let cursor = href.trim_start_matches("/constant-contact/v3").to_owned();
    let last = bench.get(&cursor).await;
    assert_eq!((&last["lists"][0]["name"], &last["_links"]), (&json!("Three"), &json!({})));
    let elsewhere = cursor.replace("/contact_lists", "/contact_custom_fields");
    for wrong in [elsewhere, format!("{cursor}&limit=1"), "/contact_lists?cursor=x".into()] {
        assert_eq!(bench.ask(&format!("GET {wrong}"), Value::Null).await.0, 400, "{wrong}");
    }
}

#[tokio::test]
async fn a_list_is_deleted_later_and_its_members_stay_contacts() {
    let bench = Bench::with(json!({"perSecond": 10_000, "delayMinMs": 1_000, "delayMaxMs": 1_000})).await;
    let list = bench.list("List").await;
    bench.person("a@contoso.test", &list, "on-list");
    let path = format!("DELETE /contact_lists/{list}");
    let (status, activity) = bench.ask(&path, Value::Null).await;
    assert_eq!((status, &activity["state"]), (202, &json!("initialized")));
    assert_eq!(bench.get(&format!("/contact_lists/{list}")).await["name"], "List", "still there");
    bench.later(2_000);
    assert_eq!(bench.ask(&path, Value::Null).await.0, 404);
    let gone = bench.get("/contact_lists?status=deleted").await["lists"][0].clone();
    assert_eq!((&gone["list_id"], &gone["deleted_at"]), (&json!(list), &json!("2026-11-22T00:00:02Z")));
    assert_eq!(bench.contact("a@contoso.test").await["list_memberships"], json!([]));
    bench.list("List").await;
}

#[tokio::test]
async fn many_lists_at_once() {
    let bench = Bench::new().await;
    let ids = [bench.list("One").await, bench.list("Two").await];
    let made = bench.made("POST /activities/list_delete", json!({"list_ids": ids})).await;
    assert_eq!(bench.done(&made).await["status"], json!({"list_count": 2}));
    assert_eq!(bench.get("/contact_lists").await["lists"], json!([]));
}

#[rstest]
#[case(json!({"label": "Favorite Fruit", "type": "string"}), 201, "")]
#[case(json!({"label": "known field", "type": "string"}), 409, "A custom field of this name already exists.")]
#[case(json!({"label": "x".repeat(51), "type": "string"}), 400, "label is too long (maximum is 50 characters)")]
#[case(json!({"label": "F", "type": "text"}), 400, "type does not have a valid value")]
#[case(json!({"label": "F"}), 400, "type is missing")]
#[tokio::test]
async fn custom_fields(#[case] body: Value, #[case] status: u16, #[case] why: &str) {
    let bench = Bench::new().await;
    bench.field("Known_Field").await;
    let (found, answer) = bench.ask("POST /contact_custom_fields", body).await;
    assert_eq!(found, status, "{answer}");
    match status {
        201 => assert_eq!((&answer["name"], &answer["label"]), (&json!("Favorite_Fruit"), &json!("Favorite Fruit"))),
        _ => assert_eq!(error(&answer).1, why),
    }
}

#[tokio::test]
async fn a_hundred_custom_fields_an_account() {
    let bench = Bench::new().await;
    for n in 0..100 {
        bench.field(&format!("F{n}")).await;
    }
    assert_eq!(bench.ask("POST /contact_custom_fields", json!({"label": "F100", "type": "string"})).await.0, 400);
    assert_eq!(bench.get("/contact_custom_fields?limit=100").await["custom_fields"].as_array().unwrap().len(), 100);
    assert_eq!(bench.ask("GET /contact_custom_fields?limit=101", Value::Null).await.0, 400);
}

#[rstest]
#[case("number", "1.5", true)]
#[case("number", "many", false)]
#[case("boolean", "true", true)]
#[case("boolean", "yes", false)]
#[case("date", "2026-01-31", true)]
#[case("date", "2026-02-31", false)]
#[case("datetime", "2026-01-31T10:00:00Z", true)]
#[case("single_select", "red", true)]
#[case("single_select", "blue", false)]
#[tokio::test]
async fn values_have_to_fit_their_field(#[case] kind: &str, #[case] value: &str, #[case] good: bool) {
    let bench = Bench::new().await;
    let list = bench.list("List").await;
    let mut body = json!({"label": "F", "type": kind});
    if kind == "single_select" {
        body["choices"] = json!([{"choice_label": "red", "display_order": 1}]);
    }
    bench.made("POST /contact_custom_fields", body).await;
    let figures = bench.import(&list, json!([{"email": "a@contoso.test", "cf:F": value}])).await;
    assert_eq!(figures["error_count"], u64::from(!good));
}
