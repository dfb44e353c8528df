//! A container that is there already, and one whose name changes (E7, E9, E14).

use crate::{
    platform::Platform::{self, ConstantContact, Iterable, Mailchimp, Omnisend},
    world::{World, email},
};
use listkeeper::state::End;
use rstest::rstest;

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_equal_name_is_refused_with_the_way_out_and_adopted_on_request(
    #[values(Mailchimp, Omnisend, ConstantContact, Iterable)] platform: Platform,
) {
    let mut world = World::new(platform).await;
    platform.occupy(&world, &email(99)).await;
    world.crowd(0..12);
    let refused = world.try_plan().await.unwrap_err();
    let said = format!("{refused} {}", refused.hints.join(" "));
    assert!(said.contains("already") && said.contains(platform.adopt()), "{said}");

    world.target = platform.adopt().to_owned();
    let mut report = world.apply().await;
    if platform == ConstantContact {
        // Who left this list before us cannot be known.
        assert!(matches!(report.end, End::Held { .. }), "{:?}", report.end);
        report = world.approve().await;
    }
    assert!(matches!(report.end, End::Succeeded { .. }), "{:?}", report.end);
    let everyone: Vec<u32> = (0..12).chain([99]).collect();
    assert_eq!(world.members(platform.container()).await, everyone);
    world.nothing_left().await;

    // Found members stay, whatever the segment says.
    world.crowd(1..12);
    world.succeed().await;
    assert_eq!(world.members(platform.container()).await, (1..12).chain([99]).collect::<Vec<_>>());
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_new_name_renames_or_says_why_not(#[values(Mailchimp, Omnisend, ConstantContact, Iterable)] platform: Platform) {
    let mut world = World::new(platform).await;
    world.crowd(0..12);
    world.succeed().await;
    world.segment = "displayName: Everybody\n".into();
    let new = if platform == Omnisend { "everybody" } else { "Everybody" };
    if platform == ConstantContact {
        // The list is named by the target; it has no say in display names.
        world.nothing_left().await;
        return;
    }
    if platform.renames() {
        world.succeed().await;
        assert_eq!(world.members(new).await.len(), 12);
        return world.nothing_left().await;
    }
    let plan = world.try_plan().await.unwrap();
    assert!(plan.is_empty() && plan.notes.iter().any(|note| note.contains("cannot rename")), "{:?}", plan.notes);

    world.target = "recreate: true".into();
    let held = world.apply().await;
    assert!(matches!(held.end, End::Held { .. }), "{:?}", held.end);
    let report = world.approve().await;
    assert!(matches!(report.end, End::Succeeded { .. }), "{:?}", report.end);
    assert_eq!(world.members(new).await.len(), 12);
    assert_eq!(world.members(platform.container()).await.len(), 12, "the old one is kept");
    world.nothing_left().await;
}
