//! Who left by themselves is not put back (E18). Mailchimp, Omnisend and Iterable keep such people out of mail whatever list they
//! are on; Constant Contact would put them back with the next import.

use crate::{
    platform::Platform::ConstantContact,
    world::{World, email},
};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn who_left_the_list_is_not_put_back_by_an_import() {
    let world = World::new(ConstantContact).await;
    world.crowd(0..12);
    world.succeed().await;
    let lists = world.get("/contact_lists").await;
    for (id, is) in [(3, "left-list"), (4, "deleted"), (5, "unsubscribed")] {
        let person = json!({"email": email(id), "list": lists["lists"][0]["list_id"], "is": is});
        world.sandbox.set_person(ConstantContact.name(), &person).unwrap();
    }
    // Everyone's name changes, so everyone is imported again.
    world.people((0..12).map(|id| (id, format!("Again{id}"))));
    let report = world.succeed().await;
    assert_eq!((report.counts.left, report.counts.updated), (3, 9));
    let stay: Vec<u32> = (0..12).filter(|id| !(3..6).contains(id)).collect();
    assert_eq!(world.members(ConstantContact.container()).await, stay);
    let observed = world.sandbox.observed(ConstantContact.name()).unwrap();
    for what in ["leaversReadded", "deletedRevived", "optOutsOverridden", "unfinishedUndone", "rowsDropped"] {
        assert_eq!(observed[what], 0, "{what}");
    }
    world.nothing_left().await;
}
