//! Queries that are meant to cost: processor time, memory, disk, rows.

use super::kit::{segment, stopped, world};

/// What a query may be stopped by, shortest first: which limit is passed first depends on the machine.
const SLOW: &[&str] = &["readLimits.cpu", "readLimits.time"];
const LARGE: &[&str] = &["readLimits.memory", "string or blob too big", "readLimits.cpu", "readLimits.time"];
const DISK: &[&str] = &["readLimits.disk"];
const ROWS: &[&str] = &["readLimits.rows"];
/// It costs of everything.
const ANY: &[&str] = &["readLimits.", "string or blob too big"];

type Attack = (&'static str, &'static str, &'static [&'static str]);

/// Each first value is what a cell comes to.
const PROCESSOR: &[Attack] = &[
    ("trim", "trim(printf('%.*c', 900000, 'b'), printf('%.*c', 80000, 'a') || 'b')", SLOW),
    ("ltrim", "ltrim(printf('%.*c', 900000, 'b'), printf('%.*c', 80000, 'a') || 'b')", SLOW),
    ("rtrim", "rtrim(printf('%.*c', 900000, 'b'), printf('%.*c', 80000, 'a') || 'b')", SLOW),
    ("trim of a cell", "trim(printf('%.*c', 900000, 'b') || Note, printf('%.*c', 80000, 'é') || 'not eb')", SLOW),
    ("like", "printf('%.*c', 900000, '0') || Id LIKE '%' || printf('%.*c', 900, '0') || '1%'", SLOW),
    ("glob", "printf('%.*c', 900000, '0') || Id GLOB '*' || printf('%.*c', 900, '0') || '1*'", SLOW),
    ("instr", "instr(printf('%.*c', 900000, '0'), printf('%.*c', 300000, '0') || '1')", SLOW),
    ("replace", "replace(printf('%.*c', 900000, '0'), printf('%.*c', 300000, '0') || '1', '')", SLOW),
    ("upper and lower", "length(upper(lower(upper(lower(printf('%.*c', 900000, 'z') || Id)))))", SLOW),
    ("counting for ever", "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n)", ANY),
    ("a cross join counted", "(SELECT count(*) FROM people a, people b, people c WHERE a.Value + b.Value + c.Value = -1)", SLOW),
    ("like of each other", "(SELECT count(*) FROM people b WHERE b.Note LIKE '%' || people.First || '%')", SLOW),
    (
        "json_each of each",
        "(SELECT sum(value) FROM json_each('[' || people.Id || ',' || substr(replace(printf('%.*c', 300000, '0'), '0', '1,'), 1, 599999) || ']'))",
        SLOW,
    ),
    ("hex and back", "length(unhex(hex(printf('%.*c', 400000, 'z') || Id)))", SLOW),
    (
        "json_tree of depth",
        "(SELECT count(*) FROM json_tree(printf('%.*c', 900, '[') || people.Id || printf('%.*c', 900, ']')) a, people b)",
        SLOW,
    ),
    ("a window of texts", "group_concat(First) OVER (ORDER BY Id ROWS BETWEEN 9000 PRECEDING AND 9000 FOLLOWING)", ANY),
    (
        "a window of numbers",
        "max(CAST(Value AS REAL)) OVER (ORDER BY Id ROWS BETWEEN 9000 PRECEDING AND 9000 FOLLOWING EXCLUDE TIES)",
        SLOW,
    ),
];

const MEMORY: &[Attack] = &[
    ("printf", "printf('%1000000000d', 1)", LARGE),
    ("replace that grows", "replace(printf('%.*c', 900000, '0'), '0', Note)", LARGE),
    ("hex of hex", "hex(hex(hex(printf('%.*c', 900000, '0'))))", LARGE),
    ("concat", "concat(printf('%.*c', 900000, '0'), printf('%.*c', 900000, '0'))", LARGE),
    ("json_array", "json_array(printf('%.*c', 900000, '0'), printf('%.*c', 900000, '0'))", LARGE),
    ("json_pretty", "json_pretty(printf('%.*c', 900, '[') || '1' || printf('%.*c', 900, ']'), printf('%.*c', 900000, '0'))", LARGE),
    ("json_group_array", "(SELECT json_group_array(printf('%.*c', 900000, Id)) FROM people)", LARGE),
    ("json_group_object", "(SELECT json_group_object(Id, printf('%.*c', 900000, Id)) FROM people)", LARGE),
    ("group_concat", "(SELECT group_concat(printf('%.*c', 900000, Id)) FROM people)", LARGE),
    ("string_agg", "(SELECT string_agg(printf('%.*c', 900000, Id), printf('%.*c', 900000, '0')) FROM people)", ANY),
    ("distinct texts", "(SELECT count(DISTINCT a.Note || b.Id) FROM people a, people b)", ANY),
    ("json_set", "(SELECT json_set(json_group_array(a.Note), '$[#]', max(b.Note)) FROM people a, people b)", ANY),
    ("randomblob", "hex(randomblob(1000000000))", &["may not use the function randomblob"]),
    ("zeroblob", "hex(zeroblob(1000000000))", &["may not use the function zeroblob"]),
];

/// Whole queries.
const REST: &[Attack] = &[
    ("a sort", "SELECT a.Id, a.Email, a.First, a.Value FROM people a, people b ORDER BY a.Note || b.Note || b.Id", DISK),
    (
        "distinct",
        "SELECT DISTINCT a.Id || b.Id AS Id, a.Email || b.Note AS Email, a.First, a.Value FROM people a, people b WHERE a.Value + b.Value > 1000",
        ANY,
    ),
    (
        "a group",
        "SELECT max(a.Id) AS Id, max(a.Email) AS Email, max(a.First) AS First, max(b.Value) AS Value FROM people a, people b GROUP BY a.Note || a.Id || b.Id",
        DISK,
    ),
    (
        "union",
        "SELECT a.Id, a.Email || b.Note AS Email, a.First, a.Value FROM people a, people b UNION SELECT a.Id, a.Note || b.Note, a.First, a.Value FROM people a, people b",
        ANY,
    ),
    (
        "a loaded table",
        "WITH x AS MATERIALIZED (SELECT a.Id, a.Email, a.First, a.Value, b.Note FROM people a, people b) SELECT count(*) AS Id, max(Email) AS Email, max(First) AS First, max(Value) AS Value FROM x UNION ALL SELECT Id, Email, First, Value FROM x",
        DISK,
    ),
    ("a join of everyone", "SELECT a.Id, a.Id || '.' || b.Id || '@x.test' AS Email, a.First, a.Value FROM people a, people b", ROWS),
    ("a join on equal notes", "SELECT a.Id, a.Email, b.First, b.Value FROM people a JOIN people b ON a.Note = b.Note", ROWS),
    (
        "rows without end",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS Id, 'p' || i || '@x.test' AS Email, i AS First, i AS Value FROM n",
        ROWS,
    ),
    ("twice is too often", "SELECT Id, Email, First, Value FROM people UNION ALL SELECT Id, Email, First, Value FROM people", ROWS),
    ("json_each", "SELECT p.Id, j.value || '@x.test' AS Email, p.First, p.Value FROM people p, json_each('[1,2,3,4]') j", ROWS),
    ("long rows", "SELECT Id, Email, printf('%.*c', 500000, 'x') AS First, Value FROM people", &["readLimits.disk"]),
];

/// Tries each; gives how many were stopped for `limit`.
async fn each(attacks: &[Attack], sql: impl Fn(&str) -> String, limit: &str) -> usize {
    let world = world(super::kit::LIMITS).await;
    let mut stopped_for = 0;
    for (name, query, by) in attacks {
        world.define(&segment(&sql(query)));
        stopped_for += usize::from(stopped(&world, name, by).contains(limit));
    }
    stopped_for
}

fn cell(value: &str) -> String {
    format!("SELECT Id, Email, {value} AS First, Value FROM people")
}

#[tokio::test(flavor = "multi_thread")]
async fn attack_queries_that_take_the_processor() {
    assert!(each(PROCESSOR, cell, "readLimits.").await >= 14);
}

#[tokio::test(flavor = "multi_thread")]
async fn attack_queries_that_take_memory() {
    assert!(each(MEMORY, cell, "readLimits.memory").await > 0, "none for memory");
}

#[tokio::test(flavor = "multi_thread")]
async fn attack_queries_that_take_disk_or_rows() {
    assert!(each(REST, str::to_owned, "readLimits.disk").await > 0, "none for disk");
}
