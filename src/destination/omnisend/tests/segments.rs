use super::*;
use crate::destination::{ContainerId, ErrorKind, Operation::Create, RemoteContainer, ResourceChange, ResourceDone, Sought};
use listkeeper_sandbox::Fault;
use serde_json::json;

async fn change(world: &World, change: ResourceChange) -> Result<ResourceDone, crate::destination::Error> {
    world.destination.change(Some(&place()), &change).await
}

fn create(name: &str) -> ResourceChange {
    ResourceChange::CreateContainer { name: name.into() }
}

fn delete(name: &str) -> ResourceChange {
    ResourceChange::DeleteContainer { id: ContainerId(name.into()) }
}

/// Whether our tag lacks its segment.
async fn lacks_view(world: &World) -> bool {
    let known = [(ContainerId(TAG.into()), TAG.to_owned())];
    let observed = world.destination.observe(&Sought { place: None, known: &known, names: &[TAG.to_owned()], begun: &[] }).await.unwrap();
    observed.containers[0].lacks_view
}

#[tokio::test]
async fn a_tag_has_a_segment_which_goes_with_it() {
    let world = World::new().await.with_views();
    assert_eq!(change(&world, create(TAG)).await.unwrap(), ResourceDone::Container(RemoteContainer::new(TAG, TAG, Some(0))));
    change(&world, create(TAG)).await.unwrap();
    assert_eq!(world.calls("POST", "/segments"), 1, "made once");
    assert!(!lacks_view(&world).await);
    world.carry_out(Create, &people(2)).await;
    assert_eq!(change(&world, delete(TAG)).await.unwrap(), ResourceDone::Deleted);
    assert!(lacks_view(&world).await);
    assert_eq!(world.contact("p1@example.com").await["tags"], json!([TAG]), "who carries the tag goes on carrying it");
    change(&world, ResourceChange::CreateView { container: ContainerId(TAG.into()), name: TAG.into() }).await.unwrap();
    assert!(!lacks_view(&world).await);
    world.is_innocent();
}

#[tokio::test]
async fn a_segment_whose_answer_was_lost_is_not_made_twice() {
    let world = World::new().await.with_views();
    world.next_fault(Fault::LostAnswer, "POST", "/segments");
    change(&world, create(TAG)).await.unwrap();
    assert_eq!(world.calls("POST", "/segments"), 1);
}

#[tokio::test]
async fn a_segment_that_is_being_built_is_waited_for() {
    let world = World::with(json!({"segmentDelayMs": {"minMs": 15000, "maxMs": 15000}})).await.with_views();
    change(&world, create(TAG)).await.unwrap();
    assert_eq!(change(&world, delete(TAG)).await.unwrap(), ResourceDone::Deleted);
    assert!(lacks_view(&world).await);
}

#[tokio::test]
async fn somebody_elses_segment_of_that_name_is_left_alone() {
    let world = World::new().await.with_views();
    let theirs = ResourceChange::CreateView { container: ContainerId("theirs".into()), name: TAG.into() };
    change(&world, theirs).await.unwrap();
    let error = change(&world, create(TAG)).await.unwrap_err();
    assert_eq!((error.kind, world.calls("POST", "/segments")), (ErrorKind::Stall, 1));
    assert_eq!(change(&world, delete(TAG)).await.unwrap(), ResourceDone::Deleted);
    assert_eq!(world.calls("DELETE", "/segments/{segmentID}"), 0);
}

#[tokio::test]
async fn without_segments_a_tag_needs_no_call() {
    let world = World::new().await;
    change(&world, create(TAG)).await.unwrap();
    change(&world, delete(TAG)).await.unwrap();
    assert_eq!(world.sandbox.counters().requests, 0);
}
