//! Whose a contact is whose creation was not answered (E14).

use super::{super::fake::Call, *};
use crate::{
    destination::Operation,
    platform::SubscriptionStatus,
    state::{ContactOrigin, MemberState},
};

fn origin(world: &World, email: &str) -> Option<ContactOrigin> {
    world.contact(email).map(|contact| contact.origin)
}

#[tokio::test(start_paused = true)]
async fn a_contact_whose_creation_was_not_answered_is_ours_and_archived_when_it_leaves() {
    let world = World::new(Like::Mailchimp, "onLeave: archive").await;
    world.write("a@x.test,Ana\nb@x.test,Bo\n");
    world.platform().lose(Operation::Create);
    assert!(matches!(world.run().await.end, End::Failed { retrying: true, .. }));
    assert_eq!(end(&world.run().await), "succeeded");
    assert_eq!(origin(&world, "a@x.test"), Some(ContactOrigin::Added));
    world.write("b@x.test,Bo\n");
    assert_eq!(end(&world.run().await), "succeeded");
    assert_eq!(world.platform().find("a@x.test").unwrap().standing, SubscriptionStatus::Archived);
    let contact = world.contact("a@x.test").unwrap();
    assert_eq!(contact.archived_from, Some(SubscriptionStatus::Subscribed), "and may come back");
}

/// Somebody signed up between two runs, and no answer of ours was lost.
#[tokio::test(start_paused = true)]
async fn a_strangers_contact_is_not_ours() {
    let world = World::new(Like::Mailchimp, "onLeave: archive").await;
    world.write("a@x.test,Ana\n");
    world.run().await;
    world.platform().person("b@x.test", SubscriptionStatus::Subscribed, &[]);
    world.write("a@x.test,Ana\nb@x.test,Bo\n");
    assert_eq!(end(&world.run().await), "succeeded");
    assert_eq!(origin(&world, "b@x.test"), Some(ContactOrigin::Found), "it does not carry what we sent");
    world.write("a@x.test,Ana\n");
    world.run().await;
    assert_eq!(world.platform().find("b@x.test").unwrap().standing, SubscriptionStatus::Subscribed, "left where it was");
}

/// A batch that ended clean while nobody waited: its results name nobody, and everyone in it is ours.
#[tokio::test(start_paused = true)]
async fn contacts_of_a_clean_batch_are_ours_after_a_restart() {
    let mut killed = 0;
    for request in 3..12 {
        let world = World::new(Like::Omnisend, "").await;
        world.write("a@x.test,Ana\nb@x.test,Bo\n");
        if world.killed_after(request).await.is_none() {
            break;
        }
        killed += 1;
        assert_eq!(end(&world.run().await), "succeeded", "request {request}");
        for email in ["a@x.test", "b@x.test"] {
            assert_eq!(origin(&world, email), Some(ContactOrigin::Added), "request {request}");
        }
        assert_eq!(world.platform().members("Everyone").len(), 2, "request {request}");
    }
    assert!(killed > 3);
}

/// An archiving that is refused is none (G1, E11), and asked again when the status changes.
#[tokio::test(start_paused = true)]
async fn a_refused_archiving_is_no_removal() {
    let world = World::new(Like::Mailchimp, "onLeave: archive").await;
    world.write("a@x.test,Ana\nb@x.test,Bo\n");
    world.run().await;
    world.write("b@x.test,Bo\n");
    let why = crate::destination::Rejection { code: "archive", detail: "this contact cannot be removed".into(), field: None };
    world.platform().answer(Operation::Archive, "a@x.test", crate::destination::Outcome::Rejected(why));
    let report = world.run().await;
    assert_eq!((end(&report).as_str(), report.counts.removed), ("partial: 1 row is newly rejected", 0));
    assert_eq!(world.member("a@x.test").unwrap().state, MemberState::Leaving);
    assert_ne!(world.contact("a@x.test").unwrap().standing, SubscriptionStatus::Archived);
    world.platform().calls();
    let report = world.run().await;
    assert!(report.is_empty(), "not asked blindly: {report:?}");
    assert_eq!(sent(&world), Vec::<String>::new());
    world.platform().person("a@x.test", SubscriptionStatus::Unsubscribed, &[]);
    assert_eq!(end(&world.run().await), "succeeded");
    let archive = Call { operation: Operation::Archive, list: None, emails: vec!["a@x.test".into()] };
    assert_eq!(world.platform().calls(), [archive]);
    assert_eq!(world.member("a@x.test"), None);
}
