//! Who was removed externally is not added again, until others put them back (E18); and what `verify` makes of who is missing.

use super::*;
use crate::{
    destination::{Operation, Outcome},
    platform::SubscriptionStatus,
    state::MemberState,
};

const VERIFY: &str = "verify: always";

fn state(world: &World, email: &str) -> Option<MemberState> {
    world.member(email).map(|member| member.state)
}

/// Others take `b` off the list, by what this platform shows us.
fn take_off(world: &World, like: Like) {
    // Mailchimp's readings tell of who was archived.
    let standing = if like == Like::Mailchimp { SubscriptionStatus::Archived } else { SubscriptionStatus::Subscribed };
    world.platform().person("b@x.test", standing, &[]);
}

async fn with_b_removed(like: Like) -> World {
    let world = World::new(like, if like == Like::Mailchimp { "" } else { VERIFY }).await;
    world.write("a@x.test,Ana\nb@x.test,Bo\n");
    assert_eq!(end(&world.run().await), "succeeded", "{like:?}");
    take_off(&world, like);
    // Something is sent, so that it is read back.
    world.write("a@x.test,Eva\nb@x.test,Bo\n");
    let report = world.run().await;
    assert_eq!((end(&report).as_str(), report.counts.left), ("succeeded", 1), "{like:?} {report:?}");
    assert_eq!(state(&world, "b@x.test"), Some(MemberState::Left), "{like:?}");
    world
}

#[tokio::test(start_paused = true)]
async fn who_left_a_list_is_not_put_back() {
    for like in Like::ALL {
        let world = with_b_removed(like).await;
        for name in ["Eva", "Ina"] {
            world.write(&format!("a@x.test,{name}\nb@x.test,Bo\n"));
            let report = world.run().await;
            assert_eq!((end(&report).as_str(), report.counts.left), ("succeeded", 1), "{like:?}");
        }
        assert_eq!(world.platform().members("Everyone"), ["a@x.test"], "{like:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_put_back_is_ours_again_synced_and_removed() {
    for like in Like::ALL {
        let world = with_b_removed(like).await;
        world.platform().person("b@x.test", SubscriptionStatus::Subscribed, &["Everyone"]);
        world.platform().calls();
        world.write("a@x.test,Eva\nb@x.test,Bob\n");
        let report = world.run().await;
        assert_eq!((end(&report).as_str(), report.counts.left), ("succeeded", 0), "{like:?} {report:?}");
        assert_eq!(sent(&world), ["b@x.test"], "{like:?}");
        let member = world.member("b@x.test").unwrap();
        assert_eq!((member.state, member.segments, member.found), (MemberState::Applied, 1, 0), "{like:?}");
        assert_eq!(world.platform().members("Everyone").len(), 2, "{like:?}");
        world.write("a@x.test,Eva\n");
        assert_eq!(end(&world.run().await), "succeeded", "{like:?}");
        assert_eq!(world.platform().members("Everyone"), ["a@x.test"], "{like:?}");
        assert_eq!(state(&world, "b@x.test"), None, "{like:?}");
    }
}

/// Put back after they left the segment: removed all the same.
#[tokio::test(start_paused = true)]
async fn who_is_put_back_and_not_wanted_is_removed() {
    for like in Like::ALL {
        let world = with_b_removed(like).await;
        world.write("a@x.test,Eva\n");
        assert_eq!(end(&world.run().await), "succeeded", "{like:?}");
        world.platform().person("b@x.test", SubscriptionStatus::Subscribed, &["Everyone"]);
        assert_eq!(end(&world.run().await), "succeeded", "{like:?}");
        assert_eq!(world.platform().members("Everyone"), ["a@x.test"], "{like:?}");
    }
}

/// Unarchived, and on no list of ours: not ours.
#[tokio::test(start_paused = true)]
async fn who_is_back_but_on_no_list_of_ours_stays_removed() {
    let world = with_b_removed(Like::Mailchimp).await;
    world.platform().person("b@x.test", SubscriptionStatus::Subscribed, &[]);
    let report = world.run().await;
    assert!(report.is_empty(), "{report:?}");
    assert_eq!(state(&world, "b@x.test"), Some(MemberState::Left));
}

/// Accepted by the platform and never carried out: sent again, and only those.
#[tokio::test(start_paused = true)]
async fn who_was_sent_and_is_missing_is_sent_again() {
    let world = World::new(Like::Iterable, VERIFY).await;
    world.write("a@x.test,Ana\nb@x.test,Bo\n");
    world.run().await;
    world.platform().person("b@x.test", SubscriptionStatus::Subscribed, &[]);
    world.platform().answer(Operation::Join, "c@x.test", Outcome::Unverified);
    world.write("a@x.test,Ana\nb@x.test,Bo\nc@x.test,Cy\n");
    let report = world.run().await;
    assert_eq!((report.counts.pending, report.counts.left), (1, 1), "{report:?}");
    world.platform().calls();
    assert_eq!(end(&world.run().await), "succeeded");
    assert_eq!(sent(&world), ["c@x.test"]);
    assert_eq!(world.platform().members("Everyone"), ["a@x.test", "c@x.test"]);
}

/// Someone whom a call found gone is not created again, and who had opted out stays known (G2).
#[tokio::test(start_paused = true)]
async fn who_is_gone_at_an_update_is_not_created_again() {
    let world = World::new(Like::Mailchimp, "").await;
    world.platform().person("b@x.test", SubscriptionStatus::Unsubscribed, &[]);
    world.write("a@x.test,Ana\nb@x.test,Bo\n");
    world.run().await;
    world.platform().delete("b@x.test");
    world.write("a@x.test,Ana\nb@x.test,Bob\n");
    let report = world.run().await;
    assert_eq!((end(&report).as_str(), report.counts.left), ("succeeded", 1));
    assert_eq!(world.contact("b@x.test").map(|contact| contact.standing), Some(SubscriptionStatus::Unsubscribed));
    assert!(world.run().await.is_empty());
    assert_eq!(world.platform().find("b@x.test"), None);
}
