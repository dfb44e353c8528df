//! Nobody's subscription status is changed, and nobody who unsubscribed is subscribed again (G2).

use super::world::{Defined, World, row, rows};
use listkeeper::{run::Decision, state::End};
use listkeeper_sandbox::mailchimp::PersonIs::{self, *};
use rstest::rstest;
use std::collections::BTreeMap;

const AWKWARD: [(PersonIs, Option<&str>); 9] = [
    (Subscribed, Some("subscribed")),
    (UnsubscribedBySelf, Some("unsubscribed")),
    (UnsubscribedByAdmin, Some("unsubscribed")),
    (Cleaned, Some("cleaned")),
    (Pending, Some("pending")),
    (Transactional, Some("transactional")),
    (Archived, Some("archived")),
    (Forgotten, None),
    (TooManyLists, None),
];

async fn statuses(world: &World) -> BTreeMap<String, String> {
    world.held().await.into_iter().map(|(email, held)| (email, held.status)).collect()
}

fn expected(chosen: &str) -> BTreeMap<String, String> {
    let awkward = AWKWARD.iter().zip(0..).filter_map(|((_, status), id)| Some((row(id).email, (*status)?.to_owned())));
    let fresh = (AWKWARD.len() as u64..20).map(|id| (row(id).email, chosen.to_owned()));
    awkward.chain(fresh).collect()
}

/// Attributes and tags arrive wherever the platform lets them; statuses are as they were, whichever way of telling is used
/// and whatever status new contacts get.
#[rstest]
#[case("subscribed", "")]
#[case("subscribed", "limits: {bulkUpdates: never}\n")]
#[case("unsubscribed", "")]
#[case("transactional", "limits: {connections: 1}\n")]
#[tokio::test(flavor = "multi_thread")]
async fn statuses_stay(#[case] chosen: &'static str, #[case] connection: &str) {
    let mut people = rows(0..20);
    let defined = Defined { status: chosen, connection: connection.into(), ..Defined::default() };
    let world = World::new(&defined, &people).await;
    for ((is, _), id) in AWKWARD.into_iter().zip(0..) {
        world.person(&row(id).email, is);
    }
    let report = world.apply().await;
    assert!(matches!(report.end, End::Partial { .. }), "{:?}", report.end);
    assert_eq!(statuses(&world).await, expected(chosen));
    let rejected: Vec<_> = world.rejected().into_iter().collect();
    let code = |id: u64, code: &str| (row(id).email, code.to_owned());
    assert_eq!(rejected, [code(6, "archived"), code(7, "forgotten"), code(8, "too-many-lists")]);
    assert_eq!((report.counts.synced, report.counts.rejected, report.counts.pending), (17, 3, 0));
    let held = world.held().await;
    for id in [0, 1, 2, 3, 4, 5, 19] {
        let person = &held[&row(id).email];
        assert_eq!((person.first.as_str(), person.tags.as_slice()), (row(id).first.as_str(), &["Everyone".to_owned()][..]), "{id}");
    }
    assert_eq!(held[&row(6).email].tags, Vec::<String>::new());

    // Again, with other attributes; who is refused for a while is let in.
    world.person(&row(8).email, Unknown);
    people.iter_mut().for_each(|person| person.first.push('!'));
    world.write(&people);
    world.apply().await;
    let mut after = expected(chosen);
    after.insert(row(8).email, chosen.into());
    assert_eq!(statuses(&world).await, after);
    assert_eq!(world.held().await[&row(1).email].first, "First1!");
    assert!(world.plan().await.is_empty(), "{:?}", world.plan().await);
}

/// Who unsubscribes after we added them stays so.
#[tokio::test(flavor = "multi_thread")]
async fn leaving_later_is_respected() {
    let mut people = rows(0..12);
    let world = World::new(&Defined::overlapping(), &people).await;
    world.succeed().await;
    world.person(&row(1).email, UnsubscribedBySelf);
    world.person(&row(2).email, Cleaned);
    people.iter_mut().for_each(|person| person.value = "150".into());
    world.write(&people);
    world.succeed().await;
    let statuses = statuses(&world).await;
    assert_eq!((statuses[&row(1).email].as_str(), statuses[&row(2).email].as_str()), ("unsubscribed", "cleaned"));
    assert_eq!(world.held().await[&row(1).email].tags, ["Everyone", "Rich"]);
}

/// Between the reading of the statuses and the first write somebody else adds and unsubscribes people. (Whoever is archived
/// in that moment is brought back by the vendor's own rules: its refusal to create is what protects the others.)
#[tokio::test(flavor = "multi_thread")]
async fn who_appears_in_between_is_treated_as_known() {
    let people = rows(0..12);
    let world = World::new(&Defined::default(), &people).await;
    let report = world
        .apply_deciding(&|_| {
            tokio::task::block_in_place(|| {
                for (is, id) in [(UnsubscribedBySelf, 1), (UnsubscribedByAdmin, 2), (Cleaned, 3), (Transactional, 4), (Pending, 5)] {
                    world.person(&row(id).email, is);
                }
            });
            Decision::Go
        })
        .await;
    assert_eq!((report.counts.synced, report.counts.rejected), (12, 0), "{report:?}");
    let statuses = statuses(&world).await;
    for (id, status) in [(1, "unsubscribed"), (2, "unsubscribed"), (3, "cleaned"), (4, "transactional"), (5, "pending"), (6, "subscribed")]
    {
        assert_eq!(statuses[&row(id).email], status, "{id}");
    }
    assert_eq!(world.held().await[&row(1).email].tags, ["Everyone"]);
}

/// E18: who was a member and is gone at the platform without us is not put back.
#[rstest]
#[case::archived(Archived)]
#[case::deleted(Forgotten)]
#[tokio::test(flavor = "multi_thread")]
async fn who_is_gone_without_us_is_not_put_back(#[case] is: PersonIs) {
    let mut people = rows(0..12);
    let world = World::new(&Defined::default(), &people).await;
    world.succeed().await;
    world.person(&row(1).email, is);
    people[1].first = "Other".into();
    world.write(&people);
    let report = world.apply().await;
    assert_eq!(report.counts.left, 1, "{report:?}");
    let now = statuses(&world).await;
    assert_eq!(now.get(&row(1).email).map(String::as_str), (is == Archived).then_some("archived"));
    let again = world.apply().await;
    assert_eq!((again.counts.left, again.counts.unchanged), (1, 11));
    assert!(world.plan().await.is_empty());
}

/// A person is known by `match.id`: whoever unsubscribed under one address is not subscribed under the next.
#[rstest]
#[case(UnsubscribedBySelf, false)]
#[case(UnsubscribedByAdmin, false)]
#[case(Cleaned, false)]
#[case(Subscribed, true)]
#[tokio::test(flavor = "multi_thread")]
async fn another_address_of_the_same_person(#[case] is: PersonIs, #[case] created: bool) {
    let mut people = rows(0..12);
    let world = World::new(&Defined::default(), &people).await;
    world.succeed().await;
    world.person(&row(1).email, is);
    people[1].email = "new@contoso.test".into();
    world.write(&people);
    let report = world.apply().await;
    let statuses = statuses(&world).await;
    assert_eq!(statuses.get("new@contoso.test").map(String::as_str), created.then_some("subscribed"), "{report:?}");
    let code = world.rejected().get("new@contoso.test").cloned();
    assert_eq!(code.as_deref(), (!created).then_some("person-unsubscribed-elsewhere"));
    // And not at the next run either, when the old address is a member no more.
    world.apply().await;
    assert_eq!(world.held().await.contains_key("new@contoso.test"), created);
}

/// The bulk way of telling attributes carries the status that was read: it must be the one of this moment, also for those whose
/// status became the one that new contacts get.
#[rstest]
#[case("subscribed", UnsubscribedByAdmin, Subscribed, "subscribed")]
#[case("unsubscribed", Subscribed, UnsubscribedByAdmin, "unsubscribed")]
#[tokio::test(flavor = "multi_thread")]
async fn bulk_updates_know_the_latest_status(
    #[case] chosen: &'static str,
    #[case] before: PersonIs,
    #[case] after: PersonIs,
    #[case] expected: &str,
) {
    let mut people = rows(0..12);
    let defined = Defined { status: chosen, ..Defined::default() };
    let world = World::new(&defined, &people).await;
    world.person(&row(1).email, before);
    world.succeed().await;
    world.person(&row(1).email, after);
    people.iter_mut().for_each(|person| person.first.push('!'));
    world.write(&people);
    world.succeed().await;
    let held = &world.held().await[&row(1).email];
    assert_eq!((held.status.as_str(), held.first.as_str()), (expected, "First1!"));
}
