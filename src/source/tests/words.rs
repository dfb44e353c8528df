//! What queries mean over text cells, and what people are told when a query is wrong.

use super::{Files, cancel, rows};
use crate::{
    definition::Selection,
    source::{Access, SqlLimits, open},
};
use rstest::rstest;

fn customers() -> Files {
    Files::csv("Id,Zip,Spent,Name\n007,0123,999.50,Ann\n7,123,1000.00,Bo\n8,0123,1500,Cy\n9,,,Di\n10,9999,20,Ed\n")
}

#[rstest]
#[case::greater("SELECT Id FROM t WHERE Spent > 1000", &["8"])]
#[case::at_least("SELECT Id FROM t WHERE Spent >= 1000", &["7", "8"])]
#[case::at_most("SELECT Id FROM t WHERE Spent <= 1000", &["007", "7", "10"])]
#[case::equal("SELECT Id FROM t WHERE Spent = 1000", &["7"])]
#[case::real("SELECT Id FROM t WHERE Spent > 999.4 AND 1000.5 > Spent", &["007", "7"])]
#[case::quoted_number("SELECT Id FROM t WHERE Spent > '1000'", &["8"])]
#[case::between("SELECT Id FROM t WHERE Spent BETWEEN 20 AND 1000", &["007", "7", "10"])]
#[case::is_null("SELECT Id FROM t WHERE Spent IS NULL", &["9"])]
#[case::exact_text("SELECT Zip, Spent FROM t WHERE Id = '7'", &["123|1000.00"])]
#[case::number_of_a_text("SELECT Id FROM t WHERE Id = 7", &["007", "7"])]
#[case::zero_kept("SELECT Id FROM t WHERE Zip = '0123'", &["007", "8"])]
#[case::no_zero_no_match("SELECT Id FROM t WHERE Zip = '123'", &["7"])]
#[case::in_list("SELECT Id FROM t WHERE Id IN (7, '10')", &["007", "7", "10"])]
#[case::ordered("SELECT Id FROM t WHERE Spent IS NOT NULL ORDER BY Spent DESC", &["8", "7", "007", "10"])]
#[case::greatest("SELECT max(Spent), min(Spent) FROM t", &["1500|20"])]
#[case::sum("SELECT sum(Spent) > 3000 FROM t", &["i:1"])]
#[case::average("SELECT Id FROM t WHERE Spent > (SELECT avg(Spent) FROM t)", &["007", "7", "8"])]
#[case::coalesce("SELECT Id FROM t WHERE coalesce(Spent, 0) > 1000", &["8"])]
#[case::ifnull("SELECT Id FROM t WHERE ifnull(Spent, 0) < 100", &["9", "10"])]
#[case::coalesce_text("SELECT coalesce(Zip, '') FROM t WHERE Id IN ('007', 9)", &["0123", ""])]
#[case::coalesce_keeps_ids("SELECT coalesce(Zip, 0) FROM t", &["0123", "i:123", "0123", "i:0", "i:9999"])]
#[case::cte("WITH c AS MATERIALIZED (SELECT Id, Spent FROM t) SELECT Id FROM c WHERE Spent > 1000", &["8"])]
#[case::window("SELECT Id FROM (SELECT Id, row_number() OVER (ORDER BY Spent DESC) AS n FROM t WHERE Spent > 0) WHERE n <= 2", &["8", "7"])]
#[case::distinct("SELECT DISTINCT Zip FROM t WHERE Zip < 1000", &["0123", "123"])]
#[case::days("SELECT count(*) FROM t WHERE date('now', '-30 days') < date('now')", &["i:5"])]
#[case::upper_case_names("select id from T where SPENT > 1000", &["8"])]
fn means(#[case] query: &str, #[case] expected: &[&str]) {
    assert_eq!(customers().rows(query), expected);
}

#[test]
fn only_the_columns_asked_for_are_given_in_that_order_in_any_case() {
    let files = customers();
    let mut reader = files.reader("SELECT *, Spent * 2 AS Twice FROM t WHERE Id = 8", SqlLimits::default());
    let mut seen = Vec::new();
    reader
        .read(&["Twice", "name", "Id"], &mut |batch| {
            seen.push((0..3).map(|at| super::text(batch.cell(0, at))).collect::<Vec<_>>());
            Ok(())
        })
        .unwrap();
    assert_eq!(seen, [["i:3000", "Cy", "8"]]);
}

#[test]
fn a_table_is_a_segment() {
    let files = customers();
    let mut reader = open(&files.segment(Selection::Table("t".to_owned())), &Access::local(SqlLimits::default(), cancel())).unwrap();
    let (rows, report) = rows(&mut *reader).unwrap();
    assert_eq!(rows.len(), 5);
    assert_eq!(report.newest, Some(std::fs::metadata(files.path("t.csv")).unwrap().modified().unwrap()));
}

#[test]
fn the_sink_stops_the_reading_and_its_error_comes_back() {
    let files = Files::csv(&format!("Id\n{}", "1\n".repeat(10_000)));
    let mut batches = 0;
    let mut reader = files.reader("SELECT Id FROM t", SqlLimits::default());
    let error = reader.read(&["Id"], &mut |_| {
        batches += 1;
        Err(crate::source::SourceError::new("enough"))
    });
    assert_eq!(error.unwrap_err().message, "enough");
    assert_eq!(batches, 1);
}

#[test]
fn tables_that_are_not_named_are_not_looked_at() {
    let files = customers().table("broken", "gone.csv");
    assert_eq!(files.rows("SELECT count(*) FROM t"), ["i:5"]);
}

#[test]
fn wrong_queries_are_explained() {
    let files = customers().with("o.csv", "OrderId,Id\n").table("orders", "o.csv");
    insta::assert_snapshot!(files.error("SELECT Id\nFROM t WHERE Spend > 1"), @r"
    vips.yaml, segment vips: no such column: Spend (query line 2, column 14)
    did you mean Spent? t has Id, Zip, Spent, Name (a text is written in single quotes)
    ");
    insta::assert_snapshot!(files.error("SELECT * FROM order"), @r#"
    vips.yaml, segment vips: near "order": syntax error (query line 1, column 15)
    -
    "#);
    insta::assert_snapshot!(files.error("SELECT * FROM custmers"), @r"
    vips.yaml, segment vips: no such table: custmers
    the tables of crm are orders, t
    ");
    insta::assert_snapshot!(files.error("SELECT * FROM order_s"), @r"
    vips.yaml, segment vips: no such table: order_s
    did you mean orders? the tables of crm are orders, t
    ");
    // Double quotes are for names: with SQLite's usual leniency this would be true of everyone.
    insta::assert_snapshot!(files.error(r#"SELECT Id FROM t WHERE "Contry" <> 'NL'"#), @r#"
    vips.yaml, segment vips: no such column: "Contry" - should this be a string literal in single-quotes? (query line 1, column 24)
    t has Id, Zip, Spent, Name (a text is written in single quotes)
    "#);
}

#[test]
fn a_wanted_column_that_is_missing_or_double_is_explained() {
    let files = customers();
    let read = |query: &str, column: &str| files.reader(query, SqlLimits::default()).read(&[column], &mut |_| Ok(())).unwrap_err();
    insta::assert_snapshot!(files.without_path(&read("SELECT Id, Name FROM t", "Nmae")), @r#"
    segment vips gives no column "Nmae"
    did you mean Name? it gives Id, Name
    "#);
    insta::assert_snapshot!(files.without_path(&read("SELECT a.Id, b.Id FROM t a JOIN t b USING (Zip)", "Id")), @r#"
    segment vips gives 2 columns named "Id"
    name each with AS in the query
    "#);
    assert_eq!(read("SELECT CAST(Id AS BLOB) AS Id FROM t", "Id").message, "the column \"Id\" holds binary data");
}
