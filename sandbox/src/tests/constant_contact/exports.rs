use super::{Bench, row, text};
use serde_json::{Value, json};

async fn export(bench: &Bench, body: Value) -> String {
    let made = bench.made("POST /activities/contact_exports", body).await;
    let href = text(&bench.done(&made).await["_links"]["results"]["href"]);
    text(&bench.get(href.strip_prefix("/constant-contact/v3").unwrap()).await)
}

#[tokio::test]
async fn a_list_as_csv() {
    let bench = Bench::new().await;
    let list = bench.list("List").await;
    bench.field("Fruit").await;
    bench.import(&list, json!([{"email": "a@contoso.test", "first_name": "Ada", "cf:Fruit": "Pear, ripe"}, row("b@contoso.test")])).await;
    bench.person("c@contoso.test", "", "unsubscribed");
    let fields = ["email_address", "first_name", "Fruit"];
    let file = export(&bench, json!({"list_ids": [list], "fields": fields})).await;
    assert_eq!(file, "email_address,first_name,Fruit\na@contoso.test,Ada,\"Pear, ripe\"\nb@contoso.test,,\n");
    let file = export(&bench, json!({"status": "unsubscribed", "fields": ["email_address", "email_optout_source"]})).await;
    assert_eq!(file, "email_address,email_optout_source\nc@contoso.test,Contact\n");
    for wrong in [json!({"fields": ["email_optin_date"]}), json!({"fields": ["contact_id"]}), json!({"contact_ids": [], "list_ids": []})] {
        assert_eq!(bench.ask("POST /activities/contact_exports", wrong.clone()).await.0, 400, "{wrong}");
    }
}

#[tokio::test]
async fn ids_are_in_it_where_the_vendor_is_set_so() {
    let bench = Bench::new().await;
    bench.person("a@contoso.test", "", "contact");
    assert!(!export(&bench, json!({})).await.contains("contact_id"));
    bench.sandbox.set(super::VENDOR, &json!({"perSecond": 10_000, "delayMinMs": 0, "delayMaxMs": 0, "exportContactId": true})).unwrap();
    let file = export(&bench, json!({"fields": ["contact_id", "email_address"]})).await;
    assert_eq!(file, format!("contact_id,email_address\n{},a@contoso.test\n", bench.id("a@contoso.test").await));
}

#[tokio::test]
async fn there_is_no_file_before_the_end() {
    let bench = Bench::with(json!({"perSecond": 10_000, "delayMinMs": 1_000, "delayMaxMs": 1_000})).await;
    let made = bench.made("POST /activities/contact_exports", json!({})).await;
    let path = format!("GET /contact_exports/{}", text(&made["activity_id"]));
    assert_eq!(bench.ask(&path, Value::Null).await.0, 404);
    bench.later(2_000);
    assert_eq!(bench.ask(&path, Value::Null).await.0, 200);
}
