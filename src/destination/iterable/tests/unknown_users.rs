//! A subscribe that is refused without a reason: the profiles are made first, once.

use super::*;
use rstest::rstest;

#[rstest]
#[case::made_by_the_call("made", 0, 1)]
#[case::refused("refused", 1, 2)]
#[tokio::test(flavor = "multi_thread")]
async fn unknown_people_are_put_on_the_list_either_way(#[case] unknown: &str, #[case] updates: u64, #[case] subscribes: u64) {
    let world = World::with(json!({"visibleAfterMs": [0, 0], "unknownUsers": unknown})).await;
    world.person("gone@example.com", json!("forgotten"));
    let rows = ["a@example.com", "gone@example.com", "b@example.com"].iter().map(|email| row(email, &[])).collect();
    assert_eq!(world.told(Operation::Join, rows).await, ["done", "forgotten", "done"]);
    assert_eq!(world.members().await, ["a@example.com", "b@example.com"]);
    assert_eq!((world.asked("POST", "/users/bulkUpdate"), world.asked("POST", "/lists/subscribe")), (updates, subscribes));
    world.is_clean();
}

/// Profiles show later.
#[tokio::test(flavor = "multi_thread")]
async fn the_subscribe_waits_until_the_profiles_show() {
    let world = World::with(json!({"visibleAfterMs": [40_000, 50_000], "unknownUsers": "refused"})).await;
    assert_eq!(world.told(Operation::Join, vec![row("a@example.com", &[])]).await, ["done"]);
    assert_eq!(world.asked("POST", "/users/bulkUpdate"), 1);
    world.is_clean();
}

/// What is refused for another reason all along ends, and nobody is told to be on the list.
#[tokio::test(flavor = "multi_thread")]
async fn what_stays_refused_ends() {
    let world = World::with(json!({"visibleAfterMs": [3_600_000, 3_600_000], "unknownUsers": "refused"})).await;
    let error = world.submit(Operation::Join, (0..200).map(|n| row(&format!("p{n}@example.com"), &[])).collect()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Stall);
    assert_eq!(world.asked("POST", "/users/bulkUpdate"), 1);
    assert!(world.asked("POST", "/lists/subscribe") < 50);
    let alone = world.told(Operation::Join, vec![row("alone@example.com", &[])]).await;
    assert_eq!(alone, ["vendor-error"]);
    world.is_clean();
}
