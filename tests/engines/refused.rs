//! What an engine does not take, and what nobody may ask of it.

use crate::kit::{Engine, engines, tell};
use listkeeper::source::SourceErrorKind;

fn all(folder: &std::path::Path) -> [Engine; 4] {
    let mut all = ["postgresql", "duckdb", "spark", "sqlite"].map(|driver| Engine::new(folder, driver));
    all[1].uri = ":memory:".to_owned();
    all
}

#[test]
fn wrong_sql_is_told_in_the_engines_words_with_the_segment() {
    let Some(folder) = engines() else { return };
    for engine in all(&folder) {
        let error = engine.query("SELECT nope FROM (SELECT 1 AS id) AS t").unwrap_err();
        assert!(error.message.starts_with("vips.yaml, segment vips: ") && error.message.contains("nope"), "{}: {error}", engine.driver);
        assert!(!error.message.contains('\n') && !error.message.contains("SELECT 1 AS id) AS t) "), "{}: {error}", engine.driver);
        assert_eq!(error.kind, SourceErrorKind::Broken, "{}", engine.driver);
    }
}

#[test]
fn a_column_that_is_not_there_and_one_that_is_there_twice() {
    let Some(folder) = engines() else { return };
    for engine in all(&folder) {
        // A snapshot of its own each time: after a reading that failed there is no other.
        let read = |query: &str, column: &str| {
            let access = listkeeper::source::Access::local(Default::default(), Default::default());
            let segment = engine.segment(listkeeper::definition::Selection::Query(query.to_owned()));
            crate::kit::read(&segment, &access, &[column.to_owned()], &mut |_| ())
        };
        assert_eq!(read("SELECT 1 AS id, 2 AS other", "OTHER").unwrap(), ["i:2"], "{}", engine.driver);
        assert!(read("SELECT 1 AS mail", "email").unwrap_err().message.contains("gives no column \"email\""), "{}", engine.driver);
        assert!(read("SELECT 1 AS id, 2 AS id", "id").unwrap_err().message.contains("gives 2 columns named \"id\""), "{}", engine.driver);
    }
}

#[test]
fn nothing_can_be_written() {
    let Some(folder) = engines() else { return };
    let postgresql = Engine::new(&folder, "postgresql");
    let write = "CREATE OR REPLACE FUNCTION sly() RETURNS int LANGUAGE sql AS 'INSERT INTO kept VALUES (2) RETURNING id'";
    tell(
        &folder,
        &postgresql,
        &["DROP TABLE IF EXISTS kept", "CREATE TABLE kept AS SELECT 1 AS id", "CREATE SEQUENCE IF NOT EXISTS numbers", write],
    );
    for query in
        ["SELECT sly() AS id", "SELECT nextval('numbers') AS id", "SELECT sly() AS id, set_config('transaction_read_only', 'off', false)"]
    {
        let error = postgresql.error(query);
        assert!(error.contains("the reading is read-only"), "{error}");
    }
    assert_eq!(tell(&folder, &postgresql, &["SELECT * FROM kept"]), 1);

    let mut duckdb = Engine::new(&folder, "duckdb");
    duckdb.uri = folder.join("kept.duckdb").display().to_string();
    tell(&folder, &duckdb, &["CREATE OR REPLACE TABLE kept AS SELECT 1 AS id", "CREATE OR REPLACE SEQUENCE numbers"]);
    assert!(duckdb.error("SELECT nextval('numbers') AS id").contains("read-only"), "a sequence is written");
    assert!(duckdb.error("SELECT * FROM read_csv('/etc/hosts')").contains("disabled by configuration"), "files of the machine are read");
    assert_eq!(duckdb.query("SELECT * FROM kept").unwrap(), ["i:1"]);
    duckdb.uri = ":memory:".to_owned();
    assert!(duckdb.error("SELECT * FROM read_csv('/etc/hosts')").contains("disabled by configuration"), "in memory too");

    for engine in all(&folder) {
        for query in ["INSERT INTO kept VALUES (2)", "SELECT 1; DROP TABLE kept", "WITH x AS (SELECT 2) INSERT INTO kept SELECT * FROM x"] {
            let error = engine.error(query);
            assert!(error.ends_with("\na segment is one SELECT"), "{}: {error}", engine.driver);
        }
    }
}

#[test]
fn an_engine_that_is_not_there_is_worth_another_try_and_a_missing_driver_is_not() {
    let Some(folder) = engines() else { return };
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for (driver, uri) in
        [("postgresql", format!("postgresql://me:s3cr3t@127.0.0.1:{port}/db")), ("spark", format!("sc://127.0.0.1:{port}/;token=s3cr3t"))]
    {
        let error = Engine { uri, ..Engine::new(&folder, driver) }.query("SELECT 1 AS id").unwrap_err();
        assert_eq!(error.kind, SourceErrorKind::Unreachable { after: None }, "{error}");
        assert!(!error.message.contains("s3cr3t"), "{error}");
    }
    let error = Engine { driver: "oracle".to_owned(), ..Engine::new(&folder, "sqlite") }.query("SELECT 1 AS id").unwrap_err();
    assert_eq!(error.kind, SourceErrorKind::Broken);
    assert!(error.message.contains("oracle.toml is in none of"), "{error}");
}

#[test]
fn two_readings_of_one_duckdb_file_at_once() {
    let Some(folder) = engines() else { return };
    let duckdb = Engine { uri: folder.join("twice.duckdb").display().to_string(), ..Engine::new(&folder, "duckdb") };
    tell(&folder, &duckdb, &["CREATE OR REPLACE TABLE t AS SELECT range AS id FROM range(50000)"]);
    let mut inner = 0;
    let outer = duckdb.rows(listkeeper::definition::Selection::Table("t".to_owned()), &mut |so_far| {
        if inner == 0 && so_far < 5000 {
            inner = duckdb.query("SELECT id FROM t").unwrap().len();
        }
    });
    assert_eq!((outer.unwrap().len(), inner), (50_000, 50_000));
}
