use super::*;

async fn joined(world: &World, addresses: &[&str]) -> Vec<BatchRow> {
    world.carry_out(Operation::Join, &rows(addresses)).await;
    let ids = world.members().await;
    rows(addresses).into_iter().map(|row| BatchRow { contact: ids.get(row.email.as_str()).cloned(), ..row }).collect()
}

#[tokio::test]
async fn people_leave_by_their_ids_and_stay_contacts() {
    let world = World::new().await;
    let mut leavers = joined(&world, &["a@example.com", "b@example.com", "stays@example.com"]).await;
    leavers.pop();
    leavers.push(row("stranger@example.com"));
    assert_eq!(world.carry_out(Operation::Leave, &leavers).await, ["done { standing: none }", "done { standing: none }", "gone"]);
    assert_eq!(world.members().await.into_keys().collect::<Vec<_>>(), ["stays@example.com"]);
    assert_eq!(world.contact("a@example.com").await.unwrap().standing, SubscriptionStatus::Subscribed);
    assert_eq!((world.observed("contactsDeleted"), world.observed("unfinishedUndone")), (0, 0));
    world.clean();
}

#[tokio::test]
async fn strangers_need_no_call() {
    let world = World::new().await;
    assert_eq!(world.carry_out(Operation::Leave, &rows(&["stranger@example.com"])).await, ["gone"]);
    assert_eq!(world.sandbox.counters().requests_of("POST", "/activities/remove_list_memberships"), 0);
}

/// A process was killed when the vendor had accepted its import, and before that was on record. The next one takes someone out
/// whom that import puts in: it waits.
#[tokio::test]
async fn a_removal_waits_for_an_import_that_nobody_remembers() {
    let world = World::new().await;
    let leavers = joined(&world, &["a@example.com"]).await;
    world.sandbox.set(VENDOR, &json!({"delayMinMs": 40_000, "delayMaxMs": 40_000})).unwrap();
    assert!(matches!(world.submit(Operation::Join, &rows(&["a@example.com"])).await, Ok(Submitted::Job(_))));
    let next = World { destination: open(&world.sandbox, &["first_name"], None), ..world };
    assert_eq!(next.carry_out(Operation::Leave, &leavers).await, ["done { standing: none }"]);
    assert_eq!(next.members().await.len(), 0);
    assert_eq!(next.observed("unfinishedUndone"), 0);
}
