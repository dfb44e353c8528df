//! Audiences.

use crate::testing::{Bench, problem};
use serde_json::{Value, json};

fn audience(name: &str) -> Value {
    json!({
        "name": name, "permission_reminder": "You signed up.", "email_type_option": false,
        "contact": {"company": "Contoso", "address1": "1 Main St", "city": "Paris", "country": "FR"},
        "campaign_defaults": {"from_name": "Contoso", "from_email": "news@contoso.test", "subject": "", "language": "en"},
    })
}

#[tokio::test]
async fn an_audience_lives_and_dies() {
    let bench = Bench::new().await;
    let (status, made) = bench.post("/lists", audience("News")).await;
    assert_eq!((status, &made["stats"]["merge_field_count"], &made["stats"]["campaign_last_sent"]), (200, &json!(4), &json!("")));
    let path = format!("/lists/{}", made["id"].as_str().unwrap());
    let (_, renamed) = bench.patch(&path, json!({"name": "Newsletter"})).await;
    assert_eq!((&renamed["name"], &renamed["contact"]["city"]), (&json!("Newsletter"), &json!("Paris")));
    let (_, all) = bench.get("/lists?count=1&offset=1&fields=lists.name,total_items,constraints").await;
    let constraints = json!({"may_create": true, "max_instances": 100, "current_total_instances": 2});
    assert_eq!(all, json!({"lists": [{"name": "Newsletter"}], "total_items": 2, "constraints": constraints}));
    assert_eq!(bench.delete(&path).await.0, 204);
    assert_eq!(bench.get(&path).await.0, 404);
    assert_eq!(bench.get(&format!("{path}/members")).await.0, 404);
}

#[tokio::test]
async fn what_creating_requires() {
    let bench = Bench::new().await;
    let mut body = audience("News");
    body["contact"].as_object_mut().unwrap().remove("city");
    body.as_object_mut().unwrap().remove("email_type_option");
    let (status, answer) = bench.post("/lists", body).await;
    assert_eq!((status, problem(&answer).1), (400, "Invalid Resource"));
    let missing = |field: &str, names: &str| json!({"field": field, "message": format!("Required fields were not provided: {names}")});
    assert_eq!(answer["errors"], json!([missing("", "email_type_option"), missing("contact", "city")]));
}

#[tokio::test]
async fn figures_are_up_to_five_minutes_old() {
    let bench = Bench::new().await;
    let count = async || bench.get("/lists/cdp").await.1["stats"]["member_count"].clone();
    assert_eq!(count().await, 0);
    bench.subscribe("a@contoso.test").await;
    bench.later(299);
    assert_eq!(count().await, 0);
    bench.later(1);
    assert_eq!(count().await, 1);
    let (_, answer) = bench.get("/lists/cdp?include_total_contacts=true").await;
    assert_eq!(answer["stats"]["total_contacts"], 1);
}
