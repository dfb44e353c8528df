//! A reading ends when it must: at its limits, and when nobody wants it any more.

use crate::kit::{Engine, engines, tell};
use listkeeper::definition::Selection;
use std::{sync::atomic::Ordering, time::Duration};

/// Rows come out of these for a long time.
const ENDLESS: [(&str, &str); 3] = [
    ("postgresql", "SELECT generate_series(1, 1000000000) AS id"),
    ("duckdb", "SELECT a.range AS id FROM range(100000000) a, range(100000000) b"),
    ("spark", "SELECT id FROM range(0, 3000000, 1, 60)"),
];
/// Not one row comes out of these for a long time.
const SILENT: [(&str, &str); 3] = [
    ("postgresql", "SELECT pg_sleep(600)::text AS id"),
    ("duckdb", "SELECT count(*) AS id FROM range(10000000) a, range(10000000) b WHERE a.range + b.range = -1"),
    ("spark", "SELECT count(*) AS id FROM range(0, 1000000000000, 1, 2) WHERE id % 7 = 8"),
];

fn engine(folder: &std::path::Path, driver: &str) -> Engine {
    let engine = Engine::new(folder, driver);
    Engine { uri: if driver == "duckdb" { ":memory:".to_owned() } else { engine.uri.clone() }, ..engine }
}

#[test]
fn more_rows_than_the_limit_are_an_error() {
    let Some(folder) = engines() else { return };
    for (driver, query) in ENDLESS {
        let engine = Engine { max_rows: 100, ..engine(&folder, driver) };
        let error = engine.error(query);
        assert!(error.starts_with("segment vips gives more than 100 rows, the limit of warehouse\n"), "{driver}: {error}");
    }
}

#[test]
fn a_query_that_takes_too_long_is_an_error() {
    let Some(folder) = engines() else { return };
    for (driver, query) in SILENT {
        let engine = Engine { timeout: Duration::from_millis(700), ..engine(&folder, driver) };
        let error = engine.error(query);
        assert!(error.starts_with("the reading took longer than 0.7 s and was stopped\n"), "{driver}: {error}");
    }
}

#[test]
fn whoever_stops_a_reading_ends_it() {
    let Some(folder) = engines() else { return };
    for (driver, query) in ENDLESS {
        let engine = engine(&folder, driver);
        let stop = engine.stop.clone();
        let error = engine.rows(Selection::Query(query.to_owned()), &mut |_| stop.store(true, Ordering::Relaxed)).unwrap_err();
        assert_eq!(error.message, "the reading was stopped", "{driver}");
    }
}

#[test]
fn a_stopped_query_does_not_go_on_in_the_engine() {
    let Some(folder) = engines() else { return };
    let postgresql = Engine::new(&folder, "postgresql");
    let uri = format!("{}?application_name=stopped", postgresql.uri);
    let engine = Engine { uri, timeout: Duration::from_millis(500), ..postgresql.clone() };
    engine.error("SELECT pg_sleep(600)::text AS id");
    let left = ["SELECT 1 AS id FROM pg_stat_activity WHERE application_name = 'stopped' AND state = 'active'"];
    assert_eq!(tell(&folder, &postgresql, &left), 0);
}

#[test]
fn an_engine_that_no_longer_answers_is_left_behind() {
    let Some(folder) = engines() else { return };
    // Takes the connection, and never says a word.
    let deaf = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = deaf.local_addr().unwrap().port();
    let postgresql = Engine::new(&folder, "postgresql");
    let engine =
        Engine { uri: format!("postgresql://postgres@127.0.0.1:{port}/postgres"), timeout: Duration::from_millis(300), ..postgresql };
    assert!(engine.error("SELECT 1 AS id").starts_with("the reading took longer than 0.3 s"));
}
