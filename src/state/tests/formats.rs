//! States that released builds left: each opens, is brought to today's format, and loses nothing.

use super::*;
use rusqlite::Connection;
use std::ops::ControlFlow;

/// A state of this format, as its file says.
fn old(format: i64, sql: &str) -> (tempfile::TempDir, StateDir) {
    let temp = tempfile::tempdir().unwrap();
    let dir = StateDir::from(temp.path().join("state"));
    dir.create().unwrap();
    let conn = Connection::open(dir.database()).unwrap();
    conn.pragma_update(None, "journal_mode", "WAL").unwrap();
    conn.execute_batch(sql).unwrap();
    assert_eq!(conn.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0)).unwrap(), format);
    (temp, dir)
}

/// Tables, columns and indices, however they came about.
fn shape(dir: &StateDir) -> Vec<String> {
    let conn = Connection::open(dir.database()).unwrap();
    let sql = "SELECT m.type || ' ' || m.name || coalesce(' ' || c.name || ' ' || c.type || ' ' || c.[notnull] || ' ' || c.pk, '')
               FROM sqlite_master m LEFT JOIN pragma_table_xinfo(m.name) c ON m.type = 'table' WHERE m.name NOT LIKE 'sqlite_%'";
    let mut statement = conn.prepare(sql).unwrap();
    let mut shape: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    shape.sort();
    shape
}

#[test]
fn a_state_of_format_5_is_brought_to_todays() {
    let (_temp, dir) = old(5, include_str!("formats/5.sql"));
    let store = Store::open(&dir, at(0)).unwrap();
    assert_eq!(shape(&dir), shape(&fixture().dir));
    let export = name("contoso-newsletter");
    let state = store.export(&export).unwrap().unwrap();
    assert_eq!((state.segments.len(), state.audience_name), (2, Some("Contoso Coffee".to_owned())));
    let (mut members, mut on_lists) = (0, 0);
    store
        .member_heads(state.id, |head| {
            members += 1;
            on_lists += head.segments.count_ones();
            Ok::<_, StateError>(ControlFlow::Continue(()))
        })
        .unwrap();
    assert_eq!((members, on_lists), (15, 17));
    assert_eq!(store.runs(Some(&export), 10).unwrap().len(), 4);
    let mut rejected = Vec::new();
    let keep = |row: RejectedRow| {
        rejected.push(row.code);
        Ok::<_, StateError>(ControlFlow::Continue(()))
    };
    store.rejected(&export, keep).unwrap();
    assert_eq!(rejected, ["address-no-at"; 2]);
    // What an approval means is another thing now: the plan is held again by the next run.
    assert_eq!(store.held(None).unwrap().len(), 0);
    assert_eq!(
        store.largest_size(state.place.unwrap().row, &state.segments[0].container.as_ref().unwrap().remote, day()).unwrap(),
        Some(15)
    );
}

/// The day of the file's runs.
fn day() -> chrono::NaiveDate {
    chrono::NaiveDate::from_ymd_opt(2026, 11, 30).unwrap()
}
