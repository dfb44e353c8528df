//! What identifies a user, by type of project.

use super::{Bench, LIST};
use rstest::rstest;
use serde_json::{Value, json};

#[rstest]
#[case("email", json!({"email": "a@example.com"}), "")]
#[case("email", json!({"userId": "u1"}), "notFoundUserIds")]
#[case("email", json!({"userId": "u1", "preferUserId": true}), "")]
#[case("hybrid", json!({"email": "a@example.com"}), "")]
#[case("hybrid", json!({"userId": "u1"}), "")]
#[case("hybrid", json!({"userId": "u1 "}), "invalidUserIds")]
#[case("userId", json!({"email": "a@example.com"}), "notFoundEmails")]
#[case("userId", json!({"userId": "u1", "email": "a@example.com"}), "")]
#[tokio::test]
async fn subscribing(#[case] project: &str, #[case] person: Value, #[case] failed: &str) {
    let bench = Bench::with(json!({"project": project})).await;
    let (_, answer) = bench.subscribe(json!([person])).await;
    let lists = answer["failedUpdates"].as_object().unwrap();
    let filled: Vec<_> = lists.iter().filter(|(_, who)| **who != json!([])).map(|(name, _)| name.as_str()).collect();
    assert_eq!(filled.join(","), failed);
    assert_eq!(bench.members().await.len(), usize::from(failed.is_empty()));
}

/// An unsubscribe, or a subscribe of known users only, of somebody unknown.
#[rstest]
#[case("email", "/lists/unsubscribe", true)]
#[case("hybrid", "/lists/unsubscribe", false)]
#[case("email", "/lists/subscribe", true)]
#[case("hybrid", "/lists/subscribe", false)]
#[tokio::test]
async fn the_unknown(#[case] project: &str, #[case] path: &str, #[case] made: bool) {
    let bench = Bench::with(json!({"project": project})).await;
    let mut body = json!({"listId": LIST, "subscribers": [{"email": "a@example.com"}]});
    match path {
        "/lists/subscribe" => body["updateExistingUsersOnly"] = json!(true),
        _ => body["channelUnsubscribe"] = json!(false),
    }
    let (_, answer) = bench.post(path, body).await;
    let expected = if made { json!([]) } else { json!(["a@example.com"]) };
    assert_eq!(answer["failedUpdates"]["notFoundEmails"], expected);
    assert_eq!(bench.profile("a@example.com").await != Value::Null, made);
}

#[rstest]
#[case("hybrid", "a@example.com", "u2", &["a@example.com"])]
#[case("hybrid", "b@example.com", "u1", &["b@example.com"])]
#[case("hybrid", "b@example.com", "u2", &[])]
#[case("userId", "b@example.com", "u1", &[])]
#[tokio::test]
async fn two_users_are_not_one(#[case] project: &str, #[case] email: &str, #[case] id: &str, #[case] conflicts: &[&str]) {
    let bench = Bench::with(json!({"project": project})).await;
    bench.subscribe(json!([{"email": "a@example.com", "userId": "u1"}])).await;
    let (_, answer) = bench.subscribe(json!([{"email": email, "userId": id}])).await;
    assert_eq!(answer["failedUpdates"]["conflictEmails"], json!(conflicts));
}

#[rstest]
#[case("email", "emailListIds", 200)]
#[case("hybrid", "userListIds", 200)]
#[case("userId", "userListIds", 400)]
#[tokio::test]
async fn a_project_tells_its_type_by_its_fields(#[case] project: &str, #[case] field: &str, #[case] forgotten: u16) {
    let bench = Bench::with(json!({"project": project})).await.restart().await;
    let (_, answer) = bench.get("/users/getFields").await;
    let fields = answer["fields"].as_object().unwrap();
    assert_eq!(fields.keys().filter(|name| name.ends_with("ListIds")).collect::<Vec<_>>(), [field], "kept over a restart");
    assert_eq!(bench.get("/users/forgotten").await.0, forgotten);
}
