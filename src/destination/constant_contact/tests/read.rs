use super::*;

async fn changed(world: &World, since: Option<&str>) -> BTreeMap<String, (SubscriptionStatus, usize)> {
    let mut page = PageRequest { cursor: None, rows: 2, changed_since: since.map(str::to_owned), standing: None };
    let mut seen = BTreeMap::new();
    loop {
        let read = world.destination.contacts(&place(), &page).await.unwrap();
        assert!(read.contacts.len() <= 2);
        for contact in read.contacts {
            assert!(contact.contact.is_some() && contact.changed_at.is_some());
            seen.insert(contact.email.as_str().to_owned(), (contact.standing, contact.containers.unwrap().len()));
        }
        match read.next {
            Some(next) => page.cursor = Some(next),
            None => return seen,
        }
    }
}

/// What it takes not to put anyone back: who left the list, who unsubscribed, who was deleted.
#[tokio::test]
async fn a_reading_of_changes_shows_who_left_by_themselves() {
    let world = World::new().await;
    let everyone = ["a@example.com", "deleted@example.com", "left@example.com", "unsubscribed@example.com", "b@example.com"];
    world.carry_out(Operation::Join, &rows(&everyone)).await;
    world.person("left@example.com", "left-list");
    world.person("unsubscribed@example.com", "unsubscribed");
    world.person("deleted@example.com", "deleted");
    let expected = [
        ("a@example.com", (SubscriptionStatus::Subscribed, 1)),
        ("b@example.com", (SubscriptionStatus::Subscribed, 1)),
        ("deleted@example.com", (SubscriptionStatus::Archived, 0)),
        ("left@example.com", (SubscriptionStatus::Subscribed, 0)),
        ("unsubscribed@example.com", (SubscriptionStatus::Unsubscribed, 0)),
    ];
    let expected: BTreeMap<_, _> = expected.map(|(address, seen)| (address.to_owned(), seen)).into();
    assert_eq!(changed(&world, None).await, expected);
    assert_eq!(changed(&world, Some("2026-01-01T00:00:00+00:00")).await, expected);
    assert!(changed(&world, Some("2099-01-01T00:00:00+00:00")).await.is_empty());
    world.clean();
}

#[tokio::test]
async fn one_contact_is_found_whatever_its_status() {
    let world = World::new().await;
    world.person("a+b@example.com", "deleted");
    let found = world.contact("a+b@example.com").await.unwrap();
    assert_eq!((found.standing, found.containers), (SubscriptionStatus::Archived, Some(Vec::new())));
    assert_eq!(world.contact("ab@example.com").await, None);
    world.clean();
}

#[tokio::test]
async fn the_account_is_the_place_and_its_lists_come_by_pages() {
    let world = World::mapping(&["first_name", "points"]).await;
    let account = world.destination.verify().await.unwrap();
    let observed = world.destination.observe(&Sought::default()).await.unwrap();
    let place = observed.place.unwrap();
    assert_eq!((place.id.0, place.name, place.contacts), (account.id, account.name, None));
    let made = observed.containers[0].made;
    assert!(made.is_some());
    let list = RemoteContainer { made, ..RemoteContainer::new(LIST, format!("Sandbox list {LIST}"), Some(0)) };
    assert_eq!(observed.containers, [list]);
    assert!(observed.fields.iter().any(|field| field.tag == "home_street2"));
    assert!(account.budget_key.starts_with("constant-contact/") && !account.budget_key.contains("token"));
    world.clean();
}
