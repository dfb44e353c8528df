use super::*;

/// A table's files, each with whether it ends with a line end.
fn table(name: &str, place: &str, files: &[(&str, bool)]) -> Ends {
    let mut end = End::at([place.to_owned()].into_iter());
    files.iter().for_each(|(file, line_end)| end.add(&format!("/d/{}", name_of(file)), file, *line_end));
    Ends::of(name.to_owned(), end)
}

fn ends(files: &[(&str, bool)]) -> Ends {
    table("crm.people", "/d/*.csv", files)
}

fn own(ends: &Ends) -> KnownEnds {
    KnownEnds { own: ends.clone(), ..KnownEnds::default() }
}

fn others(ends: &Ends) -> KnownEnds {
    KnownEnds { others: ends.clone(), ..KnownEnds::default() }
}

const WHOLE: &str = "a, 9 bytes, digest 1";
const CUT: &str = "a, 8 bytes, digest 2";

#[test]
fn a_file_is_cut_where_its_table_had_line_ends() {
    let none = KnownEnds::default();
    let (whole, cut) = (ends(&[(WHOLE, true)]), ends(&[(CUT, false)]));
    assert!(cut.cut(&none).is_empty(), "the first reading of a file that may never have had one");
    assert_eq!(cut.cut(&own(&whole)), [("crm.people", CUT)]);
    assert_eq!(ends(&[("a", true), ("b", false)]).cut(&none), [("crm.people", "b")]);
    assert!(cut.cut(&own(&cut)).is_empty(), "it never had one");
    assert!(whole.cut(&own(&cut)).is_empty());
}

/// Another export, a renamed table or source, a second table, another pattern that finds the same file.
#[test]
fn what_one_reading_knows_counts_for_all() {
    let whole = ends(&[(WHOLE, true)]);
    let same_file = table("new.customers", "/d/a", &[(CUT, false)]);
    let same_pattern = table("new.customers", "/d/*.csv", &[("b, 8 bytes, digest 2", false)]);
    for (now, of) in [(ends(&[(CUT, false)]), "crm.people"), (same_file, "new.customers"), (same_pattern, "new.customers")] {
        for known in [own(&whole), others(&whole)] {
            assert_eq!(now.cut(&known).iter().map(|(table, _)| *table).collect::<Vec<_>>(), [of]);
        }
    }
    assert!(table("new.customers", "/d/*.txt", &[("b, 8 bytes, digest 2", false)]).cut(&others(&whole)).is_empty());
    // What another export was allowed is not allowed to this one.
    let cut = ends(&[(CUT, false)]);
    let elsewhere = cut.remembered(&own(&whole), true);
    assert_eq!(cut.cut(&KnownEnds { own: whole.clone(), others: elsewhere }).len(), 1);
}

#[test]
fn what_was_approved_is_not_asked_again() {
    let month = ends(&[("a", true), ("b, 7 bytes, digest 1", false)]);
    let after = own(&month.remembered(&KnownEnds::default(), true));
    assert!(month.cut(&after).is_empty());
    let other = ends(&[("a", true), ("b, 7 bytes, digest 2", false)]);
    assert_eq!(other.cut(&after), [("crm.people", "b, 7 bytes, digest 2")]);
    // It stays so where the file with a line end is gone.
    let alone = own(&ends(&[("b, 7 bytes, digest 1", false)]).remembered(&after, true));
    assert_eq!(ends(&[("b, 7 bytes, digest 2", false)]).cut(&alone).len(), 1);
    // A run that was not carried out forgets nothing, and accepts nothing.
    let before = own(&ends(&[("a", true)]));
    let held = ends(&[(CUT, false)]);
    assert_eq!(held.cut(&own(&held.remembered(&before, false))), [("crm.people", CUT)]);
    assert_eq!(held.cut(&own(&Ends::default().remembered(&before, true))), [("crm.people", CUT)], "it was not read meanwhile");
}

/// Its files are right without a line end, whatever other exports know; until they have one again.
#[test]
fn a_table_that_is_no_longer_checked_is_told() {
    let (whole, cut) = (ends(&[(WHOLE, true)]), ends(&[(CUT, false)]));
    let known = KnownEnds { own: cut.remembered(&own(&whole), true), others: whole.clone() };
    let next = ends(&[("a, 7 bytes, digest 3", false)]);
    assert!(next.cut(&known).is_empty());
    assert_eq!(next.unchecked(&known), [("crm.people", vec!["a"])]);
    let never = own(&cut.remembered(&KnownEnds::default(), true));
    assert!(next.unchecked(&never).is_empty(), "files that never had one are not told each time");
    for whole_run in [true, false] {
        let again = own(&whole.remembered(&known, whole_run));
        assert_eq!(next.cut(&again).len(), 1);
        assert!(next.unchecked(&again).is_empty());
    }
}
