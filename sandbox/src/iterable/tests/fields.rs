//! The first write of a field fixes its kind.

use super::Bench;
use rstest::rstest;
use serde_json::{Value, json};

async fn update(bench: &Bench, data: Value) -> (u16, Value) {
    bench.post("/users/update", json!({"email": "a@example.com", "dataFields": data})).await
}

#[rstest]
#[case(json!(5), json!(6), true)]
#[case(json!(5), json!(5.5), false)]
#[case(json!(5.0), json!(6), false)]
#[case(json!(5), json!("5"), false)]
#[case(json!("x"), json!("2026-01-02"), true)]
#[case(json!("2026-01-02"), json!("x"), false)]
#[case(json!("2026-01-02 03:04:05 +00:00"), json!("2026-01-02"), true)]
#[case(json!([1]), json!(2), true)]
#[case(json!({"in": 1}), json!({"in": "x"}), false)]
#[case(json!({"in": 1}), json!({"other": "x"}), true)]
#[case(json!(true), json!(null), true)]
#[tokio::test]
async fn later_values(#[case] first: Value, #[case] second: Value, #[case] fits: bool) {
    let bench = Bench::new().await;
    assert_eq!(update(&bench, json!({"f": first})).await, (200, json!({"msg": "", "code": "Success", "params": null})));
    let (status, answer) = update(&bench, json!({"f": second})).await;
    assert_eq!((status, &answer["code"] == "RequestFieldsTypesMismatched"), if fits { (200, false) } else { (400, true) }, "{answer}");
}

#[tokio::test]
async fn a_misfit_in_full() {
    let bench = Bench::new().await;
    let msg = "Project 10216: The request does not have the same data types as the data previously submitted. Field 'signupDate' already \
        exists for type 'user' and has a data type of 'date' but possible types 'string, keyword' in the request.";
    let error = json!({
        "incomingTypes": ["string", "keyword"], "expectedType": "date", "_type": "UnexpectedType", "offendingValue": "GGG", "category": "user",
    });
    let expected = |key: &str| json!({"msg": msg, "code": "RequestFieldsTypesMismatched", "params": {"validationErrors": {key: error}}});
    assert_eq!(update(&bench, json!({"signupDate": "GGG"})).await, (400, expected("signupDate")));
    bench.sandbox.set("iterable", &json!({"fieldPrefix": "my_project_etl"})).unwrap();
    assert_eq!(update(&bench, json!({"signupDate": "GGG"})).await, (400, expected("my_project_etl:::signupDate")));
    assert_eq!(bench.violations()[0], "a write to the system's field signupDate");
}

#[rstest]
#[case("/lists/subscribe", "batch", 400, json!(null), json!([]))]
#[case("/lists/subscribe", "user", 200, json!(["b@example.com"]), json!(["a@example.com"]))]
#[case("/users/bulkUpdate", "batch", 400, json!(null), json!([]))]
#[case("/users/bulkUpdate", "user", 200, json!(["b@example.com"]), json!(["a@example.com"]))]
#[tokio::test]
async fn a_misfit_in_a_batch(#[case] path: &str, #[case] misfit: &str, #[case] status: u16, #[case] failed: Value, #[case] known: Value) {
    let bench = Bench::with(json!({"misfit": misfit})).await;
    let people = json!([{"email": "a@example.com", "dataFields": {"n": 1, "m": 1}}, {"email": "b@example.com", "dataFields": {"n": "x"}}]);
    let name = if path.contains("subscribe") { "subscribers" } else { "users" };
    let (found, answer) = bench.post(path, json!({"listId": super::LIST, name: people})).await;
    assert_eq!((found, &answer["failedUpdates"]["invalidDataEmails"]), (status, &failed), "{answer}");
    let exists = bench.profile("a@example.com").await != Value::Null;
    assert_eq!(exists, known != json!([]), "all or nothing, or all but one");
    let fields = bench.get("/users/getFields").await.1;
    assert_eq!(fields["fields"].get("m").is_some(), exists, "a refused batch fixes no kind");
}

#[rstest]
#[case(Some(false), true, json!([]), json!(["new"]))]
#[case(Some(true), false, json!(["new"]), json!([]))]
#[case(None, true, json!(["new"]), json!([]))]
#[case(None, false, json!([]), json!(["new"]))]
#[tokio::test]
async fn new_fields(#[case] asked: Option<bool>, #[case] project: bool, #[case] made: Value, #[case] left_out: Value) {
    let bench = Bench::with(json!({"createNewFields": project})).await;
    let mut body = json!({"users": [{"email": "a@example.com", "dataFields": {"new": 1}}]});
    if let Some(asked) = asked {
        body["createNewFields"] = asked.into();
    }
    let (_, answer) = bench.post("/users/bulkUpdate", body).await;
    assert_eq!((&answer["createdFields"], &answer["filteredOutFields"]), (&made, &left_out));
}

#[tokio::test]
async fn the_systems_fields_are_not_written() {
    let bench = Bench::new().await;
    bench
        .post("/users/bulkUpdate", json!({"users": [{"email": "a@example.com", "dataFields": {"emailListIds": [1], "city": "Paris"}}]}))
        .await;
    let profile = bench.profile("a@example.com").await;
    assert_eq!((&profile["dataFields"]["emailListIds"], &profile["dataFields"]["city"]), (&json!([]), &json!("Paris")));
    assert_eq!(bench.violations(), ["a write to the system's field emailListIds"]);
}
