//! Plan, apply, plan: nothing is left to do (G3), and a change sends exactly itself.

use super::world::{Defined, Sent, World, desired, row, rows};
use rstest::rstest;

#[rstest]
#[case::one(1)]
#[case::several_batches(1_203)]
#[case::many(20_000)]
#[tokio::test(flavor = "multi_thread")]
async fn the_second_plan_is_empty_and_then_exactly_the_changes_are_sent(#[case] size: u64) {
    let mut people = rows(0..size);
    let world = World::new(&Defined::overlapping().export("guard: {maxAdditions: none}\n"), &people).await;
    let first = world.plan().await;
    assert_eq!((first.members.new, first.members.leave, first.resources.len()), (size, 0, 3), "{first:?}");
    world.succeed().await;
    let sent = Sent::of(&world.asked());
    assert_eq!(sent.created.len() as u64, size);
    assert_eq!(world.held().await, desired(&people));
    assert!(world.plan().await.is_empty(), "{:?}", world.plan().await);
    assert!(world.succeed().await.is_empty());
    assert_eq!(Sent::of(&world.asked()), Sent::default());

    // One percent changed (half of them become rich, half poor), one gone, one new.
    let share = size / 100;
    for person in people.iter_mut().filter(|person| matches!(person.id % 200, 7 | 108)) {
        person.first.push('!');
        person.value = if person.id % 2 == 1 { "150" } else { "7" }.into();
    }
    people.retain(|person| person.id % 100 != 42 || size < 100);
    people.extend(rows(1_000_000..1_000_000 + share));
    world.write(&people);
    let changed = people.iter().filter(|person| person.first.ends_with('!')).count();
    let gone = size as usize + share as usize - people.len();
    let plan = world.plan().await;
    assert_eq!((plan.members.new, plan.members.update as usize, plan.members.leave as usize), (share, changed, gone + changed / 2));
    world.succeed().await;
    let sent = Sent::of(&world.asked());
    assert_eq!(sent.created, people.iter().filter(|p| p.id >= 1_000_000).map(|p| p.email.clone()).collect::<Vec<_>>());
    assert_eq!((sent.updated.len(), sent.patched), (changed, 0));
    let mut expected = desired(&people);
    for id in (0..size).filter(|id| size >= 100 && id % 100 == 42) {
        // The contact stays, without tags (`onLeave: untag`).
        let person = row(id);
        let held = desired(std::slice::from_ref(&person)).remove(&person.email).unwrap();
        expected.insert(person.email, super::world::Held { tags: Vec::new(), ..held });
    }
    let held = world.held().await;
    assert_eq!(held.len(), expected.len());
    for (email, person) in &expected {
        assert_eq!(held.get(email), Some(person), "{email}");
    }
    assert!(world.plan().await.is_empty());
}

/// Whoever is in one segment only is never in the other's tag; who moves leaves one and joins the other.
#[tokio::test(flavor = "multi_thread")]
async fn moving_between_segments_is_a_leave_and_a_join() {
    let mut people = rows(0..20);
    people.iter_mut().for_each(|person| person.value = person.id.to_string());
    let segments = vec![
        ("poor", "SELECT * FROM people WHERE CAST(Value AS REAL) < 10".into()),
        ("rich", "SELECT * FROM people WHERE CAST(Value AS REAL) >= 10".into()),
    ];
    let defined = Defined { segments, ..Defined::default() };
    let world = World::new(&defined, &people).await;
    world.succeed().await;
    people[3].value = "10".into();
    world.write(&people);
    world.asked();
    let report = world.succeed().await;
    assert_eq!((report.counts.synced, report.counts.unchanged, report.counts.removed), (1, 19, 1));
    let sent = Sent::of(&world.asked());
    let mover = vec![people[3].email.clone()];
    assert_eq!(sent, Sent { updated: mover.clone(), joined: mover.clone(), parted: mover, ..Sent::default() });
    assert_eq!(world.held().await[&people[3].email].tags, ["Rich"]);
    assert_eq!(world.tags().await.into_iter().collect::<Vec<_>>(), [("Poor".to_owned(), 9), ("Rich".to_owned(), 11)]);
}

/// An emptied value is emptied at the platform too where the definition says `clear`.
#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_is_gone_is_cleared() {
    let mut people = rows(1..4);
    let world = World::new(&Defined::default(), &people).await;
    world.succeed().await;
    people[0].value.clear();
    people[1].first.clear();
    world.write(&people);
    world.succeed().await;
    let held = world.held().await;
    assert_eq!(held[&people[0].email].value, "");
    assert_eq!(held[&people[1].email].first, "First2", "onEmpty: keep is the default");
    assert!(world.plan().await.is_empty());
}
