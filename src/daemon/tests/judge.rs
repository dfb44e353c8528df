//! Which readings are taken.

use super::name;
use crate::{
    daemon::judge::{Judgement, judge},
    definition::{self, Catalog, DefinitionId, Kept},
};
use rstest::rstest;

fn id(name: &str) -> DefinitionId {
    DefinitionId { kind: "Export".into(), name: name.into() }
}

fn kept(name: &str) -> Kept {
    Kept { id: id(name), file: "a.yaml".into(), text: String::new(), digest: String::new() }
}

/// A reading that still has the last `left` of `e1` … `e{of}`.
fn reading(of: usize, left: usize) -> (Catalog, Vec<Kept>) {
    let dir = tempfile::tempdir().unwrap();
    let mut catalog = definition::read(dir.path());
    let names: Vec<_> = (1..=of).map(|n| format!("e{n}")).collect();
    let (missing, there) = names.split_at(of - left);
    catalog.missing = missing.iter().map(|name| id(name)).collect();
    catalog.good = there.iter().map(|name| kept(name)).collect();
    (catalog, names.iter().map(|name| kept(name)).collect())
}

#[rstest]
#[case::nothing_before(0, 0, true)]
#[case::nothing_left(1, 0, false)]
#[case::two_may_lose_one(2, 1, true)]
#[case::three_may_not(3, 2, false)]
#[case::ten_may_lose_three(10, 7, true)]
#[case::ten_may_not_lose_four(10, 6, false)]
#[case::all_there(5, 5, true)]
fn a_reading_may_lack_thirty_percent(#[case] of: usize, #[case] left: usize, #[case] taken: bool) {
    let (catalog, last) = reading(of, left);
    let judged = judge(&catalog, &last, &Default::default());
    assert_eq!(judged == Judgement::Take, taken, "{judged:?}");
}

#[test]
fn what_is_held_says_what_is_missing() {
    let (catalog, last) = reading(4, 2);
    let Judgement::Hold { reason, missing } = judge(&catalog, &last, &Default::default()) else { panic!() };
    assert_eq!(reason, "2 of 4 exports are missing, more than 30 %");
    assert_eq!(missing, ["e1", "e2"]);
}

#[test]
fn deletions_that_were_taken_do_not_count_again() {
    let (catalog, last) = reading(4, 2);
    assert_eq!(judge(&catalog, &last, &[name("e1"), name("e2")].into()), Judgement::Take);
}

#[test]
fn an_unreadable_directory_is_not_an_empty_one() {
    let (mut catalog, last) = reading(4, 0);
    catalog.unreadable = Some("gone".into());
    assert_eq!(judge(&catalog, &last, &Default::default()), Judgement::Take);
}

/// A directory with these settings, and what it was kept as.
fn settled(settings: &str) -> (tempfile::TempDir, Catalog) {
    let dir = tempfile::tempdir().unwrap();
    let head = "apiVersion: listkeeper/v1\nkind: ";
    let rest = format!(
        "{head}Source\nname: crm\ntype: files\ntables: {{people: p.csv}}\n---\n{head}Segment\nname: never\nsource: crm\ntable: people\n"
    );
    let settings = if settings.is_empty() { String::new() } else { format!("---\n{head}Settings\n{settings}\n") };
    std::fs::write(dir.path().join("a.yaml"), rest + &settings).unwrap();
    let catalog = definition::read(dir.path());
    assert!(!catalog.has_errors(), "{:?}", catalog.diagnostics);
    (dir, catalog)
}

#[rstest]
#[case::gone("", Some("the settings are gone"))]
#[case::no_longer_named("timeZone: UTC", Some("no longer name the suppression list never"))]
#[case::another_change("suppress: [never]\ntimeZone: UTC", None)]
fn a_suppression_list_does_not_disappear_unnoticed(#[case] settings: &str, #[case] held: Option<&str>) {
    let (before, last) = settled("suppress: never");
    let (_now, mut catalog) = settled(settings);
    catalog.root = before.path().to_owned();
    let settings = DefinitionId { kind: "Settings".into(), name: String::new() };
    let gone = !catalog.good.iter().any(|kept| kept.id == settings);
    catalog.missing = gone.then_some(settings).into_iter().collect();
    match (judge(&catalog, &last.good, &Default::default()), held) {
        (Judgement::Take, None) => {}
        (Judgement::Hold { reason, .. }, Some(words)) => assert!(reason.contains(words), "{reason}"),
        (judged, _) => panic!("{judged:?}"),
    }
}
