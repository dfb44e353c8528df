//! Sets over files, through the definitions that people write.

use super::*;
use crate::{
    definition::{self, Catalog},
    source::{Cell, SourceErrorKind, SqlLimits},
};
use proptest::prelude::*;
use rstest::rstest;
use std::{collections::BTreeSet, fs, sync::Arc};

const PEOPLE: &str = "Email,Id,Score\na@example.com,1,10\nB@Example.com,2,9\nc@example.com,3,\nd@example.com,4,100\n,5,7\nnobody,6,8\n";
const OTHERS: &str = "Email,Id,Score\nb@example.com,2,5\nd@example.com,4,6\nE@example.com,9,1\n";

struct World {
    dir: tempfile::TempDir,
    catalog: Catalog,
}

impl World {
    /// `people` and `others` are segments over two files; `documents` are more.
    fn new(documents: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("people.csv"), PEOPLE).unwrap();
        fs::write(dir.path().join("others.csv"), OTHERS).unwrap();
        let head = |kind: &str| format!("---\napiVersion: listkeeper/v1\nkind: {kind}\n");
        let mut text = format!("{}name: crm\ntype: files\ntables: {{people: people.csv, others: others.csv}}\n", head("Source"));
        let all = format!("name: people\nsource: crm\ntable: people\n===\nname: others\nsource: crm\ntable: others\n===\n{documents}");
        all.split("===\n").for_each(|document| text += &format!("{}{document}", head("Segment")));
        fs::write(dir.path().join("all.yaml"), text).unwrap();
        let catalog = definition::read(dir.path());
        assert!(catalog.diagnostics.is_empty(), "{:?}", catalog.diagnostics);
        Self { dir, catalog }
    }

    fn segment(&self, name: &str) -> Arc<Segment> {
        Arc::clone(&self.catalog.segments[&Name::new(name).unwrap()])
    }

    /// Ids of the rows, in order.
    fn ids(&self, name: &str) -> (String, Read) {
        self.read(name).unwrap()
    }

    fn read(&self, name: &str) -> Result<(String, Read), SourceError> {
        self.watched(name, || {})
    }

    /// `look` is called for each batch.
    fn watched(&self, name: &str, look: impl FnMut()) -> Result<(String, Read), SourceError> {
        self.within(&Access::local(SqlLimits::default(), Arc::default()), name, look)
    }

    /// One reading of a run.
    fn within(&self, access: &Access, name: &str, mut look: impl FnMut()) -> Result<(String, Read), SourceError> {
        let mut ids = Vec::new();
        let asked = Asked { columns: &["Id", "Email"], email: "Email" };
        let read = read(&self.segment(name), asked, access, &mut |batch| {
            look();
            ids.extend((0..batch.len()).map(|row| match batch.cell(row, 0) {
                Cell::Text(id) => id.to_owned(),
                other => panic!("{other:?}"),
            }));
            Ok(())
        })?;
        assert_eq!(read.rows, ids.len() as u64, "what is told is what was handed over");
        Ok((ids.join(" "), read))
    }
}

/// People meet by address, whatever its case; 5 and 6 have none that can be used, and are passed on.
#[rstest]
#[case("union: [people, others]", "1 2 3 4 5 6 2 4 9")]
#[case("intersect: [people, others]", "2 4 5 6")]
#[case("except: [people, others]", "1 3 5 6")]
#[case("except: [others, people]", "9")]
#[case("union: [others, people]\nlimit: 2\norderBy: Score desc", "4 1 4 5 6")]
#[case("union: [people, others]\nlimit: 3\norderBy: Score", "2 4 5 6 2 4 9")]
#[case("source: crm\ntable: people\nlimit: 1\norderBy: Score desc", "4 5 6")]
#[case("source: crm\ntable: people\nlimit: 3\norderBy: Score", "1 2 4 5 6")]
#[case("source: crm\ntable: people\nlimit: 9\norderBy: Score", "1 2 3 4 5 6")]
#[case("source: crm\nquery: SELECT *, Score > 9 AS High FROM people\nlimit: 2\norderBy: High desc, Id desc", "1 4 5 6")]
#[case("source: crm\ntable: people\nsample: {percent: 100, salt: x}", "1 2 3 4 5 6")]
fn who_is_in(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(World::new(&format!("name: it\n{text}\n")).ids("it").0, expected);
}

#[test]
fn a_plan_is_told_how_it_came_about() {
    let world = World::new(
        "name: base\nexcept: [people, others]\n===\nname: it\nintersect: [people, base]\nsample: {percent: 100, salt: x}\nlimit: 1\norderBy: Score\n",
    );
    let (ids, read) = world.ids("it");
    let name = |text| Name::new(text).unwrap();
    let parts = vec![(name("people"), 6), (name("base"), 2)];
    let made = MadeOf { how: Some("intersect"), parts, rows: 4, sample: Some(1_000_000), limit: Some(1) };
    assert_eq!((ids.as_str(), read.made_of), ("1 5 6", Some(made)));
    assert!(read.newest.is_some());
}

#[test]
fn a_limit_over_a_source_that_changes_is_no_reading() {
    let world = World::new("name: it\nsource: crm\ntable: people\nlimit: 2\norderBy: Score\n");
    fs::write(world.dir.path().join("people.csv"), PEOPLE).unwrap();
    let segment = world.segment("it");
    let access = Access::local(SqlLimits::default(), Arc::default());
    let asked = Asked { columns: &["Email"], email: "Email" };
    let limit = segment.limit.as_ref().unwrap();
    let first = limit::first(&segment, limit, asked, &access).unwrap();
    let later = Read { rows: 7, ..Read::default() };
    let error = first.same(&segment, &later).unwrap_err();
    assert_eq!(
        (error.to_string().as_str(), error.kind),
        ("the source of segment it changed while it was read", SourceErrorKind::UnderWay { after: None })
    );
}

/// A file renamed into place, as a delivery should be.
fn delivered(world: &World, name: &str, text: &str) {
    fs::write(world.dir.path().join("new"), text).unwrap();
    fs::rename(world.dir.path().join("new"), world.dir.path().join(name)).unwrap();
}

const BY_SCORE: &str = "name: low\nsource: crm\nquery: SELECT * FROM people WHERE Score < 10\n===\nname: high\nsource: crm\nquery: SELECT * FROM people WHERE Score >= 10\n";

/// Somebody moves from the segment that is read second to the one that was read first.
#[test]
fn segments_of_one_file_are_read_as_it_was() {
    let world = World::new(BY_SCORE);
    let access = Access::local(SqlLimits::default(), Arc::default());
    assert_eq!(world.within(&access, "low", || {}).unwrap().0, "2 5 6");
    delivered(&world, "people.csv", &PEOPLE.replace("a@example.com,1,10", "a@example.com,1,9"));
    assert_eq!(world.within(&access, "high", || {}).unwrap().0, "1 4", "of the file that the first segment was read of");
    assert_eq!(access.finish().unwrap(), Vec::<Name>::new());
    assert_eq!((world.ids("low").0.as_str(), world.ids("high").0.as_str()), ("1 2 5 6", "4"), "the next run reads the new one");
}

#[test]
fn a_file_written_over_between_two_segments_is_no_source() {
    let world = World::new(BY_SCORE);
    let access = Access::local(SqlLimits::default(), Arc::default());
    world.within(&access, "low", || {}).unwrap();
    fs::write(world.dir.path().join("people.csv"), PEOPLE.replace("10", "9")).unwrap();
    let error = world.within(&access, "high", || {}).unwrap_err();
    assert!(error.message.ends_with("people.csv changed while it was read"), "{error}");
    assert_eq!(error.kind, SourceErrorKind::UnderWay { after: None });
}

#[rstest]
#[case::both_replaced(&["people.csv", "others.csv"])]
#[case::the_first_replaced(&["people.csv"])]
fn files_of_which_one_changes_between_two_segments_are_no_source(#[case] changed: &[&str]) {
    let world = World::new(BY_SCORE);
    let access = Access::local(SqlLimits::default(), Arc::default());
    world.within(&access, "people", || {}).unwrap();
    changed.iter().for_each(|name| delivered(&world, name, "Email,Id,Score\nd@example.com,4,1\n"));
    let error = world.within(&access, "others", || {}).map(drop).and_then(|()| access.finish().map(drop)).unwrap_err();
    assert!(error.message.ends_with("people.csv changed while it was read"), "{error}");
}

/// Operands are readings like any other, and so is the second one of a limit.
#[rstest]
#[case("name: it\nexcept: [people, others]\n")]
#[case("name: it\nsource: crm\nquery: SELECT p.* FROM people p JOIN others o ON o.Id = p.Id\nlimit: 1\norderBy: Score\n")]
fn what_changes_under_way_is_no_source(#[case] text: &str) {
    let world = World::new(text);
    let access = Access::local(SqlLimits::default(), Arc::default());
    let mut once = true;
    let read = world.within(&access, "it", || {
        if std::mem::take(&mut once) {
            delivered(&world, "others.csv", "Email,Id,Score\nd@example.com,4,1\n");
        }
    });
    let error = read.map(drop).and_then(|()| access.finish().map(drop)).unwrap_err();
    assert!(error.message.ends_with("others.csv changed while it was read"), "{error}");
}

#[test]
fn an_operand_that_cannot_be_read_ends_the_reading() {
    let world = World::new("name: it\nexcept: [people, others]\n");
    fs::write(world.dir.path().join("others.csv"), "Email,Id,Score\nb@example.com,2\n").unwrap();
    assert!(world.read("it").unwrap_err().message.contains("others.csv line 2"));
    fs::write(world.dir.path().join("others.csv"), OTHERS.replace("Email", "Mail")).unwrap();
    assert!(world.read("it").unwrap_err().message.contains("gives no column \"Email\""));
}

fn sampled(percent: f64, salt: &str, by: &str, people: u32) -> BTreeSet<String> {
    let world = World::new(&format!("name: it\nsource: crm\ntable: people\nsample: {{percent: {percent}, salt: {salt}{by}}}\n"));
    let rows = (0..people).map(|n| format!("p{n}@example.com,{n},0\n")).collect::<String>();
    fs::write(world.dir.path().join("people.csv"), format!("Email,Id,Score\n{rows}")).unwrap();
    world.ids("it").0.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn a_sample_is_about_its_share_and_follows_the_id() {
    let one = sampled(10.0, "a", "", 5_000);
    assert!((400..600).contains(&one.len()), "{}", one.len());
    let other = sampled(10.0, "b", "", 5_000);
    assert!((20..90).contains(&one.intersection(&other).count()), "salts are independent");
    let by_id = sampled(10.0, "a", ", by: Id", 5_000);
    assert_ne!(one, by_id);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn a_greater_share_only_adds(low in 1.0..99.0f64, more in 0.0..50.0f64) {
        let (few, many) = (sampled(low, "s", "", 300), sampled((low + more).min(100.0), "s", "", 300));
        prop_assert!(few.is_subset(&many));
    }
}
