use super::*;
use listkeeper_sandbox::{Fault, Faults};

fn named(name: &str) -> ResourceChange {
    ResourceChange::CreateContainer { name: name.into() }
}

fn container(done: Result<ResourceDone, Error>) -> RemoteContainer {
    match done.unwrap() {
        ResourceDone::Container(list) => list,
        other => panic!("{other:?} is no list"),
    }
}

#[tokio::test]
async fn a_list_is_created_once_although_the_answer_is_lost() {
    let world = World::new().await;
    world.sandbox.set_faults(Faults::default().next(Fault::LostAnswer, "POST", "/contact_lists")).unwrap();
    let made = container(world.change(named("VIP")).await);
    assert_eq!((made.name.as_str(), made.members), ("VIP", Some(0)));
    assert_eq!(container(world.change(named("vip")).await).id, made.id, "an empty one of that name is what an earlier call made");
    assert_eq!(world.destination.observe(&Sought::default()).await.unwrap().containers.len(), 2);
    world.clean();
}

#[tokio::test]
async fn somebodys_list_of_that_name_is_not_taken() {
    let world = World::new().await;
    world.person("a@example.com", "on-list");
    let error = world.change(named(&format!("sandbox list {LIST}"))).await.unwrap_err();
    assert_eq!(error.message, format!("a list \"Sandbox list {LIST}\" with 1 members exists already"));
}

#[tokio::test]
async fn renaming_keeps_what_people_wrote_about_the_list() {
    let world = World::new().await;
    let id = container(world.change(named("VIP")).await).id;
    let details = |name: &str| json!({"name": name, "description": "Ours since 2019", "favorite": true});
    let url = format!("{}/contact_lists/{id}", world.sandbox.endpoint(VENDOR).unwrap());
    let http = reqwest::Client::new();
    http.put(&url).bearer_auth("token").json(&details("VIP")).send().await.unwrap();
    let renamed = world.change(ResourceChange::RenameContainer { id: id.clone(), from: "VIP".into(), to: "VIP EU".into() }).await;
    assert_eq!(container(renamed).name, "VIP EU");
    let list: Json = http.get(&url).bearer_auth("token").send().await.unwrap().json().await.unwrap();
    for (what, value) in details("VIP EU").as_object().unwrap() {
        assert_eq!(list[what], *value);
    }
}

#[tokio::test]
async fn deleting_a_list_ends_when_it_is_gone() {
    let world = World::new().await;
    let id = container(world.change(named("VIP")).await).id;
    for _ in 0..2 {
        assert_eq!(world.change(ResourceChange::DeleteContainer { id: id.clone() }).await.unwrap(), ResourceDone::Deleted);
        assert_eq!(world.destination.observe(&Sought::default()).await.unwrap().containers.len(), 1);
    }
    world.sandbox.set(VENDOR, &json!({"failures": 1})).unwrap();
    let error = world.change(ResourceChange::DeleteContainer { id: ContainerId(LIST.into()) }).await.unwrap_err();
    assert_eq!(error.message, "Constant Contact did not carry it out (failed The activity could not be processed.)");
}

#[tokio::test]
async fn a_field_is_created_once_and_known_by_its_label_and_its_name() {
    let world = World::mapping(&["Loyalty points"]).await;
    let create = |field_type| ResourceChange::CreateField { tag: "Loyalty points".into(), field_type };
    world.sandbox.set_faults(Faults::default().next(Fault::LostAnswer, "POST", "/contact_custom_fields")).unwrap();
    for _ in 0..2 {
        let ResourceDone::Field(field) = world.change(create(FieldType::Integer)).await.unwrap() else { panic!("no field") };
        assert_eq!(
            (field.tag.as_str(), field.name.as_str(), field.kind.field_type),
            ("Loyalty points", "Loyalty_points", FieldType::Number)
        );
    }
    let fields = world.destination.observe(&Sought::default()).await.unwrap().fields;
    assert_eq!(fields.iter().filter(|field| field.name == "Loyalty_points").count(), 2, "one field, two spellings");
    let error = world.change(create(FieldType::Date)).await.unwrap_err();
    assert_eq!(error.message, "the account has a number field Loyalty points already, not a date field");
    world.clean();
}
