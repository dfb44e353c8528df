//! A list that was made moments ago: calls do not know it yet, and it is not gone.

use super::*;
use rstest::rstest;

async fn unknown_for(seconds: u64) -> World {
    World::with(json!({"visibleAfterMs": [0, 0], "newListUnknownMs": seconds * 1_000})).await
}

#[rstest]
#[case::at_once(0, 1)]
#[case::a_while(40, 2)]
#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_put_on_it_is_put_there_once(#[case] seconds: u64, #[case] at_least: u64) {
    let world = unknown_for(seconds).await;
    assert_eq!(world.told(Operation::Join, vec![row("a@example.com", &[])]).await, ["done"]);
    assert!(world.asked("POST", "/lists/subscribe") >= at_least);
    assert_eq!(world.members().await, ["a@example.com"]);
    world.is_clean();
}

#[tokio::test(flavor = "multi_thread")]
async fn after_over_a_minute_it_is_later_and_never_gone() {
    let world = unknown_for(3_600).await;
    for error in [
        world.submit(Operation::Join, vec![row("a@example.com", &[])]).await.unwrap_err(),
        world.submit(Operation::Leave, vec![row("a@example.com", &[])]).await.unwrap_err(),
        world.destination.change(None, &ResourceChange::DeleteContainer { id: world.list.clone() }).await.unwrap_err(),
    ] {
        assert!(matches!(error.kind, ErrorKind::Retry { after: Some(_), unknown: false }), "{error:?}");
        assert!(error.message.contains("invalidListId") && error.message.contains("70 s"), "{error}");
    }
    assert_eq!(world.asked("POST", "/lists/subscribe"), 7, "at most so many");
    world.is_clean();
}

/// By a process that did not make it: the listing shows it.
#[tokio::test(flavor = "multi_thread")]
async fn readings_wait_for_it_too() {
    let world = unknown_for(40).await;
    let request = PageRequest { cursor: None, rows: 10, changed_since: None, standing: None };
    let page = world.again().container_members(&place(), &world.list, &request).await.unwrap();
    assert_eq!(page.contacts, []);
    assert!(world.asked("GET", "/lists/getUsers") > 1);
    let name = "Gold".to_owned();
    let sought = Sought { place: None, known: &[], names: std::slice::from_ref(&name), begun: std::slice::from_ref(&name) };
    let observed = world.again().observe(&sought).await.unwrap();
    assert_eq!(observed.containers[0].members, Some(0));
    world.is_clean();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_the_listing_lacks_is_gone_at_once() {
    let world = unknown_for(0).await;
    let delete = ResourceChange::DeleteContainer { id: world.list.clone() };
    world.destination.change(None, &delete).await.unwrap();
    let others = world.again();
    let batch = world.batch(Operation::Join, vec![row("a@example.com", &[])]);
    let error = others.submit(&place(), &batch).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Stall);
    assert_eq!(world.asked("POST", "/lists/subscribe"), 1, "not repeated");
    assert_eq!(others.change(None, &delete).await.unwrap(), ResourceDone::Deleted);
    world.is_clean();
}
