use super::*;
use crate::definition::FieldType;
use crate::http::{Lost, script};

fn place() -> PlaceId {
    PlaceId("a1".into())
}

#[tokio::test]
async fn an_audience_is_created_with_what_mailchimp_demands() {
    let world = World::with(named(true), Limits::default()).await;
    world.on("GET", "/lists", 200, json!({"lists": [], "total_items": 0})).await;
    world.on("POST", "/lists", 200, json!({"id": "n1", "name": "Customers", "stats": {"member_count": 0}})).await;
    let done = world.destination.change(None, &ResourceChange::CreatePlace { name: "Customers".into() }).await.unwrap();
    assert_eq!(
        done,
        ResourceDone::Place(RemotePlace { id: PlaceId("n1".into()), name: "Customers".into(), contacts: Some(0), made: None })
    );
    assert_eq!(
        world.seen().await[1],
        (
            "POST /lists".to_owned(),
            json!({"name": "Customers",
                "contact": {"company": "Acme", "address1": "1 Main St", "address2": "", "city": "Paris", "state": "", "zip": "75001", "country": "FR", "phone": ""},
                "permission_reminder": "You signed up.",
                "campaign_defaults": {"from_name": "Acme", "from_email": "news@example.org", "subject": "", "language": "en"},
                "email_type_option": false})
        )
    );
}

#[tokio::test]
async fn an_audience_with_people_in_it_is_not_taken_for_ours() {
    let world = World::with(named(true), Limits::default()).await;
    let theirs = json!({"id": "x", "name": "Customers", "stats": {"member_count": 5}});
    world.on("GET", "/lists", 200, json!({"lists": [theirs], "total_items": 1})).await;
    let error = world.destination.change(None, &ResourceChange::CreatePlace { name: "Customers".into() }).await.unwrap_err();
    assert!(error.kind == ErrorKind::Stall && error.hint.unwrap().contains("adopt"));
}

#[tokio::test]
async fn fields_are_created_with_safe_options() {
    for (field_type, options) in [
        (FieldType::Text, json!({})),
        (FieldType::Phone, json!({"phone_format": "none"})),
        (FieldType::Birthday, json!({"date_format": "MM/DD"})),
        (FieldType::Date, json!({"date_format": "MM/DD/YYYY"})),
    ] {
        let world = World::new().await;
        let name = super::super::fields::name_of(field_type);
        let made = json!({"merge_id": 6, "tag": "X", "name": "X", "type": name, "required": false, "options": options});
        world.on("GET", "/lists/a1/merge-fields", 200, json!({"merge_fields": [], "total_items": 0})).await;
        world.on("POST", "/lists/a1/merge-fields", 200, made).await;
        let change = ResourceChange::CreateField { tag: "X".into(), field_type };
        let ResourceDone::Field(field) = world.destination.change(Some(&place()), &change).await.unwrap() else { panic!("not a field") };
        assert_eq!((field.id.as_str(), field.kind.field_type), ("6", field_type));
        let body = &world.seen().await[1].1;
        assert_eq!(*body, json!({"tag": "X", "name": "X", "type": name, "required": false, "public": false, "options": options}));
    }
}

#[tokio::test]
async fn a_field_that_exists_is_found_or_refused_by_its_type() {
    let world = World::new().await;
    let there = json!({"merge_fields": [{"merge_id": 6, "tag": "LTV", "name": "LTV", "type": "number"}], "total_items": 1});
    world.on("GET", "/lists/a1/merge-fields", 200, there).await;
    let create = |field_type| ResourceChange::CreateField { tag: "LTV".into(), field_type };
    assert!(matches!(world.destination.change(Some(&place()), &create(FieldType::Number)).await, Ok(ResourceDone::Field(_))));
    let error = world.destination.change(Some(&place()), &create(FieldType::Text)).await.unwrap_err();
    assert_eq!(error.message, "the audience has a number field LTV already, not a text field");
}

#[tokio::test]
async fn a_field_under_another_tag_is_told() {
    let world = World::new().await;
    world.on("GET", "/lists/a1/merge-fields", 200, json!({"merge_fields": [], "total_items": 0})).await;
    world.on("POST", "/lists/a1/merge-fields", 200, json!({"merge_id": 6, "tag": "MMERGE6", "name": "LTV", "type": "text"})).await;
    let change = ResourceChange::CreateField { tag: "LTV".into(), field_type: FieldType::Text };
    assert!(world.destination.change(Some(&place()), &change).await.unwrap_err().message.contains("MMERGE6"));
}

#[tokio::test]
async fn a_tag_is_created_empty_and_renamed_by_name_alone() {
    let world = World::new().await;
    world.on("GET", "/lists/a1/segments", 200, json!({"segments": [], "total_items": 0})).await;
    world.on("POST", "/lists/a1/segments", 200, json!({"id": 7, "name": "VIP", "member_count": 0})).await;
    world.on("PATCH", "/lists/a1/segments/7", 200, json!({"id": 7, "name": "VIP EU", "member_count": 4})).await;
    let change = ResourceChange::CreateContainer { name: "VIP".into() };
    let ResourceDone::Container(made) = world.destination.change(Some(&place()), &change).await.unwrap() else { panic!("not a tag") };
    let change = ResourceChange::RenameContainer { id: made.id, from: "VIP".into(), to: "VIP EU".into() };
    let renamed = world.destination.change(Some(&place()), &change).await.unwrap();
    assert_eq!(renamed, ResourceDone::Container(RemoteContainer::new("7", "VIP EU", Some(4))));
    let bodies: Vec<_> = world.seen().await.into_iter().skip(1).map(|(_, body)| body).collect();
    assert_eq!(bodies, [json!({"name": "VIP", "static_segment": []}), json!({"name": "VIP EU"})]);
}

#[tokio::test]
async fn somebodys_tag_of_that_name_is_not_taken() {
    let world = World::new().await;
    world.on("GET", "/lists/a1/segments", 200, json!({"segments": [{"id": 7, "name": "vip", "member_count": 4}], "total_items": 1})).await;
    let change = ResourceChange::CreateContainer { name: "VIP".into() };
    let error = world.destination.change(Some(&place()), &change).await.unwrap_err();
    assert_eq!(error.message, "a tag \"vip\" with 4 members exists already");
}

/// The answer to the creation is lost; what was made is found instead of made again.
#[tokio::test(start_paused = true)]
async fn a_lost_answer_never_makes_two() {
    let none = || script::json(200, r#"{"segments":[],"total_items":0}"#);
    let made = || script::json(200, r#"{"segments":[{"id":7,"name":"VIP","member_count":0}],"total_items":1}"#);
    let lost = || Err(Lost::Broken("reset".into()));
    for (steps, posts) in [
        (vec![none(), lost(), made()], 1),
        (vec![none(), lost(), none(), lost(), made()], 2),
        (vec![none(), script::json(502, "<html>"), made()], 1),
        (vec![none(), Err(Lost::Unreachable("refused".into())), script::json(200, r#"{"id":7,"name":"VIP"}"#)], 2),
    ] {
        let script = Arc::new(script::Script::new(steps, script::json(500, "{}")));
        let (connection, _file) = connection(None, Limits::default());
        let destination = crate::destination::mailchimp::open(&connection, &named(false), &script::hub(&script), &nobody()).unwrap();
        let change = ResourceChange::CreateContainer { name: "VIP".into() };
        let ResourceDone::Container(tag) = destination.change(Some(&place()), &change).await.unwrap() else { panic!("not a tag") };
        assert_eq!(tag.id.0, "7");
        let seen = script.seen.lock().unwrap();
        assert_eq!(
            seen.iter().filter(|(_, line, _)| line.starts_with("POST https://us6.api.mailchimp.com/3.0/lists/a1/segments")).count(),
            posts
        );
    }
}

#[tokio::test]
async fn a_tag_is_deleted_and_one_that_is_gone_is_as_good() {
    for (status, body) in [(204, Json::Null), (404, problem(404, "Resource Not Found", "The requested resource could not be found."))] {
        let world = World::new().await;
        world.on("DELETE", "/lists/a1/segments/7", status, body).await;
        let change = ResourceChange::DeleteContainer { id: ContainerId("7".into()) };
        assert_eq!(world.destination.change(Some(&place()), &change).await.unwrap(), ResourceDone::Deleted);
        assert_eq!(world.seen().await, [("DELETE /lists/a1/segments/7".to_owned(), Json::Null)]);
    }
}

/// "Not found" must be the vendor's word, not that of something else that answers at the endpoint.
#[tokio::test(start_paused = true)]
async fn a_lost_answer_to_a_deletion_is_asked_again() {
    let gone = r#"{"title":"Resource Not Found","status":404,"detail":"The requested resource could not be found."}"#;
    let lost = || Err(Lost::Broken("reset".into()));
    for (steps, deleted) in [
        (vec![lost(), script::json(404, gone)], true),
        (vec![script::json(500, "{}"), script::json(204, "")], true),
        (vec![script::json(404, "<html>")], false),
        (vec![script::json(403, r#"{"title":"Forbidden","status":403,"detail":"no"}"#)], false),
    ] {
        let script = Arc::new(script::Script::new(steps, script::json(500, "{}")));
        let (connection, _file) = connection(None, Limits::default());
        let destination = crate::destination::mailchimp::open(&connection, &named(false), &script::hub(&script), &nobody()).unwrap();
        let change = ResourceChange::DeleteContainer { id: ContainerId("7".into()) };
        assert_eq!(destination.change(Some(&place()), &change).await.is_ok(), deleted);
    }
}
