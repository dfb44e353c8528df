//! Calls in a time, users in a batch, bytes in a body.

use super::{Bench, LIST};
use rstest::rstest;
use serde_json::{Value, json};

fn list_call() -> Value {
    json!({"listId": LIST, "subscribers": [], "channelUnsubscribe": false})
}

#[rstest]
#[case(&["GET /lists/getUsers?listId=1068682", "GET /lists/previewUsers?listId=1068682", "GET /lists/1068682/size"], 5, 60_000)]
#[case(&["POST /lists/subscribe"], 5, 1_000)]
#[case(&["POST /lists/unsubscribe"], 5, 1_000)]
#[case(&["POST /users/bulkUpdate"], 5, 1_000)]
#[case(&["GET /users/getFields"], 3, 1_000)]
#[case(&["GET /lists"], 100, 1_000)]
#[tokio::test]
async fn budgets(#[case] calls: &[&str], #[case] limit: usize, #[case] window_ms: i64) {
    let bench = Bench::new().await;
    let ask = async |n: usize| {
        let (method, path) = calls[n % calls.len()].split_once(' ').unwrap();
        let body = match path {
            "/users/bulkUpdate" => Some(json!({"users": []})),
            _ => (method == "POST").then(list_call),
        };
        let body = body.map(|mut body| {
            if path == "/lists/subscribe" {
                body.as_object_mut().unwrap().remove("channelUnsubscribe");
            }
            body
        });
        bench.call(method.parse().unwrap(), path, body.as_ref()).await
    };
    for n in 0..limit {
        assert_eq!(ask(n).await.0, 200);
    }
    let (status, answer) = ask(limit).await;
    assert_eq!((status, &answer["code"], &answer["params"]), (429, &json!("RateLimitExceeded"), &json!({})));
    assert_eq!(bench.violations(), [format!("429 more than {limit} in {window_ms} ms")]);
    bench.later(window_ms);
    assert_eq!(ask(limit).await.0, 200);
}

#[tokio::test]
async fn a_thousand_are_forgotten_a_day() {
    let bench = Bench::new().await;
    let forget = async |n: usize| bench.post("/users/forget", json!({"email": format!("m{n}@example.com")})).await.0;
    for n in 0..1_000 {
        assert_eq!(forget(n).await, 200);
        bench.later(400);
    }
    assert_eq!((forget(1_000).await, bench.violations()), (429, vec!["429 more than 1000 in 24 hours".to_owned()]));
    let bench = bench.restart().await;
    bench.later(86_400_000);
    assert_eq!(bench.post("/users/forget", json!({"email": "last@example.com"})).await.0, 200);
}

#[rstest]
#[case("/lists/subscribe", json!(1_000), 400)]
#[case("/lists/unsubscribe", json!(1_000), 400)]
#[case("/lists/subscribe", json!(null), 200)]
#[case("/users/bulkUpdate", json!(1_000), 200)]
#[tokio::test]
async fn users_in_a_batch(#[case] path: &str, #[case] most: Value, #[case] status: u16) {
    let bench = Bench::with(json!({"mostUsers": most})).await;
    let people = |count: usize| (0..count).map(|n| json!({"email": format!("m{n}@example.com")})).collect::<Vec<_>>();
    let body = |count| match path {
        "/users/bulkUpdate" => json!({"users": people(count)}),
        "/lists/subscribe" => json!({"listId": LIST, "subscribers": people(count)}),
        _ => json!({"listId": LIST, "subscribers": people(count), "channelUnsubscribe": false}),
    };
    assert_eq!(bench.post(path, body(1_000)).await.0, 200);
    let (found, answer) = bench.post(path, body(1_001)).await;
    assert_eq!((found, answer["code"] == "BatchTooLarge", bench.violations().len()), (status, status == 400, 0));
}

#[rstest]
#[case("/lists/subscribe", "subscribers", 0)]
#[case("/users/bulkUpdate", "users", 1)]
#[tokio::test]
async fn bytes_of_a_body(#[case] path: &str, #[case] name: &str, #[case] violations: u64) {
    let bench = Bench::new().await;
    let mut body = json!({name: [{"email": "a@example.com", "dataFields": {"long": ""}}]});
    if name == "subscribers" {
        body["listId"] = LIST.into();
    }
    let room = 4_000_000 - body.to_string().len();
    body[name][0]["dataFields"]["long"] = "x".repeat(room + 1).into();
    assert_eq!(bench.post(path, body.clone()).await, (413, json!("")));
    assert_eq!(bench.sandbox.counters().violations, violations);
    body[name][0]["dataFields"]["long"] = "x".repeat(room).into();
    assert_eq!(bench.post(path, body).await.0, 400, "read, and the text itself is too long");
}
