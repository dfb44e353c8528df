//! A first load, a delta, refused rows, values that misfit.

use super::*;
use rstest::rstest;

#[tokio::test(flavor = "multi_thread")]
async fn a_first_load_and_a_delta() {
    let world = World::new().await;
    for (name, kind) in [
        ("city", FieldType::Text),
        ("points", FieldType::Integer),
        ("ratio", FieldType::Number),
        ("vip", FieldType::Boolean),
        ("since", FieldType::Datetime),
    ] {
        world.field(name, kind).await;
    }
    let everything = [
        ("city", text("Paris")),
        ("points", number("3")),
        ("ratio", number("12")),
        ("vip", text("true")),
        ("since", text("2026-01-02T03:04:05Z")),
    ];
    let people = vec![row("a@example.com", &everything), row("b@example.com", &[]), row("c@example.com", &[("points", number("-4"))])];
    assert_eq!(world.told(Operation::Join, people).await, ["done", "done", "done"]);
    assert_eq!(world.members().await, ["a@example.com", "b@example.com", "c@example.com"]);
    let profile = world.profile("a@example.com").await;
    let kept = (&profile["city"], &profile["points"], &profile["vip"], &profile["since"]);
    assert_eq!(kept, (&json!("Paris"), &json!(3), &json!(true), &json!("2026-01-02 03:04:05 +00:00")));

    let changed = vec![row("a@example.com", &[("city", Value::Empty), ("points", number("5"))])];
    assert_eq!(world.told(Operation::Update, changed).await, ["done"]);
    assert_eq!(world.told(Operation::Leave, vec![row("c@example.com", &[])]).await, ["done"]);
    assert_eq!(world.members().await, ["a@example.com", "b@example.com"]);
    let profile = world.profile("a@example.com").await;
    assert_eq!((&profile["city"], &profile["points"], &profile["vip"]), (&Json::Null, &json!(5), &json!(true)));
    world.is_clean();
    assert_eq!(world.sandbox.observed("iterable").unwrap()["listSubscribes"], 3, "an update joins nobody");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_refused_is_told_by_reason_and_the_others_are_taken() {
    let world = World::new().await;
    world.person("gone@example.com", json!("forgotten"));
    world.person("twice@example.com", json!("conflicting"));
    let people = ["a@example.com", "gone@example.com", "b@example.invalid", "twice@example.com"];
    let rows = || people.iter().map(|email| row(email, &[])).collect();
    assert_eq!(world.told(Operation::Join, rows()).await, ["done", "forgotten", "invalid-address", "conflict"]);
    assert_eq!(world.members().await, ["a@example.com"]);
    world.is_clean();
}

#[rstest]
#[case::refused_as_a_batch(json!({}), "field-type points")]
#[case::under_another_name(json!({"fieldPrefix": "shop", "lyingCode": true}), "field-type points")]
#[case::listed(json!({"misfit": "user"}), "invalid-data")]
#[tokio::test(flavor = "multi_thread")]
async fn one_value_that_misfits_is_one_row_refused(#[case] settings: Json, #[case] expected: &str) {
    let world = World::new().await;
    world.sandbox.set("iterable", &settings).unwrap();
    world.field("points", FieldType::Integer).await;
    let value = |n: usize| number(if n == 4 { "99999999999999999999" } else { "7" });
    let rows = (0..6).map(|n| row(&format!("p{n}@example.com"), &[("points", value(n))])).collect();
    assert_eq!(world.told(Operation::Join, rows).await, ["done", "done", "done", "done", expected, "done"]);
    assert_eq!(world.members().await.len(), 5);
    world.is_clean();
}

#[rstest]
#[case(FieldType::Text, text("seven"), "long")]
#[case(FieldType::Number, number("7.5"), "long")]
#[tokio::test(flavor = "multi_thread")]
async fn a_field_of_another_type_than_planned_stops_at_once(#[case] planned: FieldType, #[case] value: Value, #[case] has: &str) {
    let world = World::new().await;
    world.field("points", planned).await;
    let others = world.again();
    others.change(None, &ResourceChange::CreateField { tag: "points".into(), field_type: FieldType::Integer }).await.unwrap();
    others.submit(&place(), &world.batch(Operation::Update, vec![row("x@example.com", &[("points", number("1"))])])).await.unwrap();
    let rows = (0..9).map(|n| row(&format!("p{n}@example.com"), &[("points", value.clone())])).collect();
    let error = world.submit(Operation::Join, rows).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Stall);
    assert!(error.message.starts_with(&format!("points is a field of type {has} at Iterable now")), "{error}");
    // Two of the others' and one of ours.
    assert_eq!((world.asked("POST", "/users/bulkUpdate"), world.members().await.len()), (3, 0), "not sent row by row");
    world.is_clean();
}
