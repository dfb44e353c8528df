//! Fields that no profile has yet: their type is neither left to chance nor to a race.

use super::*;
use futures::future::join_all;

#[tokio::test(flavor = "multi_thread")]
async fn a_new_field_is_written_once_before_anything_else_carries_it() {
    let world = World::new().await;
    world.sandbox.set("iterable", &json!({"createNewFields": false, "listCallsPerSecond": 1_000})).unwrap();
    world.field("city", FieldType::Text).await;
    let batches = (0..6).map(|n| world.submit(Operation::Join, vec![row(&format!("p{n}@example.com"), &[("city", text("Paris"))])]));
    for outcomes in join_all(batches).await {
        assert_eq!(outcomes.unwrap(), [Outcome::Done { standing: None }]);
    }
    assert_eq!((world.asked("POST", "/users/bulkUpdate"), world.asked("POST", "/lists/subscribe")), (1, 6));
    assert_eq!(world.profile("p3@example.com").await["city"], "Paris", "a project that drops new fields keeps it");
    world.is_clean();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_looks_like_a_date_does_not_make_a_field_of_dates() {
    let world = World::new().await;
    world.field("code", FieldType::Text).await;
    let rows = vec![row("a@example.com", &[("code", text("2026-01-02"))]), row("b@example.com", &[("code", text("none"))])];
    assert_eq!(world.told(Operation::Join, rows).await, ["done", "done"]);
    let observed = world.destination.observe(&Sought::default()).await.unwrap();
    assert_eq!(observed.fields.iter().find(|field| field.tag == "code").unwrap().id, "string");
    world.is_clean();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_planned_is_not_written() {
    let world = World::new().await;
    let error = world.submit(Operation::Update, vec![row("a@example.com", &[("city", text("Paris"))])]).await.unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Stall, "the project has no field city that could be written"));
    assert_eq!(world.profile("a@example.com").await, Json::Null);
}
