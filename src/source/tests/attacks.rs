//! A stranger's SQL: every attack ends in a refusal or within its limits.

use super::{Files, cancel};
use crate::{
    definition::Selection,
    source::{Access, SqlLimits, open},
};
use rstest::rstest;
use std::{sync::atomic::Ordering, time::Duration};

fn files() -> Files {
    Files::csv("Id,Name\n1,Ann\n2,Bo\n")
}

#[rstest]
#[case::attach("ATTACH 'x.db' AS t")]
#[case::detach("DETACH main -- t")]
#[case::vacuum("VACUUM INTO 't'")]
#[case::pragma("PRAGMA writable_schema = ON -- t")]
#[case::pragma_table("SELECT * FROM pragma_database_list, t")]
#[case::pragma_function("SELECT * FROM pragma_table_info('t')")]
#[case::master("SELECT sql FROM sqlite_master, t")]
#[case::schema("SELECT * FROM main.sqlite_schema, t")]
#[case::temp_schema("SELECT * FROM sqlite_temp_schema, t")]
#[case::dbstat("SELECT * FROM dbstat, t")]
#[case::full_text("CREATE VIRTUAL TABLE x USING fts5(t)")]
#[case::csv_module("CREATE VIRTUAL TABLE temp.x USING files(0) -- t")]
#[case::create("CREATE TEMP TABLE x AS SELECT * FROM t")]
#[case::insert("INSERT INTO t VALUES (1, 2)")]
#[case::delete("DELETE FROM t")]
#[case::update("UPDATE t SET Id = 1")]
#[case::with_delete("WITH x AS (SELECT 1) DELETE FROM t")]
#[case::drop("DROP TABLE t")]
#[case::begin("BEGIN -- t")]
#[case::savepoint("SAVEPOINT t")]
#[case::explain("EXPLAIN SELECT * FROM t")]
#[case::explain_plan("EXPLAIN QUERY PLAN SELECT * FROM t")]
#[case::load_extension("SELECT load_extension('evil') FROM t")]
#[case::readfile("SELECT readfile('/etc/passwd') FROM t")]
#[case::writefile("SELECT writefile('/tmp/x', Id) FROM t")]
#[case::tokenizer("SELECT fts3_tokenizer('x') FROM t")]
#[case::random("SELECT * FROM t WHERE random() > 0")]
#[case::randomblob("SELECT hex(randomblob(1000000000)) FROM t")]
#[case::zeroblob("SELECT zeroblob(1000000000) FROM t")]
#[case::version("SELECT sqlite_source_id() FROM t")]
#[case::two("SELECT * FROM t; SELECT 1")]
#[case::two_with_comment("SELECT * FROM t; /* x */ -- y\n DELETE FROM t")]
#[case::closes_the_view("SELECT * FROM t) UNION SELECT (1")]
#[case::parameter("SELECT * FROM t WHERE Id = ?")]
#[case::empty("")]
#[case::only_a_comment("-- t")]
#[case::only_a_semicolon(" ; ")]
#[case::nul("SELECT * FROM t\0 WHERE 1")]
fn refused(#[case] query: &str) {
    let files = files();
    let error = files.query(query).expect_err(query);
    assert!(!error.message.contains("logic error"), "{error}");
    assert!(std::fs::read_dir(files.dir.path()).unwrap().count() == 1, "something was written");
}

#[test]
fn refusals_say_what_and_why() {
    let files = files();
    insta::assert_snapshot!(files.error("SELECT * FROM t WHERE random() > 0"), @r"
    the query may not use the function random
    chance would give a different segment every time; to take a part of it use an id: CAST(id AS INTEGER) % 10 = 0
    ");
    insta::assert_snapshot!(files.error("SELECT sql FROM sqlite_master, t"), @r"
    the query may not read sqlite_master
    only the source's tables can be read
    ");
    insta::assert_snapshot!(files.error("SELECT 1 FROM t; SELECT 2"), @r"
    vips.yaml, segment vips: the query holds more than one statement
    a segment is one SELECT
    ");
    insta::assert_snapshot!(files.error("EXPLAIN SELECT * FROM t"), @r"
    vips.yaml, segment vips: the query is not a SELECT
    a segment is one SELECT
    ");
    insta::assert_snapshot!(files.error("CREATE TEMP TABLE x AS SELECT * FROM t"), @r"
    the query may only read: it changes something
    a segment is one SELECT over its source's tables
    ");
}

#[rstest]
#[case::statement_end("SELECT Id FROM t;")]
#[case::comments("/* ; */ SELECT Id -- ; DROP TABLE t\nFROM t -- end")]
#[case::open_comment("SELECT Id FROM t /* never closed")]
#[case::values_in_from("WITH v(x) AS (VALUES (1)) SELECT Id FROM t, v")]
fn allowed(#[case] query: &str) {
    assert_eq!(files().rows(query), ["1", "2"]);
}

#[rstest]
#[case::recursion("WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r, t")]
#[case::cross_join(
    "WITH d(x) AS (VALUES (1),(2),(3),(4),(5),(6),(7),(8)) SELECT count(*) FROM d a, d b, d c, d d, d e, d f, d g, d h, d i, d j, t"
)]
#[case::sort("WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT n FROM r ORDER BY n DESC LIMIT 1")]
fn endless_work_is_stopped_by_steps(#[case] query: &str) {
    let files = files();
    let limits = SqlLimits { steps: 2_000_000, ..SqlLimits::default() };
    let error = super::rows(&mut *files.reader(query, limits)).unwrap_err();
    assert_eq!(error.message, "the query took 2000000 steps without giving a row and was stopped");
}

#[test]
fn rows_without_end_are_stopped_by_time() {
    let files = files();
    let limits = SqlLimits { time: Duration::ZERO, ..SqlLimits::default() };
    let endless = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT n FROM r";
    assert_eq!(super::rows(&mut *files.reader(endless, limits)).unwrap_err().message, "the reading took longer than 0 s and was stopped");
}

#[test]
fn a_reading_that_nobody_waits_for_is_stopped() {
    let files = files();
    let cancel = cancel();
    let query = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT n FROM r".to_owned();
    let mut reader = open(&files.segment(Selection::Query(query)), &Access::local(SqlLimits::default(), cancel.clone())).unwrap();
    let error = reader.read(&["n"], &mut |_| {
        cancel.store(true, Ordering::Relaxed);
        Ok(())
    });
    assert_eq!(error.unwrap_err().message, "the reading was stopped");
}

#[rstest]
#[case::printf("SELECT printf('%1000000000d', 1) FROM t")]
#[case::format("SELECT format('%.*c', 1000000000, 'x') FROM t")]
#[case::doubling(
    "WITH RECURSIVE r(n, x) AS (SELECT 1, 'xxxxxxxx' UNION ALL SELECT n + 1, x || x FROM r WHERE n < 40) SELECT length(max(x)) FROM r, t"
)]
#[case::aggregate(
    "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r LIMIT 100000) SELECT group_concat('xxxxxxxxxxxxxxxxxxxx') FROM r, t"
)]
#[case::replace("SELECT replace(printf('%9000d', 1), ' ', printf('%9000d', 1)) FROM t")]
fn big_values_are_refused(#[case] query: &str) {
    insta::allow_duplicates! {
        insta::assert_snapshot!(files().error(query), @r"
        vips.yaml, segment vips: string or blob too big
        no value or row of a query may be longer than 1 MiB
        ");
    }
}

#[test]
fn a_big_cell_is_refused_by_row() {
    let files = Files::csv(&format!("Id,Name\n1,a\n2,{}\n", "x".repeat((1 << 20) + 1)));
    assert_eq!(files.rows("SELECT Id FROM t"), ["1", "2"]);
    assert_eq!(files.error("SELECT Name FROM t"), "row 2 of t has a value of more than 1 MiB in \"Name\"\n-");
    let files = Files::csv(&format!("Id,Name\n1,a\n2,\"{}\n", "x\n".repeat(6 << 20)));
    assert_eq!(
        files.error("SELECT Id FROM t"),
        "t.csv line 3: a row of more than 8 MiB begins here\nlook for a quote that is never closed"
    );
}

#[rstest]
#[case::depth(format!("SELECT {}1{} FROM t", "(1+".repeat(500), ")".repeat(500)))]
#[case::parentheses(format!("SELECT {}1{} FROM t", "(".repeat(100_000), ")".repeat(100_000)))]
#[case::compound(format!("SELECT Id FROM t{}", " UNION ALL SELECT Id FROM t".repeat(500)))]
#[case::columns(format!("SELECT {}1 FROM t", "Id, ".repeat(3000)))]
#[case::length(format!("SELECT '{}' FROM t", "x".repeat(2 << 20)))]
#[case::pattern(format!("SELECT Id FROM t WHERE Name LIKE '{}'", "%a".repeat(2000)))]
#[case::glob(format!("SELECT Id FROM t WHERE Name GLOB '{}'", "*a".repeat(2000)))]
#[case::from(format!("SELECT 1 FROM t{}", ", t".repeat(100)))]
#[case::doubling_ctes(format!(
    "WITH a0 AS (SELECT Id FROM t){} SELECT * FROM a30",
    (1..=30).map(|n| format!(", a{n} AS (SELECT x.Id FROM a{0} x, a{0} y)", n - 1)).collect::<String>()
))]
fn monstrous_queries_are_refused(#[case] query: String) {
    let error = files().query(&query).unwrap_err();
    assert!(error.message.len() < 1000, "{}", error.message.len());
}
