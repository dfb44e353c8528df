//! One customer, several addresses (E1).

use super::world::{Defined, World, row, rows};
use listkeeper_sandbox::mailchimp::PersonIs::*;

/// On the first run the address of the opt-out is another row of the same reading.
#[tokio::test(flavor = "multi_thread")]
async fn an_opt_out_holds_for_another_row_of_the_first_reading() {
    let mut people = rows(0..12);
    people.push(row(1));
    people[12].email = "new@contoso.test".into();
    let world = World::new(&Defined::default(), &people).await;
    world.person(&row(1).email, UnsubscribedBySelf);
    let report = world.apply().await;
    assert_eq!((report.counts.added, report.counts.kept_status, report.counts.rejected), (11, 1, 1), "{report:?}");
    assert_eq!(world.rejected().get("new@contoso.test").map(String::as_str), Some("person-unsubscribed-elsewhere"));
    assert!(!world.held().await.contains_key("new@contoso.test"));
    // And once the first address is gone from the source.
    people.remove(1);
    world.write(&people);
    world.apply().await;
    assert!(!world.held().await.contains_key("new@contoso.test"));
}

/// A transactional contact's next address is transactional, too.
#[tokio::test(flavor = "multi_thread")]
async fn a_changed_address_gets_the_status_that_we_gave() {
    let mut people = rows(0..12);
    let world = World::new(&Defined { status: "transactional", ..Defined::default() }, &people).await;
    world.succeed().await;
    people[1].email = "new@contoso.test".into();
    world.write(&people);
    let report = world.succeed().await;
    assert_eq!((report.counts.added, report.counts.removed), (1, 1), "{report:?}");
    let held = world.held().await;
    assert_eq!((held["new@contoso.test"].status.as_str(), held[&row(1).email].tags.len()), ("transactional", 0));
    assert!(world.plan().await.is_empty());
}
