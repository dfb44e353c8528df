//! What is sent, and what is refused before anything is.

use super::super::{
    engine::{Engine, with_defaults},
    statement::reading,
};
use rstest::rstest;

#[rstest]
#[case::plain("SELECT 1", "SELECT 1")]
#[case::semicolon("select 1 ; \n;", "select 1")]
#[case::comment_at_the_end("select 1 -- one", "select 1")]
#[case::comment_before(
    "/* a; b */ -- c;\n  with x as (select 1) select * from x",
    "/* a; b */ -- c;\n  with x as (select 1) select * from x"
)]
#[case::nested_comment("select /* a /* b */ ; */ 1", "select /* a /* b */ ; */ 1")]
#[case::parenthesis("(select 1) union (select 2)", "(select 1) union (select 2)")]
#[case::values("VALUES (1), (2)", "VALUES (1), (2)")]
#[case::from_first("FROM customers", "FROM customers")]
#[case::in_a_text("select ';', 'it''s; fine'", "select ';', 'it''s; fine'")]
#[case::in_a_name("select \"a;b\"", "select \"a;b\"")]
#[case::in_dollars("select $q$; delete from x$q$, $1", "select $q$; delete from x$q$, $1")]
#[case::guarded("select E'it\\'s; fine'", "select E'it\\'s; fine'")]
#[case::words_apart("select insert, \"delete\" from t for update", "select insert, \"delete\" from t for update")]
#[case::text("select 'insert into t'", "select 'insert into t'")]
fn a_query_that_reads_is_sent_as_written(#[case] query: &str, #[case] sent: &str) {
    assert_eq!(reading(query, Engine::of("postgresql")), Ok(sent));
}

#[rstest]
#[case::empty(" -- nothing\n;", "the query is empty")]
#[case::insert("insert into t values (1)", "the query begins with INSERT; it must begin with SELECT or WITH")]
#[case::comment("/* x */ drop table t", "the query begins with DROP; it must begin with SELECT or WITH")]
#[case::text("'select'", "the query must begin with SELECT or WITH")]
#[case::two("select 1; select 2", "the query holds more than one statement")]
#[case::first_empty("; select 1", "the query must begin with SELECT or WITH")]
#[case::out_of_a_copy("select 1) to stdout; drop table t; copy (select 1", "the query holds more than one statement")]
#[case::backslash_is_a_sign("select '\\'; drop table t; --'", "the query holds more than one statement")]
#[case::with_insert("with x as (select 1) insert into t select * from x", "the query writes (INSERT)")]
#[case::with_delete("with x as (delete from t returning *) select * from x", "the query writes (DELETE)")]
#[case::with_update("with x as (update t set a = 1 returning *) select * from x", "the query writes (UPDATE)")]
#[case::multi_insert("from t insert overwrite table u select *", "the query writes (INSERT)")]
fn what_does_not_read_is_refused(#[case] query: &str, #[case] why: &str) {
    assert_eq!(reading(query, Engine::of("postgresql")), Err(why.to_owned()));
}

#[rstest]
#[case::guarded_quote("select 'it\\'s; fine'", true)]
#[case::the_guard_ends("select '\\\\'; drop table t", false)]
#[case::hash_comment("select 1 # ; drop table t", true)]
#[case::no_nesting("select 1 /* /* */ ; drop table t", false)]
fn spark_and_its_like_write_texts_otherwise(#[case] query: &str, #[case] reads: bool) {
    assert_eq!(reading(query, Engine::of("spark")).is_ok(), reads);
}

#[rstest]
#[case::standard("postgresql", "sales.customers", "\"sales\".\"customers\"")]
#[case::quote("duckdb", "a\"b", "\"a\"\"b\"")]
#[case::backtick("spark", "main.sales.a`b", "`main`.`sales`.`a``b`")]
#[case::own_name("adbc_driver_mysql", "t", "`t`")]
fn tables_are_quoted_as_the_engine_has_it(#[case] driver: &str, #[case] table: &str, #[case] quoted: &str) {
    assert_eq!(Engine::of(driver).quoted(table), quoted);
}

#[rstest]
#[case::file("duckdb", &[("path", "/srv/a.duckdb")], Some("read_only"))]
#[case::said("duckdb", &[("path", "/srv/a.duckdb"), ("access_mode", "automatic")], Some("automatic"))]
#[case::memory("duckdb", &[("path", ":memory:")], None)]
#[case::elsewhere("duckdb", &[("path", "md:sales")], None)]
#[case::other("postgresql", &[("uri", "postgresql://db/a")], None)]
fn a_duckdb_of_a_file_is_opened_to_be_read(#[case] driver: &str, #[case] options: &[(&str, &str)], #[case] mode: Option<&str>) {
    let options = options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    assert_eq!(with_defaults(driver, options).get("access_mode").map(String::as_str), mode);
}

#[rstest]
#[case::file("duckdb", &[("path", "/srv/a.duckdb")], Some("false"))]
#[case::memory("duckdb", &[("path", ":memory:")], Some("false"))]
#[case::memory_unsaid("duckdb", &[], Some("false"))]
#[case::said("duckdb", &[("path", ":memory:"), ("enable_external_access", "true")], Some("true"))]
#[case::elsewhere("duckdb", &[("path", "md:sales")], None)]
#[case::other("sqlite", &[("uri", ":memory:")], None)]
fn attack_a_duckdb_sees_nothing_of_the_machine(#[case] driver: &str, #[case] options: &[(&str, &str)], #[case] access: Option<&str>) {
    let options = options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    assert_eq!(with_defaults(driver, options).get("enable_external_access").map(String::as_str), access);
}
