//! The key, the project, its lists and fields.

use super::*;
use rstest::rstest;

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_known_by_id_or_wanted_by_exact_name() {
    let world = World::new().await;
    for (id, name, kind) in [(1, "VIP", "Standard"), (2, "vip", "Standard"), (3, "Recent", "Dynamic"), (4, "Known before", "Standard")] {
        world.sandbox.set("iterable", &json!({"list": {"id": id, "name": name, "listType": kind}})).unwrap();
    }
    let known = [(ContainerId("4".into()), "Its name then".to_owned()), (ContainerId("99".into()), "Gone".to_owned())];
    let names = ["VIP".to_owned(), "Recent".to_owned()];
    let observed = world.destination.observe(&Sought { place: None, known: &known, names: &names, begun: &[] }).await.unwrap();
    let seen: Vec<_> = observed.containers.iter().map(|c| (c.name.as_str(), c.members, c.closed.is_some())).collect();
    assert_eq!(seen, [("VIP", None, false), ("Recent", None, true), ("Known before", None, false)]);
    assert_eq!(observed.place.unwrap().id, place());
    let begun = world.destination.observe(&Sought { names: &names, begun: &names[..1], ..Sought::default() }).await.unwrap();
    let counted: Vec<_> = begun.containers.iter().map(|c| (c.name.as_str(), c.members)).collect();
    assert_eq!(counted, [("VIP", Some(0)), ("Recent", None)]);
    world.is_clean();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_made_once_and_taken_from_nobody() {
    let world = World::new().await;
    let make = ResourceChange::CreateContainer { name: "Gold".into() };
    let made = world.destination.change(None, &make).await.unwrap();
    let ResourceDone::Container(found) = made else { panic!("{made:?} is no list") };
    assert_eq!((&found.id, found.name.as_str(), found.members), (&world.list, "Gold", Some(0)), "found again, empty");
    assert!(found.made.is_some());
    world.submit(Operation::Join, vec![row("a@example.com", &[])]).await.unwrap();
    let error = world.destination.change(None, &make).await.unwrap_err();
    assert_eq!(error.hint.unwrap(), "to take it over add `adopt: {lists: true}` under target");
}

#[rstest]
#[case("email", None)]
#[case("hybrid", None)]
#[case("userId", Some("this Iterable project knows its users by user id alone, and Listkeeper by their address"))]
#[tokio::test(flavor = "multi_thread")]
async fn a_project_without_addresses_is_refused(#[case] project: &str, #[case] refused: Option<&str>) {
    let world = World::new().await;
    world.sandbox.set("iterable", &json!({"project": project})).unwrap();
    let observed = world.destination.observe(&Sought::default()).await;
    assert_eq!(observed.err().map(|error| error.message).as_deref(), refused);
    world.is_clean();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_is_probed() {
    let world = World::new().await;
    let account = world.destination.verify().await.unwrap();
    assert_eq!(account.id, place().0);
    assert!(account.budget_key.starts_with("iterable/key/") && !account.budget_key.contains(Sandbox::API_KEY));
    let wrong = Connection {
        credentials: Credentials::ApiKey(Secret::Plain("invalid-hush".into())),
        ..connection(world.sandbox.endpoint("iterable"))
    };
    let error = super::super::open(&wrong, &world.hub).unwrap().verify().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Stall);
    let shown = format!("{} {}", error.message, error.hint.unwrap());
    assert!(shown.contains("HTTP 401: BadApiKey") && shown.contains("region: eu") && !shown.contains("hush"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_user_is_found_with_their_lists() {
    let world = World::new().await;
    world.submit(Operation::Join, vec![row("a@example.com", &[])]).await.unwrap();
    let find = async |email: &str| world.destination.find(&place(), &Email::parse(email).unwrap().unwrap()).await.unwrap();
    assert_eq!(find("a@example.com").await.unwrap().containers, Some(vec![world.list.clone()]));
    assert_eq!(find("b@example.com").await, None);
}
