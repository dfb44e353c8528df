//! People off a list, and nobody made by it.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_profile_is_not_made_again_by_leaving() {
    let world = World::new().await;
    let people = || ["a@example.com", "b@example.com", "c@example.com"].iter().map(|email| row(email, &[])).collect();
    world.submit(Operation::Join, people()).await.unwrap();
    world.person("a@example.com", json!("unknown"));
    world.person("b@example.com", json!({"off-list": world.list.0.parse::<i64>().unwrap()}));
    assert_eq!(world.told(Operation::Leave, people()).await, ["gone", "gone", "done"]);
    assert_eq!(world.told(Operation::Leave, vec![row("d@example.com", &[])]).await, ["gone"]);
    assert_eq!((world.profile("a@example.com").await, world.profile("d@example.com").await), (Json::Null, Json::Null));
    assert_eq!(world.asked("GET", "/lists/getUsers"), 2, "two readings serve the run, since somebody was missing");
    world.is_clean();
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_on_a_list_that_is_gone() {
    let world = World::new().await;
    world.submit(Operation::Join, vec![row("a@example.com", &[])]).await.unwrap();
    let delete = ResourceChange::DeleteContainer { id: world.list.clone() };
    for _ in 0..2 {
        assert_eq!(world.destination.change(None, &delete).await.unwrap(), ResourceDone::Deleted);
    }
    assert_eq!(world.told(Operation::Leave, vec![row("a@example.com", &[])]).await, ["gone"]);
    let error = world.submit(Operation::Join, vec![row("a@example.com", &[])]).await.unwrap_err();
    assert_eq!(
        (error.kind, error.hint.unwrap()),
        (ErrorKind::Stall, "it may have been deleted there; plan again to see what is missing".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_a_journey_uses_is_not_deleted() {
    let world = World::new().await;
    let id: i64 = world.list.0.parse().unwrap();
    world.sandbox.set("iterable", &json!({"list": {"id": id, "inUse": true}})).unwrap();
    let error = world.destination.change(None, &ResourceChange::DeleteContainer { id: world.list.clone() }).await.unwrap_err();
    assert!(error.kind == ErrorKind::Stall && error.message.contains("a journey or campaign uses it"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn members_come_in_pages_of_one_reading() {
    let world = World::new().await;
    world.submit(Operation::Join, (0..5).map(|n| row(&format!("p{n}@example.com"), &[])).collect()).await.unwrap();
    let (mut cursor, mut pages) = (None, Vec::new());
    loop {
        let request = PageRequest { cursor, rows: 2, changed_since: None, standing: None };
        let page = world.destination.container_members(&place(), &world.list, &request).await.unwrap();
        pages.push(page.contacts.len());
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!((pages, world.asked("GET", "/lists/getUsers")), (vec![2, 2, 1], 1));
}

/// Put on the list moments ago, and shown late: they are taken off all the same.
#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_show_yet_is_not_taken_for_gone() {
    let world = World::with(json!({"visibleAfterMs": [90_000, 100_000]})).await;
    world.submit(Operation::Join, vec![row("a@example.com", &[])]).await.unwrap();
    assert_eq!(world.told(Operation::Leave, vec![row("a@example.com", &[])]).await, ["done"]);
    tokio::time::sleep(std::time::Duration::from_secs(110) / SPEED).await;
    assert_eq!(world.members().await, Vec::<String>::new());
    world.is_clean();
}
