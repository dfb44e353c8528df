//! A source that cannot be read whole takes nobody out (G1).

use super::world::{Defined, Sent, World, desired, rows};
use listkeeper::{
    run::{Decision, FailureKind},
    state::End,
};
use rstest::rstest;
use std::fs;

fn text(rows: &[super::world::Row]) -> String {
    rows.iter().fold("Id,Email,First,Value\n".into(), |text, r| format!("{text}{},{},{},{}\n", r.id, r.email, r.first, r.value))
}

/// Each damage says where it is, and changes nothing.
#[rstest]
#[case::truncated(|text: String| text[..text.len() - 20].to_owned(), "people.csv")]
#[case::ragged(|text: String| text.replace("First9,9", "First9,9,9"), "line 11")]
#[case::short(|text: String| text.replace(",First9,9\n", "\n"), "line 11")]
#[case::open_quote(|text: String| text.replace("First9,", "\"First9,"), "people.csv")]
#[case::column_renamed(|text: String| text.replacen("Email", "E-mail", 1), "Email")]
#[case::value_column_gone(|text: String| text.replacen("Value", "Worth", 1), "Value")]
#[case::empty(|_| String::new(), "people.csv")]
#[case::binary(|text: String| text.replace("First9", "First\0"), "")]
#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_file(#[case] damage: fn(String) -> String, #[case] told: &str) {
    let people = rows(0..20);
    let world = World::new(&Defined::overlapping(), &people).await;
    world.succeed().await;
    world.asked();
    let whole = text(&people);
    let damaged = damage(whole.clone());
    assert_ne!(damaged, whole);
    world.write_text(&damaged);
    let report = world.apply().await;
    let said = format!("{:?} {:?}", report.end, report.hints);
    assert!(matches!(report.end, End::Failed { .. } | End::Stalled { .. }), "{said}");
    assert!(said.contains(told), "{said}");
    assert!(world.try_plan().await.is_err_and(|failure| failure.kind != FailureKind::Canceled));
    assert_eq!(Sent::of(&world.asked()), Sent::default());
    assert_eq!(world.held().await, desired(&people));
    world.write_text(&whole);
    assert!(world.succeed().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_file() {
    let people = rows(0..20);
    let world = World::new(&Defined::overlapping(), &people).await;
    world.succeed().await;
    fs::remove_file(world.directory().join("people.csv")).unwrap();
    let report = world.apply().await;
    assert!(matches!(&report.end, End::Failed { reason, .. } if reason.contains("people.csv")), "{:?}", report.end);
    assert_eq!(world.held().await, desired(&people));
}

/// A file cut at the end of a line looks whole; the guard sees how many are gone.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_cut_at_a_line_s_end_is_held() {
    let people = rows(0..20);
    let world = World::new(&Defined::overlapping(), &people).await;
    world.succeed().await;
    world.write(&people[..10]);
    assert!(matches!(world.apply().await.end, End::Held { .. }));
    assert_eq!(world.held().await, desired(&people));
}

/// A bad address rejects its row; the person's earlier address is not taken out because of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_bad_address_is_a_rejected_row_and_no_removal() {
    let mut people = rows(0..20);
    let world = World::new(&Defined::overlapping(), &people).await;
    world.succeed().await;
    people[3].email = "not an address".into();
    people[4].email.clear();
    people.push(super::world::Row { email: "P5@Contoso.TEST".into(), ..people[5].clone() });
    world.write(&people);
    let report = world.apply().await;
    assert_eq!((report.counts.rejected, report.counts.not_addressable), (1, 2), "{:?}", report.counts);
    assert_eq!(world.rejected()["not an address"], "address-bad-character");
    let held = world.held().await;
    assert_eq!(held["p3@contoso.test"].tags, ["Everyone"]);
    assert_eq!(held.len(), 20);
}

/// What changes while nothing is looking is what the next run sends, also between a plan and its approval.
#[tokio::test(flavor = "multi_thread")]
async fn a_declined_plan_sends_nothing() {
    let world = World::new(&Defined::overlapping(), &rows(0..20)).await;
    let report = world.apply_deciding(&|_| Decision::Decline).await;
    assert!(report.declined && matches!(report.end, End::Canceled { .. }));
    assert_eq!(Sent::of(&world.asked()), Sent::default());
    assert!(world.held().await.is_empty() && world.tags().await.is_empty());
}
