//! All segments of a run are of one moment where the engine's transactions show one; where not, the run is told.

use crate::kit::{Engine, engines, read, tell};
use listkeeper::{
    definition::{Secret, Selection},
    source::{Access, SqlLimits},
};
use std::{collections::BTreeMap, sync::Arc};

fn access() -> Access {
    Access::local(SqlLimits::default(), Arc::default())
}

fn people(engine: &Engine, access: &Access, segment: &str) -> Vec<String> {
    let query = format!("SELECT person FROM moving WHERE segment = '{segment}' ORDER BY person");
    read(&engine.segment(Selection::Query(query)), access, &["person".to_owned()], &mut |_| ()).unwrap()
}

#[test]
fn who_moves_between_two_segments_while_they_are_read_is_where_they_were() {
    let Some(folder) = engines() else { return };
    for driver in ["postgresql", "sqlite"] {
        let engine = Engine::new(&folder, driver);
        if driver == "sqlite" {
            tell(&folder, &engine, &["PRAGMA journal_mode = WAL"]);
        }
        let table = "CREATE TABLE moving (person TEXT, segment TEXT)";
        tell(&folder, &engine, &["DROP TABLE IF EXISTS moving", table, "INSERT INTO moving VALUES ('p', 'b'), ('q', 'b'), ('x', 'a')"]);
        let run = access();
        assert_eq!(people(&engine, &run, "a"), ["x"], "{driver}");
        tell(&folder, &engine, &["UPDATE moving SET segment = 'a' WHERE person = 'p'"]);
        assert_eq!(people(&engine, &run, "b"), ["p", "q"], "{driver}");
        assert_eq!(run.finish().unwrap(), Vec::new(), "{driver}");
        let next = access();
        assert_eq!((people(&engine, &next, "a"), people(&engine, &next, "b")), (vec!["p".into(), "x".into()], vec!["q".into()]));
        assert_eq!(next.finish().unwrap(), Vec::new(), "{driver}");
    }
}

#[test]
fn an_engine_that_shows_no_single_moment_is_named() {
    let Some(folder) = engines() else { return };
    // One that may read files besides its own keeps those out of its transactions.
    let options = BTreeMap::from([("enable_external_access".to_owned(), Secret::Plain("true".to_owned()))]);
    let duckdb = Engine { uri: ":memory:".to_owned(), options, ..Engine::new(&folder, "duckdb") };
    for engine in [Engine::new(&folder, "spark"), duckdb] {
        let run = access();
        let one = engine.segment(Selection::Query("SELECT 1 AS id".to_owned()));
        read(&one, &run, &["id".to_owned()], &mut |_| ()).unwrap();
        let several = run.finish().unwrap().iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(several, ["warehouse"], "{}", engine.driver);
    }
}

/// A reading that failed would go on in another transaction.
#[test]
fn after_a_reading_that_failed_there_is_no_other() {
    let Some(folder) = engines() else { return };
    let (engine, run) = (Engine::new(&folder, "postgresql"), access());
    let query = |sql: &str| read(&engine.segment(Selection::Query(sql.to_owned())), &run, &["id".to_owned()], &mut |_| ());
    assert_eq!(query("SELECT 1 AS id").unwrap(), ["i:1"]);
    assert!(query("SELECT 1 / 0 AS id").is_err());
    assert!(query("SELECT 1 AS id").unwrap_err().message.contains("an earlier reading of this source broke off"));
}
