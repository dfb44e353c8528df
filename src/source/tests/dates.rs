//! Comparisons with dates over cells that may be no ISO dates (V2).

use super::Files;
use crate::source::SqlLimits;
use chrono::NaiveDate;
use proptest::prelude::*;
use rstest::rstest;

/// Days as people write them: ISO, day first, nothing.
fn bought() -> Files {
    Files::csv(
        "Id,Last,Seen\na,31.12.2019,2024-01-01\nb,01.02.2025,2025-01-01\nc,2024-06-09,x\nd,2023-06-09 10:00:00,2023-01-01\ne,,2020-01-01\nf,n/a,\ng, 2025-01-01T10:00:00Z ,2025-01-01\nh,2024-13-01,2024-01-01\n",
    )
}

#[rstest]
#[case::greater("Last > '2024-01-01'", "cg")]
#[case::turned_round("'2024-01-01' < Last", "cg")]
#[case::less("Last < '2024-01-01'", "d")]
#[case::equal("Last = '2024-06-09'", "c")]
#[case::different("Last <> '2024-06-09'", "dg")]
#[case::not("NOT Last = '2024-06-09'", "dg")]
#[case::is_not("Last IS NOT '2024-06-09'", "deg")]
#[case::distinct("Last IS DISTINCT FROM '2024-06-09'", "deg")]
#[case::between("Last BETWEEN '2024-01-01' AND '2024-12-31'", "c")]
#[case::not_between("Last NOT BETWEEN '2024-01-01' AND '2024-12-31'", "dg")]
#[case::moment("Last > '2023-06-09 09:00'", "cdg")]
#[case::list("Last IN ('2024-06-09', '2023-06-09')", "c")]
#[case::not_in_list("Last NOT IN ('2024-06-09')", "dg")]
#[case::mixed_list("Last IN ('2024-06-09', 'n/a')", "cf")]
#[case::case_of("CASE Last WHEN '2024-06-09' THEN 1 END", "c")]
#[case::case_else("CASE Last WHEN '2024-06-09' THEN 0 ELSE 1 END", "abdefgh")]
#[case::now("Last < date('now')", "cdg")]
#[case::today("Last < CURRENT_DATE", "cdg")]
#[case::date("date(Last) >= date('2024-01-01')", "cg")]
#[case::date_beside_text("date(Last) >= '2024-01-01'", "cg")]
#[case::part_of_a_date("date(Last) >= '2024'", "cg")]
#[case::filled("date(Last) <> ''", "cdg")]
#[case::julian("julianday('2025-01-02') - julianday(Last) < 300", "cg")]
#[case::seconds("unixepoch(Last) > 1704067200", "cg")]
#[case::strftime("strftime('%Y', Last) = '2024'", "c")]
#[case::strftime_of_a_date("strftime('%Y-%m-%d', Last) > '2024-01-01'", "cg")]
#[case::modified("date(Last, '+1 year') > '2024-12-31'", "cg")]
#[case::subquery("Last > (SELECT '2024-01-01')", "cg")]
#[case::coalesce("coalesce(nullif(Last, ''), '2024-02-02') > '2024-01-01'", "ceg")]
#[case::json("json_extract('{\"a\": 20240101}', '$.a') < '2024-01-01'", "")]
#[case::two_columns_and_a_date("max(Last, '2024-01-01') > '2024-01-01'", "cg")]
#[case::in_query("Last IN (SELECT date('2024-06-09'))", "c")]
#[case::date_in_query("date('2024-06-09') IN (SELECT Last FROM t x WHERE x.Id = t.Id)", "c")]
#[case::row("(Last, 1) > ('2024-01-01', 0)", "cg")]
#[case::joined("EXISTS (SELECT 1 FROM t x WHERE x.Id <> t.Id AND x.Seen = date(t.Seen))", "abgh")]
#[case::text_stays("Last = 'n/a'", "f")]
#[case::texts_stay("Last > 'm'", "f")]
#[case::word_of_zeros("nullif(Last, '0000-00-00') = 'n/a'", "f")]
#[case::alias("Id IN (SELECT Id FROM (SELECT Id, Last AS l FROM t) WHERE l > '2024-01-01')", "cg")]
fn only_iso_dates_compare_with_dates(#[case] condition: &str, #[case] expected: &str) {
    let found = bought().rows(&format!("SELECT Id FROM t WHERE {condition} ORDER BY Id")).concat();
    assert_eq!(found, expected, "{condition}");
}

#[rstest]
#[case::with("WITH l(day) AS (SELECT '2024-01-01') SELECT Id FROM t, l WHERE Last > day ORDER BY 1", "c g")]
#[case::having("SELECT Id FROM t GROUP BY Id HAVING max(Last) > '2024-01-01' ORDER BY 1", "c g")]
#[case::latest("SELECT count(*) FROM t HAVING max(Last) > '2025-06-01'", "")]
#[case::latest_as_date("SELECT date(max(Last)) FROM t", "2025-01-01")]
#[case::earliest("SELECT count(*) FROM t HAVING min(Last) < '2023-01-01'", "")]
#[case::grouped(
    "SELECT date(Last), count(*) FROM t WHERE Last > '2024-01-01' GROUP BY date(Last) ORDER BY date(Last)",
    "2024-06-09|i:1 2025-01-01|i:1"
)]
#[case::selected_as_it_is("SELECT Last FROM t WHERE Last > '2025-01-01'", " 2025-01-01T10:00:00Z ")]
fn queries_of_every_form(#[case] query: &str, #[case] expected: &str) {
    assert_eq!(bought().rows(query).join(" "), expected, "{query}");
}

#[rstest]
#[case("date(v, 'unixepoch') = '2024-05-01'", "1714557600", true)]
#[case("date(v, 'auto') = '2024-05-01'", "1714557600", true)]
#[case("date(v) < '2024-01-01'", "2020", false)]
#[case("time(v) = '10:00:00'", "10:00", true)]
#[case("date(v) IS NOT NULL", "10:00", false)]
#[case("date(v) = '2024-05-01'", "2024-05-01 10:00:00.123+02:00", true)]
#[case("date(v) = '2024-05-01'", "2024-05-01T10:00Z", true)]
#[case("date(v) = '2024-05-01'", "2024-05-01 10:00:00 CET", false)]
fn what_date_functions_read(#[case] condition: &str, #[case] cell: &str, #[case] expected: bool) {
    let files = Files::csv(&format!("Id,v\na,{cell}\n"));
    let query = format!("SELECT Id FROM t WHERE {condition}");
    let (rows, report) = super::rows(&mut *files.reader(&query, SqlLimits::default())).unwrap();
    assert_eq!((rows.len() == 1, report.notices.iter().count() == 0), (expected, expected), "{condition} of {cell}");
}

fn said(files: &Files, query: &str) -> String {
    let (_, report) = super::rows(&mut *files.reader(query, SqlLimits::default())).unwrap();
    report.notices.iter().map(|notice| notice.text(&notice.count.to_string())).collect::<Vec<_>>().join("\n")
}

#[test]
fn cells_that_are_no_dates_are_counted_with_examples_and_a_format() {
    let files = Files::csv("Id,Last\na,17.04.2020\nb,2024-06-09\nc,\nd,01.02.2025\n");
    let all = "segment vips: Last: 2 cells are not ISO dates (\"17.04.2020\", \"01.02.2025\"): no comparison with a date holds for them; \
               declare the column: columns: {Last: {type: date, format: \"%d.%m.%Y\"}}";
    assert_eq!(said(&files, "SELECT Id FROM t WHERE Last > '2024-01-01'"), all);
    assert_eq!(said(&files, "SELECT Id FROM t WHERE Last > '2024-01-01' OR Last < '2000-01-01'"), all, "each cell once");
    assert_eq!(said(&files, "SELECT Id FROM t WHERE date(Last) >= date('2024-01-01')"), all);
    assert_eq!(said(&files, "SELECT Id FROM t WHERE Last IS NOT '2024-01-01'"), all);
    assert_eq!(said(&files, "SELECT count(*) FROM t HAVING max(Last) > '2024-01-01'"), all);
    assert!(said(&files, "SELECT Id FROM t WHERE coalesce(Last, '') > '2024-01-01'").contains("let the query make ISO dates of them"));
    assert_eq!(said(&files, "SELECT Id FROM t WHERE Last <> '' AND Last LIKE '%2020'"), "");
}

#[test]
fn a_literal_that_is_no_date_beside_one_is_told() {
    let files = Files::csv("Id,Last\na,2020-04-17\n");
    assert!(said(&files, "SELECT Id FROM t WHERE date(Last) > '17.04.2020'").contains("1 cell is not an ISO date (\"17.04.2020\")"));
    assert!(said(&files, "SELECT Id FROM t WHERE Last > date('17.04.2020')").contains("1 cell is not an ISO date (\"17.04.2020\")"));
}

fn cell() -> impl Strategy<Value = (String, Option<NaiveDate>)> {
    let day = (0..3000_i64).prop_map(|days| NaiveDate::from_ymd_opt(2018, 1, 1).unwrap() + chrono::Duration::days(days));
    (day, 0..8).prop_map(|(day, how)| match how {
        0..=2 => (day.to_string(), Some(day)),
        3 => (format!(" {day}\u{a0}"), Some(day)),
        4 => (day.format("%d.%m.%Y").to_string(), None),
        5 => (day.format("%m/%d/%Y").to_string(), None),
        6 => (day.format("%Y%m%d").to_string(), None),
        _ => (String::new(), None),
    })
}

fn of_cell() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![Just("Last".to_owned()), Just("t.Last".to_owned())];
    leaf.prop_recursive(3, 6, 1, |inner| {
        prop_oneof![
            inner.clone().prop_map(|x| format!("({x})")),
            inner.clone().prop_map(|x| format!("(+ {x})")),
            inner.clone().prop_map(|x| format!("date({x})")),
            inner.clone().prop_map(|x| format!("strftime('%Y-%m-%d', {x})")),
            inner.clone().prop_map(|x| format!("CAST({x} AS TEXT)")),
            inner.clone().prop_map(|x| format!("trim({x})")),
            inner.clone().prop_map(|x| format!("coalesce({x}, 'n/a')")),
            inner.clone().prop_map(|x| format!("iif(1, {x}, '2000-01-01')")),
            inner.clone().prop_map(|x| format!("nullif({x}, '1999-01-01')")),
            inner.clone().prop_map(|x| format!("max({x}, '1999-01-01')")),
            inner.clone().prop_map(|x| format!("CASE WHEN 1 THEN {x} ELSE '' END")),
            inner.clone().prop_map(|x| format!("(SELECT {x})")),
            inner.prop_map(|x| format!("(WITH q(v) AS (SELECT {x}) SELECT max(v) FROM q)")),
        ]
    })
}

type Answer = fn(NaiveDate, NaiveDate) -> bool;

fn comparison() -> impl Strategy<Value = (String, Answer, NaiveDate)> {
    let day = (0..3000_i64).prop_map(|days| NaiveDate::from_ymd_opt(2018, 1, 1).unwrap() + chrono::Duration::days(days));
    (of_cell(), day, 0..14_usize).prop_map(|(x, day, how)| {
        let forms: [(String, Answer); 14] = [
            (format!("{x} > '{day}'"), |a, b| a > b),
            (format!("{x} < '{day}'"), |a, b| a < b),
            (format!("'{day}' >= {x}"), |a, b| a <= b),
            (format!("{x} >= date('{day}')"), |a, b| a >= b),
            (format!("date('{day}', '+1 day') > {x}"), |a, b| a <= b),
            (format!("NOT {x} = '{day}'"), |a, b| a != b),
            (format!("{x} <> '{day}'"), |a, b| a != b),
            (format!("{x} IS '{day}'"), |a, b| a == b),
            (format!("{x} BETWEEN '{day}' AND '2100-01-01'"), |a, b| a >= b),
            (format!("{x} NOT IN ('{day}', '1990-01-01')"), |a, b| a != b),
            (format!("{x} IN (SELECT date('{day}'))"), |a, b| a == b),
            (format!("julianday({x}) > julianday('{day}')"), |a, b| a > b),
            (format!("(1, {x}) > (1, '{day}')"), |a, b| a > b),
            (format!("CASE {x} WHEN '{day}' THEN 0 WHEN '1990-01-01' THEN 0 ELSE {x} > '1980-01-01' END"), |a, b| a != b),
        ];
        let (sql, answer) = forms.into_iter().nth(how).unwrap_or_else(|| unreachable!());
        (sql, answer, day)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Whatever comparison with a date is used: a cell that is no ISO date never satisfies it, and a cell that is one decides as the date.
    #[test]
    fn a_cell_that_is_no_date_never_satisfies_a_comparison_with_a_date(
        cells in prop::collection::vec(cell(), 1..12),
        (sql, answer, day) in comparison(),
    ) {
        let rows = cells.iter().enumerate().map(|(id, (cell, _))| format!("{id},\"{cell}\"\n")).collect::<String>();
        let files = Files::csv(&format!("Id,Last\n{rows}"));
        let expected = cells.iter().enumerate().filter(|(_, (_, date))| date.is_some_and(|date| answer(date, day)));
        let expected = expected.map(|(id, _)| id.to_string()).collect::<Vec<_>>();
        prop_assert_eq!(files.rows(&format!("SELECT Id FROM t WHERE {sql}")), expected, "{}", sql);
    }
}
