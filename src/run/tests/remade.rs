//! Fields that are deleted at the platform and made again.

use super::{Like, World, end, sent};

const FIELDS: [(Like, &str); 3] = [(Like::Mailchimp, "FNAME"), (Like::ConstantContact, "Nickname"), (Like::Iterable, "firstName")];

async fn synced(like: Like) -> World {
    let world = World::new(like, "").await;
    if like == Like::ConstantContact {
        world.edit("attributes: {first_name: First}", "attributes: {Nickname: First}");
    }
    world.write("a@x.test,Ana\nb@x.test,Bo\n");
    assert_eq!(end(&world.run().await), "succeeded", "{like:?}");
    assert!(world.run().await.is_empty(), "{like:?}");
    sent(&world);
    world
}

#[tokio::test(start_paused = true)]
async fn a_field_that_is_made_again_is_filled_once_for_everyone() {
    for (like, tag) in FIELDS {
        let world = synced(like).await;
        // A field of Iterable's is known by its type alone: another one of the same type is seen only while it is gone.
        for again in [false, like != Like::Iterable] {
            world.platform().delete_field(tag, again);
            let plan = world.plan().await.unwrap().plan;
            assert!(plan.notes.iter().any(|note| note.contains(&format!("the field {tag} was deleted"))), "{like:?}: {:?}", plan.notes);
            assert_eq!((plan.members.update, plan.members.unchanged), (2, 0), "{like:?} {again}");
            assert_eq!(end(&world.run().await), "succeeded", "{like:?}");
            assert_eq!(sent(&world), ["a@x.test", "b@x.test"], "{like:?} {again}");
            assert!(world.run().await.is_empty(), "{like:?} {again}: once");
            if like == Like::Iterable {
                break;
            }
        }
    }
}

/// What a run that ends before it sent anything leaves is done by the next.
#[tokio::test(start_paused = true)]
async fn a_run_that_is_killed_leaves_nobody_out() {
    for after in 1.. {
        let world = synced(Like::Mailchimp).await;
        world.platform().delete_field("FNAME", false);
        let finished = world.killed_after(after).await.is_none();
        world.run().await;
        assert_eq!(sent(&world), ["a@x.test", "b@x.test"], "killed after {after}");
        assert!(world.run().await.is_empty(), "killed after {after}");
        if finished {
            break;
        }
    }
}
