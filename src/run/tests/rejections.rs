//! Rejected rows: listed until they are accepted or gone, sent again when the reason may be gone, and a new one is no success.

use super::*;
use crate::{
    definition::FieldType,
    destination::{Operation, Outcome, Rejection},
    member::FieldKind,
    platform::SubscriptionStatus,
    state::{RejectedRow, StateError},
};
use std::ops::ControlFlow;

fn rejected(field: Option<&str>) -> Outcome {
    Outcome::Rejected(Rejection { code: "merge-field", detail: "too long".into(), field: field.map(str::to_owned) })
}

fn listed(world: &World) -> Vec<RejectedRow> {
    let mut rows = Vec::new();
    let keep = |row| {
        rows.push(row);
        Ok::<_, StateError>(ControlFlow::Continue(()))
    };
    world.view().rejected(&world.export().name, keep).unwrap();
    rows
}

fn addresses(world: &World) -> Vec<String> {
    listed(world).into_iter().filter_map(|row| row.address).collect()
}

const NEW: &str = "partial: 1 row is newly rejected";

/// `b` is rejected when it is created.
async fn with_b_rejected(field: Option<&str>) -> World {
    let world = World::new(Like::Mailchimp, "").await;
    world.write("a@x.test,Ana\nb@x.test,Bo\n");
    world.platform().answer(Operation::Create, "b@x.test", rejected(field));
    assert_eq!(end(&world.run().await), NEW);
    world.platform().calls();
    world
}

#[tokio::test(start_paused = true)]
async fn a_row_that_the_platform_rejected_stays_listed_and_is_not_sent_blindly() {
    let world = with_b_rejected(None).await;
    let first = listed(&world);
    assert_eq!((first.len(), first[0].segment.as_str(), first[0].detail.as_str()), (1, "everyone", "too long"));
    assert!(first[0].since.is_some());
    for _ in 0..2 {
        let report = world.run().await;
        assert!(report.is_empty(), "one that was there before is no news: {report:?}");
        assert_eq!(report.counts.rejected, 1);
        assert_eq!(listed(&world), first);
    }
    assert_eq!(sent(&world), Vec::<String>::new());
    world.write("a@x.test,Ana\nb@x.test,Bob\n");
    assert_eq!(end(&world.run().await), "succeeded");
    assert_eq!((sent(&world), listed(&world)), (vec!["b@x.test".to_owned()], vec![]));
}

#[tokio::test(start_paused = true)]
async fn it_is_sent_again_when_the_contacts_status_changes() {
    let world = with_b_rejected(None).await;
    world.platform().person("b@x.test", SubscriptionStatus::Unsubscribed, &[]);
    assert_eq!(end(&world.run().await), "succeeded");
    assert_eq!(sent(&world), ["b@x.test"]);
    assert_eq!(listed(&world), []);
    assert_eq!(world.platform().find("b@x.test").unwrap().standing, SubscriptionStatus::Unsubscribed, "and stays as it is");
}

#[tokio::test(start_paused = true)]
async fn it_is_sent_again_when_the_fields_definition_changes() {
    let world = with_b_rejected(Some("FNAME")).await;
    world.platform().field("FNAME", FieldKind { max_bytes: Some(100), ..FieldKind::plain(FieldType::Text) });
    world.platform().answer(Operation::Create, "b@x.test", rejected(Some("FNAME")));
    assert!(!end(&world.run().await).contains("newly"), "rejected for the same reason as before");
    assert_eq!((sent(&world), addresses(&world)), (vec!["b@x.test".to_owned()], vec!["b@x.test".to_owned()]));
    assert!(world.run().await.is_empty(), "once");
}

#[tokio::test(start_paused = true)]
async fn another_fields_definition_changes_nothing() {
    let world = with_b_rejected(Some("LNAME")).await;
    world.platform().field("FNAME", FieldKind { max_bytes: Some(100), ..FieldKind::plain(FieldType::Text) });
    world.run().await;
    assert_eq!(sent(&world), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_row_that_is_gone_is_listed_no_more_and_leaves_the_state() {
    let world = with_b_rejected(None).await;
    world.write("a@x.test,Ana\n");
    assert!(world.run().await.is_empty());
    assert_eq!(listed(&world), []);
    assert_eq!(world.member("b@x.test"), None);
}

#[tokio::test(start_paused = true)]
async fn a_row_that_we_reject_ourselves_makes_a_run_partial_once() {
    for like in Like::ALL {
        let world = World::new(like, "").await;
        world.write("a@x.test,Ana\nnot an address,Bo\n");
        assert_eq!(end(&world.run().await), NEW, "{like:?}");
        let first = listed(&world);
        assert_eq!(first.len(), 1, "{like:?}");
        assert_eq!(end(&world.run().await), "succeeded", "{like:?}");
        assert_eq!(listed(&world), first, "{like:?}");
        // Also where nothing is to be sent.
        world.write("a@x.test,Ana\nnot an address,Bo\nneither,Bo\n");
        assert_eq!(end(&world.run().await), NEW, "{like:?}");
        assert_eq!(listed(&world).len(), 2, "{like:?}");
        world.write("a@x.test,Ana\n");
        assert_eq!(end(&world.run().await), "succeeded", "{like:?}");
        assert_eq!(listed(&world), [], "{like:?}");
    }
}

/// A disk that is full, or a table that is damaged: what cannot be recorded is not sent (G4).
#[tokio::test(start_paused = true)]
async fn a_run_stops_at_the_first_write_that_fails() {
    let world = World::new(Like::Mailchimp, "").await;
    world.write("a@x.test,Ana\n");
    world.run().await;
    let many: String = (0..1_500).map(|n| format!("p{n}@x.test,A rather long name {n}\n")).collect();
    world.write(&format!("a@x.test,Eva\n{many}"));
    world.platform().calls();
    let report = world.with_full_disk().await;
    assert!(matches!(&report.end, End::Stalled { reason } if reason.contains("full")), "{report:?}");
    assert!(report.hints.iter().any(|hint| hint.contains("make room")), "{:?}", report.hints);
    let told = report.hints.iter().find(|hint| hint.starts_with("the platform answered before it stopped: ")).unwrap();
    assert!(told.contains("creating new contacts ") && told.contains(" of 1,500"), "{told}");
    let joined = world.platform().calls().iter().any(|call| call.operation == Operation::Join);
    assert!(!joined, "nobody joins who could not be recorded as created");
    assert_eq!(end(&world.run().await), "succeeded");
    assert_eq!(world.platform().members("Everyone").len(), 1_501);
}

/// Rows without an address are listed, counted apart, and are no rejections.
#[tokio::test(start_paused = true)]
async fn rows_without_an_address_are_listed() {
    let world = World::new(Like::Mailchimp, "").await;
    world.edit("match: {email: Email}", "match: {email: Email, id: Id}");
    let more: String = (0..1_001).map(|n| format!(",None,{n}\n")).collect();
    world.csv(&format!("Email,First,Id\na@x.test,Ana,7\n,Bo,8\n  ,Cy,\n{more}"));
    let report = world.run().await;
    assert_eq!((end(&report).as_str(), report.counts.rejected, report.counts.not_addressable), ("succeeded", 0, 1_003));
    let rows = listed(&world);
    assert!(rows.iter().all(|row| row.code == "unaddressable" && row.address.is_none()));
    let details = |at: usize| rows[at].detail.as_str();
    assert_eq!(
        (rows.len(), details(0), details(1), details(1_000)),
        (
            1_001,
            "no e-mail address (id 8): counted, and sent nowhere",
            "no e-mail address: counted, and sent nowhere",
            "and 3 more rows without an e-mail address"
        )
    );
    assert_eq!(end(&world.run().await), "succeeded");
}
