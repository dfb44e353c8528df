//! Comparisons with numbers over cells that may be none (V2).

use super::Files;
use crate::source::SqlLimits;
use proptest::prelude::*;
use rstest::rstest;

/// Cells that are no numbers, and some that are, with NULL and blanks.
fn spent() -> Files {
    Files::csv("Id,Spent,Zip\na,\"12,50\",01\nb,n/a,1\nc, 50 ,x\nd,1500,02\ne,,2\nf,-,3\ng,\u{a0}2000\u{a0},4\nh,1e3,5\n")
}

#[rstest]
#[case::greater("Spent > 1000", "dg")]
#[case::turned_round("1000 < Spent", "dg")]
#[case::less("Spent < 1000", "c")]
#[case::at_least("Spent >= 1000", "dgh")]
#[case::equal("Spent = 50", "c")]
#[case::different("Spent <> 50", "dgh")]
#[case::not("NOT Spent = 50", "dgh")]
#[case::between("Spent BETWEEN 10 AND 1000", "ch")]
#[case::not_between("Spent NOT BETWEEN 10 AND 1000", "dg")]
#[case::between_columns("60 BETWEEN Spent AND 100", "c")]
#[case::list("Spent IN (50, 1500)", "cd")]
#[case::not_in_list("Spent NOT IN (50, 1500)", "gh")]
#[case::mixed_list("Spent IN (50, 'n/a')", "bc")]
#[case::sum("Spent + 0 < 5000", "cdgh")]
#[case::negative("- Spent < 0", "cdgh")]
#[case::cast("CAST(Spent AS REAL) < 5000", "cdgh")]
#[case::cast_to_text("CAST(Spent AS TEXT) = 'n/a'", "b")]
#[case::function("abs(Spent) < 5000", "cdgh")]
#[case::round("round(Spent, 0) < 5000", "cdgh")]
#[case::coalesce("coalesce(Spent, 0) < 5000", "cdegh")]
#[case::coalesce_with_text("coalesce(Spent, 'n/a') < 5000", "cdgh")]
#[case::iif("iif(Id <> 'a', Spent, 7) < 1000", "ac")]
#[case::nullif("nullif(Spent, 0) < 1000", "c")]
#[case::least("min(Spent, 10) < 5000", "cdgh")]
#[case::greatest("max(Spent, 10) > 5", "cdgh")]
#[case::case_of("CASE Spent WHEN 50 THEN 1 END", "c")]
#[case::case_else("CASE Spent WHEN 50 THEN 0 ELSE 1 END", "abdefgh")]
#[case::case_mixed("CASE Spent WHEN 'n/a' THEN 1 WHEN 50 THEN 1 ELSE 0 END", "bc")]
#[case::is("Spent IS 50", "c")]
#[case::is_not("Spent IS NOT 50", "degh")]
#[case::not_is("NOT (Spent IS 50)", "degh")]
#[case::distinct("Spent IS DISTINCT FROM 50", "degh")]
#[case::truth("Spent", "cdgh")]
#[case::not_true("NOT Spent", "")]
#[case::is_true("Spent IS TRUE", "cdgh")]
#[case::is_not_true("Spent IS NOT TRUE", "e")]
#[case::with_and("Spent > 1000 AND Spent < 1800", "d")]
#[case::with_or("Spent > 1800 OR Spent < 100", "cg")]
#[case::subquery("Spent > (SELECT 1000)", "dg")]
#[case::subquery_of_itself("Spent >= (SELECT max(Spent + 0) FROM t)", "g")]
#[case::greatest_of_all("Spent >= (SELECT 2 * max(CAST(Spent AS REAL)) FROM t) / 2", "g")]
#[case::in_query("Spent IN (SELECT 50 UNION SELECT 1500)", "cd")]
#[case::number_in_query("50 IN (SELECT Spent FROM t x WHERE x.Id = t.Id)", "c")]
#[case::in_json("Spent IN (SELECT value FROM json_each('[50, \"n/a\"]'))", "bc")]
#[case::json("Spent > json_extract('{\"a\": 1000}', '$.a')", "dg")]
#[case::row("(Spent, Id) = (50, 'c')", "c")]
#[case::row_is_not("(Spent, 1) IS NOT (50, 1)", "degh")]
#[case::printed("printf('%d', Spent) < 5000", "cdegh")]
#[case::text_stays("Zip = '01'", "a")]
#[case::text_as_number("Zip = 1", "ab")]
#[case::text_list("Zip IN ('01', '02')", "ad")]
#[case::like("Spent LIKE '%50%'", "acd")]
#[case::collated("Id COLLATE nocase = 'A'", "a")]
#[case::alias_in_from("Id IN (SELECT Id FROM (SELECT Id, Spent AS s FROM t) WHERE s > 1000)", "dg")]
#[case::exists("EXISTS (SELECT 1 FROM t x WHERE x.Id = t.Id AND x.Spent > 1000)", "dg")]
#[case::as_text("Spent || '' > 1000", "dg")]
#[case::bits("Spent & 1 = 0", "cdgh")]
#[case::true_word("(Spent > 1000) = TRUE", "dg")]
fn only_numbers_compare_with_numbers(#[case] condition: &str, #[case] expected: &str) {
    let found = spent().rows(&format!("SELECT Id FROM t WHERE {condition} ORDER BY Id")).concat();
    assert_eq!(found, expected, "{condition}");
}

#[rstest]
#[case::with("WITH b AS (SELECT Id, Spent FROM t) SELECT Id FROM b WHERE Spent > 1000 ORDER BY 1", "d g")]
#[case::named_columns("WITH b(i, s) AS MATERIALIZED (SELECT Id, Spent FROM t) SELECT i FROM b WHERE s > 1000 ORDER BY 1", "d g")]
#[case::recursive("WITH RECURSIVE n(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n WHERE v < 3) SELECT max(v) FROM n", "i:3")]
#[case::threshold("WITH l(least) AS (SELECT 1000) SELECT Id FROM t, l WHERE Spent > least ORDER BY 1", "d g")]
#[case::having("SELECT Id FROM t GROUP BY Id HAVING max(Spent) > 1000 ORDER BY 1", "d g")]
#[case::having_sum("SELECT Id FROM t GROUP BY Id HAVING sum(Spent) < 100 ORDER BY 1", "c")]
#[case::average("SELECT avg(Spent) FROM t", "r:1137.5")]
#[case::total("SELECT count(*), total(Spent) FROM t", "i:8|r:4550")]
#[case::filter("SELECT count(*) FILTER (WHERE Spent > 1000) FROM t", "i:2")]
#[case::window(
    "SELECT Id FROM (SELECT Id, sum(Spent) OVER (ORDER BY Id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) s FROM t) WHERE s > 1600 ORDER BY 1",
    "g h"
)]
#[case::named_window(
    "SELECT max(n) FROM (SELECT row_number() OVER w AS n FROM t WINDOW w AS (PARTITION BY Spent > 1000 ORDER BY Id))",
    "i:4"
)]
#[case::grouped("SELECT Spent * 2, count(*) FROM t WHERE Spent < 100 GROUP BY Spent * 2 ORDER BY Spent * 2", "i:100|i:1")]
#[case::compound("SELECT Spent * 2 FROM t WHERE Id = 'c' UNION SELECT Spent * 2 FROM t WHERE Id = 'd' ORDER BY 1", "i:100 i:3000")]
#[case::values("SELECT column1 FROM (VALUES ('9'), ('n/a')) WHERE column1 > 5", "9")]
#[case::selected_as_it_is("SELECT Spent FROM t WHERE Spent > 1800", "\u{a0}2000\u{a0}")]
#[case::alias("SELECT Spent AS s FROM t WHERE s > 1000 AND s < 1800", "1500")]
#[case::order("SELECT Id FROM t WHERE Spent > 0 ORDER BY Spent + 0 DESC LIMIT 2 OFFSET 1", "d h")]
#[case::left_join(
    "SELECT a.Id FROM t a LEFT JOIN t b ON b.Id = a.Id AND b.Spent > 1000 WHERE b.Id IS NULL AND a.Spent > 0 ORDER BY 1",
    "c h"
)]
#[case::full_join("SELECT count(*) FROM t a FULL OUTER JOIN t b ON b.Id = a.Id AND a.Spent > 1000", "i:14")]
#[case::using("SELECT count(*) FROM t JOIN t b USING (Id, Zip) WHERE t.Spent > 1000", "i:2")]
#[case::natural("SELECT count(*) FROM t NATURAL JOIN (SELECT Id, Spent AS s FROM t) WHERE s > 1000", "i:2")]
#[case::parentheses("SELECT count(*) FROM (t a JOIN t b ON a.Id = b.Id) WHERE a.Spent > 1000", "i:2")]
#[case::odd_names("SELECT [Id] FROM \"t\" AS \"a \"\"b\" WHERE \"a \"\"b\".`Spent` > 1000 ORDER BY 1", "d g")]
#[case::comments("SELECT Id -- who\n FROM t /* all */ WHERE Spent > 1000 ORDER BY Id;", "d g")]
#[case::distinct_count("SELECT count(DISTINCT Spent) FROM t WHERE Spent > 0", "i:4")]
#[case::aggregate_order("SELECT group_concat(Id, '-' ORDER BY Spent + 0) FROM t WHERE Spent > 0", "c-h-d-g")]
fn queries_of_every_form(#[case] query: &str, #[case] expected: &str) {
    assert_eq!(spent().rows(query).join(" "), expected, "{query}");
}

#[test]
fn cells_that_are_no_numbers_are_counted_with_examples() {
    let files = spent();
    let said = |query: &str| {
        let (_, report) = super::rows(&mut *files.reader(query, SqlLimits::default())).unwrap();
        report.notices.iter().map(|notice| notice.text(&notice.count.to_string())).collect::<Vec<_>>().join("\n")
    };
    let cells = "segment vips: Spent: 3 cells are not numbers (\"12,50\", \"n/a\", \"-\")";
    assert!(said("SELECT Id FROM t WHERE Spent > 1000").starts_with(cells));
    assert!(said("SELECT Id FROM t WHERE Spent > 1000 OR Spent < 10 OR t.Spent = 7").starts_with(cells), "each cell once");
    assert!(said("SELECT Id FROM t WHERE Spent IS NOT 1").starts_with(cells));
    assert!(said("SELECT Id FROM t WHERE Spent > json_extract('[1]', '$[0]')").starts_with(cells));
    assert!(said("SELECT sum(Spent) FROM t HAVING sum(Spent) > 5").starts_with(cells), "each cell once");
    assert_eq!(said("SELECT Id FROM t WHERE Spent IS NOT NULL AND Id > 'a' AND Spent <> 'x'"), "");
}

#[test]
fn attack_nobody_names_the_functions_that_make_numbers() {
    let files = spent();
    for query in [
        "SELECT \"listkeeper number\"(Spent, 0) FROM t",
        "SELECT Id FROM t WHERE \"LISTKEEPER NUMBER\"(Spent, 0) > 1",
        "WITH a AS (SELECT \"listkeeper beside\"(Spent, 0) FROM t) SELECT * FROM a",
        "SELECT Id FROM t WHERE [listkeeper known](Spent)",
    ] {
        let error = files.error(query);
        assert!(error.contains("may not use the function listkeeper"), "{error}");
    }
}

#[test]
fn attack_a_short_query_does_not_become_an_endless_one() {
    let files = spent();
    let mut doubled = "coalesce(Spent, 0)".to_owned();
    for _ in 0..40 {
        doubled = format!("iif(Id = 'a', CASE {doubled} WHEN json('1') THEN '2' WHEN 'x' THEN 3 END, 4)");
    }
    let parentheses = format!("{}Spent{} > 5", "(".repeat(5000), ")".repeat(5000));
    let nested = format!("Spent > {}1{}", "(SELECT ".repeat(150), ")".repeat(150));
    for condition in [doubled, parentheses, nested] {
        // An answer or a refusal, soon.
        files.query(&format!("SELECT Id FROM t WHERE {condition}")).ok();
    }
}

/// A cell, and the number that it is.
fn cell() -> impl Strategy<Value = (String, Option<f64>)> {
    let number = prop_oneof![(-50_i32..50).prop_map(f64::from), (-500_i32..500).prop_map(|n| f64::from(n) / 10.0)];
    let written = (number, 0..5).prop_map(|(number, how)| {
        let text = match how {
            0 => format!(" {number} "),
            1 => format!("\u{a0}{number}\u{202f}"),
            2 => format!("{number}e0"),
            3 if number >= 0.0 => format!("+{number}"),
            _ => number.to_string(),
        };
        (text, Some(number))
    });
    let other = prop_oneof![
        Just("n/a".to_owned()),
        Just("12,50".to_owned()),
        Just("-".to_owned()),
        Just("1 000".to_owned()),
        Just("0x10".to_owned()),
        Just("inf".to_owned()),
        Just("1.2.3".to_owned()),
        "[a-z]{1,4}",
        "[0-9]{1,2}[a-z€%]",
    ];
    prop_oneof![3 => written, 2 => other.prop_map(|text| (text, None)), 1 => Just((String::new(), None))]
}

/// Something that has the cell's value, whether as text or as a number; what is no number is in it neither.
fn of_cell() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![Just("Spent".to_owned()), Just("t.Spent".to_owned()), Just("[SPENT]".to_owned())];
    leaf.prop_recursive(3, 8, 1, |inner| {
        prop_oneof![
            inner.clone().prop_map(|x| format!("({x})")),
            inner.clone().prop_map(|x| format!("({x} + 0)")),
            inner.clone().prop_map(|x| format!("(0.0 + {x})")),
            inner.clone().prop_map(|x| format!("- (- {x})")),
            inner.clone().prop_map(|x| format!("(+ {x})")),
            inner.clone().prop_map(|x| format!("CAST({x} AS REAL)")),
            inner.clone().prop_map(|x| format!("CAST({x} AS TEXT)")),
            inner.clone().prop_map(|x| format!("trim({x})")),
            inner.clone().prop_map(|x| format!("({x} || '')")),
            inner.clone().prop_map(|x| format!("coalesce({x}, 'n/a')")),
            inner.clone().prop_map(|x| format!("coalesce(NULL, {x})")),
            inner.clone().prop_map(|x| format!("iif(1, {x}, 7)")),
            inner.clone().prop_map(|x| format!("nullif({x}, 1000)")),
            inner.clone().prop_map(|x| format!("min({x}, 1000)")),
            inner.clone().prop_map(|x| format!("max(-1000, {x})")),
            inner.clone().prop_map(|x| format!("round({x}, 6)")),
            inner.clone().prop_map(|x| format!("CASE WHEN 1 THEN {x} ELSE 0 END")),
            inner.clone().prop_map(|x| format!("(SELECT {x})")),
            inner.clone().prop_map(|x| format!("(WITH q(v) AS (SELECT {x}) SELECT v FROM q)")),
            inner.prop_map(|x| format!("(SELECT max(v) FROM (SELECT {x} AS v))")),
        ]
    })
}

type Answer = fn(f64, f64) -> bool;

/// A comparison with a number, and its own answer for a number.
fn comparison() -> impl Strategy<Value = (String, Answer, f64)> {
    let number = (-50_i32..50).prop_map(f64::from);
    (of_cell(), number, 0..22_usize).prop_map(|(x, n, how)| {
        let forms: [(String, Answer); 22] = [
            (format!("{x} > {n}"), |a, b| a > b),
            (format!("{x} < {n}"), |a, b| a < b),
            (format!("{x} >= {n}"), |a, b| a >= b),
            (format!("{n} >= {x}"), |a, b| a <= b),
            (format!("{x} = {n}"), |a, b| a == b),
            (format!("{x} == (SELECT {n})"), |a, b| a == b),
            (format!("{x} <> {n}"), |a, b| a != b),
            (format!("NOT {x} = {n}"), |a, b| a != b),
            (format!("{x} IS {n}"), |a, b| a == b),
            (format!("{x} BETWEEN {n} AND 60"), |a, b| a >= b),
            (format!("{x} NOT BETWEEN -60 AND {n}"), |a, b| a > b),
            (format!("{n} BETWEEN {x} AND 1000"), |a, b| a <= b),
            (format!("{x} IN ({n})"), |a, b| a == b),
            (format!("{x} NOT IN ({n}, 1000)"), |a, b| a != b),
            (format!("{x} IN (SELECT {n})"), |a, b| a == b),
            (format!("{n} IN (SELECT {x})"), |a, b| a == b),
            (format!("{x} > json_extract('[{n}]', '$[0]')"), |a, b| a > b),
            (format!("CASE {x} WHEN {n} THEN 1 END"), |a, b| a == b),
            (format!("iif({x} <= {n}, 1, 0)"), |a, b| a <= b),
            (format!("({x}, 1) > ({n}, 1)"), |a, b| a > b),
            (format!("{x} - {n} > 0"), |a, b| a > b),
            (format!("NOT ({x} < {n})"), |a, b| a >= b),
        ];
        let (sql, answer) = forms.into_iter().nth(how).unwrap_or_else(|| unreachable!());
        (sql, answer, n)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Whatever comparison with a number is used: a cell that is no number never satisfies it, and a cell that is one decides as the number.
    #[test]
    fn a_cell_that_is_no_number_never_satisfies_a_comparison_with_a_number(
        cells in prop::collection::vec(cell(), 1..12),
        (sql, answer, n) in comparison(),
    ) {
        let rows = cells.iter().enumerate().map(|(id, (cell, _))| format!("{id},\"{cell}\"\n")).collect::<String>();
        let files = Files::csv(&format!("Id,Spent\n{rows}"));
        let expected = cells.iter().enumerate().filter(|(_, (_, number))| number.is_some_and(|number| answer(number, n)));
        let expected = expected.map(|(id, _)| id.to_string()).collect::<Vec<_>>();
        prop_assert_eq!(files.rows(&format!("SELECT Id FROM t WHERE {sql}")), expected, "{}", sql);
    }
}
