//! What PostgreSQL's own types become, and which have no cell.

use crate::kit::{Engine, engines};

#[test]
fn postgresql() {
    let Some(folder) = engines() else { return };
    let engine = Engine::new(&folder, "postgresql");
    let one = |expression: &str| engine.query(&format!("SELECT {expression} AS c")).unwrap_or_else(|error| panic!("{expression}: {error}"));
    for (expression, cell) in [
        ("1234.50::numeric", "1234.50"),
        ("'NaN'::numeric", "nan"),
        ("true", "i:1"),
        ("0.1::real", "r:0.1"),
        ("7::smallint", "i:7"),
        ("'2023-11-14 22:13:20.123+02'::timestamptz", "2023-11-14T20:13:20.123Z"),
        ("'2023-11-14 22:13:20'::timestamp", "2023-11-14T22:13:20"),
        ("'12:30'::time", "12:30:00"),
        ("'{\"a\": 1}'::json", "{\"a\": 1}"),
        ("'{\"a\":1}'::jsonb", "{\"a\": 1}"),
        ("'{1,null}'::int[]", "[1,null]"),
        ("'{1.50,2}'::numeric[]", "[1.50,2]"),
        ("'{a,\"b c\"}'::text[]", "[\"a\",\"b c\"]"),
        ("'3f2504e0-4f89-11d3-9a0c-0305e82c3301'::uuid", "3f2504e0-4f89-11d3-9a0c-0305e82c3301"),
        ("'ab'::char(4)", "ab  "),
        ("NULL::text", "∅"),
    ] {
        assert_eq!(one(expression), [cell], "{expression}");
    }
}

#[test]
fn binary_and_the_like_are_refused_where_they_are_wanted() {
    let Some(folder) = engines() else { return };
    for (driver, expression) in [
        ("postgresql", "'\\x01'::bytea"),
        ("postgresql", "'10.0.0.1'::inet"),
        ("postgresql", "interval '1 day'"),
        ("duckdb", "'x'::blob"),
        ("duckdb", "{'a': 1}"),
        ("spark", "cast('x' as binary)"),
        ("spark", "map('a', 1)"),
        ("sqlite", "x'01'"),
    ] {
        let engine = Engine {
            uri: if driver == "duckdb" { ":memory:".to_owned() } else { Engine::new(&folder, driver).uri },
            ..Engine::new(&folder, driver)
        };
        let error = engine.error(&format!("SELECT {expression} AS raw, 1 AS id"));
        assert!(
            error.starts_with("vips.yaml, segment vips: the column \"raw\" is ") && error.contains("in the query"),
            "{driver}: {error}"
        );
    }
}
