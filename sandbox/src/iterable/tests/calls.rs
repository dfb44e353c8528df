//! Keys, shapes, answers, and what the control surface and the page show.

use super::{Bench, LIST};
use crate::{Fault, Faults};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

#[rstest]
#[case(Some(("Api-Key", "any")), 200, 0)]
#[case(Some(("Api_Key", "any")), 200, 0)]
#[case(Some(("Api-Key", "invalid-key")), 401, 0)]
#[case(Some(("Authorization", "Bearer any")), 401, 1)]
#[case(None, 401, 1)]
#[tokio::test]
async fn keys(#[case] header: Option<(&str, &str)>, #[case] status: u16, #[case] violations: u64) {
    let bench = Bench::new().await;
    let mut request = bench.request(Method::GET, "/lists");
    if let Some((name, value)) = header {
        request = request.header(name, value);
    }
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), status);
    if status == 401 {
        let expected = json!({"msg": "Invalid API key", "code": "BadApiKey", "params": {"ip": "127.0.0.1", "endpoint": "/api/lists"}});
        assert_eq!(response.json::<Value>().await.unwrap(), expected);
    }
    assert_eq!(bench.sandbox.counters().of("iterable").violations, violations);
}

#[rstest]
#[case("POST /lists/subscribe", json!({"listId": "1", "subscribers": []}), json!({"obj.listId": "Number value expected"}))]
#[case("POST /lists/subscribe", json!({"listId": 1}), json!({"obj.subscribers": "Field required"}))]
#[case("POST /lists/subscribe", json!({"listId": 1, "subscribers": [{"email": 5}, 6]}),
    json!({"obj.subscribers[0].email": "String value expected", "obj.subscribers[1]": "Object value expected"}))]
#[case("POST /lists", json!(["name"]), json!({"obj": "Object value expected"}))]
#[case("POST /users/update", json!({"dataFields": []}), json!({"obj.dataFields": "Object value expected"}))]
#[tokio::test]
async fn bodies_of_another_shape(#[case] call: &str, #[case] body: Value, #[case] wrong: Value) {
    let bench = Bench::new().await;
    let path = call.split_once(' ').unwrap().1;
    let msg = format!("[/api{path}] Invalid JSON body");
    assert_eq!(bench.post(path, body).await, (400, json!({"msg": msg, "code": "BadJsonBody", "params": wrong})));
    assert_eq!(bench.violations().len(), 1);
}

#[rstest]
#[case(Method::POST, "/lists", Some(json!({"name": "A", "colour": 1})), 200, "unknown field colour")]
#[case(Method::GET, "/lists?name=A", None, 200, "unknown query parameter name")]
#[case(Method::GET, "/lists", Some(json!({})), 200, "a body where none is foreseen")]
#[case(Method::POST, "/lists", Some(json!({"name": " "})), 400, "400 a list without a name")]
#[case(Method::PUT, "/lists", None, 404, "404 no such call")]
#[case(Method::GET, "/campaigns", None, 404, "404 no such call")]
#[case(Method::GET, "/lists/getUsers", None, 400, "400 listId is missing or no number")]
#[case(Method::GET, "/lists/previewUsers?listId=1068682&size=5001", None, 400, "400 a preview of more than 5000")]
#[case(Method::GET, "/users/getByEmail", None, 400, "400 no email")]
#[case(Method::POST, "/users/update", Some(json!({"dataFields": {}})), 400, "400 neither email nor userId")]
#[case(Method::POST, "/users/updateSubscriptions", None, 403, "403 a change of subscriptions")]
#[tokio::test]
async fn outside_the_contract(
    #[case] method: Method,
    #[case] path: &str,
    #[case] body: Option<Value>,
    #[case] status: u16,
    #[case] violation: &str,
) {
    let bench = Bench::new().await;
    assert_eq!(bench.call(method, path, body.as_ref()).await.0, status);
    assert_eq!(bench.violations(), [violation]);
}

#[tokio::test]
async fn a_batch_lists_who_was_not_taken() {
    let bench = Bench::new().await;
    bench.person("gone@example.com", json!("forgotten"));
    bench.person("two@example.com", json!("conflicting"));
    let people = json!([
        {"email": " A@Example.com ", "dataFields": {"city": "Paris"}}, {"email": "Bad@"}, {"email": "x@example.invalid"},
        {"email": "gone@example.com"}, {"email": "two@example.com"}, {"userId": "u1"},
    ]);
    let expected = json!({
        "successCount": 1, "failCount": 5, "createdFields": ["city"], "filteredOutFields": [],
        "invalidEmails": ["bad@", "x@example.invalid"], "invalidUserIds": [],
        "failedUpdates": {
            "invalidEmails": ["bad@", "x@example.invalid"], "invalidUserIds": [], "notFoundEmails": [], "notFoundUserIds": ["u1"],
            "invalidDataEmails": [], "invalidDataUserIds": [], "conflictEmails": ["two@example.com"], "conflictUserIds": [],
            "forgottenEmails": ["gone@example.com"], "forgottenUserIds": [],
        },
    });
    assert_eq!(bench.subscribe(people).await, (200, expected));
    assert_eq!(bench.members().await, ["a@example.com"]);
    assert_eq!(bench.violations(), [""; 0]);
}

#[tokio::test]
async fn a_profile_in_full() {
    let bench = Bench::new().await;
    bench.subscribe(json!([{"email": "a@example.com", "dataFields": {"city": "Paris"}}])).await;
    let expected = json!({"email": "a@example.com", "dataFields": {
        "city": "Paris", "email": "a@example.com", "emailListIds": [LIST], "signupSource": "API",
        "signupDate": "2026-11-22 00:00:00 +00:00", "profileUpdatedAt": "2026-11-22 00:00:00 +00:00",
        "subscribedMessageTypeIds": [], "unsubscribedChannelIds": [], "unsubscribedMessageTypeIds": [],
        "itblInternal": {"documentCreatedAt": "2026-11-22 00:00:00 +00:00", "documentUpdatedAt": "2026-11-22 00:00:00 +00:00"},
    }});
    assert_eq!(bench.profile("A@example.com").await, expected);
    assert_eq!(bench.get("/users/a%40example.com").await, (200, json!({"user": expected})));
    assert_eq!(bench.get("/users/b%40example.com").await, (200, json!({})), "unknown is no error");
    let malformed = json!({"msg": "Invalid email: 000", "code": "InvalidEmailAddressError", "params": null});
    assert_eq!(bench.get("/users/000").await, (400, malformed));
}

#[tokio::test]
async fn users_are_deleted_and_forgotten() {
    let bench = Bench::new().await;
    bench.subscribe(json!([{"email": "a@example.com"}, {"email": "b@example.com"}])).await;
    assert_eq!(bench.delete("/users/a%40example.com").await, (200, json!({"msg": "", "code": "Success", "params": null})));
    assert_eq!(bench.post("/users/forget", json!({"email": "B@example.com"})).await.0, 200);
    assert_eq!(bench.members().await, [""; 0]);
    let unknown = json!({"msg": "User does not exist. Email: a@example.com UserId: ", "code": "BadParams", "params": null});
    assert_eq!(bench.delete("/users/a%40example.com").await, (400, unknown));
    // The SHA-256 of b@example.com.
    let hash = "e8f39b3e1382367d6d41ab34dc270d4e7533f978c9e9a775dfe2185b2f96b96c";
    assert_eq!(bench.get("/users/forgotten").await, (200, json!({"hashedEmails": [hash]})));
    assert_eq!(bench.subscribe(json!([{"email": "a@example.com"}])).await.1["successCount"], 1, "a deleted one may come again");
    let (status, answer) = bench.post("/users/update", json!({"email": "b@example.com"})).await;
    assert_eq!((status, &answer["code"]), (409, &json!("ForgottenUserError")));
}

#[tokio::test]
async fn a_refusal_may_call_itself_a_success() {
    let bench = Bench::with(json!({"lyingCode": true})).await;
    let (status, answer) = bench.get("/lists/5/size").await;
    assert_eq!((status, &answer["code"]), (400, &json!("Success")));
}

#[rstest]
#[case(Fault::PlainTooManyRequests, 429, "Too Many Requests")]
#[case(Fault::PlainServerError, 500, "Internal Server Error")]
#[case(Fault::Unavailable, 503, "Service Unavailable")]
#[case(
    Fault::TooManyRequests,
    429,
    r#"{"code":"RateLimitExceeded","msg":"Exceeded rate limit for endpoint: /api, project: 10216 ","params":{}}"#
)]
#[tokio::test]
async fn weather_on_demand(#[case] fault: Fault, #[case] status: u16, #[case] body: &str) {
    let bench = Bench::new().await;
    bench.sandbox.set_faults(Faults::default().next(fault, "GET", "/lists/getUsers")).unwrap();
    let response = bench.send(Method::GET, &format!("/lists/getUsers?listId={LIST}"), None).await;
    assert_eq!((response.status().as_u16(), response.text().await.unwrap().as_str()), (status, body));
    assert_eq!((bench.members().await, bench.sandbox.counters().violations), (Vec::new(), 0));
}

#[tokio::test]
async fn the_control_surface_and_the_page() {
    let bench = Bench::new().await;
    let url = |path: &str| bench.sandbox.page().join(path).unwrap();
    let post = |path: &str, body: Value| bench.http.post(url(path)).json(&body).send();
    assert_eq!(post("/_sandbox/iterable/containers", json!({"id": "77"})).await.unwrap().status(), 204);
    assert_eq!(post("/_sandbox/iterable/containers", json!({"id": "mine"})).await.unwrap().status(), 400);
    let people = json!([{"email": "a@example.com", "is": {"on-list": 77}}, {"email": "b@example.com", "is": "known"}]);
    assert_eq!(post("/_sandbox/iterable/people", people).await.unwrap().status(), 204);
    assert_eq!(post("/_sandbox/iterable/settings", json!({"project": "hybrid", "visibleAfterMs": [9, 1]})).await.unwrap().status(), 400);
    let held: Value = bench.http.get(url("/_sandbox/iterable/containers")).send().await.unwrap().json().await.unwrap();
    assert_eq!(held["containers"][0], json!({"kind": "list", "id": "77", "name": "Sandbox list", "members": 1}));
    let nobody = bench.http.get(url("/_sandbox/nobody/observed")).send().await.unwrap();
    let said = r#"{"error":"the sandbox has no vendor \"nobody\"; it has mailchimp, iterable"}"#;
    assert!(nobody.text().await.unwrap().starts_with(&said[..said.len() - 2]));
    let page = bench.http.get(url("/")).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("<h2>Iterable</h2>") && page.contains("Sandbox list") && !page.contains("<h2>Mailchimp"), "{page}");
}
