//! Columns that a definition declares, and tables wider than SQLite takes.

use super::{Files, rows};
use crate::{definition::ColumnType, source::SqlLimits};
use rstest::rstest;
use std::collections::BTreeMap;

fn declared(file: &str, text: &str, columns: &[(&str, ColumnType)]) -> Files {
    let columns: BTreeMap<_, _> = columns.iter().map(|(name, kind)| ((*name).to_owned(), kind.clone())).collect();
    Files::new().with(file, text).table_as("t", file, |table| table.columns = columns)
}

fn comma() -> ColumnType {
    ColumnType::Decimal { decimal: Some(',') }
}

fn day_first() -> ColumnType {
    ColumnType::Date { format: Some("%d/%m/%Y".to_owned()) }
}

const CSV: &str = "Id;Spent;Birth\na;12,50;09/06/1980\nb;2500,00;25/12/1990\nc;1.100,00;12/25/1990\nd;n/a;\ne;5;1990-01-01\n";
const NDJSON: &str = "{\"Id\":\"a\",\"Spent\":\"12,50\",\"Birth\":\"09/06/1980\"}\n{\"Id\":\"b\",\"Spent\":\"2500,00\",\"Birth\":\"25/12/1990\"}
{\"Id\":\"c\",\"Spent\":\"1.100,00\",\"Birth\":\"12/25/1990\"}\n{\"Id\":\"d\",\"Spent\":\"n/a\",\"Birth\":null}\n{\"Id\":\"e\",\"Spent\":5,\"Birth\":\"1990-01-01\"}\n";

#[rstest]
#[case::csv("t.csv", CSV)]
#[case::ndjson("t.ndjson", NDJSON)]
fn cells_are_what_they_are_declared_to_be_or_counted(#[case] file: &str, #[case] text: &str) {
    let files = declared(file, text, &[("spent", comma()), ("Birth", day_first())]);
    assert_eq!(files.rows("SELECT Id FROM t WHERE Spent > 1000 ORDER BY Spent"), ["c", "b"]);
    assert_eq!(files.rows("SELECT Id, Spent FROM t WHERE Spent < 1000"), ["a|r:12.5", "e|r:5"]);
    assert_eq!(files.rows("SELECT Birth FROM t WHERE Birth < '1985-01-01'"), ["1980-06-09"]);
    let (found, report) =
        rows(&mut *files.reader("SELECT Id, Birth FROM t WHERE Birth > '1985-01-01' OR Spent > 0", SqlLimits::default())).unwrap();
    assert_eq!(found, ["a|1980-06-09", "b|1990-12-25", "c|∅", "e|∅"]);
    let said = report.notices.iter().map(|notice| notice.text(&notice.count.to_string())).collect::<Vec<_>>().join("\n");
    insta::allow_duplicates! {
    insta::assert_snapshot!(said, @r#"
    t.Birth: 2 cells are not dates like %d/%m/%Y ("12/25/1990", "1990-01-01"): read as empty; correct them, or the declaration under `columns`
    t.Spent: 1 cell is not one of decimals with "," ("n/a"): read as empty; correct them, or the declaration under `columns`
    "#);
    }
}

#[test]
fn declared_columns_are_loaded_and_joined_as_such() {
    let files = declared("t.csv", CSV, &[("Spent", comma())]);
    assert_eq!(files.rows("SELECT a.Id FROM t a JOIN t b ON a.Spent = b.Spent AND a.Spent > 1000 ORDER BY a.Id"), ["b", "c"]);
}

#[test]
fn a_query_that_had_enough_says_what_it_met() {
    let files = declared("t.csv", "Id,Spent\na,x\nb,1\nc,2\n", &[("Spent", comma())]);
    let (_, report) = rows(&mut *files.reader("SELECT Id FROM t WHERE Spent > 0 LIMIT 1", SqlLimits::default())).unwrap();
    assert_eq!(report.notices.iter().map(|notice| notice.count).collect::<Vec<_>>(), [1]);
}

#[test]
fn a_declared_column_that_a_file_lacks_is_an_error() {
    let files = declared("t.csv", CSV, &[("Spend", comma())]);
    insta::assert_snapshot!(files.error("SELECT Id FROM t"), @r#"
    the table t has no column "Spend", which its definition declares
    did you mean Spent? correct the name under `columns`, or take it out
    "#);
}

/// More columns than SQLite takes; the last is worth something.
fn wide() -> Files {
    let names = (0..2100).map(|at| format!(",c{at}")).collect::<String>();
    let row = |id: &str, last: &str| format!("{id}{},{last}\n", ",x".repeat(2099));
    Files::csv(&format!("Email{names}\n{}{}", row("a@x.test", "7"), row("b@x.test", "n/a")))
}

#[test]
fn of_a_wide_table_what_is_used_can_be_read() {
    let files = wide();
    assert_eq!(files.rows("SELECT Email FROM t WHERE C2099 > 5"), ["a@x.test"]);
    assert_eq!(files.rows("SELECT count(*) FROM t"), ["i:2"]);
    assert_eq!(
        files.rows("SELECT a.Email FROM t a JOIN t b ON a.c2099 = b.c2099 AND a.c1999 = b.c70 ORDER BY 1"),
        ["a@x.test", "b@x.test"]
    );
    let mut reader = files.reader("SELECT * FROM t", SqlLimits::default());
    assert_eq!(reader.columns_for(&["Email", "C2099"]).unwrap(), ["Email", "c2099"]);
    let mut cells = Vec::new();
    let report = reader.read(&["c2099", "email"], &mut |batch| {
        cells.extend((0..batch.len()).map(|row| format!("{}|{}", super::text(batch.cell(row, 0)), super::text(batch.cell(row, 1)))));
        Ok(())
    });
    assert_eq!((report.unwrap().rows, cells), (2, vec!["7|a@x.test".to_owned(), "n/a|b@x.test".to_owned()]));
}

#[test]
fn what_all_columns_of_a_wide_table_would_decide_is_refused() {
    let files = wide();
    for query in ["SELECT DISTINCT * FROM t", "SELECT * FROM t UNION SELECT * FROM t", "SELECT a.Email FROM t a NATURAL JOIN t b"] {
        let error = files.error(query);
        assert!(error.starts_with("the table t has 2101 columns, and SQL takes 2,000\nname the columns"), "{error}");
    }
    let error = files.error("SELECT c2100 FROM t");
    assert!(error.contains("no such column: c2100") && error.contains("did you mean c210") && error.len() < 900, "{error}");
}
