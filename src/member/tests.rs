//! One reading, from rows to the desired members.

use super::*;
use crate::{
    definition::{AttributeSpec, Columns, Consent, FieldType, Matching, OnEmpty, SharedIds},
    source::{Cell, RowBatch},
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// A row: address, person, preference, consent, a number.
type Row = [&'static str; 5];

fn mapping() -> Mapping {
    let matching = Matching { email: "mail".into(), id: Some("id".into()), prefer: Some("score".into()), ids: SharedIds::default() };
    let consent = Consent::of("optin", None);
    let spec = AttributeSpec { columns: Columns::One("ltv".into()), kind: None, on_empty: OnEmpty::Keep, line: 1 };
    let attributes = BTreeMap::from([("LTV".to_owned(), spec)]);
    let kinds = BTreeMap::from([("LTV".to_owned(), FieldKind::plain(FieldType::Number))]);
    Mapping::new(&matching, &attributes, &kinds, Some((&consent, chrono::DateTime::UNIX_EPOCH)))
}

fn collect(rows: &[(u8, Row)], suppressed: &[&str]) -> Desired {
    let dir = tempfile::tempdir().unwrap();
    let mapping = mapping();
    assert_eq!(mapping.columns(), ["mail", "id", "score", "optin", "ltv"]);
    let mut collector = Collector::new(&mapping, dir.path()).unwrap();
    for (segment, cells) in rows {
        collector.segment(*segment).unwrap();
        let mut batch = RowBatch::new(cells.len());
        cells.iter().for_each(|c| batch.push(if c.is_empty() { Cell::Null } else { Cell::Text(c) }));
        collector.push(&batch).unwrap();
    }
    let mut suppressed: Vec<Key> = suppressed.iter().map(|a| key(a)).collect();
    suppressed.sort();
    collector.finish(suppressed).unwrap()
}

fn key(address: &str) -> Key {
    Key::of(&Email::parse(address).unwrap().unwrap())
}

/// What an entry means, without where it happens to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Meaning {
    address: String,
    segments: SegmentMask,
    flags: WantedFlags,
    signature: Signature,
    values: Vec<Value>,
}

fn meanings(desired: &Desired) -> Vec<Meaning> {
    let meaning = |entry: &WantedEntry| {
        let record = desired.spool.read(entry.offset()).unwrap();
        Meaning {
            address: record.email.as_str().to_owned(),
            segments: desired.sets.mask(entry.set()),
            flags: entry.flags(),
            signature: entry.signature(),
            values: record.values,
        }
    };
    desired.entries.iter().map(meaning).collect()
}

fn only(rows: &[(u8, Row)]) -> Meaning {
    let all = meanings(&collect(rows, &[]));
    assert_eq!(all.len(), 1, "{all:?}");
    all[0].clone()
}

fn number(text: &str) -> Vec<Value> {
    vec![Value::Number(text.into())]
}

/// Every order of a few rows.
fn orders(rows: &[(u8, Row)]) -> Vec<Vec<(u8, Row)>> {
    if rows.len() < 2 {
        return vec![rows.to_vec()];
    }
    let rest = |at: usize| orders(&[&rows[..at], &rows[at + 1..]].concat());
    (0..rows.len()).flat_map(|at| rest(at).into_iter().map(move |o| [vec![rows[at]], o].concat())).collect()
}

#[test]
fn of_one_address_the_preferred_row_wins_in_any_order() {
    let rows = [
        (0, ["dana@example.com", "1", "9", "yes", "1"]),
        (0, [" DANA@example.com", "1", "10", "yes", "2"]),
        (0, ["Dana@Example.com", "1", "", "yes", "3"]),
    ];
    for rows in orders(&rows) {
        assert_eq!(only(&rows).values, number("2"), "10 is more than 9, and nothing is least");
        assert_eq!(collect(&rows, &[]).tally.duplicates, 2);
    }
}

#[test]
fn ties_go_to_the_greater_values_and_no_wins_over_yes_in_any_order() {
    let rows = [
        (0, ["dana@example.com", "1", "5", "", "7"]),
        (0, ["dana@example.com", "1", "5", "", "8"]),
        (0, ["dana@example.com", "1", "5", "yes", "8"]),
    ];
    for rows in orders(&rows) {
        let winner = only(&rows);
        assert_eq!((winner.values, winner.flags), (number("8"), WantedFlags::NO_CONSENT));
    }
}

#[test]
fn several_segments_make_one_member_of_their_union() {
    let row = ["dana@example.com", "1", "5", "yes", "7"];
    let desired = collect(&[(0, row), (3, row), (3, row), (1, ["kim@example.com", "2", "", "yes", "1"])], &[]);
    let dana = meanings(&desired).into_iter().find(|m| m.address.starts_with("dana")).unwrap();
    assert_eq!(dana.segments, SegmentMask::of(0).union(SegmentMask::of(3)));
    let tally = &desired.tally;
    assert_eq!((tally.read, tally.duplicates, tally.across_segments), (4, 2, 1));
    assert_eq!(tally.members, BTreeMap::from([(0, 1), (1, 1), (3, 1)]));
}

#[test]
fn a_refused_row_keeps_its_person_in_the_reading_but_never_wins() {
    let refused = (0, ["dana@example.com", "1", "99", "yes", "many"]);
    let entry = only(&[refused]);
    assert_eq!((entry.flags, entry.values), (WantedFlags::REJECTED, vec![Value::Empty]));
    for rows in orders(&[refused, (1, ["dana@example.com", "1", "1", "yes", "7"])]) {
        let desired = collect(&rows, &[]);
        let winner = &meanings(&desired)[0];
        assert_eq!((winner.flags, &winner.values), (WantedFlags::default(), &number("7")));
        assert_eq!(winner.segments.len(), 2, "the row is refused, not its being in the segment");
        assert_eq!((desired.tally.rejected, desired.tally.duplicates, desired.tally.across_segments), (1, 0, 0));
    }
}

#[test]
fn refused_rows_say_what_and_where() {
    let mut desired = collect(&[(2, ["nobody", "p1", "", "yes", "1"]), (4, ["dana@example.com", "p2", "", "yes", "many"])], &[]);
    let mut rejects = Vec::new();
    desired
        .rejects
        .for_each(|r| {
            rejects.push((r.address, r.segment, r.code, r.field));
            Ok(())
        })
        .unwrap();
    assert_eq!(rejects[0], ("nobody".into(), 2, "address-no-at".into(), None));
    assert_eq!(rejects[1], ("dana@example.com".into(), 4, "value".into(), Some("LTV".into())));
    assert_eq!(desired.protected.len(), 1, "a bad address protects its person, a bad value does not need to");
}

#[test]
fn a_row_without_consent_is_marked() {
    assert_eq!(only(&[(0, ["dana@example.com", "1", "", "no", "1"])]).flags, WantedFlags::NO_CONSENT);
}

#[test]
fn the_suppressed_are_no_entries_even_when_their_row_is_refused() {
    let rows = [
        (0, ["dana@example.com", "1", "", "yes", "1"]),
        (0, ["dana@example.com", "1", "", "yes", "2"]),
        (0, ["kim@example.com", "2", "", "yes", "many"]),
        (0, ["lee@example.com", "3", "", "yes", "1"]),
    ];
    let desired = collect(&rows, &["dana@example.com", "kim@example.com"]);
    assert_eq!(meanings(&desired).len(), 1);
    let tally = &desired.tally;
    assert_eq!((tally.suppressed, tally.rejected, tally.duplicates), (1, 1, 1));
    assert_eq!(tally.members, BTreeMap::from([(0, 1)]));
}

#[test]
fn a_segment_without_rows_is_there_with_no_members() {
    let dir = tempfile::tempdir().unwrap();
    let mapping = mapping();
    let mut collector = Collector::new(&mapping, dir.path()).unwrap();
    collector.segment(5).unwrap();
    assert_eq!(collector.finish(Vec::new()).unwrap().tally.members, BTreeMap::from([(5, 0)]));
}

const ADDRESSES: [&str; 7] = ["", "a@x.co", "A@x.co ", "b@x.co", "c@x.co", "no-at", "d@x"];

prop_compose! {
    fn any_row()(
        segment in 0..4_u8,
        address in proptest::sample::select(&ADDRESSES[..]),
        person in proptest::sample::select(&["", "1", "2"][..]),
        prefer in proptest::sample::select(&["", "1", "2", "x"][..]),
        consent in proptest::sample::select(&["", "yes"][..]),
        value in proptest::sample::select(&["", "1", "1.0", "2", "many"][..]),
    ) -> (u8, Row) {
        (segment, [address, person, prefer, consent, value])
    }
}

/// Every way that a row can go.
fn accounted(desired: &Desired) -> u64 {
    let tally = &desired.tally;
    let wanted = desired.entries.iter().filter(|e| !e.flags().has(WantedFlags::REJECTED)).count() as u64;
    wanted + tally.not_addressable + tally.rejected + tally.duplicates + tally.suppressed
}

proptest! {
    /// G6, E12.
    #[test]
    fn the_order_of_rows_changes_nothing_and_every_row_is_counted_once(
        (rows, shuffled) in proptest::collection::vec(any_row(), 0..24).prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
        suppressed in proptest::sample::subsequence(vec!["a@x.co", "b@x.co", "c@x.co"], 0..3),
    ) {
        let (one, other) = (collect(&rows, &suppressed), collect(&shuffled, &suppressed));
        prop_assert_eq!(meanings(&one), meanings(&other));
        prop_assert_eq!(&one.protected, &other.protected);
        prop_assert_eq!(one.rejects.by_code(), other.rejects.by_code());
        prop_assert_eq!(accounted(&one), one.tally.read);
        prop_assert_eq!(one.tally.read, rows.len() as u64);

        // Segments are told apart by the order of their reading, and the rows of one come in several goes here.
        let tally = |desired: &Desired| Tally { addressable: vec![desired.tally.addressable.iter().sum()], ..desired.tally.clone() };
        prop_assert_eq!(tally(&one), tally(&other));
        let keys: Vec<Key> = one.entries.iter().map(WantedEntry::key).collect();
        prop_assert!(keys.is_sorted());
        prop_assert_eq!(keys.len(), keys.iter().collect::<BTreeSet<_>>().len(), "one entry an address");
    }

    /// E10: whatever is preferred, in whatever segment, whatever else of a row is bad.
    #[test]
    fn one_row_without_consent_is_enough(
        rows in proptest::collection::vec((0..3_u8, 0..3_usize, 0..4_usize, 0..5_usize, any::<bool>()), 1..16)
    ) {
        let (addresses, scores, answers) = (["a@x.co", "B@x.co", "c@x.co"], ["", "1", "9", "z"], ["yes", "1", "no", "", "perhaps"]);
        let row = |&(segment, address, score, answer, bad): &(u8, usize, usize, usize, bool)| -> (u8, Row) {
            (segment, [addresses[address], "7", scores[score], answers[answer], if bad { "much" } else { "5" }])
        };
        let desired = collect(&rows.iter().map(row).collect::<Vec<_>>(), &[]);
        for meaning in meanings(&desired) {
            let mine = rows.iter().filter(|row| addresses[row.1].eq_ignore_ascii_case(&meaning.address));
            let said_no = mine.clone().any(|row| row.3 > 1);
            prop_assert_eq!(meaning.flags.has(WantedFlags::NO_CONSENT), said_no, "{:?}", mine.collect::<Vec<_>>());
        }
        let (consented, without) = (desired.consent.consented, desired.consent.without);
        prop_assert_eq!(consented + without, desired.entries.len() as u64);
    }
}
