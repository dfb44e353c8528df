//! Queries that would read a file again and again.

use super::Files;
use rstest::rstest;
use std::fmt::Write;

const ROWS: usize = 3000;

/// 3,000 customers, twice as many orders, a folder of countries; a quadratic plan would take minutes in a test build.
fn shop() -> Files {
    let mut customers = String::from("Id,Country,Email\n");
    let mut orders = String::from("OrderId,CustomerId,Amount,Comment\n");
    for id in 0..ROWS {
        writeln!(customers, "{id:06},{},c{id}@example.com", if id % 2 == 0 { "NL" } else { "BE" }).unwrap();
        for order in 0..2 {
            writeln!(orders, "{},{id:06},{}.50,fine", id * 2 + order, id + order * 10).unwrap();
        }
    }
    let files = Files::new().with("c.csv", customers).with("o.csv", orders).with("l.csv", "Code,Name\nNL,Netherlands\nBE,Belgium\n");
    files.table("customers", "c.csv").table("orders", "o.csv").table("lands", "l.csv")
}

#[rstest]
#[case::inner("SELECT count(*), sum(Amount) FROM customers c JOIN orders o ON o.CustomerId = c.Id", "i:6000|r:9030000")]
#[case::left("SELECT count(*) FROM customers c LEFT JOIN orders o ON o.CustomerId = c.Id AND o.Amount > 1000", "i:5000")]
#[case::right("SELECT count(*) FROM orders o RIGHT JOIN customers c ON o.CustomerId = c.Id AND o.Amount > 5000", "i:3000")]
#[case::full("SELECT count(*) FROM orders o FULL JOIN customers c ON o.CustomerId = c.Id AND o.Amount > 5000", "i:9000")]
#[case::three(
    "SELECT l.Name, count(*) FROM orders o JOIN customers c ON c.Id = o.CustomerId JOIN lands l ON l.Code = c.Country GROUP BY 1 LIMIT 1",
    "Belgium|i:3000"
)]
#[case::itself("SELECT count(*) FROM orders a JOIN orders b ON a.CustomerId = b.CustomerId AND a.OrderId < b.OrderId", "i:3000")]
#[case::exists(
    "SELECT count(*) FROM customers c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.CustomerId = c.Id AND o.Amount > 1500)",
    "i:1510"
)]
#[case::not_exists(
    "SELECT count(*) FROM customers c WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.CustomerId = c.Id AND o.Amount > 1500)",
    "i:1490"
)]
#[case::own_subquery(
    "SELECT count(*) FROM orders o WHERE Amount = (SELECT max(Amount) FROM orders i WHERE i.CustomerId = o.CustomerId)",
    "i:3000"
)]
#[case::scalar("SELECT max((SELECT count(*) FROM orders o WHERE o.CustomerId = c.Id)) FROM customers c", "i:2")]
#[case::grouped(
    "WITH s AS (SELECT CustomerId, sum(Amount) AS spent FROM orders GROUP BY CustomerId) SELECT count(*) FROM customers c JOIN s ON s.CustomerId = c.Id WHERE spent > 3000",
    "i:1505"
)]
#[case::natural("SELECT count(*) FROM customers NATURAL JOIN (SELECT CustomerId AS Id FROM orders)", "i:6000")]
#[case::expression(
    "SELECT count(*) FROM customers c JOIN orders o ON c.Email = 'c' || CAST(o.CustomerId AS INTEGER) || '@example.com'",
    "i:6000"
)]
#[case::in_subquery("SELECT count(*) FROM customers WHERE Id IN (SELECT CustomerId FROM orders WHERE Amount > 1500)", "i:1510")]
#[case::union("SELECT count(*) FROM (SELECT Id FROM customers UNION SELECT CustomerId FROM orders)", "i:3000")]
fn is_not_quadratic_and_right(#[case] query: &str, #[case] expected: &str) {
    let limits = crate::source::SqlLimits { steps: 3_000_000, ..Default::default() };
    let files = shop();
    let (rows, _) = super::rows(&mut *files.reader(query, limits)).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(rows, [expected]);
}

#[test]
fn ids_that_only_look_equal_are_not_joined() {
    let files = Files::new().with("a.csv", "Id\n007\n7\n1e1\n10\n").with("b.csv", "Id,V\n7,seven\n007,bond\n10,ten\n");
    let files = files.table("a", "a.csv").table("b", "b.csv");
    assert_eq!(files.rows("SELECT a.Id, V FROM a JOIN b USING (Id) ORDER BY V"), ["007|bond", "7|seven", "10|ten"]);
    assert_eq!(
        files.rows("WITH c AS MATERIALIZED (SELECT Id FROM a) SELECT V FROM b JOIN c USING (Id) ORDER BY V"),
        ["bond", "seven", "ten"]
    );
}

#[test]
fn a_csv_joins_a_parquet_of_integer_ids() {
    use arrow_array::{ArrayRef, Int64Array, RecordBatch};
    let ids = Int64Array::from_iter_values(0..20_000);
    let batch = RecordBatch::try_from_iter([("id", std::sync::Arc::new(ids) as ArrayRef)]).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    let mut csv = String::from("Id,Name\n");
    (0..2000).for_each(|id| writeln!(csv, "{},x", id * 3).unwrap());
    let bytes = writer.into_inner().unwrap();
    // Once the Parquet is the larger, once the CSV.
    for pad in [0, 1 << 20] {
        let files = Files::new().with("p.parquet", &bytes).with("c.csv", format!("{csv}99999999,{}\n", "x".repeat(pad)));
        let files = files.table("p", "p.parquet").table("c", "c.csv");
        let limits = crate::source::SqlLimits { steps: 3_000_000, ..Default::default() };
        let (rows, _) = super::rows(&mut *files.reader("SELECT count(*) FROM p JOIN c ON c.Id = p.id", limits)).unwrap();
        assert_eq!(rows, ["i:2000"]);
    }
}

#[test]
fn an_error_while_loading_is_the_files_error() {
    let files = shop().with("c.csv", "Id,Country,Email\n1,NL\n");
    assert!(files.error("SELECT count(*) FROM customers c JOIN orders o ON o.CustomerId = c.Id").starts_with("c.csv line 2: 2 cells"));
}
