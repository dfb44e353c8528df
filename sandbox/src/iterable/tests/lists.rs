//! Lists made, read, deleted; what cannot be written.

use super::{Bench, LIST, NOW_MS};
use rstest::rstest;
use serde_json::json;

#[tokio::test]
async fn lists_come_and_go() {
    let bench = Bench::new().await;
    let (status, made) = bench.post("/lists", json!({"name": "Gold", "description": "kept"})).await;
    let id = made["listId"].as_i64().unwrap();
    assert_eq!((status, id > LIST), (200, true), "{made}");
    let twin = bench.post("/lists", json!({"name": "Gold"})).await.1["listId"].as_i64().unwrap();
    assert_ne!(twin, id, "names need not differ");
    let gold = json!({"id": id, "name": "Gold", "description": "kept", "createdAt": NOW_MS, "listType": "Standard"});
    assert_eq!(bench.get("/lists").await.1["lists"][1], gold);
    let deleted = json!({"msg": format!("List {id} in Project 10216 was successfully deleted."), "code": "Success", "params": null});
    assert_eq!(bench.delete(&format!("/lists/{id}")).await, (200, deleted));
    let (status, answer) = bench.delete(&format!("/lists/{id}")).await;
    assert_eq!((status, answer["msg"].as_str().unwrap().contains("error.lists.invalidListId")), (400, true));
}

#[tokio::test]
async fn a_list_in_use_stays() {
    let bench = Bench::new().await;
    bench.sandbox.set("iterable", &json!({"list": {"id": LIST, "inUse": true}})).unwrap();
    assert_eq!(bench.delete(&format!("/lists/{LIST}")).await.0, 409);
    bench.sandbox.set("iterable", &json!({"list": {"id": LIST, "inUse": false}})).unwrap();
    assert_eq!(bench.delete(&format!("/lists/{LIST}")).await.0, 200);
}

#[rstest]
#[case("/lists/subscribe", 5, "Dynamic", 1)]
#[case("/lists/unsubscribe", 5, "Suppression", 1)]
#[case("/lists/subscribe", 6, "Dynamic", 0)]
#[tokio::test]
async fn lists_that_cannot_be_written(#[case] path: &str, #[case] list: i64, #[case] kind: &str, #[case] violations: u64) {
    let bench = Bench::new().await;
    bench.sandbox.set("iterable", &json!({"list": {"id": 5, "listType": kind}})).unwrap();
    let body = json!({"listId": list, "subscribers": [{"email": "a@example.com"}]});
    let (status, answer) = bench.post(path, body).await;
    assert_eq!((status, &answer["code"], bench.sandbox.counters().violations), (400, &json!("BadParams"), violations));
}

#[tokio::test]
async fn members_are_lines_of_text() {
    let bench = Bench::new().await;
    bench.subscribe(json!([{"email": "a@example.com"}, {"email": "b@example.com"}])).await;
    bench.unsubscribe(json!([{"email": "a@example.com"}, {"email": "never@example.com"}])).await;
    assert_eq!(bench.members().await, ["b@example.com"]);
    assert_eq!(bench.get(&format!("/lists/{LIST}/size")).await, (200, json!(1)));
    assert_eq!(bench.get(&format!("/lists/previewUsers?listId={LIST}&size=0")).await, (200, json!("")));
}
